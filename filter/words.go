package filter

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/internal/words"
)

// Words names the rule by which a filter divides text into words. It marshals as
// its name. Every threshold on words depends on it.
type Words = words.Kind

const (
	// Whitespace divides at white space, as Python's str.split does.
	Whitespace = words.Whitespace

	// UAX29 divides at the word boundaries of Unicode Standard Annex #29 and
	// drops punctuation.
	UAX29 = words.UAX29

	// Treebank makes punctuation marks words of their own and takes English
	// contractions apart. It is the closest to the tokenizers of datatrove
	// (NLTK's until December 2024, since then that of spaCy).
	Treebank = words.Treebank
)

// A wordTable holds the words of a text by one rule.
type wordTable struct {
	kind     Words
	spans    []words.Span // every word
	numbered bool         // whether the rest is of this text, too
	ids      []uint32     // the number of every word
	distinct parts        // the words by number
	traits   []traits     // by number
}

// traits are what the rules need to know about a word.
type traits struct {
	runes     uint32
	letter    bool // has a letter: Python's str.isalpha holds for a character
	nonSymbol bool // has a character that is no punctuation
}

// split divides text into words of the given kind.
func (w *wordTable) split(text string, kind Words) {
	w.kind, w.numbered = kind, false
	w.spans = kind.Append(w.spans[:0], text)
}

// number numbers the words. text is the one that was split.
func (w *wordTable) number(text string) {
	w.numbered = true
	w.ids, w.traits = w.ids[:0], w.traits[:0]
	w.distinct.reset(text, len(w.spans)/2)
	for _, s := range w.spans {
		id := w.distinct.add(s.Start, s.End)
		if int(id) == len(w.traits) {
			w.traits = append(w.traits, traitsOf(text[s.Start:s.End]))
		}
		w.ids = append(w.ids, id)
	}
}

// runes returns the number of code points in the words from i up to j.
func (w *wordTable) runes(i, j int) (n int) {
	for _, id := range w.ids[i:j] {
		n += int(w.traits[id].runes)
	}
	return n
}

func traitsOf(word string) (t traits) {
	t.runes = uint32(utf8.RuneCountInString(word))
	if isLetterASCII(word[0]) { // as most words begin
		t.letter, t.nonSymbol = true, true
		return t
	}
	for _, r := range word {
		t.letter = t.letter || ucd.IsLetter(r)
		t.nonSymbol = t.nonSymbol || !isPunctuation(r)
		if t.letter && t.nonSymbol {
			break
		}
	}
	return t
}

// atLeast reports whether the text surely has n words of the given kind, without
// dividing all of it. False means that they have to be counted.
func (s *stats) atLeast(kind Words, n int) bool {
	if kind != Whitespace && kind != Treebank {
		return false
	}
	// Treebank divides what is between white space further.
	space := true
	for i := 0; i < len(s.text) && n > 0; i++ {
		c := s.text[i]
		if c >= utf8.RuneSelf {
			continue // perhaps white space: not counting words is safe
		}
		wasSpace := space
		space = c <= ' ' && ucd.IsPythonSpace(rune(c))
		if wasSpace && !space {
			n--
		}
	}
	return n == 0
}
