package dedup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
)

// Filter returns the stage that drops what the drop lists say, with the reason
// "exact_duplicate", or "duplicate_url", and the survivor's ID. It works in a
// pipeline only, as it has to know the shard. See [Exact] for which documents it has
// to be given.
//
// It reads the list as the documents come, and keeps one entry in memory.
func (e *Exact) Filter() textmill.Stage {
	return filterStage(exactName, e)
}

func filterStage(name string, o opener) textmill.Stage {
	return textmill.PerShard(name, func(ctx context.Context, shard textmill.Shard) (textmill.Stage, error) {
		x, err := o.open()
		if err != nil {
			return nil, err
		}
		list, err := x.openList(ctx, shard.Name)
		if err != nil {
			return nil, err
		}
		return newDropper(x, list)
	})
}

// openList opens the drop list of a shard, if it was made from the signatures
// that are there.
func (x *exact) openList(ctx context.Context, shard string) (*sections.Reader, error) {
	list, err := sections.Open(ctx, x.Store, x.dropFile(shard), x.header(kindDrops, shard))
	if err != nil {
		return nil, notExist(err, fmt.Sprintf("there is no drop list for the shard %q: do the steps sign, match and collect, with shards of this name", shard))
	}
	if err = x.checkList(ctx, list); err == nil {
		_, err = list.Seek(0)
	}
	if err != nil {
		return nil, errors.Join(err, list.Close())
	}
	return list, nil
}

// checkList returns an error unless a list was made from the signatures that
// there are now.
func (x *exact) checkList(ctx context.Context, list *sections.Reader) error {
	signed, err := x.openSignatures(ctx, list.Of)
	if err != nil {
		return err
	}
	if len(list.Digests) != 1 || list.Sections != 1 || list.Digests[0] != signed.Digests[0] {
		err = list.Wrap(errOtherSignatures)
	} else if x.madeFrom != nil {
		err = x.checkSource(ctx, signed)
	}
	return errors.Join(err, signed.Close())
}

// checkSource returns an error unless signatures were made from what there is now.
func (x *exact) checkSource(ctx context.Context, signed *sections.Reader) error {
	want, err := x.madeFrom(ctx, signed.Of)
	if err == nil && (len(signed.Digests) != 2 || signed.Digests[1] != want) {
		err = signed.Wrap(errOtherSignatures)
	}
	return err
}

// A dropper drops the documents of one shard that are in a drop list.
type dropper struct {
	reason   string
	clusters bool
	list     *sections.Reader
	match    *documentMatcher

	more     bool // there is a next entry
	next     position
	id       string // of the document the next entry is about
	survivor string
	size     uint64 // of its cluster
	stays    bool   // it is the survivor
}

// A documentMatcher knows documents again that were signed.
type documentMatcher struct {
	order sourceOrder

	// Whether Document.Index can still be the one it was in the first pipeline,
	// or the place among what that has written.
	byIndex, byPlace bool
}

func newDocumentMatcher() *documentMatcher { return &documentMatcher{byIndex: true, byPlace: true} }

// is reports whether doc is the one with the given ID and position. If not, it may be
// another with this ID.
func (m *documentMatcher) is(doc *textmill.Document, id string, p position) bool {
	if doc.ID != id {
		return false
	}
	byIndex := m.byIndex && doc.Index == p.index
	byPlace := m.byPlace && doc.Index >= 0 && uint64(doc.Index) == p.place
	if !byIndex && !byPlace {
		return false
	}
	m.byIndex, m.byPlace = byIndex, byPlace
	return true
}

func newDropper(x *exact, list *sections.Reader) (*dropper, error) {
	d := &dropper{reason: x.reason, clusters: x.clusters, list: list, match: newDocumentMatcher()}
	if err := d.advance(); err != nil {
		return nil, errors.Join(err, list.Close())
	}
	return d, nil
}

// advance reads the next entry.
func (d *dropper) advance() error {
	b, err := d.list.Next()
	if err == io.EOF {
		d.more = false
		return nil
	}
	if err != nil {
		return err
	}
	entry, err := parseDropped(b, d.clusters)
	if err != nil || d.more && entry.place <= d.next.place {
		return d.list.Wrap(sections.ErrDamaged)
	}
	d.more, d.next = true, entry.position
	d.id, d.survivor = idString(entry.id), idString(entry.survivor)
	d.size, d.stays = entry.size, entry.stays
	return nil
}

// Process implements [textmill.Stage]. Its errors end the shard.
func (d *dropper) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if err := d.match.order.check(doc); err != nil {
		return textmill.Keep, textmill.Fatal(err)
	}
	if !d.more || !d.match.is(doc, d.id, d.next) {
		return textmill.Keep, nil
	}
	v := textmill.Keep
	if !d.stays {
		v = textmill.Drop(d.reason).DuplicateOf(d.survivor)
	}
	if d.clusters {
		doc.Set(ClusterKey, d.survivor)
		doc.Set(ClusterSizeKey, int64(d.size))
	}
	return v, textmill.Fatal(d.advance())
}

// Close ends the shard. It is an error if a document of the list has not come.
func (d *dropper) Close() error {
	err := d.list.Close()
	if d.more {
		err = errors.Join(fmt.Errorf("dedup: %s (#%d), which is to be dropped as a duplicate of %s, has not come: give Filter all documents that were signed, in the same order",
			d.id, d.next.index, d.survivor), err)
	}
	return err
}
