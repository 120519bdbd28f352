package dedup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/storage"
)

// Exact drops documents whose text, or whose address, another document of the corpus
// has. Set its fields, then put together a plan of what its methods return, and do not
// change them after that. Where reading and cleaning the input is dear, store what the
// first pipeline leaves, and let the second read that:
//
//	e := &dedup.Exact{Store: store, Dir: "exact"}
//	plan := slices.Concat(
//		textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{
//			Source: pages, Stages: stages, Sink: textmill.Tee(cleaned, e.Signatures()),
//		}}},
//		e.Steps(pages),
//		textmill.Plan{{Name: "write", Job: &textmill.Pipeline{
//			Source: cleanedPages, Stages: []textmill.Stage{e.Filter()}, Sink: out,
//		}}},
//	)
//
// [Exact.Plan] is for when the input is as well read twice.
//
// # Two passes
//
// A document is known by the name of its shard (that of the pipeline, which need
// not be Document.Shard), by its ID and by its place, which is Document.Index
// or, for those that are read back from a store that has given them new ones,
// how many documents the first pipeline wrote before it. The second pipeline has
// to give Filter every document that the first gave Signatures, in shards of the
// same names and in the same order; it may give it others too, which are kept. If a
// document that was to be dropped does not come, the shard fails, because then the
// one that was to stay in its place may not have come either. So put Filter first,
// or after the same stages as in the first pass.
//
// # Files
//
// Dir belongs to one run. In it, sign/ holds a file for each shard, 38 bytes a
// document if IDs are WARC-Record-IDs; match/ and drop/ hold 40 bytes each for
// each document that is dropped; and tmp/ holds what does not fit into memory.
// That is removed at the end of each shard, except by a killed process, and can
// be deleted while no step is running. All files are committed whole and
// carry checksums, the settings they were made with and what they were made
// from: damaged, stale or foreign files are errors. Any step and any shard can
// be done again and leaves the same bytes, whatever the order and the number of
// workers.
type Exact struct {
	// Store and Dir say where the steps leave files for each other.
	Store storage.Store `json:"-"`
	Dir   string

	// Scratch, if not nil, takes temporary files in place of Store: a local
	// disk, say, if Store is far away. They can come to as much as the files of
	// the step, for each shard under way.
	Scratch storage.Store `json:"-"`

	// By says what is compared: the texts, or the addresses of the documents by
	// CanonicalURL. Documents without an address are never duplicates by URL.
	By Content `json:",omitempty"`

	// Normalize says which differences between texts do not count.
	Normalize Normalization

	// Partitions is into how many parts the hash space is divided, which is how
	// many shards the step match has: 1 to 65536. If 0, it is 64. Which
	// documents are dropped does not depend on it.
	Partitions int

	// Memory is about how many bytes each shard that is being done may hold for
	// sorting, beside the names of all shards. If 0, it is 64 MiB; the least is
	// 256 KiB. The output does not depend on it. Go's garbage comes on top: at
	// most as much again, unless GOGC or GOMEMLIMIT say otherwise.
	Memory int64

	// Priority, if not nil, says how much a document is to be preferred to
	// others with the same text. Of a group, the document with the greatest
	// priority stays, and the first of these if there are several. It is called
	// by Signatures for each document and must depend on that alone.
	//
	// It can prefer the page of the best host, say, or, with doc.Date.Unix(), the
	// one fetched last.
	Priority func(doc *textmill.Document) int64 `json:"-"`
}

// Content says what Exact compares.
type Content uint8

// What there is to compare.
const (
	Text Content = iota
	URL
)

// MarshalText returns "text" or "url".
func (c Content) MarshalText() ([]byte, error) {
	switch c {
	case Text:
		return []byte("text"), nil
	case URL:
		return []byte("url"), nil
	}
	return nil, fmt.Errorf("dedup: Exact.By is %d; use Text or URL", c)
}

// UnmarshalText sets c by its name.
func (c *Content) UnmarshalText(text []byte) error {
	switch string(text) {
	case "text":
		*c = Text
	case "url":
		*c = URL
	default:
		return fmt.Errorf("dedup: unknown content %.40q; use text or url", text)
	}
	return nil
}

const (
	exactName   = "dedup.Exact"
	exactReason = "exact_duplicate"
	urlReason   = "duplicate_url"

	defaultPartitions = 64
	maxPartitions     = 1 << 16
	defaultMemory     = 64 << 20
	minMemory         = 256 << 10
)

// Steps returns the steps between the two pipelines: exact-match and
// exact-collect. See [Exact.Match] for src.
func (e *Exact) Steps(src textmill.Source) textmill.Plan {
	return textmill.Plan{
		{Name: "exact-match", Job: e.Match(src)},
		{Name: "exact-collect", Job: e.Collect(src)},
	}
}

