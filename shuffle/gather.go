package shuffle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// Gather returns the source of the shuffled documents. It has a shard for each
// bucket, called bucket-00000 and so on. Of src, the source of the pipeline that
// scattered them, it needs to know which shards there are: it reads what was
// scattered of these and no others, and fails if some is missing.
func (s *Shuffle) Gather(src textmill.Source) textmill.Source { return gather{s, src} }

type gather struct {
	*Shuffle
	src textmill.Source
}

// Shards implements [textmill.Source].
func (g gather) Shards(context.Context) ([]textmill.Shard, error) {
	x, err := g.open()
	if err != nil {
		return nil, err
	}
	shards := make([]textmill.Shard, x.Buckets)
	for i := range shards {
		shards[i] = textmill.Shard{Index: i, Name: bucketName(i)}
	}
	return shards, nil
}

// Read implements [textmill.Source].
func (g gather) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		stopped := false
		err := g.read(ctx, shard, func(d *textmill.Document) bool {
			stopped = !yield(d, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

func (g gather) read(ctx context.Context, shard textmill.Shard, yield func(*textmill.Document) bool) (err error) {
	x, err := g.open()
	if err != nil {
		return err
	}
	if shard.Index < 0 || shard.Index >= x.Buckets || shard.Name != bucketName(shard.Index) {
		return fmt.Errorf("shuffle: %s is no shard of this source, which has %d: list its shards again", shard.Name, x.Buckets)
	}
	names, err := g.inputs(ctx)
	if err != nil {
		return err
	}
	b := &bucketReader{shuffle: x, number: shard.Index, names: names, sorter: extsort.New(x.scratch, x.temp, x.Memory)}
	defer func() { err = errors.Join(err, b.sorter.Close(ctx)) }()
	if err := b.collect(ctx); err != nil {
		return err
	}
	if err := b.yield(ctx, yield); err != nil {
		return fmt.Errorf("%s: %w", shard.Name, err)
	}
	return nil
}

// inputs returns the names of the shards that were scattered.
func (g gather) inputs(ctx context.Context) ([]string, error) {
	if g.src == nil {
		return nil, errors.New("shuffle: give Gather the source of the pipeline that scattered the documents")
	}
	shards, err := g.src.Shards(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(shards))
	seen := make(map[string]bool, len(shards))
	for i, s := range shards {
		if seen[s.Name] {
			return nil, fmt.Errorf("shuffle: two shards are called %s", s.Name)
		}
		seen[s.Name], names[i] = true, s.Name
	}
	return names, nil
}

// A bucketReader reads one bucket.
type bucketReader struct {
	*shuffle
	number int
	names  []string // of the shards that were scattered
	sorter *extsort.Sorter
}

// collect sorts what all shards have for this bucket.
func (b *bucketReader) collect(ctx context.Context) error {
	var err error
	for r, e := range sections.Ahead(len(b.names), func(i int) (*sections.Reader, error) { return b.openShard(ctx, b.names[i]) }) {
		if err = e; err != nil {
			break
		}
		if err = errors.Join(b.addSection(ctx, r), r.Close()); err != nil {
			break
		}
	}
	return err
}

// openShard opens what a shard has for this bucket.
func (b *bucketReader) openShard(ctx context.Context, shard string) (*sections.Reader, error) {
	r, err := sections.Open(ctx, b.Store, b.file(shard), b.header(shard))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("shuffle: scatter all shards before gathering them; there is nothing of %s: %w", shard, err)
	}
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(b.number); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// addSection adds the records of a section to those to be sorted.
func (b *bucketReader) addSection(ctx context.Context, r *sections.Reader) error {
	var last []byte
	for {
		record, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		p, err := parsePart(record)
		if err != nil || b.bucket(hashOf(record)) != b.number || bytes.Compare(record[:headSize], last) < 0 {
			return r.Wrap(fmt.Errorf("section %d: %w", b.number, sections.ErrDamaged))
		}
		last = append(append(last[:0], p.key...), record[keySize:headSize]...)
		if err := b.sorter.Add(ctx, record); err != nil {
			return err
		}
	}
}

// yield yields the documents in order.
func (b *bucketReader) yield(ctx context.Context, yield func(*textmill.Document) bool) error {
	join := joiner{next: func() ([]byte, error) { return b.sorter.Next(ctx) }}
	decode := decoder{hash: b.hash}
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		body, copies, err := join.join()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for range copies {
			doc, err := decode.decode(join.key[:], body)
			if err != nil {
				return err
			}
			if !yield(doc) {
				return nil
			}
		}
	}
}
