//go:build unix

package storage_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/textmill/textmill/storage"
)

func TestDirPermissions(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "new")
	write(t, storage.Dir(dir), "a/b", "x")
	for name, want := range map[string]fs.FileMode{"": 0o750, "a": 0o750, "a/b": 0o640} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v, want %v; error %v", name, info.Mode().Perm(), want, err)
		}
	}
}

func TestDirLinksAndSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	d := storage.Dir(filepath.Join(dir, "link-to-root"))
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "root"), 0o777),
		os.Mkdir(filepath.Join(dir, "elsewhere"), 0o777),
		os.WriteFile(filepath.Join(dir, "elsewhere", "file"), []byte("hello"), 0o666),
		os.Symlink("root", filepath.Join(dir, "link-to-root")),
		os.Symlink("../elsewhere/file", filepath.Join(dir, "root", "link")),
		os.Symlink("../elsewhere", filepath.Join(dir, "root", "folder")),
		os.Symlink("nowhere", filepath.Join(dir, "root", "dangling")),
		os.Symlink(".", filepath.Join(dir, "root", "loop")),
		syscall.Mkfifo(filepath.Join(dir, "root", "pipe"), 0o666),
	); err != nil {
		t.Fatal(err)
	}
	if got := list(t, d); !slices.Equal(got, []string{"link"}) {
		t.Errorf("listed: %q", got)
	}
	for _, name := range []string{"link", "folder/file"} {
		if info, err := d.Stat(t.Context(), name); err != nil || info.Size != 5 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
	for _, name := range []string{"pipe", "dangling", "folder", "loop"} {
		if _, err := d.Open(t.Context(), name); !errors.Is(err, fs.ErrNotExist) { // and does not block
			t.Errorf("%s: %v", name, err)
		}
	}
}

// With a file size limit, as with a full disk, a write fails half way. It is set
// in a process of its own.
func TestDirFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs RLIMIT_FSIZE as on Linux")
	}
	if dir := os.Getenv("STORAGE_TEST_FULL_DISK"); dir != "" {
		fullDisk(t, storage.Dir(dir))
		return
	}
	dir := t.TempDir()
	write(t, storage.Dir(dir), "a", "older")
	cmd := exec.Command(os.Args[0], "-test.run=^TestDirFullDisk$")
	cmd.Env = append(os.Environ(), "STORAGE_TEST_FULL_DISK="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"a"}) {
		t.Errorf("left: %q", got)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "a")); string(b) != "older" {
		t.Errorf("the older object is %q, error %v", b, err)
	}
}

func fullDisk(t *testing.T, d storage.Dir) {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 100_000, Max: 100_000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	out, err := storage.NewOutput(t.Context(), d, "a")
	if err != nil {
		t.Fatal(err)
	}
	chunk, failed := make([]byte, 1000), false
	for range 200 {
		if _, err := out.Write(chunk); err != nil {
			failed = true // and go on, as careless callers do
		}
	}
	if !failed {
		t.Error("write to a full disk: no error")
	}
	for range 2 {
		if err := out.Commit(t.Context(), 0); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("commit: %v", err)
		}
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	w, err := d.Create(t.Context(), "a") // unbuffered
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write(make([]byte, 200_000)); n != 100_000 || err == nil {
		t.Errorf("write of 200000: %d, %v", n, err)
	}
	if _, err := w.Write(nil); err == nil {
		t.Error("write after a failed one: no error")
	}
	if err := w.Commit(t.Context()); err == nil {
		t.Error("commit after a failed write: no error")
	}
	w.Close()
}
