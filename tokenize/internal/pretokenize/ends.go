package pretokenize

import (
	"math/bits"
	"unicode/utf8"
)

// A Pattern is the rule by which a vocabulary divides texts into words.
type Pattern struct {
	Split Splitter
	ends  func(t *Classes, s string, i int, ends []int) int
}

// The patterns there are. See the splitters of the same names.
var (
	GPT2Pattern   = &Pattern{GPT2, gpt2Ends}
	CL100KPattern = &Pattern{CL100K, cl100kEnds}
	O200KPattern  = &Pattern{O200K, o200kEnds}
)

// Ends stores the ends of the words of s from i on, until there is no more room
// or no more text, and returns how many there are. It finds what Split finds,
// faster: most words of most texts are ASCII letters after a space, and these are
// looked at eight at a time.
func (p *Pattern) Ends(s string, i int, ends []int) int { return p.ends(Load(), s, i, ends) }

// letters returns the highest bit of every byte that is an ASCII letter.
func letters(w uint64) uint64 {
	x := (w | 0x2020202020202020) & 0x7f7f7f7f7f7f7f7f
	return (x + 0x1f1f1f1f1f1f1f1f) &^ (x + 0x0505050505050505) &^ w & 0x8080808080808080
}

// capitals8 returns the highest bit of every byte of w that letters returns and
// that is a capital.
func capitals8(w, letters uint64) uint64 { return letters &^ (w << 2) }

func gpt2Ends(t *Classes, s string, i int, ends []int) int {
	for n := range ends {
		if i == len(s) {
			return n
		}
		j := i
		if s[i] == ' ' {
			j++
		}
		k := t.asciiLetters(s, j)
		if k == j {
			i = GPT2(t, s, i)
		} else if i = k; k < len(s) && s[k] >= utf8.RuneSelf {
			i = t.run(s, k, Letter)
		}
		ends[n] = i
	}
	return len(ends)
}

// asciiLetters returns the end of the ASCII letters at i.
func (t *Classes) asciiLetters(s string, i int) int {
	for i+8 <= len(s) {
		if not := ^letters(load64(s, i)) & 0x8080808080808080; not != 0 {
			return i + bits.TrailingZeros64(not)>>3
		}
		i += 8
	}
	for i < len(s) && t.ascii[s[i]]&Letter != 0 {
		i++
	}
	return i
}

func cl100kEnds(t *Classes, s string, i int, ends []int) int {
	for n := range ends {
		if i == len(s) {
			return n
		}
		i = cl100kEnd(t, s, i)
		ends[n] = i
	}
	return len(ends)
}

func cl100kEnd(t *Classes, s string, i int) int {
	j := i + int(t.prefix[s[i]])
	k := j
	for {
		if k+8 > len(s) {
			return CL100K(t, s, i)
		}
		if not := ^letters(load64(s, k)) & 0x8080808080808080; not != 0 {
			k += bits.TrailingZeros64(not) >> 3
			break
		}
		k += 8
	}
	switch {
	case k == j && s[i]|s[j] < utf8.RuneSelf && s[i] != '\'':
		return t.noWord(s, i, '\n')
	case k == j:
		return CL100K(t, s, i)
	case s[k] >= utf8.RuneSelf:
		return t.run(s, k, Letter)
	}
	return k
}

func o200kEnds(t *Classes, s string, i int, ends []int) int {
	for n := range ends {
		if i == len(s) {
			return n
		}
		i = o200kEnd(t, s, i)
		ends[n] = i
	}
	return len(ends)
}

func o200kEnd(t *Classes, s string, i int) int {
	j := i + int(t.prefix[s[i]])
	for k := j; k+8 <= len(s); k += 8 {
		w := load64(s, k)
		in := letters(w)
		not := in ^ 0x8080808080808080
		run := not&-not - 1 // all bits below the first byte that is no letter
		big := capitals8(w, in) & run
		if k == j {
			big &^= 0x80
		}
		if big != 0 {
			break
		}
		if not == 0 {
			continue
		}
		k += bits.TrailingZeros64(not) >> 3
		switch c := s[k]; {
		case k == j && s[i]|s[j] < utf8.RuneSelf && s[i] != '\'':
			return t.noWord(s, i, '/')
		case k == j:
			return O200K(t, s, i)
		case c == '\'':
			return k + contraction(s, k, true)
		case c < utf8.RuneSelf:
			return k
		case k > j+1 || t.ascii[s[j]]&Lower != 0:
			k = t.run(s, k, Lower)
			if k < len(s) && s[k] == '\'' {
				k += contraction(s, k, true)
			}
			return k
		}
		break
	}
	return O200K(t, s, i)
}

// load64 returns 8 bytes of s. The compiler makes one load of it.
func load64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
