package storage

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Memory is a store in memory, for tests and examples. The zero Memory is empty
// and ready to use. It must not be copied. Its readers are also [io.ReaderAt],
// [io.Seeker] and [io.WriterTo].
type Memory struct {
	mu      sync.RWMutex
	objects map[string][]byte // never changed once in here
}

// Open implements [Store].
func (m *Memory) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	b, err := m.get(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	return memoryReader{bytes.NewReader(b)}, nil
}

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }

func (m *Memory) get(ctx context.Context, op, name string) ([]byte, error) {
	if err := check(ctx, op, name); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, ok := m.objects[name]
	if !ok {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return b, nil
}

// Stat implements [Store].
func (m *Memory) Stat(ctx context.Context, name string) (Info, error) {
	b, err := m.get(ctx, "stat", name)
	if err != nil {
		return Info{}, err
	}
	return Info{Name: name, Size: int64(len(b))}, nil
}

// List implements [Store]. It lists the objects there were when it began.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		m.mu.RLock()
		objects := maps.Clone(m.objects)
		m.mu.RUnlock()
		for _, name := range slices.Sorted(maps.Keys(objects)) {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if err := check(ctx, "list", name); err != nil {
				yield(Info{}, err)
				return
			}
			if !yield(Info{Name: name, Size: int64(len(objects[name]))}, nil) {
				return
			}
		}
	}
}

// Remove implements [Store].
func (m *Memory) Remove(ctx context.Context, name string) error {
	if err := check(ctx, "remove", name); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
	return nil
}

func (m *Memory) put(name string, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects == nil {
		m.objects = map[string][]byte{}
	}
	m.objects[name] = b
}

// Create implements [Store].
func (m *Memory) Create(ctx context.Context, name string) (Writer, error) {
	if err := check(ctx, "create", name); err != nil {
		return nil, err
	}
	return &memoryWriter{m: m, name: name}, nil
}

type memoryWriter struct {
	m    *Memory // nil once closed
	name string
	b    []byte
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	if w.m == nil {
		return 0, errClosed
	}
	w.b = append(w.b, p...)
	return len(p), nil
}

func (w *memoryWriter) Commit(ctx context.Context) error {
	if w.m == nil {
		return errClosed
	}
	if err := check(ctx, "commit", w.name); err != nil {
		return err
	}
	w.m.put(w.name, w.b)
	return w.Close()
}

func (w *memoryWriter) Close() error {
	w.m, w.b = nil, nil
	return nil
}
