package dedup

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// A key stands for a text: texts with the same key are the same.
type key [16]byte

// A keyer makes keys. Normalized text goes through a small buffer into the hash,
// so that it needs no memory for a document, however long. It is used by one
// goroutine.
type keyer struct {
	hash    xxh3.Hasher
	hashed  bool // something was moved from buf to hash
	n       int  // bytes in buf
	buf     [8 << 10]byte
	normals Normalization
}

func newKeyer(n Normalization) *keyer { return &keyer{normals: n} }

// key returns the key of text, or false if the normalized text is empty.
func (k *keyer) key(text string) (key, bool) {
	k.n, k.hashed = 0, false
	switch k.normals {
	case Verbatim:
		return keyOf(xxh3.HashString128(text)), text != ""
	case Loose:
		k.loose(text)
	default:
		k.whitespace(text)
	}
	if !k.hashed { // the same, without the detour
		return keyOf(xxh3.Hash128(k.buf[:k.n])), k.n > 0
	}
	k.flush()
	return keyOf(k.hash.Sum128()), true
}

func keyOf(h xxh3.Uint128) (k key) {
	binary.BigEndian.PutUint64(k[:], h.Hi)
	binary.BigEndian.PutUint64(k[8:], h.Lo)
	return k
}

// flush empties the buffer into the hash.
func (k *keyer) flush() {
	if !k.hashed {
		k.hash.Reset()
		k.hashed = true
	}
	k.hash.Write(k.buf[:k.n])
	k.n = 0
}

// some reports whether there is any normalized text so far.
func (k *keyer) some() bool { return k.n > 0 || k.hashed }

func (k *keyer) putByte(c byte) {
	if k.n == len(k.buf) {
		k.flush()
	}
	k.buf[k.n] = c
	k.n++
}

func (k *keyer) putString(s string) {
	for {
		n := copy(k.buf[k.n:], s)
		k.n += n
		if s = s[n:]; s == "" {
			return
		}
		k.flush()
	}
}
