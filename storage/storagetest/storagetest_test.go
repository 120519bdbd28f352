package storagetest_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// hooked is a store in memory with some methods replaced.
type hooked struct {
	*storage.Memory
	create func(ctx context.Context, name string) (storage.Writer, error)
	list   func(ctx context.Context, prefix string) iter.Seq2[storage.Info, error]
	remove func(ctx context.Context, name string) error
	stat   func(ctx context.Context, name string) (storage.Info, error)
	open   func(ctx context.Context, name string) (io.ReadCloser, error)
}

func (h *hooked) Create(ctx context.Context, name string) (storage.Writer, error) {
	if h.create != nil {
		return h.create(ctx, name)
	}
	return h.Memory.Create(ctx, name)
}

func (h *hooked) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	if h.list != nil {
		return h.list(ctx, prefix)
	}
	return h.Memory.List(ctx, prefix)
}

func (h *hooked) Remove(ctx context.Context, name string) error {
	if h.remove != nil {
		return h.remove(ctx, name)
	}
	return h.Memory.Remove(ctx, name)
}

func (h *hooked) Stat(ctx context.Context, name string) (storage.Info, error) {
	if h.stat != nil {
		return h.stat(ctx, name)
	}
	return h.Memory.Stat(ctx, name)
}

func (h *hooked) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if h.open != nil {
		return h.open(ctx, name)
	}
	return h.Memory.Open(ctx, name)
}

// writer is a storage.Writer with some methods replaced.
type writer struct {
	storage.Writer
	write  func(p []byte) (int, error)
	commit func(ctx context.Context) error
	close  func() error
}

func (w writer) Write(p []byte) (int, error) {
	if w.write != nil {
		return w.write(p)
	}
	return w.Writer.Write(p)
}

func (w writer) Commit(ctx context.Context) error {
	if w.commit != nil {
		return w.commit(ctx)
	}
	return w.Writer.Commit(ctx)
}

func (w writer) Close() error {
	if w.close != nil {
		return w.close()
	}
	return w.Writer.Close()
}

// writers replaces methods of all writers.
func writers(f func(h *hooked, w storage.Writer, name string) writer) func(*hooked) {
	return func(h *hooked) {
		h.create = func(ctx context.Context, name string) (storage.Writer, error) {
			w, err := h.Memory.Create(ctx, name)
			if err != nil {
				return nil, err
			}
			return f(h, w, name), nil
		}
	}
}

