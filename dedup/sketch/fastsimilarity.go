package sketch

import (
	"math"
	"math/bits"
	"slices"
)

// A similaritySketch is a fast similarity sketch of t lanes. In each of 2t rounds
// every shingle x is thrown once: in round r < t at a lane of its own choice, in
// round t+i at lane i. A lane keeps the least of what hits it, the number of the
// round first, then part of the hash. So a lane belongs to the first round that
// hits it, and once all have been hit, no further round is needed: after the first
// one for all but short texts. See algorithm 1 and theorem 2 of the paper.
//
// Values are 16 bits of round and 48 of hash.
type similaritySketch struct {
	lanes []uint64
	empty int // lanes that no shingle has hit

	// The shingles so far, as long as there are empty lanes. Repeated ones are
	// removed when there are many, so that a text that repeats one sentence
	// forever is as fast as others.
	shingles []uint64
	limit    int
}

const (
	emptyLane  = math.MaxUint64
	roundShift = 48
	valueShift = 64 - roundShift
)

func newSimilaritySketch(lanes int) *similaritySketch {
	return &similaritySketch{lanes: make([]uint64, lanes)}
}

func (s *similaritySketch) reset() {
	for i := range s.lanes {
		s.lanes[i] = emptyLane
	}
	s.empty = len(s.lanes)
	s.shingles = s.shingles[:0]
	s.limit = 16 * len(s.lanes)
}

// add throws shingles for the first time.
func (s *similaritySketch) add(shingles []uint64) {
	lanes := s.lanes
	t := uint64(len(lanes))
	for _, h := range shingles {
		i, rest := bits.Mul64(h, t)
		lanes[i] = min(lanes[i], rest>>valueShift)
	}
	if s.empty > 0 {
		s.keep(shingles)
	}
}

// keep keeps shingles for further rounds.
func (s *similaritySketch) keep(shingles []uint64) {
	s.empty = 0
	for _, v := range s.lanes {
		if v == emptyLane {
			s.empty++
		}
	}
	if s.empty == 0 {
		return
	}
	s.shingles = append(s.shingles, shingles...)
	if len(s.shingles) > s.limit {
		s.unique()
		s.limit = max(s.limit, 2*len(s.shingles))
	}
}

func (s *similaritySketch) unique() {
	slices.Sort(s.shingles)
	s.shingles = slices.Compact(s.shingles)
}

// finish does the other rounds. There was a shingle at least.
func (s *similaritySketch) finish() {
	lanes := s.lanes
	t := uint64(len(lanes))
	for r := uint64(1); r < t && s.empty > 0; r++ {
		for _, h := range s.shingles {
			i, rest := bits.Mul64(rehash(h, r), t)
			v := r<<roundShift | rest>>valueShift
			if v < lanes[i] {
				if lanes[i] == emptyLane {
					s.empty--
				}
				lanes[i] = v
			}
		}
	}
	for i := uint64(0); i < t && s.empty > 0; i++ {
		if lanes[i] != emptyLane {
			continue
		}
		r := t + i
		for _, h := range s.shingles {
			lanes[i] = min(lanes[i], r<<roundShift|rehash(h, r)>>valueShift)
		}
		s.empty--
	}
}

// rehash returns the hash of a shingle for a further round.
func rehash(h, round uint64) uint64 {
	h = (h + round*rollBase) ^ seedRound
	return fold128(h, bits.RotateLeft64(h, 32)^keyRound)
}
