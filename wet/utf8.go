package wet

import "unicode/utf8"

// appendValid appends b to dst with U+FFFD in place of what is not UTF-8: one for
// each maximal subpart of a character, that is, for each longest run of bytes
// that begins a character which then does not go on. This is what the Unicode
// Standard recommends (chapter 3, "U+FFFD Substitution of Maximal Subparts") and
// what Python does with errors="replace".
func appendValid(dst, b []byte) []byte {
	for len(b) > 0 {
		n := 0
		for n < len(b) {
			if b[n] < utf8.RuneSelf {
				n++
				continue
			}
			if _, size := utf8.DecodeRune(b[n:]); size > 1 {
				n += size
				continue
			}
			break
		}
		dst = append(dst, b[:n]...)
		b = b[n:]
		if len(b) > 0 {
			dst = append(dst, "\uFFFD"...)
			b = b[subpart(b):]
		}
	}
	return dst
}

// subpart returns the length of the maximal subpart of a character that b, which
// begins with no whole character, begins with; 1 if it begins with none.
func subpart(b []byte) int {
	lead := b[0]
	low, high := byte(0x80), byte(0xbf) // of the second byte
	want := 0                           // bytes in the character
	switch {
	case 0xc2 <= lead && lead <= 0xdf:
		want = 2
	case 0xe0 <= lead && lead <= 0xef:
		want = 3
	case 0xf0 <= lead && lead <= 0xf4:
		want = 4
	}
	switch lead {
	case 0xe0: // below are overlong forms
		low = 0xa0
	case 0xed: // above are surrogates
		high = 0x9f
	case 0xf0: // below are overlong forms
		low = 0x90
	case 0xf4: // above is nothing
		high = 0x8f
	}
	n := 1
	for n < want && n < len(b) && low <= b[n] && b[n] <= high {
		n++
		low, high = 0x80, 0xbf
	}
	return n
}
