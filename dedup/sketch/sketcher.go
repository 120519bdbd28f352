package sketch

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// A State says what kind of a text was sketched.
type State uint8

const (
	Empty State = iota // nothing is left of it by normalization
	Short              // it has fewer units than a shingle
	Full               // it has a shingle at least
)

// String returns "empty", "short" or "full".
func (s State) String() string { return name(s, []string{"empty", "short", "full"}, "State") }

// A Sketcher makes sketches. It reuses its memory: at most 100 KiB, some 300 bytes a
// lane, most of which are for texts whose shingles do not hit all lanes, and for the
// MinHash schemes the size of the longest text and 16 bytes a unit of it. It is for one
// goroutine at a time.
type Sketcher struct {
	settings Settings
	folder   folder
	shingles []uint64 // of a piece of text
	state    State
	sketched bool
	lanes    []uint64

	units  unitReader        // FastSimilarity
	roller roller            // FastSimilarity
	fast   *similaritySketch // FastSimilarity
	joined joiner            // MinHash
	min    *minHash          // MinHash

	row  []byte
	keys []uint64
	bits []byte
}

// New returns a Sketcher, or an error if the settings are not valid.
func New(settings Settings) (*Sketcher, error) {
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	s := &Sketcher{
		settings: settings,
		folder:   folder{table: tableOf(settings.Normalize, settings.Unit)},
		row:      make([]byte, 8*settings.Rows),
	}
	if settings.Scheme == FastSimilarity {
		s.fast = newSimilaritySketch(settings.Lanes())
		s.lanes = s.fast.lanes
		s.roller = newRoller(settings.Size)
	} else {
		s.min = newMinHash(settings.Scheme, settings.Lanes())
		s.lanes = s.min.lanes
	}
	return s, nil
}

// Sketch makes the sketch of a text and reports whether it has one: not if nothing is
// left of it by normalization, nor if it is short and the policy is KeepAll. It
// allocates nothing once its buffers have grown.
func (s *Sketcher) Sketch(text string) bool {
	if s.fast != nil {
		s.sketchFast(text)
	} else {
		s.sketchMin(text)
	}
	return s.sketched
}

// State says what kind of a text the last one was.
func (s *Sketcher) State() State { return s.state }

// setState sets the state of a text with so many units.
func (s *Sketcher) setState(units int) {
	switch {
	case units == 0:
		s.state = Empty
	case units < s.settings.Size:
		s.state = Short
	default:
		s.state = Full
	}
	s.sketched = s.state == Full || s.state == Short && s.settings.Short == HashWhole
}

// collapses reports whether runs of blanks count as one.
func (s *Sketcher) collapses() bool {
	return s.settings.Normalize == Datatrove || s.settings.Normalize == Duplodocus
}

// sketchFast normalizes, hashes and throws piece by piece.
func (s *Sketcher) sketchFast(text string) {
	s.units.reset()
	s.roller.reset()
	s.fast.reset()
	s.folder.n = 0
	for i := 0; i < len(text); {
		i = s.folder.fold(text, i)
		s.units.hashes = s.units.hashes[:0]
		if s.settings.Unit == Words {
			s.units.words(&s.folder, i == len(text))
		} else {
			s.units.characters(&s.folder, s.collapses())
		}
		s.shingles = s.roller.roll(s.shingles[:0], s.units.hashes)
		s.fast.add(s.shingles)
	}
	s.setState(s.roller.n)
	if !s.sketched {
		return
	}
	if s.state == Short {
		s.shingles = append(s.shingles[:0], s.roller.whole())
		s.fast.add(s.shingles)
	}
	s.fast.finish()
}

// maxBatch is how many shingles are hashed before the hashes are used.
const maxBatch = 1024

// sketchMin normalizes the whole text, then hashes its shingles.
func (s *Sketcher) sketchMin(text string) {
	j := &s.joined
	j.reset()
	s.min.reset()
	s.folder.n = 0
	inside := false
	for i := 0; i < len(text); {
		i = s.folder.fold(text, i)
		if s.settings.Unit == Words {
			inside = j.words(&s.folder, inside)
		} else {
			j.characters(&s.folder, s.collapses())
		}
	}
	if s.settings.Unit == Characters && s.collapses() {
		j.trim()
	}
	units := len(j.starts)
	s.setState(units)
	if !s.sketched {
		return
	}
	size := min(s.settings.Size, units)
	for i := 0; i+size <= units; i++ {
		s.shingles = append(s.shingles[:i%maxBatch], s.min.hash(j.text[j.starts[i]:j.ends[i+size-1]]))
		if len(s.shingles) == maxBatch || i+size == units {
			s.min.add(s.shingles)
		}
	}
}

// Lanes returns the lanes of the last sketch, of which each Rows are a band. For the
// MinHash schemes these are the numbers that the Python libraries compute. They are
// nil if it has none, and valid until the next call of Sketch.
func (s *Sketcher) Lanes() []uint64 {
	if !s.sketched {
		return nil
	}
	return s.lanes
}

// Keys returns the keys of the bands of the last sketch: the XXH3 hash of the lanes of
// each, as little-endian numbers of 64 bits, with the number of the band as seed. So
// keys of different bands can be kept together. They are nil if there is no sketch,
// and valid until the next call of Keys.
func (s *Sketcher) Keys() []uint64 {
	if !s.sketched {
		return nil
	}
	s.keys = s.keys[:0]
	rows := s.settings.Rows
	for band := range s.settings.Bands {
		for i, v := range s.lanes[band*rows : (band+1)*rows] {
			binary.LittleEndian.PutUint64(s.row[8*i:], v)
		}
		s.keys = append(s.keys, xxh3.HashSeed(s.row, uint64(band)))
	}
	return s.keys
}

// Bits returns eight bits of each lane of the last sketch, for [Similarity]. They are
// nil if there is no sketch, and valid until the next call of Bits.
func (s *Sketcher) Bits() []byte {
	if !s.sketched {
		return nil
	}
	s.bits = appendBits(s.bits[:0], s.lanes)
	return s.bits
}
