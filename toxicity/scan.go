package toxicity

import "unicode/utf8"

// A scan is a pass of an automaton over a text.
type scan struct {
	a    *automaton
	text string
	pos  int    // bytes of text read
	at   uint32 // what was reached after them, as in automaton.rows
}

// state returns the state where words end at s.pos, after next was true.
func (s *scan) state() uint32 { return s.at - s.a.rowsEnd }

// next reads on until words end at s.pos, and reports false at the end of the
// text. They are those of s.state and of its links. Words that need a boundary are
// passed over where an ASCII letter or digit follows: that is nearly always, as in
// "classes".
//
// This loop is where the time goes: two look-ups for most bytes.
func (s *scan) next() bool {
	a, text, i, at := s.a, s.text, s.pos, s.a.resume(s.at)
	rows, end := a.rows, a.rowsEnd
	for i < len(text) {
		switch b := text[i]; {
		case a.special[b]:
			var size int
			at, size = a.character(at, text[i:])
			i += size
		case at < end:
			for {
				at = rows[at+uint32(a.class[b])]
				if i++; i == len(text) || at >= end {
					break
				}
				if b = text[i]; a.special[b] {
					break
				}
			}
		default:
			at = a.step(at, b)
			i++
		}
		if at < end {
			continue
		}
		if t := at - end; a.ends(t) && !(a.whole[t] && i < len(text) && asciiWord[text[i]]) {
			s.pos, s.at = i, at
			return true
		}
		at = a.resume(at)
	}
	s.pos, s.at = i, at
	return false
}

// resume returns how a dense state is written in rows when what ends there is of no
// interest any more.
func (a *automaton) resume(at uint32) uint32 {
	if at >= a.rowsEnd && at-a.rowsEnd < a.dense {
		return (at - a.rowsEnd) * a.classes
	}
	return at
}

// step returns what follows at for a byte.
func (a *automaton) step(at uint32, b byte) uint32 {
	c := a.class[b]
	if at < a.rowsEnd {
		return a.rows[at+uint32(c)]
	}
	t, found := a.child(at-a.rowsEnd, c)
	if found {
		return a.rowsEnd + t
	}
	return a.rows[t*a.classes+uint32(c)]
}

// character returns what follows at for the fold of the character that s begins
// with, and the length of the character. No word ends within one, so that only its
// last byte matters to next.
func (a *automaton) character(at uint32, s string) (uint32, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return a.step(at, s[0]), 1
	}
	r = a.fold(r)
	if r < utf8.RuneSelf {
		return a.step(at, byte(r)), size
	}
	if r < 0x800 {
		at = a.step(at, byte(0xC0|r>>6))
		return a.step(at, byte(0x80|r&0x3F)), size
	}
	var buf [utf8.UTFMax]byte
	for _, b := range buf[:utf8.EncodeRune(buf[:], r)] {
		at = a.step(at, b)
	}
	return at, size
}
