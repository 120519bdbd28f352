package dedup

import (
	"context"
	"encoding/json"
	"path"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/storage"
)

// A spanPlan finds spans that repeat others: what Spans and Passages have in common, with
// their settings checked and filled in.
type spanPlan struct {
	store, scratch storage.Store
	dir, temp      string // folders, of files and of temporary ones
	partitions     int
	memory         int64
	minWords       int             // that a document has to have left
	reason         string          // if it has not
	settings       json.RawMessage // in the headers of files
	all            bool            // of equal spans, the first is listed as well

	// divide returns what finds the spans in the documents of a shard.
	divide func(ctx context.Context, shard string) (divider, error)
}

// A spanOpener has settings to check.
type spanOpener interface{ open() (*spanPlan, error) }

// A divider finds spans in the documents of one shard, which come in order. It is used by
// one goroutine.
type divider interface {
	// each calls yield with the key of each span of a document, and the first and the
	// last of the pieces that it consists of.
	each(doc *textmill.Document, yield func(key uint64, first, last int) error) error

	// skip is called in place of each if nobody wants to know.
	skip(doc *textmill.Document) error

	// remaining returns the text of the last document without some of its pieces.
	remaining(text string, gone []bool) string

	// end returns an error if a document is missing.
	end() error
	close() error
}

func (x *spanPlan) header(kind, of string) sections.Header {
	return sections.Header{Kind: kind, Settings: x.settings, Of: of}
}

func (x *spanPlan) signFile(shard string) string { return path.Join(x.dir, "sign", shard+".spans") }
func (x *spanPlan) listFile(shard string) string { return path.Join(x.dir, "remove", shard+".list") }
func (x *spanPlan) matchFile(partition int) string {
	return path.Join(x.dir, "match", partitionName(partition)+".spans")
}

// layout numbers the spans of all shards.
func (x *spanPlan) layout(ctx context.Context, src textmill.Source) (*corpusLayout, error) {
	names, err := shardNames(ctx, src)
	if err != nil {
		return nil, err
	}
	l := newLayout(names, 0, x.partitions)
	return l, l.read(func(i int) (*sections.Reader, error) { return x.openSpans(ctx, names[i]) })
}
