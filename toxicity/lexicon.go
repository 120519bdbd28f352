package toxicity

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/internal/ucd"
)

// A Lexicon is a [Scorer] that counts the words and phrases of a list. It is safe
// for concurrent use and does not allocate. The zero Lexicon has no words.
//
// Text and list are compared in lower case (the simple mappings of Unicode 15.0,
// and ς like σ). An entry matches only as a whole word: next to its first and last
// character, if that is a letter, a mark, a digit or _, there is no other such.
// Scripts written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar) know no
// such boundary; there an entry matches anywhere. Of entries that overlap, the
// leftmost counts, and of those the longest.
//
// With W the sum of the weights of all hits and n the number of words of the text,
// the score is
//
//	W / (W + (n+50)/100)
//
// which is 0 without a hit, near ½ for a page with a hit of weight 1 in every
// hundred words, and never quite 1. It rises with W and falls with n; the 50 keep a
// word from condemning a text of three. The score of a category is the same with
// the hits of that category only. Words are runs of letters, marks, digits and _; in
// scripts without spaces two letters are one word. Everything is added up in
// integers, so that the score is the same on every machine.
//
// Memory is at most 16 MiB for the automaton, 18 bytes for each character of the
// list (shared beginnings count once), and the list.
type Lexicon struct {
	a          *automaton
	entries    []weighted // in the order of the automaton's words
	categories []string   // sorted
	digest     uint64
}

// weighted is an entry made ready.
type weighted struct {
	Entry
	fold        string
	category    int
	milli       int64 // weight in thousandths
	left, right bool  // begins, ends with a character of words
}

// NewLexicon makes a lexicon of entries. Their order does not matter. Entries that
// differ in nothing but case or white space are an error if they disagree on
// category or weight; otherwise one of them counts.
func NewLexicon(entries []Entry) (*Lexicon, error) { return newLexicon(entries, maxDense) }

func newLexicon(entries []Entry, maxDense int) (*Lexicon, error) {
	l := &Lexicon{entries: make([]weighted, len(entries))}
	for i, e := range entries {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("toxicity: %w", err)
		}
		l.entries[i] = newWeighted(e)
	}
	if err := l.unify(); err != nil {
		return nil, err
	}
	if err := l.categorize(); err != nil {
		return nil, err
	}
	folds := make([]string, len(l.entries))
	for i, e := range l.entries {
		folds[i] = e.fold
	}
	var err error
	l.a, err = newAutomaton(folds, func(i int) bool { return l.entries[i].right }, true, maxDense)
	return l, err
}

func newWeighted(e Entry) weighted {
	w := weighted{Entry: e, fold: string(appendFold(nil, e.Text, true)), milli: int64(math.Round(e.Weight * 1000))}
	first, _ := utf8.DecodeRuneInString(w.fold)
	last, _ := utf8.DecodeLastRuneInString(w.fold)
	w.left, w.right = inWord(first), inWord(last)
	return w
}

// unify sorts the entries, lets equal ones be one and takes their digest.
func (l *Lexicon) unify() error {
	slices.SortFunc(l.entries, func(a, b weighted) int {
		if c := strings.Compare(a.fold, b.fold); c != 0 {
			return c
		}
		return strings.Compare(a.Text, b.Text)
	})
	for i := range len(l.entries) - 1 {
		a, b := l.entries[i], l.entries[i+1]
		if a.fold == b.fold && (a.Category != b.Category || a.milli != b.milli) {
			return fmt.Errorf("toxicity: %q is listed as %s %v and as %s %v: remove one", b.Text, a.Category, a.Weight, b.Category, b.Weight)
		}
	}
	l.entries = slices.CompactFunc(l.entries, func(a, b weighted) bool { return a.fold == b.fold })
	h := xxh3.New()
	for _, e := range l.entries {
		fmt.Fprintf(h, "%s\t%s\t%d\n", e.fold, e.Category, e.milli)
	}
	l.digest = h.Sum64()
	return nil
}

// categorize numbers the categories.
func (l *Lexicon) categorize() error {
	for _, e := range l.entries {
		if e.milli == 0 {
			continue
		}
		if i, found := slices.BinarySearch(l.categories, e.Category); !found {
			l.categories = slices.Insert(l.categories, i, e.Category)
		}
		if len(l.categories) > maxCategories {
			return fmt.Errorf("toxicity: more than %d categories: is the second field of the list the category?", maxCategories)
		}
	}
	for i := range l.entries {
		l.entries[i].category, _ = slices.BinarySearch(l.categories, l.entries[i].Category)
	}
	return nil
}

// Categories returns the categories of the entries, sorted. The caller must not
// change the slice.
func (l *Lexicon) Categories() []string { return l.categories }

// Len returns the number of entries that differ.
func (l *Lexicon) Len() int { return len(l.entries) }

