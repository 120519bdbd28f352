package dedup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/extsort"
	"github.com/textmill/textmill/internal/sections"
)

// An Earlier is a run that was done before: its Fuzzy, all of whose steps have been
// done and left their files, and the source of which it knows the shards. No text of it
// is read again. Its settings have to be those of the new run.
//
// A cluster of new documents that has a candidate among those of earlier runs is
// dropped as a whole, for the survivor of the first of these. Nothing that was decided
// in an earlier run changes: where new documents connect two clusters of one, both stay
// as they are. The size of such a cluster counts the new documents, and the earlier one
// as one.
type Earlier struct {
	Fuzzy  *Fuzzy
	Source textmill.Source
}

func checkEarlier(runs []Earlier) error {
	for i, e := range runs {
		if e.Fuzzy == nil || e.Source == nil {
			return fmt.Errorf("dedup: Fuzzy.Earlier[%d] needs a Fuzzy and a Source", i)
		}
	}
	return nil
}

// The shards of earlier runs are called "@RUN/SHARD" in the steps.
const earlierPrefix = "@"

// An earlierShard is a shard of an earlier run.
type earlierShard struct {
	run   int
	shard string
}

func (e earlierShard) name() string { return fmt.Sprintf("%s%d/%s", earlierPrefix, e.run, e.shard) }

// earlierShard returns which shard of an earlier run has the given name, if any has.
func (f *Fuzzy) earlierShard(name string) (e earlierShard, ok bool) {
	rest, ok := strings.CutPrefix(name, earlierPrefix)
	if !ok {
		return e, false
	}
	run, shard, ok := strings.Cut(rest, "/")
	if e.run, _ = strconv.Atoi(run); !ok || e.run < 0 || e.run >= len(f.Earlier) {
		return e, false
	}
	e.shard = shard
	return e, true
}

// checkShardName returns an error if a shard of this run cannot have this name.
func checkShardName(name string) error {
	if strings.HasPrefix(name, earlierPrefix) {
		return fmt.Errorf("dedup: shard %s: the name of a shard must not begin with %s", name, earlierPrefix)
	}
	return nil
}

// names returns those of all shards, in order: those of earlier runs first.
func (f *Fuzzy) names(ctx context.Context, src textmill.Source) (all []string, err error) {
	for i, e := range f.Earlier {
		names, err := shardNames(ctx, e.Source)
		if err != nil {
			return nil, fmt.Errorf("earlier run %d: %w", i, err)
		}
		for _, n := range names {
			all = append(all, earlierShard{i, n}.name())
		}
	}
	names, err := shardNames(ctx, src)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if err := checkShardName(n); err != nil {
			return nil, err
		}
	}
	return append(all, names...), nil
}

// anchored finds the components of documents from old to n-1, and connects each to the
// least of the earlier documents that one of its members has an edge to.
func (x *fuzzy) anchored(ctx context.Context, old, n uint64, edges edgeSource) (components, error) {
	back := x.newSorter() // edges to earlier documents
	// The components have ordinals from 0 on; what comes of them, from old on.
	c, err := x.components(ctx, n-old, func(ctx context.Context, yield func(from, to uint64) error) error {
		return edges(ctx, func(from, to uint64) error {
			if to < old {
				return addEdge(ctx, back, from, to)
			}
			return yield(from-old, to-old)
		})
	})
	if err != nil {
		return nil, errors.Join(err, back.Close(ctx))
	}
	byLabel := x.newSorter()
	err = errors.Join(edgesOfLabels(ctx, byLabel, back, c, old), back.Close(ctx))
	// Members point to their label, and labels to their anchor: a star once more.
	members := x.newSorter()
	if err == nil {
		err = c.each(ctx, func(m membership) error { return addEdge(ctx, members, m.label+old, m.ordinal+old) })
	}
	err = errors.Join(err, c.close(ctx))
	stars := x.newSorter()
	if err == nil {
		err = joinAnchors(ctx, stars, members, byLabel)
	}
	if err = errors.Join(err, members.Close(ctx), byLabel.Close(ctx)); err != nil {
		return nil, errors.Join(err, stars.Close(ctx))
	}
	return x.measure(ctx, stars)
}

