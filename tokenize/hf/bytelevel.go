package hf

import "unicode/utf8"

// Byte-level vocabularies write bytes as characters that can be printed: those
// that are so in Latin-1 stand for themselves, the rest for U+0100 and what
// follows, in order. This is GPT-2's table.

// charOf holds the character that stands for a byte, byteOf the byte for each of
// the characters.
var charOf, byteOf = alphabet()

func alphabet() (chars [256]rune, bytes map[rune]byte) {
	bytes = map[rune]byte{}
	next := rune(256)
	for b := range 256 {
		r := rune(b)
		if !(r >= '!' && r <= '~' || r >= 0xa1 && r <= 0xac || r >= 0xae && r <= 0xff) {
			r = next
			next++
		}
		chars[b] = r
		bytes[r] = byte(b)
	}
	return chars, bytes
}

// toBytes returns the bytes that a token of a byte-level vocabulary stands for,
// and whether all of its characters stand for some.
func toBytes(token string) (string, bool) {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := byteOf[r]
		if !ok {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), true
}

// appendChars appends the characters that stand for the bytes of s.
func appendChars(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = utf8.AppendRune(dst, charOf[s[i]])
	}
	return dst
}
