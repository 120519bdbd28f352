package storagetest

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/textmill/textmill/storage"
)

// ErrInjected is the error of the calls that are made to fail.
var ErrInjected = errors.New("storagetest: injected error")

// A Failing is a store one of whose calls fails. It may be used concurrently.
type Failing struct {
	store storage.Store
	n     int
	kill  bool

	mu    sync.Mutex
	calls int
}

// FailNth returns a store that is like s, except that the n-th call, from 1,
// fails with [ErrInjected]. All calls count that can fail: those of the store,
// each object that List yields, each Read and each Write. A Write that fails has
// written half of its bytes, as on a full disk. A Commit counts twice: at first
// it fails without effect, then after it has made the object, as when the answer
// of a server is lost. Close does not count.
func FailNth(s storage.Store, n int) *Failing { return &Failing{store: s, n: n} }

// KillAfter returns a store that is like s for n calls, counted as by [FailNth].
// The next call and all after it fail without effect, even Close: as far as s
// can tell, the process was killed.
func KillAfter(s storage.Store, n int) *Failing { return &Failing{store: s, n: n + 1, kill: true} }

// Failed reports whether a call failed.
func (f *Failing) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls >= f.n
}

// step counts a call and returns its error.
func (f *Failing) step() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.calls == f.n || f.kill && f.calls > f.n {
		return ErrInjected
	}
	return nil
}

func (f *Failing) killed() bool { return f.kill && f.Failed() }

// Open implements [storage.Store].
func (f *Failing) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	r, err := f.store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &failingReader{r, f}, nil
}

type failingReader struct {
	io.ReadCloser
	f *Failing
}

func (r *failingReader) Read(p []byte) (int, error) {
	if err := r.f.step(); err != nil {
		return 0, err
	}
	return r.ReadCloser.Read(p)
}

// Create implements [storage.Store].
func (f *Failing) Create(ctx context.Context, name string) (storage.Writer, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	w, err := f.store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	return &failingWriter{w, f, nil}, nil
}

type failingWriter struct {
	storage.Writer
	f   *Failing
	err error // of an earlier call
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.err = w.f.step(); w.err != nil {
		if w.f.killed() {
			return 0, w.err
		}
		n, _ := w.Writer.Write(p[:len(p)/2])
		return n, w.err
	}
	return w.Writer.Write(p)
}

func (w *failingWriter) Commit(ctx context.Context) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.f.step(); w.err != nil {
		return w.err
	}
	if err := w.Writer.Commit(ctx); err != nil {
		return err
	}
	w.err = w.f.step()
	return w.err
}

func (w *failingWriter) Close() error {
	if w.f.killed() {
		return ErrInjected
	}
	return w.Writer.Close()
}

// Stat implements [storage.Store].
func (f *Failing) Stat(ctx context.Context, name string) (storage.Info, error) {
	if err := f.step(); err != nil {
		return storage.Info{}, err
	}
	return f.store.Stat(ctx, name)
}

// List implements [storage.Store].
func (f *Failing) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := f.step(); err != nil {
			yield(storage.Info{}, err)
			return
		}
		for o, err := range f.store.List(ctx, prefix) {
			if err == nil {
				err = f.step()
			}
			if err != nil {
				yield(storage.Info{}, err)
				return
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// Remove implements [storage.Store].
func (f *Failing) Remove(ctx context.Context, name string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.store.Remove(ctx, name)
}