// faults are mistakes a store could make, and the subtests that must find them.
var faults = []struct {
	name, found string
	plant       func(*hooked)
}{
	{"Close publishes", "CloseWithoutCommit", writers(func(_ *hooked, w storage.Writer, _ string) writer {
		return writer{Writer: w, close: func() error { w.Commit(context.Background()); return w.Close() }}
	})},
	{"Write publishes", "NothingBeforeCommit", writers(func(h *hooked, w storage.Writer, name string) writer {
		return writer{Writer: w, write: func(p []byte) (int, error) {
			now, _ := h.Memory.Create(context.Background(), name)
			now.Write(p)
			now.Commit(context.Background())
			return w.Write(p)
		}}
	})},
	{"Create removes the older", "CloseKeepsOlder", writers(func(h *hooked, w storage.Writer, name string) writer {
		h.Memory.Remove(context.Background(), name)
		return writer{Writer: w}
	})},
	{"Write keeps the slice", "BufferReuse", writers(func(_ *hooked, w storage.Writer, _ string) writer {
		var kept [][]byte
		return writer{Writer: w,
			write:  func(p []byte) (int, error) { kept = append(kept, p); return len(p), nil },
			commit: func(ctx context.Context) error { w.Write(slices.Concat(kept...)); return w.Commit(ctx) }}
	})},
	{"Commit goes on after Commit", "AfterCommit", writers(func(_ *hooked, w storage.Writer, _ string) writer {
		return writer{Writer: w, write: func(p []byte) (int, error) { w.Write(p); return len(p), nil }, commit: func(ctx context.Context) error { w.Commit(ctx); return nil }}
	})},
	{"Commit does not look at the context", "CancelledCommit", writers(func(_ *hooked, w storage.Writer, _ string) writer {
		return writer{Writer: w, commit: func(ctx context.Context) error { return w.Commit(context.WithoutCancel(ctx)) }}
	})},
	{"last byte lost", "BigObject", writers(func(_ *hooked, w storage.Writer, _ string) writer {
		return writer{Writer: w, write: func(p []byte) (int, error) {
			_, err := w.Write(p[:max(len(p)-1, 0)])
			return len(p), err
		}}
	})},
	{"empty objects are not made", "EmptyObject", writers(func(_ *hooked, w storage.Writer, _ string) writer {
		n := 0
		return writer{Writer: w,
			write: func(p []byte) (int, error) { n += len(p); return w.Write(p) },
			commit: func(ctx context.Context) error {
				if n == 0 {
					return nil
				}
				return w.Commit(ctx)
			}}
	})},
	{"writers of a name share", "ConcurrentSameName", func(h *hooked) {
		var mu sync.Mutex
		shared := map[string][]byte{}
		writers(func(h *hooked, w storage.Writer, name string) writer {
			return writer{Writer: w,
				write: func(p []byte) (int, error) {
					mu.Lock()
					defer mu.Unlock()
					shared[name] = append(shared[name], p...)
					return len(p), nil
				},
				commit: func(ctx context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					w.Write(shared[name])
					shared[name] = nil
					return w.Commit(ctx)
				}}
		})(h)
	}},
	{"List in walking order", "List", func(h *hooked) {
		h.list = func(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
			return func(yield func(storage.Info, error) bool) {
				var all []storage.Info
				for o, err := range h.Memory.List(ctx, prefix) {
					if err != nil {
						yield(o, err)
						return
					}
					all = append(all, o)
				}
				key := func(o storage.Info) string { return strings.ReplaceAll(o.Name, "/", "\x00") }
				slices.SortFunc(all, func(a, b storage.Info) int { return strings.Compare(key(a), key(b)) })
				for _, o := range all {
					if !yield(o, nil) {
						return
					}
				}
			}
		}
	}},
	{"prefix means folder", "List", func(h *hooked) {
		h.list = func(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
			if prefix != "" {
				prefix = strings.TrimSuffix(prefix, "/") + "/"
			}
			return h.Memory.List(ctx, prefix)
		}
	}},
	{"List does not look at the context", "Cancelled", func(h *hooked) {
		h.list = func(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
			return h.Memory.List(context.WithoutCancel(ctx), prefix)
		}
	}},
	{"Remove of nothing is an error", "EmptyStore", func(h *hooked) {
		h.remove = func(ctx context.Context, name string) error {
			if _, err := h.Memory.Stat(ctx, name); err != nil {
				return err
			}
			return h.Memory.Remove(ctx, name)
		}
	}},
	{"Remove takes all below", "Remove", func(h *hooked) {
		h.remove = func(ctx context.Context, name string) error {
			for o := range h.Memory.List(ctx, name+"/") {
				h.Memory.Remove(ctx, o.Name)
			}
			return h.Memory.Remove(ctx, name)
		}
	}},
	{"names are cleaned", "InvalidNames", func(h *hooked) {
		h.stat = func(ctx context.Context, name string) (storage.Info, error) {
			return h.Memory.Stat(ctx, strings.TrimPrefix(name, "./"))
		}
		h.open = func(ctx context.Context, name string) (io.ReadCloser, error) {
			return h.Memory.Open(ctx, strings.TrimSuffix(name, "/"))
		}
	}},
	{"folders exist", "FoldersAreNoObjects", func(h *hooked) {
		h.stat = func(ctx context.Context, name string) (storage.Info, error) {
			for range h.Memory.List(ctx, name+"/") {
				return storage.Info{Name: name}, nil
			}
			return h.Memory.Stat(ctx, name)
		}
	}},
	{"Open reads what is there later", "ReadWhileReplaced", func(h *hooked) {
		h.open = func(ctx context.Context, name string) (io.ReadCloser, error) {
			if _, err := h.Memory.Stat(ctx, name); err != nil {
				return nil, err
			}
			return &late{h.Memory, name, 0}, nil
		}
	}},
}

// late reads an object as it is at each call.
type late struct {
	store *storage.Memory
	name  string
	off   int64
}

