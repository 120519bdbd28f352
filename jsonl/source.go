package jsonl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// A Source reads documents, one shard for each object. The name of a shard is
// that of the object without Dir and suffix, with any '/' written as "%2F" and
// '%' as "%25".
//
// A line that is not a document is a [textmill.RecordError]: bad JSON, no text,
// or too long. It says where the line begins, unless the object is compressed.
// An object that is cut off, damaged in its compression or cannot be read on
// ends with that error after the lines before it; the last line of a compressed
// object is then not taken for a whole one. Damage is a [textmill.BadInput]. Blank
// lines are skipped.
type Source struct {
	Store storage.Store
	Dir   string // where in the store; if "", at its root

	// Names are the objects to read, below Dir, compressed if they end in .gz
	// or .zst. If nil, they are all objects below Dir that end in .jsonl,
	// .jsonl.gz or .jsonl.zst, in order of name.
	Names []string `json:",omitempty"`

	// TextField is the name of the field that holds the text. If "", "text".
	TextField string `json:",omitempty"`

	// MaxLine is the longest line in bytes. Longer ones are skipped as
	// damaged; memory for one of this length may be needed for each shard that
	// is being read. If 0, it is 64 MiB.
	MaxLine int `json:",omitempty"`
}

const defaultMaxLine = 64 << 20

// Shards implements [textmill.Source].
func (s Source) Shards(ctx context.Context) ([]textmill.Shard, error) {
	var shards []textmill.Shard
	seen := map[string]string{}
	for o, err := range s.objects(ctx, "") {
		if err != nil {
			return nil, fmt.Errorf("jsonl: %w", err)
		}
		name := s.shardName(o.Name)
		if other, ok := seen[name]; ok {
			return nil, fmt.Errorf("jsonl: %s and %s would both be shard %s: set Names to choose one", other, o.Name, name)
		}
		seen[name] = o.Name
		shards = append(shards, textmill.Shard{Index: len(shards), Name: name, Size: max(o.Size, 0)})
	}
	return shards, nil
}

// objects yields the objects to read; if Names is nil, only those whose name
// below Dir begins with prefix.
func (s Source) objects(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if s.Store == nil {
			yield(storage.Info{}, errors.New("a Source needs a Store"))
			return
		}
		for _, n := range s.Names {
			if !yield(storage.Info{Name: path.Join(s.Dir, n), Size: -1}, nil) {
				return
			}
		}
		if s.Names != nil {
			return
		}
		for o, err := range s.Store.List(ctx, s.below()+prefix) {
			if (err != nil || listed(o.Name)) && !yield(o, err) {
				return
			}
		}
	}
}

// below returns what the names of objects below Dir begin with.
func (s Source) below() string {
	if d := path.Clean(s.Dir); d != "." {
		return d + "/"
	}
	return ""
}

var (
	escapeName   = strings.NewReplacer("%", "%25", "/", "%2F")
	unescapeName = strings.NewReplacer("%25", "%", "%2F", "/")
)

func (s Source) shardName(object string) string {
	return escapeName.Replace(trimSuffix(strings.TrimPrefix(object, s.below())))
}

// object returns the name of the object that holds a shard.
func (s Source) object(ctx context.Context, shard string) (string, error) {
	found := ""
	for o, err := range s.objects(ctx, unescapeName.Replace(shard)+".") {
		switch {
		case err != nil:
			return "", err
		case s.shardName(o.Name) != shard:
			continue
		case found != "":
			return "", fmt.Errorf("%s and %s are both shard %s: set Names to choose one", found, o.Name, shard)
		}
		found = o.Name
	}
	if found == "" {
		return "", fmt.Errorf("no object for shard %s below %q: %w", shard, s.Dir, fs.ErrNotExist)
	}
	return found, nil
}

// Read implements [textmill.Source]. Shard and Index of a document are those the
// line gives, or else the name of the shard and the number of the line. Its ID
// is then SHARD#INDEX if the line gives none.
func (s Source) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		r, err := s.open(ctx, shard)
		if err != nil {
			yield(nil, fmt.Errorf("jsonl: %w", err))
			return
		}
		defer r.close()
		for {
			doc, err := r.next(ctx)
			if err == io.EOF {
				return
			}
			if _, ok := errors.AsType[*textmill.RecordError](err); err != nil && !ok {
				yield(nil, err)
				return
			}
			if !yield(doc, err) {
				return
			}
		}
	}
}

// reader reads the documents of one object.
type reader struct {
	in      *stored
	z       io.ReadCloser
	lines   *lineReader
	shard   string
	plain   bool // not compressed, so that offsets are those of the stored bytes
	index   int  // of the next line
	decoder Decoder
}

func (s Source) open(ctx context.Context, shard textmill.Shard) (*reader, error) {
	name, err := s.object(ctx, shard.Name)
	if err != nil {
		return nil, err
	}
	input, err := storage.NewInput(ctx, s.Store, name)
	if err != nil {
		return nil, err
	}
	in := &stored{Input: input}
	z, err := decompress(in, name)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, in.explain(err)), in.Close())
	}
	return &reader{
		in: in, z: z,
		lines:   newLineReader(z, cmp.Or(max(s.MaxLine, 0), defaultMaxLine)),
		shard:   shard.Name,
		plain:   path.Ext(name) != ".gz" && path.Ext(name) != ".zst",
		decoder: Decoder{TextField: s.TextField},
	}, nil
}

// stored is the object as stored. It remembers why it could not be read on, which is
// no damage, though a decompressor may take it for that.
type stored struct {
	*storage.Input
	err error
}

func (s *stored) Read(p []byte) (int, error) {
	n, err := s.Input.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// explain returns what an error of what reads s comes from.
func (s *stored) explain(err error) error {
	if s.err != nil {
		return s.err
	}
	return textmill.BadInput(err)
}

func (r *reader) close() {
	r.z.Close()
	r.in.Close()
}

// next returns the next document.
func (r *reader) next(ctx context.Context) (*textmill.Document, error) {
	for {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		ln, err := r.lines.line()
		if err == io.EOF {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("jsonl: %s: after %d lines: %w", r.in.Object().Name, r.index, r.in.explain(err))
		}
		index := r.index
		r.index++
		if ln.bytes == nil {
			return nil, r.damaged(index, ln, fmt.Errorf("line of %d bytes, longer than the limit of %d: raise MaxLine", ln.length, r.lines.max))
		}
		if blank(ln.bytes) {
			continue
		}
		doc, err := r.decoder.Decode(ln.bytes)
		if err != nil {
			return nil, r.damaged(index, ln, err)
		}
		r.place(doc, index)
		return doc, nil
	}
}

// place fills in what the line did not say.
func (r *reader) place(doc *textmill.Document, index int) {
	if doc.Shard == "" {
		doc.Shard = r.shard
	}
	if doc.Index < 0 {
		doc.Index = index
	}
	if doc.ID == "" {
		doc.ID = fmt.Sprintf("%s#%d", doc.Shard, doc.Index)
	}
}

func (r *reader) damaged(index int, ln line, err error) error {
	offset := int64(-1)
	if r.plain {
		offset = ln.offset
	}
	return &textmill.RecordError{Shard: r.shard, Index: index, Offset: offset, Length: ln.length, Err: err}
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}
