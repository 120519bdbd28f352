package hf

import (
	"strings"
	"unicode/utf8"
)

// A scratch is what one goroutine needs to encode. Nothing in it has an effect on
// the result.
type scratch struct {
	cache *cache

	symbols []uint32 // of the word that is being merged
	ranks   []uint32
	next    []uint32
	prev    []uint32
	heap    []uint64
	key     []byte

	raw, normalized []found
	normal          normal
	ends            [256]int
	cutting         cutting
	path            []node
	starts          []int
}

func newScratch() *scratch { return &scratch{cache: new(cache)} }

// maxKept is the number of symbols above which the buffers for a word are not
// kept: a document without a space should not hold on to its size in memory.
const maxKept = 1 << 16

// append appends the ids of a word, as the library's model does for what the
// pre-tokenizer gives it.
//
// A long word is divided where that has no effect on the result: between two
// characters that follow each other in no token that merging makes. Such neighbours
// are never merged, nor what is left of the division with what is right of it. The
// parts are short and repeat.
func (b *bpe) append(dst []uint32, word string, s *scratch) []uint32 {
	if len(word) == 1 && b.bytes && b.ofByte[word[0]] != none {
		return append(dst, b.ofByte[word[0]])
	}
	if b.crossing == nil || len(word) <= maxShort {
		return s.cache.appendWord(dst, word, b, s)
	}
	if b.ignoreMerges && len(word) <= maxTokenLength {
		if id := b.vocab.find(word); id != none {
			return append(dst, id)
		}
	}
	if !b.spaced {
		return b.appendParts(dst, word, s)
	}
	for word != "" {
		n := spacedWord(word)
		if n <= maxLong {
			dst = b.appendPart(dst, word[:n], s)
		} else {
			dst = b.appendParts(dst, word[:n], s)
		}
		word = word[n:]
	}
	return dst
}

// spacedWord returns the length of the first word of a text in which words have a
// metaspace, or more than one, before them.
func spacedWord(text string) int {
	i := 0
	for strings.HasPrefix(text[i:], metaspaceChar) {
		i += len(metaspaceChar)
	}
	if n := strings.Index(text[i:], metaspaceChar); n >= 0 {
		return i + n
	}
	return len(text)
}

const metaspaceChar = "▁"

// appendParts appends the ids of a word, divided wherever it can be.
func (b *bpe) appendParts(dst []uint32, word string, s *scratch) []uint32 {
	start, before := 0, 0
	for i := runeLength(word, 0); i < len(word); {
		n := runeLength(word, i)
		if b.divisible(word[before:i], word[i:i+n]) {
			dst = b.appendPart(dst, word[start:i], s)
			start = i
		}
		before = i
		i += n
	}
	return b.appendPart(dst, word[start:], s)
}

// divisible reports whether a word may be divided between two characters. A
// character that is no token may be fused with the one before.
func (b *bpe) divisible(left, right string) bool {
	if !b.bytes {
		r, _ := utf8.DecodeRuneInString(right)
		if b.ofRune.get(r) == none {
			return false
		}
	}
	return !b.crossing.crosses(left, right, b.bytes)
}

// runeLength returns the length of the character at i of a valid text.
func runeLength(s string, i int) int {
	switch c := s[i]; {
	case c < 0x80:
		return 1
	case c < 0xe0:
		return 2
	case c < 0xf0:
		return 3
	}
	return 4
}

// appendPart appends the ids of a part of a word, or of a word of which it is known
// that it is no token that merging does not lead to.
func (b *bpe) appendPart(dst []uint32, part string, s *scratch) []uint32 {
	if b.ignoreMerges && b.unmerged[part] {
		return b.mergeWord(dst, part, s) // a word that is this token is another matter
	}
	return s.cache.appendWord(dst, part, b, s)
}

// encodeWord implements wordEncoder.
func (b *bpe) encodeWord(dst []uint32, word string, h uint64, s *scratch) []uint32 {
	id := b.vocab.findHashed(word, h)
	if id != none && (b.ignoreMerges || b.single[id>>6]>>(id&63)&1 != 0) {
		return append(dst, id)
	}
	return b.mergeWord(dst, word, s)
}

// mergeWord appends the ids of a word, made of its characters by merging.
func (b *bpe) mergeWord(dst []uint32, word string, s *scratch) []uint32 {
	s.symbols = b.characters(s.symbols[:0], word, s)
	n := len(s.symbols)
	if cap(s.ranks) < n {
		s.ranks = make([]uint32, n+n/2)
	}
	if n <= scanLimit {
		return b.mergeByScan(dst, s.symbols, s.ranks[:n])
	}
	dst = b.mergeByHeap(dst, s)
	if cap(s.symbols) > maxKept {
		s.symbols, s.ranks, s.next, s.prev, s.heap = nil, nil, nil, nil, nil
	}
	return dst
}

// characters appends the tokens that the characters of a word are.
func (b *bpe) characters(dst []uint32, word string, s *scratch) []uint32 {
	if b.bytes {
		return b.byteTokens(dst, word)
	}
	pending := none // a token for unknown characters that is to be written
	for i, n := 0, 0; i < len(word); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(word[i:])
		id := none
		if b.prefix == "" && b.suffix == "" {
			id = b.ofRune.get(r)
		} else {
			id = b.affixed(word, i, n, s)
		}
		if id != none {
			if pending != none {
				dst = append(dst, pending)
				pending = none
			}
			dst = append(dst, id)
			continue
		}
		if b.hasFallback {
			// As in the library, what is pending stays so: it comes after the bytes.
			var ok bool
			if dst, ok = b.appendFallback(dst, word, i, n, s); ok {
				continue
			}
		}
		if b.unknown == none {
			continue // as in the library, nothing comes of it
		}
		if pending != none && !b.fuseUnknown {
			dst = append(dst, pending)
		}
		pending = b.unknown
	}
	if pending != none {
		dst = append(dst, pending)
	}
	return dst
}

