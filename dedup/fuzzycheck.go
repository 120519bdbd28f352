package dedup

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// Pairs are checked where the sketches are. The sketches of two documents are in files
// of two shards, so that each pair visits one group of shards after the other:
//
//	fetch  at the greater ordinal  edge → edge with that document's sketch
//	check  at the lesser ordinal   the same → edge, if both are similar enough

// fuzzyFetch has a shard for each group of shards.
type fuzzyFetch struct {
	*Fuzzy
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j fuzzyFetch) Shards(ctx context.Context) ([]textmill.Shard, error) {
	x, err := j.open()
	if err != nil {
		return nil, err
	}
	return x.groupShards(ctx, j.src)
}

// RunShard implements [textmill.Job].
func (j fuzzyFetch) RunShard(ctx context.Context, shard textmill.Shard) (textmill.Report, error) {
	return runChecker(ctx, j.Fuzzy, j.src, shard, func(ctx context.Context, c *checker) (textmill.Object, error) {
		if err := c.read(ctx, c.Partitions, c.openEdges, c.checkEdge); err != nil {
			return textmill.Object{}, err
		}
		if err := c.fetch(ctx); err != nil {
			return textmill.Object{}, err
		}
		return c.write(ctx, c.pairFile(c.group), kindPairs)
	})
}

// fuzzyCheck has a shard for each group of shards.
type fuzzyCheck struct {
	*Fuzzy
	src textmill.Source
}

// Shards implements [textmill.Job].
func (j fuzzyCheck) Shards(ctx context.Context) ([]textmill.Shard, error) {
	return fuzzyFetch(j).Shards(ctx)
}

// RunShard implements [textmill.Job].
func (j fuzzyCheck) RunShard(ctx context.Context, shard textmill.Shard) (textmill.Report, error) {
	return runChecker(ctx, j.Fuzzy, j.src, shard, func(ctx context.Context, c *checker) (textmill.Object, error) {
		if err := c.read(ctx, len(c.layout.groups), c.openPairs, c.checkPair); err != nil {
			return textmill.Object{}, err
		}
		if err := c.compare(ctx); err != nil {
			return textmill.Object{}, err
		}
		return c.write(ctx, c.checkedFile(c.group), kindChecked)
	})
}

// A checker does one group in one of both steps.
type checker struct {
	*fuzzy
	layout  *corpusLayout
	group   int
	in, out *extsort.Sorter
	count   int64 // of distinct records read
	written int64
}

func runChecker(ctx context.Context, f *Fuzzy, src textmill.Source, shard textmill.Shard,
	work func(context.Context, *checker) (textmill.Object, error)) (report textmill.Report, err error) {
	start := time.Now()
	x, err := f.open()
	if err != nil {
		return report, err
	}
	l, err := x.layout(ctx, src)
	if err != nil {
		return report, err
	}
	if err := l.checkGroup(shard); err != nil {
		return report, err
	}
	c := &checker{fuzzy: x, layout: l, group: shard.Index}
	// Both hold what they can in memory at the same time.
	c.in = extsort.New(x.scratch, x.temp, x.Memory/2)
	c.out = extsort.New(x.scratch, x.temp, x.Memory/2)
	defer func() {
		err = errors.Join(err, c.in.Close(ctx), c.out.Close(ctx))
		report.Elapsed = time.Since(start)
	}()
	out, err := work(ctx, c)
	if err != nil {
		return report, err
	}
	return textmill.Report{
		Read: c.count, Written: c.written, Dropped: c.count - c.written,
		Counts:  map[string]int64{"dedup.pairs": c.count, "dedup.dissimilar": c.count - c.written},
		Outputs: []textmill.Object{out},
	}, nil
}

