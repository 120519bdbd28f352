package tokenize

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// none stands for no token.
const none = ^uint32(0)

// A vocabulary is a set of tokens and all the ways in which two of them make a
// third. In byte-pair encoding as tiktoken does it, of all neighbours that
// together are a token, those that make the one with the lowest id are joined
// first; so the id of a token is its priority.
type vocabulary struct {
	blob   string   // all tokens, one after another
	starts []uint32 // in blob, of each token; one more at the end

	words []wordEntry // open addressing by hash; token is 0 for a free entry
	pairs []pairEntry // open addressing by hash; pair is noPair for a free entry
	maybe []uint64    // a bit for each hash of a pair; most look-ups end here

	ofByte  [256]uint32       // the token that is a single byte
	ofBytes [256 * 256]uint32 // the token that is two bytes, or none
}

type wordEntry struct {
	hash  uint64
	token uint32 // and one
}

type pairEntry struct {
	pair  uint64
	token uint32
}

const (
	noPair    = ^uint64(0)
	maybeBits = 22 // of the hash of a pair: 512 KiB
)

// parseTiktoken reads lines of a token in base 64, a space and its id, and
// returns the tokens by id. Ids may be missing, but not reach limit.
func parseTiktoken(file string, limit int) ([]string, error) {
	var tokens []string
	n := 0
	for line := range strings.Lines(file) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		text, number, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("line %d is not a token and an id", n)
		}
		token, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		id, err := strconv.Atoi(number)
		if err != nil || id < 0 || id >= limit {
			return nil, fmt.Errorf("line %d: id %q is not a number below %d", n, number, limit)
		}
		if len(token) == 0 {
			return nil, fmt.Errorf("line %d: empty token", n)
		}
		for len(tokens) <= id {
			tokens = append(tokens, "")
		}
		if tokens[id] != "" {
			return nil, fmt.Errorf("line %d: a second token with id %d", n, id)
		}
		tokens[id] = string(token)
	}
	return tokens, nil
}

// newVocabulary makes the tables. Every byte has to be a token, so that every
// text can be encoded.
func newVocabulary(tokens []string) (*vocabulary, error) {
	v := &vocabulary{starts: make([]uint32, 1, len(tokens)+1)}
	var blob strings.Builder
	for _, t := range tokens {
		blob.WriteString(t)
		v.starts = append(v.starts, uint32(blob.Len()))
	}
	v.blob = blob.String()
	if err := v.indexWords(tokens); err != nil {
		return nil, err
	}
	for i := range v.ofByte {
		if v.ofByte[i] = v.find(string([]byte{byte(i)})); v.ofByte[i] == none {
			return nil, fmt.Errorf("byte %#x is no token", i)
		}
	}
	for i := range v.ofBytes {
		v.ofBytes[i] = v.find(string([]byte{byte(i >> 8), byte(i)}))
	}
	v.indexPairs(tokens)
	return v, nil
}

func (v *vocabulary) indexWords(tokens []string) error {
	v.words = make([]wordEntry, tableSize(len(tokens)))
	mask := len(v.words) - 1
	for id, t := range tokens {
		if t == "" {
			continue
		}
		if v.find(t) != none {
			return errors.New("a token has two ids")
		}
		h := hashWord(t)
		i := int(h) & mask
		for v.words[i].token != 0 {
			i = (i + 1) & mask
		}
		v.words[i] = wordEntry{h, uint32(id) + 1}
	}
	return nil
}

// indexPairs stores every way to split every token into two others, not only the
// one by which it was found when the vocabulary was made: any of them may come
// up in a text.
func (v *vocabulary) indexPairs(tokens []string) {
	var found []pairEntry
	for id, t := range tokens {
		for k := 1; k < len(t); k++ {
			if left := v.find(t[:k]); left != none {
				if right := v.find(t[k:]); right != none {
					found = append(found, pairEntry{uint64(left)<<32 | uint64(right), uint32(id)})
				}
			}
		}
	}
	v.pairs = make([]pairEntry, tableSize(len(found)))
	for i := range v.pairs {
		v.pairs[i].pair = noPair
	}
	v.maybe = make([]uint64, (1<<maybeBits)/64)
	mask := uint64(len(v.pairs) - 1)
	for _, p := range found {
		h := hashPair(p.pair)
		i := h & mask
		for v.pairs[i].pair != noPair {
			i = (i + 1) & mask
		}
		v.pairs[i] = p
		bit := h >> (64 - maybeBits)
		v.maybe[bit>>6] |= 1 << (bit & 63)
	}
}

// tableSize returns a power of two that leaves half of a table for n entries free.
func tableSize(n int) int { return 1 << bits.Len(uint(max(2*n-1, 1))) }

// find returns the token that is s, or none.
func (v *vocabulary) find(s string) uint32 { return v.findHashed(s, hashWord(s)) }

func (v *vocabulary) findHashed(s string, h uint64) uint32 {
	mask := len(v.words) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		e := &v.words[i]
		if e.token == 0 {
			return none
		}
		if e.hash == h && v.text(e.token-1) == s {
			return e.token - 1
		}
	}
}

// text returns the bytes of a token; "" if the id is not in use.
func (v *vocabulary) text(token uint32) string {
	return v.blob[v.starts[token]:v.starts[token+1]]
}

// join returns the token that left and right together are, or none.
func (v *vocabulary) join(left, right uint32) uint32 {
	pair := uint64(left)<<32 | uint64(right)
	h := hashPair(pair)
	if bit := h >> (64 - maybeBits); v.maybe[bit>>6]>>(bit&63)&1 == 0 {
		return none
	}
	mask := uint64(len(v.pairs) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		e := &v.pairs[i]
		if e.pair == pair {
			return e.token
		}
		if e.pair == noPair {
			return none
		}
	}
}

// The hashes are multiplications of 64 by 64 bits, folded. They are for look-ups
// in memory only and appear in no output.
const (
	mix0 = 0xa0761d6478bd642f
	mix1 = 0xe7037ed1a0b428db
	mix2 = 0x8ebc6af09c88c6e3
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func hashPair(pair uint64) uint64 { return mix(pair^mix0, mix1) }

// hashWord hashes s, which is not empty.
func hashWord(s string) uint64 {
	if len(s) <= 16 {
		a, b := shortKey(s)
		return hashKey(a, b, len(s))
	}
	h := uint64(len(s)) * mix2
	for i := 0; i+16 <= len(s); i += 16 {
		h = mix(load64(s, i)^mix1, load64(s, i+8)^h)
	}
	return hashKey(load64(s, len(s)-16)^h, load64(s, len(s)-8), len(s))
}

func hashKey(a, b uint64, n int) uint64 { return mix(a^mix0^uint64(n), b^mix1) }

// shortKey returns 16 bytes which, together with the length, stand for a string
// of 1 to 16 bytes: its beginning and its end, which may overlap.
func shortKey(s string) (a, b uint64) {
	switch n := len(s); {
	case n <= 3:
		return uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1]), 0
	case n < 8:
		return load32(s, 0), load32(s, n-4)
	default:
		return load64(s, 0), load64(s, n-8)
	}
}

// load64 returns 8 bytes of s. The compiler makes one load of it.
func load64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string, i int) uint64 {
	s = s[i : i+4]
	return uint64(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}