// byteTokens is characters for words that are bytes.
func (b *bpe) byteTokens(dst []uint32, word string) []uint32 {
	fused := false
	for i := range len(word) {
		id := b.ofByte[word[i]]
		if id != none {
			dst = append(dst, id)
			fused = false
			continue
		}
		if b.unknown != none && !fused {
			dst = append(dst, b.unknown)
			fused = b.fuseUnknown
		}
	}
	return dst
}

// affixed returns the token of a character of a word in a vocabulary that tells
// the first or the last of a word from the others.
func (b *bpe) affixed(word string, i, n int, s *scratch) uint32 {
	s.key = b.appendAffixed(s.key[:0], word, i, n)
	return b.vocab.find(string(s.key))
}

func (b *bpe) appendAffixed(dst []byte, word string, i, n int) []byte {
	if i > 0 {
		dst = append(dst, b.prefix...)
	}
	dst = append(dst, word[i:i+n]...)
	if i+n == len(word) {
		dst = append(dst, b.suffix...)
	}
	return dst
}

// appendFallback appends the tokens for the bytes of a character, with the prefix
// and suffix that it has, if there are some for all of them.
func (b *bpe) appendFallback(dst []uint32, word string, i, n int, s *scratch) ([]uint32, bool) {
	s.key = b.appendAffixed(s.key[:0], word, i, n)
	for _, c := range s.key {
		if b.fallback[c] == none {
			return dst, false
		}
	}
	for _, c := range s.key {
		dst = append(dst, b.fallback[c])
	}
	return dst, true
}

// mergeByScan merges neighbours, the lowest rank first and of equal ranks the
// leftmost, until no two can be merged. It takes time in proportion to the square
// of the length. It appends what is left.
func (b *bpe) mergeByScan(dst, symbols, ranks []uint32) []uint32 {
	n := len(symbols)
	for i := range ranks { // ranks[i] is of merging i and i+1
		ranks[i] = none
		if i+1 < n {
			ranks[i], _ = b.merges.get(symbols[i], symbols[i+1])
		}
	}
	for {
		lowest, at := none, 0
		for i, r := range ranks {
			if r < lowest {
				lowest, at = r, i
			}
		}
		if lowest == none {
			return append(dst, symbols...)
		}
		_, symbols[at] = b.merges.get(symbols[at], symbols[at+1])
		copy(symbols[at+1:], symbols[at+2:])
		copy(ranks[at+1:], ranks[at+2:])
		n--
		symbols, ranks = symbols[:n], ranks[:n]
		ranks[at] = none
		if at+1 < n {
			ranks[at], _ = b.merges.get(symbols[at], symbols[at+1])
		}
		if at > 0 {
			ranks[at-1], _ = b.merges.get(symbols[at-1], symbols[at])
		}
	}
}

// mergeByHeap does what mergeByScan does to s.symbols, in time n log n. The
// symbols form a list, and a heap holds what may be merged: the rank and, below
// it, the place, so that of equal ranks the leftmost comes first. An entry is out
// of date if the rank at its place is another by now.
func (b *bpe) mergeByHeap(dst []uint32, s *scratch) []uint32 {
	symbols := s.symbols
	n := len(symbols)
	if cap(s.next) < n {
		s.next, s.prev = make([]uint32, cap(symbols)), make([]uint32, cap(symbols))
	}
	next, prev, ranks := s.next[:n], s.prev[:n], s.ranks[:n]
	h := heap(s.heap[:0])
	for i := range n {
		prev[i], next[i], ranks[i] = uint32(i-1), uint32(i+1), none
		if i+1 < n {
			ranks[i], _ = b.merges.get(symbols[i], symbols[i+1])
			h.pushRank(ranks[i], i)
		}
	}
	for len(h) > 0 {
		top := h.pop()
		rank, i := uint32(top>>32), int(uint32(top))
		if ranks[i] != rank {
			continue
		}
		j := int(next[i])
		_, symbols[i] = b.merges.get(symbols[i], symbols[j])
		next[i] = next[j]
		ranks[i], ranks[j] = none, none
		if k := int(next[i]); k < n {
			prev[k] = uint32(i)
			ranks[i], _ = b.merges.get(symbols[i], symbols[k])
			h.pushRank(ranks[i], i)
		}
		if i > 0 {
			k := int(prev[i])
			ranks[k], _ = b.merges.get(symbols[k], symbols[i])
			h.pushRank(ranks[k], k)
		}
	}
	for i := 0; i < n; i = int(next[i]) {
		dst = append(dst, symbols[i])
	}
	s.heap = h[:0]
	return dst
}

// A heap is a binary heap, the least number at its root.
type heap []uint64

func (h *heap) pushRank(rank uint32, at int) {
	if rank != none {
		h.push(uint64(rank)<<32 | uint64(at))
	}
}

func (h *heap) push(x uint64) {
	*h = append(*h, x)
	a := *h
	i := len(a) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if a[parent] <= x {
			break
		}
		a[i] = a[parent]
		i = parent
	}
	a[i] = x
}

func (h *heap) pop() uint64 {
	a := *h
	top, x := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	if len(a) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(a) {
			break
		}
		if child+1 < len(a) && a[child+1] < a[child] {
			child++
		}
		if a[child] >= x {
			break
		}
		a[i] = a[child]
		i = child
	}
	a[i] = x
	return top
}
