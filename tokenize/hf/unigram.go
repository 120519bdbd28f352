package hf

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// A unigram is a model of type Unigram: tokens with scores. Of all ways to divide
// a word into tokens it takes the one with the highest sum.
type unigram struct {
	trie    *trie
	scores  []float64
	ids     map[string]uint32 // for what is fused of unknown characters
	unknown uint32
	// unknownText is the unknown token as it is written. In a text it counts as
	// unknown characters.
	unknownText string
	penalty     float64     // the score of a character that is no token
	fallback    [256]uint32 // the token for a byte, if hasFallback is set
	// hasFallback is set if every byte has a token. Where some lack one, the
	// library falls back for strings of those that have one; see appendUnknown.
	hasFallback bool
	isFallback  map[uint32]bool
	crossing    *bigrams
	known       *runeTable // characters that are tokens
}

// unknownPenalty is how much worse an unknown character is than the worst token.
const unknownPenalty = 10

type scoredToken struct {
	text  string
	score float64
}

func readUnigram(f *fields) ([]scoredToken, *unigram, error) {
	u := &unigram{}
	u.unknown = f.id("unk_id", maxTokens-1)
	u.hasFallback = f.flag("byte_fallback", false)
	var list []scoredToken
	if raw := f.required("vocab"); raw != nil {
		var err error
		if list, err = readScores(raw); err != nil {
			f.fail("vocab", err)
		} else if int(u.unknown) >= len(list) {
			f.fail("unk_id", fmt.Errorf("is %d, but there are %d tokens", u.unknown, len(list)))
		}
	}
	return list, u, f.close()
}

func readScores(raw []byte) ([]scoredToken, error) {
	var list []scoredToken
	return list, elements(raw, func(value []byte) error {
		if len(list) == maxTokens {
			return fmt.Errorf("has more than %d tokens", maxTokens)
		}
		var t scoredToken
		n := 0
		err := elements(value, func(value []byte) (err error) {
			switch n++; n {
			case 1:
				t.text, err = text(value)
			case 2:
				t.score, err = float(value)
			default:
				err = errors.New("has more than a token and a score")
			}
			return err
		})
		if err == nil && n < 2 {
			err = errors.New("is not a token and a score")
		}
		if err == nil && len(t.text) > maxTokenLength {
			err = fmt.Errorf("has a token of %d bytes; there may be %d", len(t.text), maxTokenLength)
		}
		if err != nil {
			return fmt.Errorf("entry %d %w", len(list), err)
		}
		list = append(list, t)
		return nil
	})
}

// build makes the tables.
func (u *unigram) build(list []scoredToken) {
	u.ids = make(map[string]uint32, len(list))
	u.scores = make([]float64, len(list))
	u.crossing = newBigrams(len(list))
	u.known = newRuneTable()
	lowest := math.Inf(1)
	for id, t := range list {
		u.ids[t.text] = uint32(id) // of equal ones the last, as in the library
		u.scores[id] = t.score
		lowest = min(lowest, t.score)
		u.crossing.add(t.text)
		if r, n := utf8.DecodeRuneInString(t.text); n > 0 && n == len(t.text) {
			u.known.put(r, uint32(id))
		}
	}
	u.penalty = lowest - unknownPenalty
	u.trie = newTrie(u.ids)
	u.isFallback = map[uint32]bool{}
	for i := range u.fallback {
		u.fallback[i] = none
		if id, ok := u.ids[fmt.Sprintf("<0x%02X>", i)]; ok && u.hasFallback {
			u.fallback[i] = id
			u.isFallback[id] = true
		}
	}
	u.unknownText = list[u.unknown].text
}

// A node is a place in a word: the best way to get there.
type node struct {
	score float64
	from  int32  // where the last token begins, as a distance to the left; 0 if nothing leads here
	id    uint32 // the last token
}

// append implements model. Words repeat, but the sum of a part of a word depends
// in its last bits on what was added before, so only whole words are remembered.
func (u *unigram) append(dst []uint32, word string, s *scratch) []uint32 {
	return s.cache.appendWord(dst, word, u, s)
}

