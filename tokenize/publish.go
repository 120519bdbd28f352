package tokenize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/storage"
)

// A stagedFile is the store that the format of one file of a shard writes to. What
// the format commits waits here until all files of the shard are complete, so that
// they can become visible in an order that never leaves a reader with a mixture.
type stagedFile struct {
	storage.Store
	name    string          // what the names of its objects begin with
	objects []*stagedObject // in the order in which the format committed them
	removed []string        // what the format removed
}

// Create implements [storage.Store].
func (f *stagedFile) Create(ctx context.Context, name string) (storage.Writer, error) {
	if !strings.HasPrefix(name, f.name) {
		return nil, fmt.Errorf("tokenize: the format of file %s writes %s: the names of its objects have to begin with that of the file", f.name, name)
	}
	w, err := f.Store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	return &stagedObject{file: f, w: w, name: name}, nil
}

// Remove implements [storage.Store].
func (f *stagedFile) Remove(_ context.Context, name string) error {
	f.removed = append(f.removed, name)
	return nil
}

// key returns the object without which the others mean nothing.
func (f *stagedFile) key() *stagedObject { return f.objects[len(f.objects)-1] }

// discard closes what waits and was not published.
func (f *stagedFile) discard() error {
	var err error
	for _, o := range f.objects {
		err = cmp.Or(err, o.w.Close())
	}
	return err
}

// A stagedObject is an object that waits, or is being written.
type stagedObject struct {
	file *stagedFile
	w    storage.Writer
	name string
	size int64
	hash xxh3.Hasher
	err  error // of an earlier call
}

var errStaged = fmt.Errorf("tokenize: write or commit after commit or close: %w", fs.ErrClosed)

// Write implements [storage.Writer].
func (o *stagedObject) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	var n int
	n, o.err = o.w.Write(p)
	o.size += int64(n)
	o.hash.Write(p[:n])
	return n, o.err
}

// Commit implements [storage.Writer].
func (o *stagedObject) Commit(ctx context.Context) error {
	if o.err == nil {
		o.err = context.Cause(ctx)
	}
	if o.err != nil {
		return o.err
	}
	o.err = errStaged
	o.file.objects = append(o.file.objects, o)
	return nil
}

// Close implements [storage.Writer].
func (o *stagedObject) Close() error {
	if o.err == errStaged {
		return nil // waits, or is closed
	}
	o.err = errStaged
	return o.w.Close()
}

// A there says what of a file is in the store.
type there struct {
	whole bool // all of it, with the bytes that are to be committed
	key   bool // an object with the name of its key
}

