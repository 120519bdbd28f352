package hf

// A cache remembers the ids of words, of which most repeat. It is what one
// goroutine needs and has no effect on the result. It holds no pointers, so that
// the garbage collector does not look at it.
type cache struct {
	short [1 << shortBits][2]shortWord
	long  [1 << longBits]longWord
}

const (
	shortBits = 16
	longBits  = 14
	maxShort  = 16 // bytes
	maxLong   = 32
)

// A shortWord is a word of at most 16 bytes: nearly all of a text comes from here.
type shortWord struct {
	a, b uint64 // see shortKey
	size uint32 // of the word in bytes, and shifted left by 8, how many ids it has
	ids  [5]uint32
}

// A longWord is a word of 17 to 32 bytes: nine letters and more in Cyrillic, Greek
// or Arabic, six in the scripts of India.
type longWord struct {
	word [maxLong]byte
	size uint8 // of the word in bytes
	n    uint8 // of the ids
	ids  [7]uint32
}

// A wordEncoder encodes what the pre-tokenizer made of a text, word by word.
type wordEncoder interface {
	// encodeWord appends the ids of a word, of which h is the hash.
	encodeWord(dst []uint32, word string, h uint64, s *scratch) []uint32
}

// appendWord appends the ids of a word, which is not empty.
func (c *cache) appendWord(dst []uint32, word string, e wordEncoder, s *scratch) []uint32 {
	n := len(word)
	if n > maxLong {
		return e.encodeWord(dst, word, hashWord(word), s)
	}
	if n > maxShort {
		return c.appendLong(dst, word, e, s)
	}
	a, b := shortKey(word)
	h := hashKey(a, b, n)
	set := &c.short[h>>(64-shortBits)]
	w := &set[0]
	if w.a != a || w.b != b || w.size&0xff != uint32(n) {
		w = &set[1]
	}
	if w.a == a && w.b == b && w.size&0xff == uint32(n) {
		if w.size>>8 == 1 {
			return append(dst, w.ids[0])
		}
		return append(dst, w.ids[:w.size>>8]...)
	}
	before := len(dst)
	dst = e.encodeWord(dst, word, h, s)
	if k := len(dst) - before; k <= len(w.ids) {
		set[1] = set[0] // the one that was not the last to come goes
		w = &set[0]
		w.a, w.b, w.size = a, b, uint32(n)|uint32(k)<<8
		copy(w.ids[:], dst[before:])
	}
	return dst
}

func (c *cache) appendLong(dst []uint32, word string, e wordEncoder, s *scratch) []uint32 {
	h := hashWord(word)
	w := &c.long[h>>(64-longBits)]
	if int(w.size) == len(word) && string(w.word[:len(word)]) == word {
		return append(dst, w.ids[:w.n]...)
	}
	before := len(dst)
	dst = e.encodeWord(dst, word, h, s)
	if k := len(dst) - before; k <= len(w.ids) {
		w.size, w.n = uint8(len(word)), uint8(k)
		copy(w.word[:], word)
		copy(w.ids[:], dst[before:])
	}
	return dst
}