// encodeWord implements wordEncoder, by dynamic programming. A score is added up
// from the beginning of the word, and of two ways with the same score the one is
// kept that was found first: of which the last token begins further left.
//
// Where no token can reach across, all ways meet: what is before is written, and
// the score is carried on. So memory does not grow with the length of the word.
func (u *unigram) encodeWord(dst []uint32, word string, _ uint64, s *scratch) []uint32 {
	score := 0.0
	for word != "" {
		var n int
		dst, n, score = u.encodePart(dst, word, score, s)
		word = word[n:]
	}
	return dst
}

// encodePart encodes a word up to its end or up to a place where all ways meet.
func (u *unigram) encodePart(dst []uint32, word string, score float64, s *scratch) ([]uint32, int, float64) {
	path := append(s.path[:0], node{score: score})
	end, before := len(word), 0
	for i := 0; i < len(word); {
		n := runeLength(word, i)
		if i > maxLong && u.divisible(word[before:i], word[i:i+n], word[i:]) {
			end = i
			break
		}
		path = u.extend(path, word, i, n)
		before = i
		i += n
	}
	s.path = path
	if cap(s.path) > maxKept {
		s.path = nil
	}
	return u.trace(dst, path[:end+1], word, s), end, path[end].score
}

// divisible reports whether all ways to divide a word meet between two characters,
// the second of which begins rest, and no unknown characters are fused there.
func (u *unigram) divisible(left, right, rest string) bool {
	r, _ := utf8.DecodeRuneInString(right)
	return u.known.get(r) != none && !u.crossing.crosses(left, right, false) &&
		(u.unknownText == "" || !strings.HasPrefix(rest, u.unknownText))
}

// extend adds what the tokens that begin at i lead to.
func (u *unigram) extend(path []node, word string, i, n int) []node {
	for len(path) <= min(i+n, len(word)) {
		path = append(path, node{})
	}
	here := path[i].score
	single := false
	at := u.trie.root()
	for j := i; j < len(word); {
		var ok bool
		if at, ok = u.trie.next(at, word[j]); !ok {
			break
		}
		j++
		id := u.trie.value(at)
		if id == none {
			continue
		}
		for len(path) <= j {
			path = append(path, node{})
		}
		path[j].improve(here+u.scores[id], i, j, id)
		single = single || j-i == n
	}
	if !single {
		path[i+n].improve(here+u.penalty, i, i+n, u.unknown)
	}
	return path
}

func (p *node) improve(score float64, from, to int, id uint32) {
	if p.from == 0 || score > p.score {
		*p = node{score, int32(to - from), id}
	}
}

// trace appends the ids of the best path. Unknown tokens in a row are one.
func (u *unigram) trace(dst []uint32, path []node, word string, s *scratch) []uint32 {
	starts := s.starts[:0]
	for i := len(path) - 1; i > 0; {
		from := i - int(path[i].from)
		if path[i].id == u.unknown {
			for from > 0 && path[from].id == u.unknown {
				from -= int(path[from].from)
			}
		}
		starts = append(starts, i, from)
		i = from
	}
	s.starts = starts
	for k := len(starts) - 2; k >= 0; k -= 2 {
		end, start := starts[k], starts[k+1]
		if id := path[end].id; id != u.unknown {
			dst = append(dst, id)
		} else {
			dst = u.appendUnknown(dst, word[start:end])
		}
	}
	return dst
}

// appendUnknown appends the ids of characters that are unknown: a token that they
// are together, tokens for their bytes, or the unknown token.
func (u *unigram) appendUnknown(dst []uint32, part string) []uint32 {
	if id, ok := u.ids[part]; ok {
		return append(dst, id)
	}
	for i := range len(part) {
		if u.fallback[part[i]] == none {
			return append(dst, u.unknown)
		}
	}
	for i := range len(part) {
		dst = append(dst, u.fallback[part[i]])
	}
	return dst
}

func (u *unigram) kind(id uint32) (unknown, fallback bool) { return id == u.unknown, u.isFallback[id] }
