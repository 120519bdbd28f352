package dedup

import (
	"context"
	"fmt"
	"slices"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup/sketch"
)

// InShardSettings are the settings of [FuzzyInShard].
type InShardSettings struct {
	// Sketch says what a shingle is, and how many bands there are of how many rows.
	Sketch sketch.Settings

	// Check, if positive, is the least estimated Jaccard similarity of a document
	// and the one it is dropped for, up to 1. Without it, to agree in a band is
	// enough, which some pairs do by chance that are far below the threshold of
	// the banding.
	Check float64

	// Memory, if positive, is how many bytes a shard that is being done may take
	// for what it remembers: at least 4 MiB. What is remembered is divided into
	// four generations of a quarter of that; when there would be a fifth, all
	// documents of the oldest are forgotten, and what repeats these is kept. So
	// three quarters of what fits is remembered at any time at least. Without it,
	// everything is.
	Memory int64
}

const minInShardMemory = 4 << 20

// Validate returns an error that says what is wrong with the settings, if anything.
func (s InShardSettings) Validate() error {
	switch {
	case !(s.Check >= 0 && s.Check <= 1):
		return fmt.Errorf("dedup: InShardSettings.Check is %v; use a similarity from 0 to 1", s.Check)
	case s.Memory != 0 && s.Memory < minInShardMemory:
		return fmt.Errorf("dedup: InShardSettings.Memory is %d bytes; use at least %d, or 0 for no limit", s.Memory, minInShardMemory)
	}
	if err := s.Sketch.Validate(); err != nil {
		return fmt.Errorf("dedup: InShardSettings.Sketch: %w", err)
	}
	return nil
}

// FuzzyInShard returns a stage that drops documents that say nearly the same as one
// before them in the same shard, with the reason "near_duplicate" and the ID of that
// one. It is [textmill.PerShard], so the order of the documents alone decides.
//
// A document is compared with those that were kept and agree with it in a band. It is
// dropped for the first of them; with Check for the most similar, if that is similar
// enough, and then the verdict says how similar it was estimated to be. What was
// dropped is not compared with: other than in the clusters of [Fuzzy], what is
// dropped is similar to what stays, and not to something in between only.
//
// It remembers every document of the shard that it keeps, or as many as Memory allows:
// 15 to 19 bytes for each band, the ID at 17 bytes for a UUID or a WARC-Record-ID, 8
// bytes, and with Check one for each lane. With [sketch.FineWeb], that is 235 to 291
// bytes, and 112 more with Check. With Check, each band key is remembered for the
// first 8 documents of a generation that have it, so that what thousands of pages have
// in common, which did not make them duplicates, does not make them slow.
//
// The report counts dedup.unsketched, the documents that are empty or, if so set,
// short, which are kept; with Check dedup.candidates, the pairs that were compared;
// and with Memory dedup.forgotten, the documents that were.
func FuzzyInShard(settings InShardSettings) textmill.Stage {
	return textmill.PerShard("dedup.FuzzyInShard", func(context.Context, textmill.Shard) (textmill.Stage, error) {
		return newFuzzyInShard(settings)
	})
}

type fuzzyInShard struct {
	InShardSettings
	sketcher *sketch.Sketcher
	found    []uint32 // candidates in one generation

	// What is remembered, the oldest first, and how much each may be.
	generations []*generation
	limit       int64 // 0 for none
}

// maxGenerations is how many parts a limited memory has.
const maxGenerations = 4

func newFuzzyInShard(settings InShardSettings) (*fuzzyInShard, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	sketcher, err := sketch.New(settings.Sketch)
	if err != nil {
		return nil, err
	}
	s := &fuzzyInShard{InShardSettings: settings, sketcher: sketcher}
	s.generations = []*generation{s.newGeneration()}
	if s.Memory > 0 {
		s.limit = s.Memory/maxGenerations - generationOverhead
	}
	return s, nil
}

func (s *fuzzyInShard) newGeneration() *generation {
	g := &generation{perKey: 1}
	if s.Check > 0 {
		g.perKey, g.lanes = maxPerKey, s.Sketch.Lanes()
	}
	return g
}

// Process implements [textmill.Stage].
func (s *fuzzyInShard) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if err := checkIDLength(doc.ID); err != nil {
		return textmill.Keep, err
	}
	if !s.sketcher.Sketch(doc.Text) {
		textmill.Count(ctx, "dedup.unsketched", 1)
		return textmill.Keep, nil
	}
	keys := s.sketcher.Keys()
	var bits []byte
	if s.Check > 0 {
		bits = s.sketcher.Bits()
	}
	if v := s.find(ctx, keys, bits); v.Dropped() {
		return v, nil
	}
	s.remember(ctx, doc.ID, keys, bits)
	return textmill.Keep, nil
}

// find returns the verdict on a document.
func (s *fuzzyInShard) find(ctx context.Context, keys []uint64, bits []byte) textmill.Verdict {
	best, survivor := -1.0, ""
	for _, g := range s.generations {
		s.found = g.find(s.found[:0], keys)
		if len(s.found) == 0 {
			continue
		}
		slices.Sort(s.found)
		if s.Check == 0 {
			return textmill.Drop(fuzzyReason).DuplicateOf(g.id(s.found[0]))
		}
		s.found = slices.Compact(s.found)
		textmill.Count(ctx, "dedup.candidates", int64(len(s.found)))
		for _, doc := range s.found {
			if similarity := sketch.Similarity(bits, g.sketch(doc)); similarity >= s.Check && similarity > best {
				best, survivor = similarity, g.id(doc)
			}
		}
	}
	if best < 0 {
		return textmill.Keep
	}
	return textmill.Drop(fuzzyReason).DuplicateOf(survivor).Measured(best, s.Check)
}

// remember adds a document to the newest generation, or begins a new one with it.
func (s *fuzzyInShard) remember(ctx context.Context, id string, keys []uint64, bits []byte) {
	newest := s.generations[len(s.generations)-1]
	if newest.full(s.limit, newest.charge(id, keys)) {
		newest = s.nextGeneration(ctx)
	}
	newest.add(id, keys, bits)
}

// nextGeneration begins a generation, in the memory of the oldest if there are too
// many.
func (s *fuzzyInShard) nextGeneration(ctx context.Context) *generation {
	g := s.newGeneration()
	if len(s.generations) == maxGenerations {
		g = s.generations[0]
		textmill.Count(ctx, "dedup.forgotten", int64(g.documents()))
		g.reset()
		s.generations = append(s.generations[:0], s.generations[1:]...)
	}
	s.generations = append(s.generations, g)
	return g
}
