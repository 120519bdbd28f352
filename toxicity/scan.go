package toxicity

import "unicode/utf8"

// A scan is a pass of an automaton over a text.
type scan struct {
	a     *automaton
	text  string
	pos   int    // bytes of text read
	state uint32 // reached after them
}

// next reads on until words end at s.pos, and reports false at the end of the
// text. The words are those of s.state and of its links.
func (s *scan) next() bool {
	for s.pos < len(s.text) {
		if s.state < s.a.dense {
			s.run()
		} else {
			s.step()
		}
		if s.a.ends(s.state) {
			return true
		}
	}
	return false
}

// run reads on from a dense state to one that is not or where words end. This
// loop is where the time goes: two look-ups for a byte.
func (s *scan) run() {
	a, text, i := s.a, s.text, s.pos
	rows, place := a.rows, s.state*a.classes
	for i < len(text) {
		b := text[i]
		if a.special[b] {
			s.state, s.pos = place/a.classes, i
			s.character()
			if i = s.pos; s.state >= a.dense || a.ends(s.state) {
				return
			}
			place = s.state * a.classes
			continue
		}
		to := rows[place+uint32(a.class[b])]
		i++
		if to >= a.rowsEnd {
			s.state, s.pos = to-a.rowsEnd, i
			return
		}
		place = to
	}
	s.state, s.pos = place/a.classes, i
}

// step reads one byte, or a character if that is special.
func (s *scan) step() {
	b := s.text[s.pos]
	if s.a.special[b] {
		s.character()
		return
	}
	s.pos++
	s.feed(b)
}

// character reads one character and feeds its fold.
func (s *scan) character() {
	r, size := utf8.DecodeRuneInString(s.text[s.pos:])
	if r == utf8.RuneError && size == 1 {
		s.feed(s.text[s.pos])
		s.pos++
		return
	}
	s.pos += size
	r = s.a.fold(r)
	if r < utf8.RuneSelf {
		s.feed(byte(r))
		return
	}
	// No word ends within a character, so only the last byte matters to next.
	var buf [utf8.UTFMax]byte
	for _, b := range buf[:utf8.EncodeRune(buf[:], r)] {
		s.feed(b)
	}
}

// feed moves to the next state.
func (s *scan) feed(b byte) {
	a, c := s.a, s.a.class[b]
	t, found := a.child(s.state, c)
	if !found {
		if t = a.rows[t*a.classes+uint32(c)]; t < a.rowsEnd {
			t /= a.classes
		} else {
			t -= a.rowsEnd
		}
	}
	s.state = t
}
