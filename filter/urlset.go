package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/zeebo/xxh3"
)

// A urlSet is a set of strings that grows to millions: one run of text and tables
// of numbers, without a pointer for each string. It takes some 12 to 20 bytes a
// string and the text.
type urlSet struct {
	text    []byte
	ends    []uint32     // of the strings in text
	slots   []uint32     // 1 + the number of a string, or 0, by hash; a power of two
	longest int          // length of the longest
	sum     xxh3.Uint128 // of the hashes of the strings
}

var errURLListFull = errors.New("the list has more than 4 GiB: leave out what this crawl does not need")

// add adds a string and returns its number.
func (s *urlSet) add(key string) error {
	if i, at := urlFind(s, key); i < 0 {
		if len(s.text)+len(key) > math.MaxUint32 || len(s.ends) == math.MaxInt32 {
			return errURLListFull
		}
		s.text = append(s.text, key...)
		s.ends = append(s.ends, uint32(len(s.text)))
		s.longest = max(s.longest, len(key))
		h := xxh3.HashString128(key)
		s.sum.Lo += h.Lo
		s.sum.Hi += h.Hi
		if 2*len(s.ends) > len(s.slots) {
			s.grow()
		} else {
			s.slots[at] = uint32(len(s.ends))
		}
	}
	return nil
}

// grow doubles the table.
func (s *urlSet) grow() {
	s.slots = make([]uint32, max(16, 2*len(s.slots)))
	for i := range s.ends {
		_, at := urlFind(s, s.entry(i))
		s.slots[at] = uint32(i + 1)
	}
}

// entry returns string i.
func (s *urlSet) entry(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

func (s *urlSet) len() int { return len(s.ends) }

// has reports whether key is in the set.
func (s *urlSet) has(key string) bool {
	i, _ := urlFind(s, key)
	return i >= 0
}

// urlFind returns the number of key in s, or -1 and the slot it would have.
func urlFind[T string | []byte](s *urlSet, key T) (i int, slot uint64) {
	if len(s.slots) == 0 {
		return -1, 0
	}
	mask := uint64(len(s.slots) - 1)
	for slot = urlHash(key) & mask; s.slots[slot] != 0; slot = (slot + 1) & mask {
		if i := int(s.slots[slot] - 1); string(s.entry(i)) == string(key) {
			return i, slot
		}
	}
	return -1, slot
}

// urlHash is FNV-1a, with its upper bits folded in; keys are short.
func urlHash[T string | []byte](key T) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return h ^ h>>32
}

// MarshalJSON describes the set in the manifest of a run: the number of strings and
// a digest that does not depend on their order.
func (s *urlSet) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Entries int    `json:"entries"`
		Digest  string `json:"digest"`
	}{s.len(), fmt.Sprintf("xxh3:%016x%016x", s.sum.Hi, s.sum.Lo)})
}