// publish makes the objects of a shard's files visible. Name is that of the shard
// if it is divided into files called NAME/00000 and so on.
//
// If the shard is there with the same bytes, each object is replaced by its like and
// no reader notices. Otherwise what there is of it is withdrawn before the first object
// appears: at first the key of the first file, by which readers know a whole
// shard; then the keys of the other files that differ; then what the shard has no
// more. Only what was there at the beginning is removed, so that another machine that
// is doing the same shard does not lose what it commits meanwhile.
//
// Then come all objects that mean nothing without their key, which takes long, as
// they are the large ones, and then the keys, that of the first file last.
func publish(ctx context.Context, store storage.Store, files []*stagedFile, divided bool, name string) error {
	for _, f := range files {
		if len(f.objects) == 0 {
			return fmt.Errorf("tokenize: the format committed nothing for file %s", f.name)
		}
	}
	var stale []string
	if divided {
		var err error
		if stale, err = listStale(ctx, store, files, name); err != nil {
			return err
		}
	}
	for _, f := range files {
		removed, err := f.listRemoved(ctx, store)
		if err != nil {
			return err
		}
		stale = append(stale, removed...)
	}
	if len(files) > 1 || len(files[0].objects) > 1 || len(stale) > 0 { // one object is replaced at once
		if err := withdraw(ctx, store, files, stale); err != nil {
			return err
		}
	}
	for _, f := range files {
		for _, o := range f.objects[:len(f.objects)-1] {
			if err := o.w.Commit(ctx); err != nil {
				return err
			}
		}
	}
	for _, f := range slices.Backward(files) {
		if err := f.key().w.Commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// withdraw makes sure that nothing there is of the shard is found together with what is
// to be committed, unless it is the same.
func withdraw(ctx context.Context, store storage.Store, files []*stagedFile, stale []string) error {
	var remove []string
	changed := len(stale) > 0
	for _, f := range files {
		old, err := f.lookUp(ctx, store)
		if err != nil {
			return err
		}
		if !old.whole {
			changed = true
		}
		if old.key && (!old.whole || f == files[0]) {
			remove = append(remove, f.key().name)
		}
	}
	if !changed {
		return nil
	}
	for _, name := range append(remove, stale...) {
		if err := store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// lookUp finds out what of the file is in the store.
func (f *stagedFile) lookUp(ctx context.Context, store storage.Store) (there, error) {
	old := there{whole: true}
	for _, o := range slices.Backward(f.objects) {
		info, err := store.Stat(ctx, o.name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			old.whole = false
			continue
		case err != nil:
			return old, err
		}
		if o == f.key() {
			old.key = true
		}
		if info.Size >= 0 && info.Size != o.size {
			old.whole = false
		}
	}
	for _, o := range slices.Backward(f.objects) {
		if !old.whole || !old.key {
			return old, nil
		}
		var err error
		if old.whole, err = o.same(ctx, store); err != nil {
			return old, err
		}
	}
	return old, nil
}

// same reports whether the store has the object with these bytes.
func (o *stagedObject) same(ctx context.Context, store storage.Store) (bool, error) {
	r, err := store.Open(ctx, o.name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // removed meanwhile
	}
	if err != nil {
		return false, err
	}
	defer r.Close()
	var hash xxh3.Hasher
	n, err := io.CopyBuffer(&hash, r, make([]byte, 64<<10))
	if err != nil {
		return false, fmt.Errorf("read %s: %w", o.name, err)
	}
	return n == o.size && hash.Sum128() == o.hash.Sum128(), nil
}

// listStale returns the objects of files that an earlier run had and this one has
// not, keys first.
func listStale(ctx context.Context, store storage.Store, files []*stagedFile, name string) ([]string, error) {
	suffixes := map[string]bool{} // and whether it is a key's
	for _, f := range files {
		for i, o := range f.objects {
			suffixes[o.name[len(f.name):]] = i == len(f.objects)-1
		}
	}
	var keys, others []string
	for info, err := range store.List(ctx, name+"/") {
		if err != nil {
			return nil, err
		}
		number, suffix := cutNumber(info.Name[len(name)+1:])
		key, known := suffixes[suffix]
		switch {
		case !known || number < len(files): // of another shard or of someone else's; or one of this run
		case key:
			keys = append(keys, info.Name)
		default:
			others = append(others, info.Name)
		}
	}
	return append(keys, others...), nil
}

// listRemoved returns what the format removed, if it is there and not replaced
// anyway.
func (f *stagedFile) listRemoved(ctx context.Context, store storage.Store) ([]string, error) {
	var names []string
	for _, name := range f.removed {
		if slices.ContainsFunc(f.objects, func(o *stagedObject) bool { return o.name == name }) {
			continue
		}
		switch _, err := store.Stat(ctx, name); {
		case err == nil:
			names = append(names, name)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return names, nil
}

// fileName returns the name of a file of a divided shard.
func fileName(shard string, number int) string { return fmt.Sprintf("%s/%05d", shard, number) }

// cutNumber divides what follows the name of a shard into the number of a file, or
// -1 if there is none, and what the format appended.
func cutNumber(s string) (number int, suffix string) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.Atoi(s[:digits])
	if err != nil || fmt.Sprintf("%05d", n) != s[:digits] {
		return -1, s
	}
	return n, s[digits:]
}
