package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/textmill/textmill/storage"
)

// Test holds a store against the contract of [storage.Store]. newStore returns
// an empty one each time; it is called once for each of some twenty subtests.
func Test(t *testing.T, newStore func(t *testing.T) storage.Store) {
	tests := []struct {
		name string
		test func(*testing.T, storage.Store)
	}{
		{"EmptyStore", emptyStore},
		{"CommitMakesObject", commitMakesObject},
		{"NothingBeforeCommit", nothingBeforeCommit},
		{"CloseWithoutCommit", closeWithoutCommit},
		{"CloseKeepsOlder", closeKeepsOlder},
		{"CommitReplaces", commitReplaces},
		{"AfterCommit", afterCommit},
		{"EmptyObject", emptyObject},
		{"BigObject", bigObject},
		{"BufferReuse", bufferReuse},
		{"ReadWhileReplaced", readWhileReplaced},
		{"ReadWhileRemoved", readWhileRemoved},
		{"Remove", remove},
		{"List", list},
		{"ListStops", listStops},
		{"InvalidNames", invalidNames},
		{"UnusualNames", unusualNames},
		{"FoldersAreNoObjects", foldersAreNoObjects},
		{"Cancelled", cancelled},
		{"CancelledCommit", cancelledCommit},
		{"ConcurrentNames", concurrentNames},
		{"ConcurrentSameName", concurrentSameName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, newStore(t)) })
	}
}

