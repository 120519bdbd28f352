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
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/storage"
)

// Fuzzy drops documents that say nearly the same as others of the corpus, however
// large that is: MinHash with banding, or any other scheme of package sketch, in
// bounded memory, with the same result for any number of machines.
//
//	f := &dedup.Fuzzy{Store: store, Dir: "fuzzy", Sketch: sketch.FineWeb()}
//	plan := slices.Concat(
//		textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{
//			Source: pages, Stages: stages, Sink: textmill.Tee(cleaned, f.Signatures()),
//		}}},
//		f.Steps(pages),
//		textmill.Plan{{Name: "write", Job: &textmill.Pipeline{
//			Source: cleanedPages, Stages: []textmill.Stage{f.Filter()}, Sink: out,
//		}}},
//	)
//
// # What is dropped
//
// Two documents are candidates if all rows of a band of their sketches are equal.
// With Check, the similarity of a candidate is estimated from the sketches, and too
// small ones are put aside. What remains are the edges of a graph, whose connected
// components are the clusters. Of a cluster one document stays, the survivor: the
// one with the greatest [Fuzzy.Priority], and of several the first by name of the
// shard and place in it. So clusters and survivors depend on the documents alone, and
// with Check on their order as well.
//
// In a band, each document that others are equal to is compared with the first of
// them, by the same order, and not with one another: a page that a million others repeat costs a
// million comparisons and not their square.
//
// The others are dropped with the reason "near_duplicate" and the survivor's ID, see
// [textmill.Verdict.DuplicateOf]. All documents of a cluster, the survivor too, are
// annotated with [ClusterKey] and [ClusterSizeKey].
//
// What is said at [Exact] of two passes, of files and of doing steps again holds here
// too. The files between the steps take about 200 bytes a document with 14 bands, if
// four of ten have duplicates, and 120 more with Check, most of it for the sketch.
type Fuzzy struct {
	// Store and Dir say where the steps leave files for each other.
	Store storage.Store `json:"-"`
	Dir   string

	// Scratch, if not nil, takes temporary files in place of Store.
	Scratch storage.Store `json:"-"`

	// Sketch says what a shingle is, and how many bands there are of how many rows.
	Sketch sketch.Settings

	// Check, if positive, is the least estimated Jaccard similarity of candidates,
	// up to 1. Without it, some pairs far below the threshold of the banding are
	// taken for duplicates by chance, and clusters grow by chains of such pairs.
	Check float64

	// Partitions is into how many parts band keys are divided, which is how many
	// shards the step fuzzy-match has: 1 to 65536. If 0, it is 64. Which documents
	// are dropped does not depend on it.
	Partitions int

	// Memory is about how many bytes each shard that is being done may hold, beside
	// the names of all shards. If 0, it is 64 MiB; the least is 256 KiB. What does not
	// fit goes to Scratch. The output does not depend on it. Clusters are found in
	// memory if it has 8 bytes for each document of the corpus, or with Earlier 16 for
	// each that is not of an earlier run, and otherwise by sorting, several times
	// slower.
	Memory int64

	// Priority, if not nil, says how much a document is to be preferred to others of
	// its cluster: its length, its date, its score. See [Exact.Priority].
	Priority func(doc *textmill.Document) int64 `json:"-"`

	// Earlier are runs whose documents are compared with those of this one and stay,
	// whatever they are like: older crawls, say.
	Earlier []Earlier `json:"-"`
}

const (
	fuzzyName   = "dedup.Fuzzy"
	fuzzyReason = "near_duplicate"
)

// Kinds of files.
const (
	kindSketches = "sketches"
	kindEdges    = "edges"
	kindPairs    = "pairs to check"
	kindChecked  = "checked edges"
	kindClusters = "clusters"
)

// Steps returns the steps between the two pipelines. See [Exact.Match] for src.
//
//	fuzzy-match    one shard per range of band keys  documents that share a band
//	fuzzy-fetch    one per group of input shards     with Check: the sketch of one of each pair
//	fuzzy-check    one per group of input shards     with Check: pairs that are similar enough
//	fuzzy-cluster  one                               which cluster a document is in
//	fuzzy-label    one per group of input shards     that, with what decides who survives
//	fuzzy-elect    one per range of clusters         who survives
//	fuzzy-collect  one per group of input shards     the drop list of each input shard
func (f *Fuzzy) Steps(src textmill.Source) textmill.Plan {
	steps := textmill.Plan{{Name: "fuzzy-match", Job: fuzzyMatch{f, src}}}
	if f.Check > 0 {
		steps = append(steps,
			textmill.Step{Name: "fuzzy-fetch", Job: fuzzyFetch{f, src}},
			textmill.Step{Name: "fuzzy-check", Job: fuzzyCheck{f, src}})
	}
	return append(steps,
		textmill.Step{Name: "fuzzy-cluster", Job: fuzzyCluster{f, src}},
		textmill.Step{Name: "fuzzy-label", Job: fuzzyLabel{f, src}},
		textmill.Step{Name: "fuzzy-elect", Job: matchJob{election{f}, src}},
		textmill.Step{Name: "fuzzy-collect", Job: collectJob{election{f}, src}})
}

