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
const None = 1<<idBits - 1

const idBits = 21 // so that three ids fit into a word of the processor

// MaxToken is the longest that a token may be, in bytes.
const MaxToken = 1 << 10

// A Vocabulary is a set of tokens and the order in which they are made of each
// other. It does not change and may be used concurrently.
type Vocabulary struct {
	blob   string   // all tokens, one after another
	starts []uint32 // in blob, of each token; one more at the end

	trie   trie              // of the tokens that joining leads to
	whole  map[string]uint32 // the others, which only a whole word can be
	tokens []token
	joined []uint64 // open addressing by hash of two tokens; see join
	maybe  []uint64 // a bit for each hash of two tokens; most look-ups end here

	ofByte  [256]uint32     // the token of a byte
	ofBytes [1 << 16]uint32 // the token of two bytes, or None
}

// A token is what there is to know about one.
type token struct {
	left, right uint32 // what it is joined from; None for a byte, and what is in whole
	shorter     uint32 // the longest token that it begins with, or None
	size        uint32 // in bytes
}

const maybeBits = 21 // of the hash of a pair: 256 KB

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
	v.joined = make([]uint64, tableSize(used))
	v.maybe = make([]uint64, 1<<maybeBits/64)
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

// Find returns the token that is s, or None.
func (v *Vocabulary) Find(s string) uint32 {
	if s == "" {
		return None
	}
	if t, end := v.trie.longest(s, 0); t != None && end == len(s) {
		return t
	}
	if t, ok := v.whole[s]; ok {
		return t
	}
	return None
}

// join returns the token that left and right are joined to, or None. An entry of
// the table is the three of them; 0 is free, as no token is joined from itself.
func (v *Vocabulary) join(left, right uint32) uint32 {
	pair := uint64(left)<<idBits | uint64(right)
	h := mix(pair^mix0, mix1)
	if bit := h >> (64 - maybeBits); v.maybe[bit>>6]>>(bit&63)&1 == 0 {
		return None
	}
	mask := uint64(len(v.joined) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch e := v.joined[i]; {
		case e == 0:
			return None
		case e>>idBits == pair:
			return uint32(e) & None
		}
	}
}

func (v *Vocabulary) setJoin(left, right, token uint32) {
	pair := uint64(left)<<idBits | uint64(right)
	h := mix(pair^mix0, mix1)
	mask := uint64(len(v.joined) - 1)
	i := h & mask
	for v.joined[i] != 0 {
		i = (i + 1) & mask
	}
	v.joined[i] = pair<<idBits | uint64(token)
	v.tokens[token].left, v.tokens[token].right = left, right
	bit := h >> (64 - maybeBits)
	v.maybe[bit>>6] |= 1 << (bit & 63)
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
