package wet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// OpenOptions are settings for [Open]. The zero OpenOptions, or nil, are the
// defaults.
type OpenOptions struct {
	// Base is the directory or the address where the files are that a listing
	// names. If "", it is https://data.commoncrawl.org/.
	Base string

	// HTTP says how to make requests; its Base is not looked at.
	HTTP storage.HTTP

	// MaxRecord is the largest text in bytes; see [Options.MaxRecord].
	MaxRecord int64
}

const commonCrawl = "https://data.commoncrawl.org/"

// Open returns a source of the WET files that paths name, see [Source]. Each path
// is one of:
//
//   - a WET file;
//   - a directory: the *.wet and *.wet.gz files in it, in order of name;
//   - a pattern as for [filepath.Glob]: all that it matches, in order of name;
//   - the http or https address of a WET file;
//   - the name or the address of a listing as Common Crawl has one for each
//     crawl, wet.paths or wet.paths.gz: a name relative to Base on each line.
//     What ends in .paths or .paths.gz is taken for one.
//
// Open looks at everything that is near before any work begins: a file that is
// missing, empty or something else, a pattern or directory without files, and a
// file that is given twice are errors. Files that a listing names and that are
// far are not looked at; their shards have no size.
func Open(ctx context.Context, paths []string, options *OpenOptions) (textmill.Source, error) {
	o := opener{ctx: ctx}
	if options != nil {
		o.OpenOptions = *options
	}
	if len(paths) == 0 {
		return nil, errors.New("wet: no input: name a WET file, a directory, an address or a wet.paths listing")
	}
	for _, p := range paths {
		if p == "" {
			return nil, errors.New("wet: one of the paths is empty")
		}
		if err := o.add(p); err != nil {
			return nil, fmt.Errorf("open %s: %w", p, withoutPath(err, p))
		}
	}
	if err := unique(o.files); err != nil {
		return nil, err
	}
	return &opened{o.files, o.MaxRecord}, nil
}

// opened is what Open returns: files that may be in different stores.
type opened struct {
	files     []file
	maxRecord int64
}

func (s *opened) Shards(ctx context.Context) ([]textmill.Shard, error) { return shards(ctx, s.files) }

func (s *opened) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	f, ok := lookUp(len(s.files), func(i int) file { return s.files[i] }, shard)
	return read(ctx, f, ok, shard, s.maxRecord)
}

// withoutPath returns err without the path if that is all it adds to its cause.
func withoutPath(err error, p string) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path == p {
		return e.Err
	}
	return err
}

// An opener collects files.
type opener struct {
	OpenOptions
	ctx   context.Context
	files []file
}

func (o *opener) add(p string) error {
	if err := context.Cause(o.ctx); err != nil {
		return err
	}
	if isAddress(p) {
		return o.address(p)
	}
	info, err := os.Stat(p)
	switch {
	case err == nil && info.IsDir():
		return o.directory(p)
	case err == nil:
		return o.local(p)
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(p, "*?["):
		return err
	}
	return o.pattern(p)
}

func isAddress(p string) bool {
	return strings.HasPrefix(p, "http://") || strings.HasPrefix(p, "https://")
}

func isListing(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".paths")
}

func isWET(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".wet")
}

func (o *opener) directory(dir string) error {
	entries, err := os.ReadDir(dir) // in order of name
	if err != nil {
		return err
	}
	n := len(o.files)
	for _, e := range entries {
		if name := e.Name(); isWET(name) && !strings.HasPrefix(name, ".") {
			if err := o.local(filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("%s: %w", name, withoutPath(err, filepath.Join(dir, name)))
			}
		}
	}
	if len(o.files) == n {
		return errors.New("no *.wet or *.wet.gz files in this directory")
	}
	return nil
}

func (o *opener) pattern(p string) error {
	matches, err := filepath.Glob(p)
	if err != nil {
		return err
	}
	if len(matches) == 0 {
		return errors.New("nothing matches this pattern")
	}
	slices.Sort(matches)
	for _, m := range matches {
		info, err := os.Stat(m)
		if err == nil && info.IsDir() {
			continue
		}
		if err == nil {
			err = o.local(m)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m, withoutPath(err, m))
		}
	}
	return nil
}

// local adds a file of this machine, or those it lists.
func (o *opener) local(p string) error {
	dir, name := filepath.Split(filepath.Clean(p))
	store := storage.Dir(dir)
	if isListing(name) {
		return o.listing(store, name)
	}
	return o.wet(store, name, p)
}

// wet adds a file, unless its beginning shows that it is no WARC file at all.
func (o *opener) wet(store storage.Store, name, p string) error {
	info, err := store.Stat(o.ctx, name)
	if err != nil {
		return err
	}
	if info.Size == 0 {
		return errors.New("the file is empty")
	}
	r, err := store.Open(o.ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, err := range NewReader(r, nil).Records() {
		if _, damaged := errors.AsType[*textmill.RecordError](err); damaged {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	o.files = append(o.files, file{store: store, name: name, path: p})
	return nil
}

// address adds a file on a server, or those it lists.
func (o *opener) address(p string) error {
	u, err := url.Parse(p)
	if err != nil {
		return err
	}
	dir, name := path.Split(u.Path)
	if name == "" {
		return errors.New("a directory on a server cannot be listed: give the address of a WET file or of a wet.paths listing")
	}
	u.Path, u.RawPath, u.Fragment = dir, "", ""
	store := o.HTTP
	store.Base = u.String()
	if isListing(name) {
		return o.listing(store, name)
	}
	return o.wet(store, name, p)
}

// listing adds the files that a listing names.
func (o *opener) listing(store storage.Store, name string) error {
	r, err := store.Open(o.ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	base, far := o.base()
	return eachListed(r, func(name string) error {
		if !far {
			if _, err := base.Stat(o.ctx, name); err != nil {
				return err
			}
		}
		o.files = append(o.files, file{base, name, name, far})
		return nil
	})
}

// base returns the store that holds what listings name, and whether it is on
// another machine.
func (o *opener) base() (store storage.Store, far bool) {
	base := o.Base
	if base == "" {
		base = commonCrawl
	}
	if isAddress(base) {
		h := o.HTTP
		h.Base = base
		return h, true
	}
	return storage.Dir(base), false
}
