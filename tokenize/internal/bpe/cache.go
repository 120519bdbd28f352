package bpe

// An Encoder encodes words, and remembers them: they repeat, and most of a text
// comes from memory. It is for one goroutine at a time. Nothing in it has an
// effect on the result.
type Encoder struct {
	merger
	dead [64]uint64 // see search; for words of up to 4 KB

	// None of these have pointers in them that a garbage collector would follow.
	short *[1 << shortBits][2]shortWord
	long  *[1 << longBits]longWord
	known *[1 << knownBits]uint64 // see mayFollow
	out   [batch*shortTokens + shortTokens]uint32
}

// NewEncoder returns an encoder that remembers nothing yet.
func (v *Vocabulary) NewEncoder() *Encoder {
	return &Encoder{
		merger: merger{v: v},
		short:  new([1 << shortBits][2]shortWord),
		long:   new([1 << longBits]longWord),
		known:  new([1 << knownBits]uint64),
	}
}

const (
	shortBits   = 17 // 8 MB
	longBits    = 15 // 2 MB
	shortTokens = 4
	longTokens  = 7
	shortLimit  = 15 // bytes in a short word
	longLimit   = 32 // bytes in a long word
)

// batch is how many words are looked up before their tokens are appended.
const batch = 128

// A shortWord is a word of at most 15 bytes and its tokens. It takes half a line
// of the processor's cache.
type shortWord struct {
	a, b   uint64              // the bytes, in the highest their number
	tokens [shortTokens]uint32 // in the highest byte of the first, how many
}

// A longWord is a word of 16 to 32 bytes: 8 letters and more in Cyrillic, Greek
// or Arabic, 5 in the scripts of India. It takes a line of the processor's cache.
type longWord struct {
	head, tail [2]uint64 // the first and the last 16 bytes, which may overlap
	size       uint8     // in bytes
	count      uint8     // of the tokens
	tokens     [longTokens]uint32
}

// Append appends the tokens of words of a text, which lie one after another and
// are not empty. The first begins at start, and each ends at one of ends.
func (c *Encoder) Append(dst []uint32, text string, start int, ends []int) []uint32 {
	n := 0 // tokens in c.out
	for len(ends) > 0 {
		for _, end := range ends[:min(batch, len(ends))] {
			size := end - start
			if size > shortLimit || start+16 > len(text) {
				dst = append(dst, c.out[:n]...)
				n = 0
				dst = c.appendLong(dst, text[start:end])
				start = end
				continue
			}
			m := &masks[size]
			a, b := load64(text, start)&m[0], load64(text, start+8)&m[1]|uint64(size)<<56
			set := &c.short[mix(a^mix0, b^mix1)>>(64-shortBits)]
			// Which of the two it is, if it is one of them, is not for the processor to guess.
			other := set[0].a ^ a | set[0].b ^ b
			e := &set[(other|-other)>>63]
			if e.a != a || e.b != b {
				dst = append(dst, c.out[:n]...)
				n = 0
				dst = c.appendNew(dst, text[start:end], a, b, set)
				start = end
				continue
			}
			out := c.out[n : n+shortTokens]
			n += int(e.tokens[0] >> 24)
			out[0] = e.tokens[0] & None
			out[1] = e.tokens[1]
			out[2] = e.tokens[2]
			out[3] = e.tokens[3]
			start = end
		}
		dst = append(dst, c.out[:n]...)
		n = 0
		ends = ends[min(batch, len(ends)):]
	}
	return dst
}

// masks select the bytes of a word of each length.
var masks = func() (m [shortLimit + 1][2]uint64) {
	for n := range m {
		m[n][0] = 1<<(8*min(n, 8)) - 1
		m[n][1] = 1<<(8*max(n-8, 0)) - 1
	}
	return m
}()

// appendNew appends the tokens of a short word and remembers them, as a long word
// if they are many.
func (c *Encoder) appendNew(dst []uint32, word string, a, b uint64, set *[2]shortWord) []uint32 {
	e := c.place([2]uint64{a, b}, [2]uint64{}, len(word))
	if e.is([2]uint64{a, b}, [2]uint64{}, len(word)) {
		return append(dst, e.tokens[:e.count]...)
	}
	before := len(dst)
	dst = c.append(dst, word)
	tokens := dst[before:]
	if len(tokens) > shortTokens {
		e.set([2]uint64{a, b}, [2]uint64{}, len(word), tokens)
		return dst
	}
	set[1] = set[0]
	set[0].a, set[0].b = a, b
	copy(set[0].tokens[:], tokens)
	set[0].tokens[0] |= uint32(len(tokens)) << 24
	return dst
}

// appendLong appends the tokens of a word that is not short, or is at the end of
// the text.
func (c *Encoder) appendLong(dst []uint32, word string) []uint32 {
	n := len(word)
	if n <= shortLimit || n > longLimit {
		return c.append(dst, word)
	}
	head := [2]uint64{load64(word, 0), load64(word, 8)}
	tail := [2]uint64{load64(word, n-16), load64(word, n-8)}
	e := c.place(head, tail, n)
	if e.is(head, tail, n) {
		return append(dst, e.tokens[:e.count]...)
	}
	before := len(dst)
	dst = c.append(dst, word)
	e.set(head, tail, n, dst[before:])
	return dst
}

func (c *Encoder) place(head, tail [2]uint64, size int) *longWord {
	h := mix(head[0]^mix0^uint64(size), head[1]^mix1) ^ mix(tail[0]^mix1, tail[1]^mix2)
	return &c.long[h>>(64-longBits)]
}

func (e *longWord) is(head, tail [2]uint64, size int) bool {
	return e.head == head && e.tail == tail && int(e.size) == size
}

// set remembers a word unless its tokens are too many.
func (e *longWord) set(head, tail [2]uint64, size int, tokens []uint32) {
	if len(tokens) <= longTokens {
		e.head, e.tail, e.size, e.count = head, tail, uint8(size), uint8(len(tokens))
		copy(e.tokens[:], tokens)
	}
}

// load64 returns 8 bytes of s. The compiler makes one load of it.
func load64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
