package wet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/utf8dfa"
	"github.com/textmill/textmill/storage"
)

// A Source is a [textmill.Source] of WET files in a store. Each is a shard, named
// after the file without its folder and without .gz, .wet, .warc and .txt at the
// end. It yields a document for each conversion record:
//
//	ID     WARC-Record-ID without angle brackets, which the file is trusted to
//	       give to one record only; if there is none, the shard and the index,
//	       as in "name#12"
//	URL    WARC-Target-URI
//	Date   WARC-Date
//	Text   the block, as it is but for bytes that are not UTF-8: those are
//	       replaced as in Python with errors="replace"
//	Index  which of the conversion records and damaged records it is
//
// and in Meta, where the file has it:
//
//	wet.offset    int64   where the record is in the stored file, and …
//	wet.length    int64   … its stored bytes; see [Record] for both
//	wet.member    int64   Record.InMember, where it is not 0; see [ReadAt]
//	wet.digest    string  WARC-Block-Digest or WARC-Payload-Digest
//	wet.language  string  what the crawler took the language for
//
// Document.Language is left empty: see [Record.Language].
//
// It counts, see [textmill.Count]:
//
//	wet.skipped_<type>   records of other types: the eight of the standard, or "other"
//	wet.length_mismatch  documents with a wrong Content-Length
//	wet.repaired_utf8    documents in which bytes were replaced
//	wet.stored_bytes     bytes of the file that were read, as stored
//
// A Source reports each file that was read to its end, with its SHA-256, by
// [textmill.AddInput]. Its methods may be called concurrently.
type Source struct {
	Store storage.Store `json:"-"`
	Names []string      `json:"names"` // of the files, in the order of their shards

	// MaxRecord is the largest text in bytes; see [Options.MaxRecord].
	MaxRecord int64 `json:"max_record,omitempty"`

	// Unsized says not to ask the store how large files are, nor thereby
	// whether they are there, which takes a request for each. The shards then
	// have no size.
	Unsized bool `json:"unsized,omitempty"`
}

// Shards implements [textmill.Source]. It is an error if a file is not there, or
// if the shards of two files would have the same name.
func (s *Source) Shards(ctx context.Context) ([]textmill.Shard, error) {
	files := make([]file, len(s.Names))
	for i := range files {
		files[i] = s.file(i)
	}
	return shards(ctx, files)
}

// Read implements [textmill.Source]. Errors about one record are
// [*textmill.RecordError]; see the package comment.
func (s *Source) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	f, ok := lookUp(len(s.Names), s.file, shard)
	return read(ctx, f, ok, shard, s.MaxRecord)
}

func (s *Source) file(i int) file {
	return file{store: s.Store, name: s.Names[i], path: s.Names[i], unsized: s.Unsized}
}

// A file is a WET file somewhere.
type file struct {
	store   storage.Store
	name    string // in the store
	path    string // for messages about which file is meant
	unsized bool
}

// shard returns the name of the file's shard.
func (f file) shard() string {
	name := path.Base(f.name)
	for _, suffix := range []string{".gz", ".txt", ".wet", ".warc"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

func shards(ctx context.Context, files []file) ([]textmill.Shard, error) {
	if err := unique(files); err != nil {
		return nil, err
	}
	out := make([]textmill.Shard, len(files))
	for i, f := range files {
		out[i] = textmill.Shard{Index: i, Name: f.shard()}
		if f.unsized {
			continue
		}
		info, err := f.store.Stat(ctx, f.name)
		if err != nil {
			return nil, fmt.Errorf("wet: %w", err)
		}
		out[i].Size = max(info.Size, 0)
	}
	return out, nil
}

// unique returns an error unless each file can have a shard to itself.
func unique(files []file) error {
	seen := make(map[string]string, len(files))
	for _, f := range files {
		shard := f.shard()
		if err := storage.CheckName("read", shard); err != nil {
			return fmt.Errorf("wet: file %q: no name for a shard: %w", f.path, err)
		}
		switch other, ok := seen[shard]; {
		case ok && other == f.path:
			return fmt.Errorf("wet: %s is given twice", other)
		case ok:
			return fmt.Errorf("wet: %s and %s would both be shard %s: rename one", other, f.path, shard)
		}
		seen[shard] = f.path
	}
	return nil
}

// read returns the documents of a file, if there is one for the shard.
func read(ctx context.Context, f file, found bool, shard textmill.Shard, maxRecord int64) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		if !found {
			yield(nil, fmt.Errorf("wet: no file for shard %q: list the shards again", shard.Name))
			return
		}
		in, err := f.store.Open(ctx, f.name)
		if err != nil {
			yield(nil, fmt.Errorf("wet: %w", err))
			return
		}
		defer in.Close()
		d := documents{ctx: ctx, shard: shard.Name}
		stored := &stored{ctx: ctx, r: in, sum: sha256.New()}
		r := NewReader(stored, &Options{Name: shard.Name, MaxRecord: maxRecord})
		for rec, err := range r.Records() {
			doc, err := d.next(rec, err)
			if _, damaged := errors.AsType[*textmill.RecordError](err); err != nil && !damaged {
				yield(nil, fmt.Errorf("%s: %w", f.name, err))
				return
			}
			if doc == nil && err == nil {
				continue
			}
			if !yield(doc, err) {
				return
			}
			if doc != nil {
				d.n++
			}
		}
		if r.err == io.EOF {
			textmill.AddInput(ctx, textmill.Object{Name: f.name, Bytes: stored.n, SHA256: stored.hex(), Documents: d.n})
		}
	}
}