func (l *late) Read(p []byte) (int, error) {
	r, err := l.store.Open(context.Background(), l.name)
	if err != nil {
		return 0, err
	}
	n, err := r.(io.ReaderAt).ReadAt(p, l.off)
	l.off += int64(n)
	return n, err
}

func (l *late) Close() error { return nil }

// TestFindsFaults runs the suite over each faulty store in a process of its own,
// where it is to fail.
func TestFindsFaults(t *testing.T) {
	if name := os.Getenv("STORAGETEST_FAULT"); name != "" {
		for _, f := range faults {
			if f.name == name {
				storagetest.Test(t, func(*testing.T) storage.Store {
					h := &hooked{Memory: &storage.Memory{}}
					f.plant(h)
					return h
				})
			}
		}
		return
	}
	for _, f := range faults {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFindsFaults$/^"+f.found+"$")
		cmd.Env = append(os.Environ(), "STORAGETEST_FAULT="+f.name)
		out, err := cmd.CombinedOutput()
		if _, failed := errors.AsType[*exec.ExitError](err); !failed || !strings.Contains(string(out), "--- FAIL: TestFindsFaults/"+f.found) || strings.Contains(string(out), "panic:") {
			t.Errorf("%s: not found by %s: %v\n%.2000s", f.name, f.found, err, out)
		}
	}
}

// The calls that FailNth counts, one after another.
func TestFailNth(t *testing.T) {
	var log []string
	for n := 1; ; n++ {
		memory := &storage.Memory{}
		f := storagetest.FailNth(memory, n)
		step := everything(t, f)
		if !f.Failed() {
			if step != "" {
				t.Errorf("failed at %s", step)
			}
			break
		}
		log = append(log, step)
		info, err := memory.Stat(t.Context(), "a")
		if (err == nil) != (n > 3) || err == nil && info.Size != 10 {
			t.Errorf("call %d, %s: the store holds %+v, %v", n, step, info, err)
		}
	}
	want := []string{"create", "write", "commit", "commit", "stat", "list", "list", "open", "read", "read", "remove"}
	// The first write is call 2, and the answer to the commit call 4.
	want[1], want[3] = "write 5", "commit"
	if !slices.Equal(log, want) {
		t.Errorf("calls %q, want %q", log, want)
	}
}

// everything calls all methods and returns the name of the one that failed.
func everything(t *testing.T, s storage.Store) string {
	ctx := t.Context()
	w, err := s.Create(ctx, "a")
	if err != nil {
		return "create"
	}
	defer w.Close()
	if n, err := io.WriteString(w, "0123456789"); err != nil {
		if _, again := w.Write([]byte("x")); again == nil || w.Commit(ctx) == nil {
			t.Error("write or commit after a failed write: no error")
		}
		return "write " + string(rune('0'+n))
	}
	if err := w.Commit(ctx); err != nil {
		return "commit"
	}
	if _, err := s.Stat(ctx, "a"); err != nil {
		return "stat"
	}
	for _, err := range s.List(ctx, "") {
		if err != nil {
			return "list"
		}
	}
	r, err := s.Open(ctx, "a")
	if err != nil {
		return "open"
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || len(b) != 10 {
		return "read"
	}
	if err := s.Remove(ctx, "a"); err != nil {
		return "remove"
	}
	return ""
}

// After the kill nothing has any effect, not even Close.
func TestKillAfter(t *testing.T) {
	for n := range 11 {
		dir := storage.Dir(t.TempDir())
		f := storagetest.KillAfter(dir, n)
		if everything(t, f) == "" || !f.Failed() {
			t.Errorf("killed after %d calls: nothing failed", n)
		}
		if _, err := f.Create(t.Context(), "b"); !errors.Is(err, storagetest.ErrInjected) {
			t.Errorf("killed after %d calls: create: %v", n, err)
		}
		_, err := dir.Stat(t.Context(), "a")
		if exists := err == nil; exists != (n > 2) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("killed after %d calls: %v", n, err)
		}
		entries, err := os.ReadDir(string(dir))
		if want := min(n, 1); err != nil || len(entries) != want {
			t.Errorf("killed after %d calls: %d files, want %d; error %v", n, len(entries), want, err)
		}
	}
	f := storagetest.KillAfter(&storage.Memory{}, 11)
	if step := everything(t, f); step != "" || f.Failed() {
		t.Errorf("alive: %s", step)
	}
}
