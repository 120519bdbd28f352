package tokenize

// A scratch is what one goroutine needs to encode. Nothing in it has an effect
// on the result.
type scratch struct {
	recent [1 << recentBits]recentWord
	longer [1 << longerBits]longerWord
	tokens [scanLimit]uint32
	ranks  [scanLimit]uint32
	list   []uint32
	heap   []uint64
}

const (
	recentBits = 14
	longerBits = 13
	scanLimit  = 64 // bytes in a word up to which a scan for the lowest rank beats a heap
)

// A recentWord remembers the tokens of a word of at most 16 bytes. Words repeat:
// nearly all of a text comes from here.
type recentWord struct {
	a, b   uint64 // see shortKey
	length uint32 // of the word in bytes, and shifted left by 8, how many tokens it has
	tokens [5]uint32
}

// A longerWord remembers the tokens of a word of 17 to 32 bytes: 9 letters and
// more in Cyrillic, Greek or Arabic, 6 in the scripts of India.
type longerWord struct {
	word   [32]byte
	length uint8 // of the word in bytes
	count  uint8 // of the tokens
	tokens [7]uint32
}

// appendWord appends the tokens of a word, which is not empty.
func (v *vocabulary) appendWord(dst []uint32, word string, s *scratch) []uint32 {
	n := len(word)
	if n == 1 {
		return append(dst, v.ofByte[word[0]])
	}
	if n > len(s.longer[0].word) {
		return v.encodeWord(dst, word, hashWord(word), s)
	}
	if n > 16 {
		return v.appendLonger(dst, word, s)
	}
	a, b := shortKey(word)
	h := hashKey(a, b, n)
	e := &s.recent[h>>(64-recentBits)]
	if e.a == a && e.b == b && e.length&0xff == uint32(n) {
		if e.length>>8 == 1 {
			return append(dst, e.tokens[0])
		}
		return append(dst, e.tokens[:e.length>>8]...)
	}
	before := len(dst)
	dst = v.encodeWord(dst, word, h, s)
	if k := len(dst) - before; k <= len(e.tokens) {
		e.a, e.b, e.length = a, b, uint32(n)|uint32(k)<<8
		copy(e.tokens[:], dst[before:])
	}
	return dst
}

// appendLonger is appendWord for the words that a longerWord can hold.
func (v *vocabulary) appendLonger(dst []uint32, word string, s *scratch) []uint32 {
	h := hashWord(word)
	e := &s.longer[h>>(64-longerBits)]
	if int(e.length) == len(word) && string(e.word[:len(word)]) == word {
		return append(dst, e.tokens[:e.count]...)
	}
	before := len(dst)
	dst = v.encodeWord(dst, word, h, s)
	if k := len(dst) - before; k <= len(e.tokens) {
		e.length, e.count = uint8(len(word)), uint8(k)
		copy(e.word[:], word)
		copy(e.tokens[:], dst[before:])
	}
	return dst
}

// encodeWord appends the tokens of a word of which h is the hash. A word that is
// a token is encoded as that token, even if joining bytes would not lead there.
func (v *vocabulary) encodeWord(dst []uint32, word string, h uint64, s *scratch) []uint32 {
	if t := v.findHashed(word, h); t != none {
		return append(dst, t)
	}
	if len(word) <= scanLimit {
		return v.mergeByScan(dst, word, s)
	}
	return v.mergeByHeap(dst, word, s)
}

// mergeByScan joins neighbours, the lowest rank first and of equal ranks the
// leftmost, until no two can be joined. It takes time in proportion to the square
// of the length.
func (v *vocabulary) mergeByScan(dst []uint32, word string, s *scratch) []uint32 {
	n := len(word)
	tokens, ranks := s.tokens[:n], s.ranks[:n] // ranks[i] is of joining i and i+1
	for i := range tokens {
		tokens[i] = v.ofByte[word[i]]
		ranks[i] = none
		if i+1 < n {
			ranks[i] = v.ofBytes[int(word[i])<<8|int(word[i+1])]
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
			return append(dst, tokens...)
		}
		tokens[at] = lowest
		copy(tokens[at+1:], tokens[at+2:])
		copy(ranks[at+1:], ranks[at+2:])
		n--
		tokens, ranks = tokens[:n], ranks[:n]
		ranks[at] = none
		if at+1 < n {
			ranks[at] = v.join(lowest, tokens[at+1])
		}
		if at > 0 {
			ranks[at-1] = v.join(tokens[at-1], lowest)
		}
	}
}

// mergeByHeap does what mergeByScan does, for long words: in time n log n. The
// tokens form a list, and a heap holds what may be joined: the rank and, below
// it, the place, so that of equal ranks the leftmost comes first. An entry is out
// of date if the rank at its place is another by now.
func (v *vocabulary) mergeByHeap(dst []uint32, word string, s *scratch) []uint32 {
	n := uint32(len(word))
	if uint32(cap(s.list)) < 4*n {
		s.list = make([]uint32, 4*n)
	}
	tokens, ranks := s.list[:n], s.list[n:2*n]
	prev, next := s.list[2*n:3*n], s.list[3*n:4*n]
	h := heap(s.heap[:0])
	for i := range n {
		tokens[i], prev[i], next[i], ranks[i] = v.ofByte[word[i]], i-1, i+1, none
		if i+1 < n {
			ranks[i] = v.ofBytes[int(word[i])<<8|int(word[i+1])]
			h.pushRank(ranks[i], i)
		}
	}
	for len(h) > 0 {
		top := h.pop()
		rank, i := uint32(top>>32), uint32(top)
		if ranks[i] != rank {
			continue
		}
		j := next[i]
		tokens[i], ranks[j] = rank, none
		next[i] = next[j]
		ranks[i] = none
		if k := next[i]; k < n {
			prev[k] = i
			ranks[i] = v.join(rank, tokens[k])
			h.pushRank(ranks[i], i)
		}
		if i > 0 {
			k := prev[i]
			ranks[k] = v.join(tokens[k], rank)
			h.pushRank(ranks[k], k)
		}
	}
	for i := uint32(0); i < n; i = next[i] {
		dst = append(dst, tokens[i])
	}
	s.heap = h[:0]
	return dst
}

// A heap is a binary heap, the least number at its root.
type heap []uint64

func (h *heap) pushRank(rank, at uint32) {
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