// lookUp returns which of n files has the given shard: most likely the one at its
// index.
func lookUp(n int, at func(int) file, shard textmill.Shard) (f file, ok bool) {
	if i := shard.Index; 0 <= i && i < n && at(i).shard() == shard.Name {
		return at(i), true
	}
	for i := range n {
		if f := at(i); f.shard() == shard.Name {
			return f, true
		}
	}
	return file{}, false
}

// documents makes documents of records.
type documents struct {
	ctx     context.Context
	shard   string
	n       int64
	scratch []byte
}

// next returns the document for what a Reader yielded, or neither a document nor
// an error if there is none.
func (d *documents) next(rec *Record, err error) (*textmill.Document, error) {
	if d.ctx.Err() != nil {
		return nil, context.Cause(d.ctx)
	}
	if err != nil {
		return nil, err
	}
	if t := rec.Type(); t != "conversion" {
		textmill.Count(d.ctx, skipped(t), 1)
		return nil, nil
	}
	if rec.LengthMismatch {
		textmill.Count(d.ctx, "wet.length_mismatch", 1)
	}
	doc := &textmill.Document{Date: rec.Date(), Text: d.text(rec.Block), Shard: d.shard, Index: rec.Index}
	d.describe(doc, rec)
	return doc, nil
}

// skipped returns the name of the counter for records of a type.
func skipped(recordType string) string {
	for _, t := range recordTypes {
		if t == recordType {
			return "wet.skipped_" + t
		}
	}
	return "wet.skipped_other"
}

func (d *documents) text(block []byte) string {
	if utf8dfa.Valid(block) {
		return string(block)
	}
	textmill.Count(d.ctx, "wet.repaired_utf8", 1)
	d.scratch = appendValid(d.scratch[:0], block)
	return string(d.scratch)
}

// describe copies what the header says. All its values share one string, to
// save allocations.
func (d *documents) describe(doc *textmill.Document, rec *Record) {
	b := d.scratch[:0]
	b = appendValid(b, unwrap(rec.Header.Bytes("WARC-Record-ID")))
	id := len(b)
	b = appendValid(b, unwrap(rec.Header.Bytes("WARC-Target-URI")))
	url := len(b)
	b = appendValid(b, rec.digest())
	digest := len(b)
	b = appendValid(b, rec.Header.Bytes("WARC-Identified-Content-Language"))
	d.scratch = b
	all := string(b)

	doc.ID, doc.URL = all[:id], all[id:url]
	if doc.ID == "" {
		doc.ID = fmt.Sprintf("%s#%d", d.shard, rec.Index)
	}
	doc.Meta = make(map[string]any, 5)
	doc.Meta["wet.offset"] = rec.Offset
	if rec.Length > 0 {
		doc.Meta["wet.length"] = rec.Length
	}
	if rec.InMember > 0 {
		doc.Meta["wet.member"] = rec.InMember
	}
	if digest > url {
		doc.Meta["wet.digest"] = all[url:digest]
	}
	if len(all) > digest {
		doc.Meta["wet.language"] = all[digest:]
	}
}

// stored is the file as stored. It counts and hashes what is read, and stops
// when the context is done.
type stored struct {
	ctx context.Context
	r   io.Reader
	n   int64
	sum hash.Hash
}

func (s *stored) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	n, err := s.r.Read(p)
	if n > 0 && n <= len(p) {
		s.n += int64(n)
		s.sum.Write(p[:n])
		textmill.Count(s.ctx, "wet.stored_bytes", int64(n))
	}
	return n, err
}

func (s *stored) hex() string { return hex.EncodeToString(s.sum.Sum(nil)) }