// put makes an object.
func put(t *testing.T, s storage.Store, name, contents string) {
	t.Helper()
	w := create(t, s, name)
	if _, err := io.WriteString(w, contents); err != nil {
		t.Errorf("write %s: %v", name, err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Errorf("commit %s: %v", name, err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("close %s after commit: %v", name, err)
	}
}

func create(t *testing.T, s storage.Store, name string) storage.Writer {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return w
}

func get(s storage.Store, name string) (string, error) {
	r, err := s.Open(context.Background(), name)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

// holds checks what an object is by all methods.
func holds(t *testing.T, s storage.Store, name, want string) {
	t.Helper()
	if got, err := get(s, name); err != nil || got != want {
		t.Errorf("%s holds %.40q (%d bytes), want %.40q (%d bytes); error %v", name, got, len(got), want, len(want), err)
	}
	info, err := s.Stat(t.Context(), name)
	if want := (storage.Info{Name: name, Size: int64(len(want))}); err != nil || info != want {
		t.Errorf("stat %s: %+v, want %+v; error %v", name, info, want, err)
	}
}

// missing checks that there is no such object, by all methods.
func missing(t *testing.T, s storage.Store, name string) {
	t.Helper()
	if got, err := get(s, name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open %s: %.40q, error %v, want fs.ErrNotExist", name, got, err)
	}
	if info, err := s.Stat(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat %s: %+v, error %v, want fs.ErrNotExist", name, info, err)
	}
	if slices.Contains(names(t, s, name), name) {
		t.Errorf("%s is listed", name)
	}
}

func names(t *testing.T, s storage.Store, prefix string) []string {
	t.Helper()
	var out []string
	for o, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Errorf("list %q: %v", prefix, err)
			break
		}
		out = append(out, o.Name)
	}
	return out
}

func empty(t *testing.T, s storage.Store) {
	t.Helper()
	if all := names(t, s, ""); len(all) > 0 {
		t.Errorf("the store holds %q", all)
	}
}

func emptyStore(t *testing.T, s storage.Store) {
	empty(t, s)
	missing(t, s, "a")
	missing(t, s, "a/b")
	if err := s.Remove(t.Context(), "a/b"); err != nil {
		t.Errorf("remove what is not there: %v", err)
	}
}

func commitMakesObject(t *testing.T, s storage.Store) {
	put(t, s, "a.txt", "hello")
	put(t, s, "deep/er/b.txt", "world")
	holds(t, s, "a.txt", "hello")
	holds(t, s, "deep/er/b.txt", "world")
	r, err := s.Open(t.Context(), "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := iotest.TestReader(struct{ io.Reader }{r}, []byte("hello")); err != nil {
		t.Error(err)
	}
}

func nothingBeforeCommit(t *testing.T, s storage.Store) {
	w := create(t, s, "dir/a")
	defer w.Close()
	io.WriteString(w, "hello")
	missing(t, s, "dir/a")
	empty(t, s)
}

func closeWithoutCommit(t *testing.T, s storage.Store) {
	for _, contents := range []string{"", "hello", strings.Repeat("x", 1<<20)} {
		w := create(t, s, "dir/a")
		io.WriteString(w, contents)
		for range 2 {
			if err := w.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		if err := w.Commit(t.Context()); err == nil {
			t.Error("commit after close: no error")
		}
		missing(t, s, "dir/a")
		empty(t, s)
	}
}

func closeKeepsOlder(t *testing.T, s storage.Store) {
	put(t, s, "a", "older")
	w := create(t, s, "a")
	io.WriteString(w, "newer")
	holds(t, s, "a", "older")
	w.Close()
	holds(t, s, "a", "older")
}

func commitReplaces(t *testing.T, s storage.Store) {
	for _, contents := range []string{"one", "three", "", "2"} {
		put(t, s, "a", contents)
		holds(t, s, "a", contents)
	}
	if all := names(t, s, ""); !slices.Equal(all, []string{"a"}) {
		t.Errorf("the store holds %q", all)
	}
}

func afterCommit(t *testing.T, s storage.Store) {
	w := create(t, s, "a")
	io.WriteString(w, "hello")
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := io.WriteString(w, "more"); err == nil {
		t.Errorf("write after commit: %d, no error", n)
	}
	if err := w.Commit(t.Context()); err == nil {
		t.Error("second commit: no error")
	}
	if err := w.Close(); err != nil {
		t.Errorf("close after commit: %v", err)
	}
	holds(t, s, "a", "hello")
}

func emptyObject(t *testing.T, s storage.Store) {
	put(t, s, "a", "")
	holds(t, s, "a", "")
	if all := names(t, s, ""); !slices.Equal(all, []string{"a"}) {
		t.Errorf("listed: %q", all)
	}
}

// bigObject is longer than a part of a multipart upload, and not a multiple.
func bigObject(t *testing.T, s storage.Store) {
	big := make([]byte, 17<<20+13)
	rng := rand.New(rand.NewPCG(1, 2))
	rand.NewChaCha8([32]byte{1}).Read(big)
	w := create(t, s, "big")
	defer w.Close()
	for rest := big; len(rest) > 0; {
		n := min(len(rest), rng.IntN(1<<20))
		if k, err := w.Write(rest[:n]); k != n || err != nil {
			t.Fatalf("write of %d: %d, %v", n, k, err)
		}
		rest = rest[n:]
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("read %d bytes, which differ from the %d written; error %v", len(got), len(big), err)
	}
}

// bufferReuse: Write must not keep the slice it is given.
func bufferReuse(t *testing.T, s storage.Store) {
	w := create(t, s, "a")
	defer w.Close()
	buf := make([]byte, 1)
	for c := byte('a'); c <= 'z'; c++ {
		buf[0] = c
		w.Write(buf)
	}
	buf[0] = '!'
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "a", "abcdefghijklmnopqrstuvwxyz")
}

func readWhileReplaced(t *testing.T, s storage.Store) {
	older, newer := strings.Repeat("old", 1<<20), strings.Repeat("new", 1<<20)
	put(t, s, "a", older)
	r, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	head := make([]byte, 10)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", newer)
	rest, err := io.ReadAll(r)
	// An error is allowed, a mixture is not.
	if got := string(head) + string(rest); err == nil && got != older {
		t.Error("a reader that was open got something else than what it had opened")
	}
	holds(t, s, "a", newer)
}

func readWhileRemoved(t *testing.T, s storage.Store) {
	contents := strings.Repeat("old", 1<<20)
	put(t, s, "a", contents)
	r, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err == nil && string(got) != contents {
		t.Errorf("a reader that was open got %d of %d bytes and no error", len(got), len(contents))
	}
	missing(t, s, "a")
}

func remove(t *testing.T, s storage.Store) {
	put(t, s, "dir/a", "1")
	put(t, s, "dir/b", "2")
	for range 2 {
		if err := s.Remove(t.Context(), "dir/a"); err != nil {
			t.Errorf("remove: %v", err)
		}
		missing(t, s, "dir/a")
	}
	holds(t, s, "dir/b", "2")
	if err := s.Remove(t.Context(), "dir"); err != nil {
		t.Errorf("remove of what is no object: %v", err)
	}
	holds(t, s, "dir/b", "2")
	put(t, s, "dir/a", "again")
	holds(t, s, "dir/a", "again")
}

func list(t *testing.T, s storage.Store) {
	all := []string{
		"a/1", "a/b/c", "a/b.c", "a/b-c", "a/b0", "a.b", "a-b", "a0", "ab/x", "b/00010", "b/00009", "b/10",
		"é/ü", "Z", "z/z/z/z/z",
	}
	for i, name := range all {
		put(t, s, name, strings.Repeat("x", i))
	}
	sizes := map[string]int64{}
	for i, name := range all {
		sizes[name] = int64(i)
	}
	slices.Sort(all)
	prefixes := []string{"", "a", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/", "a.", "b/0", "b/00009", "é", "é/", "none", "none/", "/", "//", ".", "..", "../", "a//", "./a", "a/1/"}
	for _, prefix := range prefixes {
		var want, got []string
		for _, name := range all {
			if strings.HasPrefix(name, prefix) {
				want = append(want, name)
			}
		}
		for o, err := range s.List(t.Context(), prefix) {
			if err != nil {
				t.Fatalf("list %q: %v", prefix, err)
			}
			if o.Size >= 0 && o.Size != sizes[o.Name] {
				t.Errorf("list %q: size of %s is %d, want %d", prefix, o.Name, o.Size, sizes[o.Name])
			}
			got = append(got, o.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("list %q:\n%q, want\n%q", prefix, got, want)
		}
	}
}

func listStops(t *testing.T, s storage.Store) {
	for i := range 20 {
		put(t, s, fmt.Sprintf("%d/%d", i%3, i), "")
	}
	for stop := 1; stop <= 20; stop++ {
		n := 0
		for _, err := range s.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("listed %d, want %d", n, stop)
		}
	}
}

func invalidNames(t *testing.T, s storage.Store) {
	put(t, s, "a/b", "safe")
	for _, name := range []string{
		"", ".", "..", "/", "/a", "a/", "a//b", "./a", "a/.", "a/./b", "../a", "a/..", "a/../b", "a/../../b",
		"a\x00b", "\xff", "a/\xc3", ".tmp-1", "a/.tmp-1", ".tmp-1/a", strings.Repeat("x/", 512) + "x",
	} {
		if r, err := s.Open(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("open %.40q: error %v, want fs.ErrInvalid", name, err)
			if err == nil {
				r.Close()
			}
		}
		if w, err := s.Create(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("create %.40q: error %v, want fs.ErrInvalid", name, err)
			if err == nil {
				w.Close()
			}
		}
		if _, err := s.Stat(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("stat %.40q: error %v, want fs.ErrInvalid", name, err)
		}
		if err := s.Remove(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("remove %.40q: error %v, want fs.ErrInvalid", name, err)
		}
	}
	if all := names(t, s, ""); !slices.Equal(all, []string{"a/b"}) {
		t.Errorf("the store holds %q", all)
	}
}

func unusualNames(t *testing.T, s storage.Store) {
	all := []string{
		"...", "..a", ".hidden", "a b", " ", "a%2Fb", "a?b=c&d", "a#b", "a+b", "a=b", "~", "-", "%", "日本語/🙂",
		"e\u0301", "'quoted'", "(x)[y]{z}", "a@b,c;d!$", strings.Repeat("n", 200), "tmp-", "x.tmp-",
	}
	for _, name := range all {
		put(t, s, name, name)
	}
	for _, name := range all {
		holds(t, s, name, name)
	}
	slices.Sort(all)
	if got := names(t, s, ""); !slices.Equal(got, all) {
		t.Errorf("listed:\n%q, want\n%q", got, all)
	}
}

func foldersAreNoObjects(t *testing.T, s storage.Store) {
	put(t, s, "a/b/c", "x")
	missing(t, s, "a")
	missing(t, s, "a/b")
	missing(t, s, "a/b/c/d")
	if err := s.Remove(t.Context(), "a/b/c/d"); err != nil {
		t.Errorf("remove what is not there: %v", err)
	}
	holds(t, s, "a/b/c", "x")
}

func cancelled(t *testing.T, s storage.Store) {
	put(t, s, "a", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want := func(call string, err error) {
		t.Helper()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s under a cancelled context: error %v", call, err)
		}
	}
	r, err := s.Open(ctx, "a")
	want("open", err)
	if err == nil {
		r.Close()
	}
	w, err := s.Create(ctx, "b")
	want("create", err)
	if err == nil {
		w.Close()
	}
	_, err = s.Stat(ctx, "a")
	want("stat", err)
	want("remove", s.Remove(ctx, "a"))
	err = nil
	for _, err = range s.List(ctx, "") {
	}
	want("list", err)
	holds(t, s, "a", "x")
}

func cancelledCommit(t *testing.T, s storage.Store) {
	put(t, s, "a", "older")
	ctx, cancel := context.WithCancel(t.Context())
	w, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	io.WriteString(w, "newer")
	cancel()
	if err := w.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("commit under a cancelled context: error %v", err)
	}
	w.Close()
	holds(t, s, "a", "older")
}

func concurrentNames(t *testing.T, s storage.Store) {
	var wg sync.WaitGroup
	name := func(i int) string { return fmt.Sprintf("dir%d/%02d", i%3, i) }
	for i := range 16 {
		wg.Go(func() {
			put(t, s, name(i), strings.Repeat(name(i), 1000))
			names(t, s, "dir")
		})
	}
	wg.Wait()
	for i := range 16 {
		holds(t, s, name(i), strings.Repeat(name(i), 1000))
	}
}

// concurrentSameName: readers see one writer's object whole at any time, and the
// last commit wins.
func concurrentSameName(t *testing.T, s storage.Store) {
	const writers, size = 8, 200_000
	object := func(i int) string { return strings.Repeat(string(rune('a'+i)), size) }
	put(t, s, "dir/a", object(0))
	done := make(chan struct{})
	var readers, wg sync.WaitGroup
	readers.Go(func() {
		for {
			got, err := get(s, "dir/a")
			if err == nil && (len(got) != size || strings.Trim(got, got[:1]) != "") {
				err = errors.New("a mixture")
			}
			if err != nil {
				t.Errorf("read while it is replaced: %d bytes, error %v", len(got), err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	all := make([]storage.Writer, writers)
	for i := range all {
		all[i] = create(t, s, "dir/a")
		defer all[i].Close()
	}
	for i, w := range all {
		wg.Go(func() {
			for b := []byte(object(i)); len(b) > 0; b = b[size/10:] {
				if _, err := w.Write(b[:size/10]); err != nil {
					t.Error(err)
				}
			}
			if i%2 == 0 {
				if err := w.Commit(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i, w := range all {
		if i%2 != 0 { // these are committed one after another
			if err := w.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			holds(t, s, "dir/a", object(i))
		}
	}
	close(done)
	readers.Wait()
}
