package sketch

import (
	"bytes"
	"unicode/utf8"
)

// A joiner holds a normalized text, words with one blank between them, and where its
// units are: what hashes over the bytes of shingles need.
type joiner struct {
	text         []byte
	starts, ends []int // of units in text
}

func (j *joiner) reset() { j.text, j.starts, j.ends = j.text[:0], j.starts[:0], j.ends[:0] }

// words adds the words in f.buf. The last one may go on in the next piece, which
// inside says.
func (j *joiner) words(f *folder, inside bool) (stillInside bool) {
	b := f.buf[:f.n]
	f.n = 0
	for len(b) > 0 {
		n := bytes.IndexByte(b, ' ')
		if n == 0 {
			b, inside = b[1:], false
			continue
		}
		if n < 0 {
			n = len(b)
		}
		if !inside {
			if len(j.text) > 0 {
				j.text = append(j.text, ' ')
			}
			j.starts, j.ends = append(j.starts, len(j.text)), append(j.ends, 0)
		}
		j.text = append(j.text, b[:n]...)
		j.ends[len(j.ends)-1] = len(j.text)
		b, inside = b[n:], true
	}
	return inside
}

// characters adds the characters in f.buf, blanks collapsed or not.
func (j *joiner) characters(f *folder, collapse bool) {
	b := f.buf[:f.n]
	f.n = 0
	for len(b) > 0 {
		_, size := utf8.DecodeRune(b)
		if !collapse || b[0] != ' ' || len(j.text) > 0 && j.text[len(j.text)-1] != ' ' {
			j.starts = append(j.starts, len(j.text))
			j.text = append(j.text, b[:size]...)
			j.ends = append(j.ends, len(j.text))
		}
		b = b[size:]
	}
}

// trim removes a blank from the end.
func (j *joiner) trim() {
	if n := len(j.text); n > 0 && j.text[n-1] == ' ' {
		j.text, j.starts, j.ends = j.text[:n-1], j.starts[:len(j.starts)-1], j.ends[:len(j.ends)-1]
	}
}
