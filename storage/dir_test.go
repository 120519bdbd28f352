package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/storage"
)

func write(t *testing.T, s storage.Store, name, contents string) {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := io.WriteString(w, contents); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s storage.Store) (out []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o.Name)
	}
	return out
}

// files lists everything under a directory, leftovers and all.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDirLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	w, err := storage.Dir(dir).Create(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "x")
	if got := files(t, dir); len(got) != 1 || !strings.HasPrefix(got[0], filepath.Join("a", storage.TempPrefix)) {
		t.Errorf("while writing: %q", got)
	}
	w.Close()
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
	write(t, storage.Dir(dir), "a/b", "x")
	if got := files(t, dir); len(got) != 1 || got[0] != filepath.Join("a", "b") {
		t.Errorf("after commit: %q", got)
	}
}

func TestDirLeftovers(t *testing.T) {
	dir := t.TempDir()
	d := storage.Dir(dir)
	write(t, d, "a/kept", "x")
	for _, name := range []string{".tmp-1", "a/.tmp-2", "a/.tmp-new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{".tmp-1", "a/.tmp-2", "a/kept"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, d); !slices.Equal(got, []string{"a/kept"}) {
		t.Errorf("listed: %q", got)
	}
	n, err := d.RemoveLeftovers(t.Context(), time.Now().Add(-24*time.Hour))
	if n != 2 || err != nil {
		t.Errorf("removed %d, error %v", n, err)
	}
	if got, want := files(t, dir), []string{"a/.tmp-new", "a/kept"}; !slices.Equal(got, want) {
		t.Errorf("left: %q, want %q", got, want)
	}
	if n, err := storage.Dir(filepath.Join(dir, "none")).RemoveLeftovers(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("in a folder that is not there: %d, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.RemoveLeftovers(ctx, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// The order of names is not that in which folders are walked.
func TestDirOrder(t *testing.T) {
	d := storage.Dir(t.TempDir())
	want := []string{"a!", "a-b", "a.b", "a/b", "a/b-c", "a/b/c", "a0", "a0/b"}
	want = slices.DeleteFunc(want, func(s string) bool { return s == "a/b" || s == "a0" }) // folders here
	for _, name := range want {
		write(t, d, name, "")
	}
	if got := list(t, d); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDirErrorsSurface(t *testing.T) {
	dir := t.TempDir()
	d := storage.Dir(dir)
	write(t, d, "file", "x")
	if _, err := d.Create(t.Context(), "file/below"); err == nil {
		t.Error("create below a file: no error")
	}
	write(t, d, "folder/file", "x")
	w, err := d.Create(t.Context(), "folder")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Commit(t.Context()); err == nil {
		t.Error("commit over a folder: no error")
	}
	if got := files(t, dir); !slices.Equal(got, []string{"file", "folder/file"}) {
		t.Errorf("left: %q", got)
	}
	if _, err := d.Create(t.Context(), strings.Repeat("n", 300)); err != nil {
		t.Error(err) // the name of the file written to is short
	} else if w, _ := d.Create(t.Context(), strings.Repeat("n", 300)); w.Commit(t.Context()) == nil {
		t.Error("name too long for the file system: no error from Commit")
	}
}

// Stores are part of settings that are recorded.
func TestJSON(t *testing.T) {
	for want, s := range map[string]storage.Store{
		`"out"`:                          storage.Dir("out"),
		`{}`:                             &storage.Memory{},
		`{"Base":"https://example.com"}`: storage.HTTP{Base: "https://example.com", Header: map[string][]string{"Authorization": {"secret"}}},
	} {
		if got, err := json.Marshal(s); string(got) != want || err != nil {
			t.Errorf("%s, want %s; error %v", got, want, err)
		}
	}
}

// The readers of both can be read at random.
func TestReaderAt(t *testing.T) {
	for _, s := range []storage.Store{storage.Dir(t.TempDir()), &storage.Memory{}} {
		write(t, s, "a", "hello world")
		r, err := s.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		buf := make([]byte, 5)
		if _, err := r.(io.ReaderAt).ReadAt(buf, 6); err != nil || !bytes.Equal(buf, []byte("world")) {
			t.Errorf("%T: %q, %v", s, buf, err)
		}
		if n, err := r.(io.Seeker).Seek(-5, io.SeekEnd); n != 6 || err != nil {
			t.Errorf("%T: %d, %v", s, n, err)
		}
	}
}