// Plan returns a whole plan, as [Exact.Plan] does. It begins with fuzzy-sign and ends
// with fuzzy-filter.
func (f *Fuzzy) Plan(src textmill.Source, stages []textmill.Stage, sink textmill.Sink) textmill.Plan {
	return slices.Concat(
		textmill.Plan{{Name: "fuzzy-sign", Job: &textmill.Pipeline{Source: src, Stages: stages, Sink: f.Signatures()}}},
		f.Steps(src),
		textmill.Plan{{Name: "fuzzy-filter", Job: &textmill.Pipeline{Source: src, Stages: append(slices.Clip(stages), f.Filter()), Sink: sink}}},
	)
}

// Filter returns the stage that drops what the steps have found. See [Exact.Filter].
func (f *Fuzzy) Filter() textmill.Stage { return filterStage(fuzzyName, election{f}) }

// A fuzzy is a Fuzzy whose settings were checked and filled in.
type fuzzy struct {
	Fuzzy
	scratch  storage.Store
	temp     string          // folder in it
	settings json.RawMessage // in the headers of files
}

type fuzzySettings struct {
	Format     int             `json:"format"` // of records
	Sketch     sketch.Settings `json:"sketch"`
	Check      float64         `json:"check"`
	Partitions int             `json:"partitions"`
	Priority   bool            `json:"priority"`
	Version    string          `json:"version"` // of sketches
}

// open checks the settings.
func (f *Fuzzy) open() (*fuzzy, error) {
	x := &fuzzy{Fuzzy: *f, scratch: f.Scratch, temp: path.Join(f.Dir, "tmp")}
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
		return nil, errors.New("dedup: a Fuzzy needs a Store")
	case x.Partitions < 1 || x.Partitions > maxPartitions:
		return nil, fmt.Errorf("dedup: Fuzzy.Partitions is %d; use 1 to %d", x.Partitions, maxPartitions)
	case x.Memory < minMemory:
		return nil, fmt.Errorf("dedup: Fuzzy.Memory is %d bytes; use at least %d", x.Memory, minMemory)
	case !(x.Check >= 0 && x.Check <= 1):
		return nil, fmt.Errorf("dedup: Fuzzy.Check is %v; use a similarity from 0 to 1", x.Check)
	}
	if err := checkEarlier(x.Earlier); err != nil {
		return nil, err
	}
	if err := x.Sketch.Validate(); err != nil {
		return nil, fmt.Errorf("dedup: Fuzzy.Sketch: %w", err)
	}
	var err error
	x.settings, err = json.Marshal(fuzzySettings{1, x.Sketch, x.Check, x.Partitions, x.Priority != nil, sketch.Version})
	return x, err
}

func (x *fuzzy) header(kind, of string) sections.Header {
	return sections.Header{Kind: kind, Settings: x.settings, Of: of}
}

func (x *fuzzy) signFile(shard string) string { return path.Join(x.Dir, "sign", shard+".sketches") }
func (x *fuzzy) edgeFile(partition int) string {
	return path.Join(x.Dir, "match", partitionName(partition)+".edges")
}
func (x *fuzzy) pairFile(g int) string    { return path.Join(x.Dir, "check", collectName(g)+".pairs") }
func (x *fuzzy) checkedFile(g int) string { return path.Join(x.Dir, "check", collectName(g)+".edges") }
func (x *fuzzy) clusterFile() string      { return path.Join(x.Dir, "clusters") }

// An election is the end of a Fuzzy: an Exact in which the key of a document is its
// cluster.
type election struct{ *Fuzzy }

func (e election) open() (*exact, error) {
	x, err := e.Fuzzy.open()
	if err != nil {
		return nil, err
	}
	return x.election(), nil
}

func (x *fuzzy) election() *exact {
	return &exact{
		Exact: Exact{
			Store: x.Store, Dir: path.Join(x.Dir, "elect"), Scratch: x.Scratch,
			Partitions: x.Partitions, Memory: x.Memory, Priority: x.Priority,
		},
		name: fuzzyName, reason: fuzzyReason, clusters: true,
		scratch: x.scratch, temp: x.temp, settings: x.settings,
		madeFrom: x.digestOf,
	}
}

// digestOf returns the digest of the sketches of a shard.
func (x *fuzzy) digestOf(ctx context.Context, shard string) (sections.Digest, error) {
	r, err := x.openSketches(ctx, shard)
	if err != nil {
		return 0, err
	}
	return r.Digests[0], r.Close()
}

// layout reads the headers of all sketch files.
func (x *fuzzy) layout(ctx context.Context, src textmill.Source) (*corpusLayout, error) {
	l, err := x.newLayout(ctx, src)
	if err != nil {
		return nil, err
	}
	return l, l.read(func(i int) (*sections.Reader, error) { return x.openSketches(ctx, l.names[i]) })
}

// newLayout returns a layout of all shards, to be filled.
func (x *fuzzy) newLayout(ctx context.Context, src textmill.Source) (*corpusLayout, error) {
	names, err := x.names(ctx, src)
	if err != nil {
		return nil, err
	}
	earlier := 0
	for earlier < len(names) && strings.HasPrefix(names[earlier], earlierPrefix) {
		earlier++
	}
	return newLayout(names, earlier, x.Partitions), nil
}

// groupShards lists the shards of a job that has one for each group.
func (x *fuzzy) groupShards(ctx context.Context, src textmill.Source) ([]textmill.Shard, error) {
	names, err := x.names(ctx, src)
	if err != nil {
		return nil, err
	}
	return groupShards(len(groupsOf(len(names), x.Partitions))), nil
}