// read sorts what files of the step before have for the group, if check finds nothing
// wrong with it.
func (c *checker) read(ctx context.Context, files int,
	open func(context.Context, *corpusLayout, int, int) (*sections.Reader, error), check func(record []byte) error) error {
	for r, err := range sections.Ahead(files, func(i int) (*sections.Reader, error) { return open(ctx, c.layout, i, c.group) }) {
		if err != nil {
			return err
		}
		err = readAll(r, func(b []byte) error {
			if err := check(b); err != nil {
				return err
			}
			return c.in.Add(ctx, b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkEdge(b []byte) error {
	_, _, err := c.layout.parseEdge(b, c.group)
	return err
}

// checkPair checks the record of a pair: the lesser ordinal, the greater, and its sketch.
func (c *checker) checkPair(b []byte) error {
	if len(b) != edgeSize+c.Sketch.Lanes() {
		return sections.ErrDamaged
	}
	to, from := splitEdge(b)
	if !c.layout.has(c.group, to) || from <= to || from < c.layout.old() || from >= c.layout.total() {
		return sections.ErrDamaged
	}
	return nil
}

func (c *checker) write(ctx context.Context, name, kind string) (textmill.Object, error) {
	out, err := writeGrouped(ctx, c.Store, name, c.header(kind, collectName(c.group)), c.layout, c.out)
	if err != nil {
		return textmill.Object{}, err
	}
	c.written = out.Records()
	return out.Object(), nil
}

// openPairs opens what was fetched by one group and is for another.
func (x *fuzzy) openPairs(ctx context.Context, l *corpusLayout, by, g int) (*sections.Reader, error) {
	return openGrouped(ctx, x.Store, x.pairFile(by), x.header(kindPairs, collectName(by)), l, g)
}

// fetch turns edges, sorted by the greater ordinal, into pairs.
func (c *checker) fetch(ctx context.Context) (err error) {
	s := c.sketches(ctx)
	defer func() { err = errors.Join(err, s.close()) }()
	var pair []byte
	return distinct(ctx, c.in, func(record []byte) error {
		from, to := splitEdge(record)
		sketch, err := s.get(from)
		if err != nil {
			return err
		}
		c.count++
		pair = append(appendOrdinal(appendOrdinal(pair[:0], to), from), sketch...)
		return c.out.Add(ctx, pair)
	})
}

// compare turns pairs into edges if the documents are similar enough.
func (c *checker) compare(ctx context.Context) (err error) {
	s := c.sketches(ctx)
	defer func() { err = errors.Join(err, s.close()) }()
	return distinct(ctx, c.in, func(record []byte) error {
		to, from := splitEdge(record)
		mine, err := s.get(to)
		if err != nil {
			return err
		}
		c.count++
		if sketch.Similarity(mine, record[edgeSize:]) < c.Check {
			return nil
		}
		return addEdge(ctx, c.out, from, to)
	})
}

// sketches returns a cursor over the sketches of the group.
func (c *checker) sketches(ctx context.Context) *sketchCursor {
	return &sketchCursor{ctx: ctx, fuzzy: c.fuzzy, layout: c.layout, next: c.layout.groups[c.group].from}
}

// A sketchCursor finds the sketches of documents that are asked for in order.
type sketchCursor struct {
	*fuzzy
	ctx     context.Context
	layout  *corpusLayout
	next    int              // rank of the shard that is to be opened next
	file    *sections.Reader // of the shard before next, or nil
	ordinal uint64           // of the record that comes next in it
	sketch  []byte           // of the one before
}

// get returns the sketch of a document of the group: this one or a later one than before.
func (s *sketchCursor) get(ordinal uint64) ([]byte, error) {
	for s.file == nil || ordinal >= s.layout.first[s.next] {
		if err := s.open(); err != nil {
			return nil, err
		}
	}
	for s.ordinal <= ordinal {
		b, err := s.file.Next()
		if err == io.EOF {
			err = s.file.Wrap(sections.ErrDamaged)
		}
		if err != nil {
			return nil, err
		}
		s.sketch = b
		s.ordinal++
	}
	if len(s.sketch) != s.Sketch.Lanes() {
		return nil, s.file.Wrap(sections.ErrDamaged) // it has bands, and so must have a sketch
	}
	return s.sketch, nil
}

// open goes to the next shard.
func (s *sketchCursor) open() error {
	if err := s.close(); err != nil {
		return err
	}
	file, err := s.openSketchSection(s.ctx, s.layout.names[s.next], sketchSection)
	if err != nil {
		return err
	}
	s.file, s.ordinal = file, s.layout.first[s.next]
	s.next++
	return nil
}

func (s *sketchCursor) close() error {
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}
