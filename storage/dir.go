package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Dir is the store of the regular files under a directory, which need not exist
// until something is created. Permissions are what the umask leaves.
//
// A file being written lies in the folder it is meant for, under a name that
// begins with [TempPrefix]; such files are not objects. Commit syncs the file
// to the disk, renames it and syncs the folder, so that what is committed
// survives a loss of power. Files that killed runs left behind are removed by
// [Dir.RemoveLeftovers].
//
// Names cannot lead out of the directory, but symbolic links in it are followed,
// except by List to folders. Its readers are *[os.File].
type Dir string

// file returns the path of an object's file after checking its name.
func (d Dir) file(ctx context.Context, op, name string) (string, error) {
	if err := check(ctx, op, name); err != nil {
		return "", err
	}
	local, err := filepath.Localize(name)
	if err != nil {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return filepath.Join(d.root(), local), nil
}

func (d Dir) root() string {
	if d == "" {
		return "."
	}
	return string(d)
}

// stat describes the file of an object.
func (d Dir) stat(op, name, file string) (fs.FileInfo, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, syscall.ENOTDIR): // "a/b" where a is a file
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("%w as a regular file", fs.ErrNotExist)}
	}
	return info, nil
}

// Open implements [Store].
func (d Dir) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	file, err := d.file(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	if _, err := d.stat("open", name, file); err != nil { // before opening: a pipe would block
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err // not f, which would be a non-nil interface
	}
	return f, nil
}

// Stat implements [Store].
func (d Dir) Stat(ctx context.Context, name string) (Info, error) {
	file, err := d.file(ctx, "stat", name)
	if err != nil {
		return Info{}, err
	}
	info, err := d.stat("stat", name, file)
	if err != nil {
		return Info{}, err
	}
	return Info{Name: name, Size: info.Size()}, nil
}

// Remove implements [Store]. Folders stay.
func (d Dir) Remove(ctx context.Context, name string) error {
	file, err := d.file(ctx, "remove", name)
	if err != nil {
		return err
	}
	if _, err := d.stat("remove", name, file); err != nil { // os.Remove would remove an empty folder
		return ignoreNotExist(err)
	}
	if err := os.Remove(file); err != nil {
		return ignoreNotExist(err)
	}
	return syncDir(filepath.Dir(file))
}

func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Create implements [Store].
func (d Dir) Create(ctx context.Context, name string) (Writer, error) {
	file, err := d.file(ctx, "create", name)
	if err != nil {
		return nil, err
	}
	if err := mkdirAll(filepath.Dir(file)); err != nil {
		return nil, err
	}
	temp, err := createTemp(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	return &dirWriter{f: temp, file: file}, nil
}

// mkdirAll is os.MkdirAll that syncs the folders it adds to.
func mkdirAll(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := mkdirAll(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		if info, e := os.Stat(dir); e == nil && info.IsDir() {
			return nil // someone else made it
		}
		return err
	}
	return syncDir(parent)
}

// createTemp is os.CreateTemp, except that permissions follow the umask.
func createTemp(dir string) (*os.File, error) {
	for range 1000 {
		name := filepath.Join(dir, fmt.Sprintf("%s%016x", TempPrefix, rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "create", Path: filepath.Join(dir, TempPrefix+"*"), Err: fs.ErrExist}
}

// syncDir makes the entries of a folder last.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // cannot be done there, and need not be
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // some network file systems
	}
	return errors.Join(err, f.Close())
}

type dirWriter struct {
	f    *os.File // nil once closed
	file string   // what it is to become
	err  error    // of an earlier call
}

var errClosed = fmt.Errorf("storage: write or commit after commit or close: %w", fs.ErrClosed)

func (w *dirWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.f.Write(p)
	w.err = err
	return n, err
}

func (w *dirWriter) Commit(ctx context.Context) error {
	if w.err == nil {
		w.err = context.Cause(ctx)
	}
	if w.err == nil {
		w.err = w.f.Sync()
	}
	if w.err != nil {
		return w.err
	}
	temp := w.f.Name()
	if err := w.f.Close(); err != nil {
		return w.discard(errors.Join(err, os.Remove(temp)))
	}
	if err := os.Rename(temp, w.file); err != nil {
		return w.discard(errors.Join(err, os.Remove(temp)))
	}
	return w.discard(syncDir(filepath.Dir(w.file)))
}

// discard marks w as of no more use, and returns err.
func (w *dirWriter) discard(err error) error {
	w.f, w.err = nil, errClosed
	return err
}

func (w *dirWriter) Close() error {
	if w.f == nil {
		return nil
	}
	temp := w.f.Name()
	return w.discard(errors.Join(w.f.Close(), os.Remove(temp)))
}

// List implements [Store]. It holds one folder at a time of each level in
// memory.
func (d Dir) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		dir, base := "", prefix
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			if dir, base = prefix[:i], prefix[i+1:]; CheckName("list", dir) != nil {
				return // no object has such a name
			}
		}
		if err := d.list(ctx, dir, base, yield); err != nil && err != errStop {
			yield(Info{}, err)
		}
	}
}

var errStop = errors.New("stop")

// list yields what is in and below the folder called dir and begins with base.
func (d Dir) list(ctx context.Context, dir, base string, yield func(Info, error) bool) error {
	entries, err := d.entries(dir, base)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("list %s: %w", dir, err)
		}
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			if err := d.list(ctx, name, "", yield); err != nil {
				return err
			}
			continue
		}
		info, err := d.Stat(ctx, name) // not e.Info, so as to follow links
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile, or no regular file
		}
		if err != nil {
			return err
		}
		if !yield(info, nil) {
			return errStop
		}
	}
	return nil
}

// entries returns what the folder called dir holds, in the order of the names of
// the objects in it: in "a", "a.b" comes before "a/b", since '.' < '/'.
func (d Dir) entries(dir, base string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(filepath.Join(d.root(), filepath.FromSlash(dir)))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return !strings.HasPrefix(e.Name(), base) || CheckName("list", e.Name()) != nil
	})
	key := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(key(a), key(b)) })
	return entries, nil
}

// RemoveLeftovers removes files that were being written by runs that did not
// end properly, if they were last written to before the given time, and returns
// how many. Writers that are still at work then fail to commit, so choose a time
// at which none was: a day ago, say.
func (d Dir) RemoveLeftovers(ctx context.Context, before time.Time) (removed int, err error) {
	err = filepath.WalkDir(d.root(), func(file string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), TempPrefix):
			return nil
		}
		info, err := e.Info()
		if err == nil && info.ModTime().Before(before) {
			if err = os.Remove(file); err == nil {
				removed++
			}
		}
		return ignoreNotExist(err)
	})
	return removed, err
}
