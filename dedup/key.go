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
	k.trim()
	if !k.hashed { // the same, without the detour
		return keyOf(xxh3.Hash128(k.buf[:k.n])), k.n > 0
	}
	k.hash.Write(k.buf[:k.n])
	return keyOf(k.hash.Sum128()), true
}

func keyOf(h xxh3.Uint128) (k key) {
	binary.BigEndian.PutUint64(k[:], h.Hi)
	binary.BigEndian.PutUint64(k[8:], h.Lo)
	return k
}

// flush moves the buffer into the hash, except for a blank at its end, which may
// turn out to be one too many.
func (k *keyer) flush() {
	if !k.hashed {
		k.hash.Reset()
		k.hashed = true
	}
	held := k.n - 1
	if k.buf[held] != ' ' {
		held = k.n
	}
	k.hash.Write(k.buf[:held])
	k.n = copy(k.buf[:], k.buf[held:k.n])
}

// reserve makes room for so many bytes in the buffer, at most half of it.
func (k *keyer) reserve(n int) {
	if k.n+n > len(k.buf) {
		k.flush()
	}
}

// atGap reports whether the text so far ends in a blank, or there is none.
func (k *keyer) atGap() bool {
	if k.n == 0 {
		return !k.hashed
	}
	return k.buf[k.n-1] == ' '
}

// putGap puts a blank where there is none.
func (k *keyer) putGap() {
	if !k.atGap() {
		k.reserve(1)
		k.buf[k.n] = ' '
		k.n++
	}
}

// trim removes a blank from the end.
func (k *keyer) trim() {
	if k.n > 0 && k.buf[k.n-1] == ' ' {
		k.n--
	}
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
