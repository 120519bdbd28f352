// Package bpe is byte-pair encoding by rank, as tiktoken does it: of all
// neighbours in a word that together are a token, those that make the one with
// the lowest id are joined first, of equals the leftmost; a word that is a token
// as a whole is that token.
//
// Nothing is joined here. [Encoder.Append] finds the same tokens from left
// to right, in time in proportion to the length of a word, and remembers them
// for words that come again.
package bpe

import (
	"fmt"
	"math/bits"
	"strings"
)

// None stands for no token. Every id is below it.
const None = 1<<24 - 1

// MaxToken is the longest that a token may be, in bytes.
const MaxToken = 1 << 10

// A Vocabulary is a set of tokens and the order in which they are made of each
// other. It does not change and may be used concurrently.
type Vocabulary struct {
	blob   string   // all tokens, one after another
	starts []uint32 // in blob, of each token; one more at the end

	trie    trie              // of the tokens that joining leads to
	whole   map[string]uint32 // the others, which only a whole word can be
	parts   []parts           // the two tokens that each was joined from
	shorter []uint32          // the longest token that each begins with, or None
	joined  []uint32          // open addressing by hash of the parts; see join
}

// The parts of a token that is a single byte, or that joining does not lead to,
// are none.
type parts struct{ left, right uint32 }

// New makes a vocabulary of tokens, by id; "" is an id without a token. The error
// says why the tokens are not those of a byte-pair encoding by rank: a byte that
// is no token, a token twice, or one that is made of tokens with higher ids.
func New(tokens []string) (*Vocabulary, error) {
	if len(tokens) >= None {
		return nil, fmt.Errorf("%d ids are more than the %d there may be", len(tokens), None-1)
	}
	v := &Vocabulary{starts: make([]uint32, 1, len(tokens)+1)}
	var blob strings.Builder
	used, size := 0, 0
	for id, t := range tokens {
		if len(t) > MaxToken {
			return nil, &TokenError{uint32(id), fmt.Sprintf("token of %d bytes, more than the %d there may be", len(t), MaxToken)}
		}
		size += len(t)
		if t != "" {
			used++
		}
	}
	blob.Grow(size)
	for _, t := range tokens {
		blob.WriteString(t)
		v.starts = append(v.starts, uint32(blob.Len()))
	}
	v.blob = blob.String()
	v.joined = make([]uint32, tableSize(used))
	for i := range v.joined {
		v.joined[i] = None
	}
	b, err := v.build(used)
	if err != nil {
		return nil, err
	}
	v.trie = b.pack()
	return v, nil
}

// tableSize returns a power of two that leaves half of a table for n entries free.
func tableSize(n int) int { return 1 << bits.Len(uint(max(2*n-1, 1))) }

// Len returns one more than the highest id.
func (v *Vocabulary) Len() int { return len(v.starts) - 1 }

// Text returns the bytes of a token, which is below Len; "" if the id has none.
func (v *Vocabulary) Text(token uint32) string {
	return v.blob[v.starts[token]:v.starts[token+1]]
}

func (v *Vocabulary) length(token uint32) int {
	s := v.starts[token : token+2]
	return int(s[1] - s[0])
}

// Find returns the token that is s, or None.
func (v *Vocabulary) Find(s string) uint32 {
	if s == "" {
		return None
	}
	if t := v.trie.longest(s, 0); t != None && v.length(t) == len(s) {
		return t
	}
	if t, ok := v.whole[s]; ok {
		return t
	}
	return None
}

// join returns the token that left and right are joined to, or None. An entry of
// the table is the token and, above it, eight bits of the hash; only where these
// agree are the parts looked up.
func (v *Vocabulary) join(left, right uint32) uint32 {
	h := hashPair(left, right)
	tag := uint32(h>>32) & 0xff000000
	mask := uint64(len(v.joined) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		e := v.joined[i]
		if e == None {
			return None
		}
		if e&0xff000000 == tag {
			t := e & 0xffffff
			if p := v.parts[t]; p.left == left && p.right == right {
				return t
			}
		}
	}
}

func (v *Vocabulary) setJoin(left, right, token uint32) {
	h := hashPair(left, right)
	mask := uint64(len(v.joined) - 1)
	i := h & mask
	for v.joined[i] != None {
		i = (i + 1) & mask
	}
	v.joined[i] = uint32(h>>32)&0xff000000 | token
	v.parts[token] = parts{left, right}
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

func hashPair(left, right uint32) uint64 {
	return mix((uint64(left)<<32|uint64(right))^mix0, mix1)
}