// edgesOfLabels makes the edges of members those of their label. Those of a document on
// its own stay its own.
func edgesOfLabels(ctx context.Context, out, edges *extsort.Sorter, c components, old uint64) error {
	e := &edgeCursor{ctx: ctx, edges: edges}
	if err := e.advance(); err != nil {
		return err
	}
	err := c.each(ctx, func(m membership) error {
		if err := e.moveTo(m.ordinal+old, m.ordinal+old, out); err != nil {
			return err
		}
		return e.moveTo(m.ordinal+old+1, m.label+old, out)
	})
	if err != nil {
		return err
	}
	return e.moveTo(maxOrdinal+1, maxOrdinal+1, out)
}

// An edgeCursor goes through edges to earlier documents.
type edgeCursor struct {
	ctx      context.Context
	edges    *extsort.Sorter
	more     bool
	from, to uint64
}

func (e *edgeCursor) advance() error {
	r, err := e.edges.Next(e.ctx)
	if e.more = err == nil; !e.more {
		return ignoreEOF(err)
	}
	e.from, e.to = splitEdge(r)
	return nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// moveTo makes edges from label of those from documents before ordinal. A label of
// ordinal itself stands for the documents' own.
func (e *edgeCursor) moveTo(ordinal, label uint64, out *extsort.Sorter) error {
	for e.more && e.from < ordinal {
		from := label
		if label == ordinal {
			from = e.from
		}
		if err := addEdge(e.ctx, out, from, e.to); err != nil {
			return err
		}
		if err := e.advance(); err != nil {
			return err
		}
	}
	return nil
}

// joinAnchors makes stars of the members by label and the edges from labels to earlier
// documents, the least of which is the anchor.
func joinAnchors(ctx context.Context, stars, members, byLabel *extsort.Sorter) error {
	e := &edgeCursor{ctx: ctx, edges: byLabel}
	if err := e.advance(); err != nil {
		return err
	}
	// next connects the next label that has edges to its anchor.
	next := func() (label, anchor uint64, err error) {
		label, anchor = e.from, e.to
		err = addEdge(ctx, stars, label, anchor)
		for err == nil && e.more && e.from == label {
			err = e.advance()
		}
		return label, anchor, err
	}
	label, root := uint64(maxOrdinal+1), uint64(0)
	for {
		r, err := members.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		of, member := splitEdge(r)
		if of != label {
			label, root = of, of
			for e.more && e.from <= of {
				from, anchor, err := next()
				if err != nil {
					return err
				}
				if from == of {
					root = anchor
				}
			}
		}
		if member != of {
			if err := addEdge(ctx, stars, member, root); err != nil {
				return err
			}
		}
	}
	for e.more {
		if _, _, err := next(); err != nil {
			return err
		}
	}
	return nil
}

// survivorsOf returns those that an earlier run has found for the documents of a shard,
// or nothing for a shard of this run.
func (b *labeller) survivorsOf(ctx context.Context, shard string) (*earlierSurvivors, error) {
	e, ok := b.earlierShard(shard)
	if !ok {
		return &earlierSurvivors{}, nil
	}
	x, err := b.Earlier[e.run].Fuzzy.open()
	if err != nil {
		return nil, err
	}
	list, err := x.election().openList(ctx, e.shard)
	if err != nil {
		return nil, err
	}
	s := &earlierSurvivors{earlier: true, list: list}
	if err := s.advance(); err != nil {
		return nil, errors.Join(err, list.Close())
	}
	return s, nil
}

// earlierSurvivors reads the drop list of a shard of an earlier run.
type earlierSurvivors struct {
	earlier bool
	list    *sections.Reader
	more    bool
	next    dropped
}

func (s *earlierSurvivors) advance() error {
	b, err := s.list.Next()
	if s.more = err == nil; !s.more {
		return ignoreEOF(err)
	}
	if s.next, err = parseDropped(b, true); err != nil {
		return s.list.Wrap(sections.ErrDamaged)
	}
	return nil
}

// replace gives a document of an earlier run the ID of its survivor, and a priority that
// none exceeds. Places grow from call to call.
func (s *earlierSurvivors) replace(d *signedDocument, place uint64) error {
	if !s.earlier {
		return nil
	}
	for s.more && s.next.place < place {
		if err := s.advance(); err != nil {
			return err
		}
	}
	if s.more && s.next.place == place {
		d.id = s.next.survivor
	}
	d.priority = make([]byte, len(d.priority)) // sorts first
	return nil
}

func (s *earlierSurvivors) close() error {
	if s.list == nil {
		return nil
	}
	return s.list.Close()
}
