package toxicity

import (
	"errors"
	"slices"
	"sort"
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// An automaton finds every occurrence of a set of words in the fold of a text, in
// one pass: the automaton of Aho and Corasick (1975) over bytes. It is not
// changed once built.
//
// Its states are the nodes of the trie of the words, numbered breadth first.
// So the children of a state are neighbours, and the states where nearly all time
// is spent, those near the root, are the first ones: these, up to maxDense
// transitions, have a complete row of successors each. The others, if there are
// any, have only their children and the state to fall back to, 17 bytes each.
type automaton struct {
	squeeze bool // white space is folded to one space

	class   [256]uint8 // of bytes: 0 for those in no word; upper case as lower case
	special [256]bool  // first bytes of characters whose fold may differ from them
	classes uint32     // number of classes
	space   uint8      // class of the space; 0 if in no word

	// rows holds the successors of the first dense states, by class: the place
	// of the successor's row if it is dense too and no word ends there, or
	// else rowsEnd and the number of the state.
	rows    []uint32
	rowsEnd uint32
	dense   uint32

	first []uint32 // first child; those of state s end before first[s+1]
	label []uint8  // class of the byte that leads to the state
	fail  []uint32 // the longest proper suffix that is a state
	word  []uint32 // 1 + the number of the word that ends here, or 0
	link  []uint32 // the longest proper suffix that is a word, or 0
	whole []bool   // the words that end here count only before a boundary
	level []uint32 // first state of each depth
}

// Limits of an automaton: 16 MiB of rows and 18 bytes for each of the states.
const (
	maxDense  = 4 << 20 // transitions
	maxStates = 1 << 24
)

var errTooManyWords = errors.New("toxicity: too many words: together they must have fewer than 16 million characters")

// newAutomaton builds the automaton of words, which are folded, not empty, sorted
// and different from each other. Words for which whole is true are not looked for
// where an ASCII letter, digit or _ follows. At most maxDense transitions have rows.
func newAutomaton(words []string, whole func(word int) bool, squeeze bool, maxDense int) (*automaton, error) {
	a := &automaton{squeeze: squeeze}
	a.classify(words)
	if err := a.grow(words, maxStates); err != nil {
		return nil, err
	}
	a.connect(maxDense)
	a.whole = make([]bool, len(a.label))
	for s := range uint32(len(a.label)) {
		a.whole[s] = (a.word[s] == 0 || whole(int(a.word[s]-1))) && (a.link[s] == 0 || a.whole[a.link[s]])
	}
	return a, nil
}

// classify numbers the bytes that occur in words.
func (a *automaton) classify(words []string) {
	var used [256]bool
	for _, w := range words {
		for _, b := range []byte(w) {
			used[b] = true
		}
	}
	// At most 244 bytes occur in UTF-8, so the classes fit a byte.
	for b, u := range used {
		if u {
			a.classes++
			a.class[b] = uint8(a.classes)
		}
	}
	a.classes++
	for b := 'A'; b <= 'Z'; b++ {
		a.class[b] = a.class[b+'a'-'A']
	}
	a.space = a.class[' ']
	for b := range rune(utf8.RuneSelf) {
		if a.squeeze && ucd.IsPythonSpace(b) {
			a.class[b] = a.space
		}
	}
	for _, r := range changing() {
		a.markSpecial(r)
	}
}

// changing returns the code points outside ASCII whose fold may differ from them.
var changing = sync.OnceValue(func() (all []rune) {
	for r := rune(utf8.RuneSelf); r <= utf8.MaxRune; r++ {
		if fold(r) != r || ucd.IsPythonSpace(r) {
			all = append(all, r)
		}
	}
	return all
})

// markSpecial marks the first byte of r if the automaton would go another way
// with the bytes of r than with those of its fold.
func (a *automaton) markSpecial(r rune) {
	f := a.fold(r)
	if f == r {
		return
	}
	var raw, folded [utf8.UTFMax]byte
	n, m := utf8.EncodeRune(raw[:], r), utf8.EncodeRune(folded[:], f)
	for _, b := range append(raw[:n:n], folded[:m]...) {
		if a.class[b] != 0 {
			a.special[raw[0]] = true
		}
	}
}

// fold is the fold of one code point.
func (a *automaton) fold(r rune) rune {
	if a.squeeze && ucd.IsPythonSpace(r) {
		return ' '
	}
	return fold(r)
}

// grow makes the trie, level by level: a state stands for the words between lo
// and hi, which begin alike.
func (a *automaton) grow(words []string, maxStates int) error {
	type span struct{ lo, hi int }
	level, next := []span{{0, len(words)}}, []span(nil)
	a.label, a.word = []uint8{0}, []uint32{0}
	for depth := 0; len(level) > 0; depth++ {
		a.level = append(a.level, uint32(len(a.first)))
		next = next[:0]
		for _, s := range level {
			a.first = append(a.first, uint32(len(a.label)))
			if s.lo < s.hi && len(words[s.lo]) == depth {
				a.word[len(a.first)-1] = uint32(s.lo) + 1
				s.lo++
			}
			for s.lo < s.hi {
				b := words[s.lo][depth]
				n := sort.Search(s.hi-s.lo, func(i int) bool { return words[s.lo+i][depth] > b })
				a.label = append(a.label, a.class[b])
				a.word = append(a.word, 0)
				next = append(next, span{s.lo, s.lo + n})
				s.lo += n
			}
		}
		if len(a.label) > maxStates {
			return errTooManyWords
		}
		level, next = next, level
	}
	a.first = append(a.first, uint32(len(a.label)))
	return nil
}

// connect adds what leads on where the trie ends: fail, link and the rows.
func (a *automaton) connect(maxDense int) {
	n := uint32(len(a.label))
	a.dense = max(1, min(n, uint32(maxDense)/a.classes))
	a.rowsEnd = a.dense * a.classes
	a.rows = make([]uint32, a.rowsEnd) // of states; places come last
	a.fail, a.link = make([]uint32, n), make([]uint32, n)
	for s := range n {
		if s < a.dense {
			a.fillRow(s)
		}
		for t := a.first[s]; t < a.first[s+1]; t++ {
			if s != 0 {
				a.fail[t] = a.next(a.fail[s], a.label[t])
			}
			f := a.fail[t]
			a.link[t] = f
			if a.word[f] == 0 {
				a.link[t] = a.link[f]
			}
		}
	}
	for i, t := range a.rows {
		if t < a.dense && !a.ends(t) {
			a.rows[i] = t * a.classes
		} else {
			a.rows[i] = a.rowsEnd + t
		}
	}
}

// fillRow sets the row of s, a dense state, to numbers of states. That of the
// state it fails to, an earlier one, is done.
func (a *automaton) fillRow(s uint32) {
	row := a.rows[s*a.classes:][:a.classes]
	if s != 0 {
		copy(row, a.rows[a.fail[s]*a.classes:])
	}
	for t := a.first[s]; t < a.first[s+1]; t++ {
		row[a.label[t]] = t
	}
	if a.stays(s, a.space) {
		row[a.space] = s
	}
}

// next returns the successor of s. It is for building, while rows holds states.
func (a *automaton) next(s uint32, c uint8) uint32 {
	t, found := a.child(s, c)
	if !found {
		t = a.rows[t*a.classes+uint32(c)]
	}
	return t
}

// child returns the successor of s if it is not dense, or falls back to a dense
// state, whose row then knows.
func (a *automaton) child(s uint32, c uint8) (t uint32, found bool) {
	for s >= a.dense {
		if a.stays(s, c) {
			return s, true
		}
		lo, hi := a.first[s], a.first[s+1]
		if i, ok := slices.BinarySearch(a.label[lo:hi], c); ok {
			return lo + uint32(i), true
		}
		s = a.fail[s]
	}
	return s, false
}

// stays reports whether c is a further space after a space, which is folded away.
func (a *automaton) stays(s uint32, c uint8) bool {
	return a.squeeze && c != 0 && c == a.space && a.label[s] == c
}

// ends reports whether a word ends in state s.
func (a *automaton) ends(s uint32) bool { return a.word[s] != 0 || a.link[s] != 0 }

// depth returns how many bytes lead from the root to s.
func (a *automaton) depth(s uint32) int {
	return sort.Search(len(a.level), func(i int) bool { return a.level[i] > s }) - 1
}

// size returns the bytes of memory the automaton holds.
func (a *automaton) size() int {
	return 4*len(a.rows) + len(a.label) + len(a.whole) + 4*(len(a.first)+len(a.fail)+len(a.word)+len(a.link)+len(a.level))
}