// MarshalJSON describes the lexicon in the manifest of a run: the number of
// entries, the categories and a digest of everything that can change a score.
func (l *Lexicon) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Entries    int      `json:"entries"`
		Categories []string `json:"categories"`
		Digest     string   `json:"digest"`
	}{len(l.entries), l.categories, fmt.Sprintf("xxh3:%016x", l.digest)})
}

// Score implements [Scorer].
func (l *Lexicon) Score(text string, byCategory []float64) float64 {
	var sums [maxCategories]int64
	var total int64
	l.hits(text, func(h hit) bool {
		e := &l.entries[h.entry]
		sums[e.category] += e.milli
		total += e.milli
		return true
	})
	clear(byCategory)
	if total == 0 {
		return 0
	}
	n := countWords(text)
	for i := range l.categories {
		byCategory[i] = saturate(sums[i], n)
	}
	return saturate(total, n)
}

// saturate returns the score for hits of the given weight, in thousandths, among n
// words. Both integers are exact as float64, and a division is correctly rounded
// everywhere.
func saturate(milli, n int64) float64 {
	return float64(milli) / float64(milli+10*(n+50))
}

// A Match is an entry found in a text.
type Match struct {
	Start, End int // bytes of the text
	Entry      Entry
}

// Matches yields what counts in text, in order and without overlap. It is for
// looking at texts, and for removing what was found.
func (l *Lexicon) Matches(text string) iter.Seq[Match] {
	return func(yield func(Match) bool) {
		l.hits(text, func(h hit) bool {
			e := &l.entries[h.entry]
			return e.milli == 0 || yield(Match{h.start, h.end, e.Entry})
		})
	}
}

// A hit is a Match in the making.
type hit struct{ start, end, entry int }

// hits calls yield for each match, in order, until it returns false.
//
// The automaton finds all entries, overlapping ones too, by their ends. Those that
// may yet have to give way to one that begins before and ends later wait, and wait
// no longer than the automaton remembers where they began.
func (l *Lexicon) hits(text string, yield func(hit) bool) {
	if l.a == nil {
		return
	}
	var buf [16]hit
	waiting := buf[:0]
	end := 0 // of the last one that did not have to wait any longer
	s := scan{a: l.a, text: text}
	for s.next() {
		start := unfold(text, s.pos, l.a.depth(s.state()), true)
		for len(waiting) > 0 && waiting[0].start < start {
			if !yield(waiting[0]) {
				return
			}
			end = waiting[0].end
			waiting = append(waiting[:0], waiting[1:]...)
		}
		for t := s.state(); t != 0; t = l.a.link[t] {
			if w := l.a.word[t]; w != 0 {
				waiting = l.settle(waiting, end, &s, int(w-1))
			}
		}
	}
	for _, h := range waiting {
		if !yield(h) {
			return
		}
	}
}

// settle adds the entry that ends at s.pos to waiting, if it is a whole word, begins
// after end and does not lose to one that waits, and removes those that lose to it.
func (l *Lexicon) settle(waiting []hit, end int, s *scan, entry int) []hit {
	e := &l.entries[entry]
	if e.right && wordFollows(s.text[s.pos:]) {
		return waiting
	}
	start := unfold(s.text, s.pos, len(e.fold), true)
	if start < end || e.left && wordPrecedes(s.text[:start]) {
		return waiting
	}
	n := len(waiting)
	for n > 0 && waiting[n-1].start >= start {
		n--
	}
	if n > 0 && waiting[n-1].end > start {
		return waiting
	}
	return append(waiting[:n], hit{start, s.pos, entry})
}

func wordFollows(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && inWord(r)
}

func wordPrecedes(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && inWord(r)
}

var asciiWord = func() (t [256]bool) {
	for r := range rune(utf8.RuneSelf) {
		t[r] = inWord(r)
	}
	return t
}()

// inWord reports whether r belongs to the words of a script with spaces.
func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return ucd.IsAlnum(r) || r == '_'
	}
	return (ucd.IsAlnum(r) || ucd.IsMark(r) || r == zwnj || r == zwj) && !unspaced(r)
}

// The joiners stand within words.
const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// unspaced reports whether r is of a script without spaces between words.
func unspaced(r rune) bool {
	switch ucd.ScriptOf(r) {
	case ucd.Han, ucd.Hiragana, ucd.Katakana, ucd.Thai, ucd.Lao, ucd.Khmer, ucd.Myanmar:
		return true
	}
	return r == 'ー' || r == 'ｰ' // of both kana
}

// countWords counts the words of text as the score needs them.
func countWords(text string) int64 {
	var n, single int64 // single: characters of scripts without spaces
	word := false
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if w := asciiWord[c]; w != word {
				if word = w; w {
					n++
				}
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case !ucd.IsAlnum(r):
			word = word && inWord(r)
		case unspaced(r):
			single++
			word = false
		case !word:
			n++
			word = true
		}
	}
	return n + (single+1)/2
}