// Plan returns a whole plan: what is left of src after stages, without
// duplicates. It reads src and applies the stages twice and stores no text in
// between. Its steps are exact-sign, exact-match, exact-collect and exact-filter.
func (e *Exact) Plan(src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
	return slices.Concat(
		textmill.Plan{{Name: "exact-sign", Job: &textmill.Pipeline{Source: src, Stages: stages, Sink: e.Signatures()}}},
		e.Steps(src),
		textmill.Plan{{Name: "exact-filter", Job: &textmill.Pipeline{Source: src, Stages: append(slices.Clip(stages), e.Filter()), Sink: sink}}},
	)
}

// Kinds of files.
const (
	kindSignatures = "exact signatures"
	kindMatches    = "exact matches"
	kindDrops      = "an exact drop list"
)

func (e *Exact) signFile(shard string) string { return path.Join(e.Dir, "sign", shard+".sig") }
func (e *Exact) dropFile(shard string) string { return path.Join(e.Dir, "drop", shard+".drop") }
func (e *Exact) matchFile(partition int) string {
	return path.Join(e.Dir, "match", partitionName(partition)+".match")
}

func partitionName(n int) string { return fmt.Sprintf("part-%05d", n) }

// An exact is an Exact whose settings were checked and filled in. A Fuzzy ends in
// one as well: there, what documents have in common is not the text but the
// cluster.
type exact struct {
	Exact
	name     string // of the stage, in reports
	reason   string
	clusters bool // the second half of a key is the size of the cluster, and lists have the survivors too
	scratch  storage.Store
	temp     string          // folder in it
	settings json.RawMessage // in the headers of files

	// madeFrom, if not nil, returns the digest of what the signatures of a shard have
	// to be made from, which is their second digest.
	madeFrom func(ctx context.Context, shard string) (sections.Digest, error)
}

// open checks the settings.
func (e *Exact) open() (*exact, error) {
	x := &exact{Exact: *e, name: exactName, reason: exactReason, scratch: e.Scratch, temp: path.Join(e.Dir, "tmp")}
	if x.Partitions == 0 {
		x.Partitions = defaultPartitions
	}
	if x.Memory == 0 {
		x.Memory = defaultMemory
	}
	if x.scratch == nil {
		x.scratch = x.Store
	}
	switch {
	case x.Store == nil:
		return nil, errors.New("dedup: an Exact needs a Store")
	case x.By > URL:
		return nil, fmt.Errorf("dedup: Exact.By is %d; use Text or URL", x.By)
	case x.Partitions < 1 || x.Partitions > maxPartitions:
		return nil, fmt.Errorf("dedup: Exact.Partitions is %d; use 1 to %d", x.Partitions, maxPartitions)
	case x.Memory < minMemory:
		return nil, fmt.Errorf("dedup: Exact.Memory is %d bytes; use at least %d", x.Memory, minMemory)
	}
	if x.By == URL {
		x.reason, x.Normalize = urlReason, Verbatim
	}
	if err := x.Normalize.validate(); err != nil {
		return nil, err
	}
	var err error
	x.settings, err = json.Marshal(exactSettings{1, x.By, x.Normalize, x.Partitions, x.Priority != nil, ucd.Version})
	return x, err
}

// exactSettings is what files that are used together have to agree in.
type exactSettings struct {
	Format     int           `json:"format"` // of records
	By         Content       `json:"by,omitempty"`
	Normalize  Normalization `json:"normalize"`
	Partitions int           `json:"partitions"`
	Priority   bool          `json:"priority"`
	Unicode    string        `json:"unicode"`
}

// header returns the header of a file of this run.
func (x *exact) header(kind, of string) sections.Header {
	return sections.Header{Kind: kind, Settings: x.settings, Of: of}
}

// An opener has settings to check: an Exact, or what a Fuzzy ends in.
type opener interface {
	open() (*exact, error)
	names(ctx context.Context, src textmill.Source) ([]string, error) // of the shards, in order
}

func (e *Exact) names(ctx context.Context, src textmill.Source) ([]string, error) {
	return shardNames(ctx, src)
}

// shardNames returns the names of the shards of src in order. The place of a
// name is the rank of the shard.
func shardNames(ctx context.Context, src textmill.Source) ([]string, error) {
	if src == nil {
		return nil, errors.New("dedup: give Match and Collect the source of the pipeline that wrote the signatures")
	}
	shards, err := src.Shards(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(shards))
	for i, s := range shards {
		names[i] = s.Name
	}
	slices.SortFunc(names, strings.Compare)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return nil, fmt.Errorf("dedup: two shards are called %s", names[i])
		}
	}
	return names, nil
}

// A group is a range of ranks whose drop lists are made together.
type group struct{ from, to int }

// groups divides n shards into at most as many groups as there are partitions.
func (x *exact) groups(n int) []group { return groupsOf(n, x.Partitions) }

func groupsOf(n, most int) []group {
	k := min(n, most)
	groups := make([]group, k)
	for i := range groups {
		groups[i] = group{i * n / k, (i + 1) * n / k}
	}
	return groups
}
