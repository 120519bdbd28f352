// Package words divides text into words and lines.
//
// What a word is differs from tool to tool, and every threshold that counts
// words depends on it. So the rules have names, the [Kind], which a stage keeps
// among its settings and which so end up in the manifest of a run.
//
// Nothing is copied: a word is a [Span] of the text it was found in, and no call
// allocates but to grow the slice it appends to. Texts are valid UTF-8; bytes that
// are not count as letters of no script.
package words

import "fmt"

// A Span is the place of a word in a text: text[Start:End], in bytes.
type Span struct{ Start, End int }

// A Kind is a rule by which text is divided into words.
type Kind uint8

const (
	// Whitespace divides at white space: Python's str.split.
	Whitespace Kind = iota

	// UAX29 divides at the default word boundaries of Unicode Standard Annex #29
	// and keeps what holds a letter or a number (L*, N*). Punctuation and emoji
	// are no words; "can't", "3.14" and "e.g" are one each.
	//
	// The default boundaries know no dictionary. A Han character or a Hiragana
	// is a word of its own, a run of Katakana is one word, and so is a run of
	// Hangul between spaces. In Thai, Lao, Khmer and Myanmar each letter with
	// the marks on it is a word: two to five times the words a reader sees.
	UAX29

	// Treebank divides English as linguists do: punctuation marks are tokens of
	// their own and contractions are taken apart, "don't" into "do" and "n't".
	// Abbreviations, numbers, hosts, e-mail addresses and URLs stay whole, and
	// hyphens part words, so that "well-known" is three tokens.
	//
	// It is our own set of rules for what the peers count: datatrove's English
	// words are those of spaCy's blank("en"), before 2024-12 those of NLTK. On
	// the 1,798 English documents of the shared corpus, which are technical, it
	// finds 1.005 times as many tokens as spaCy 3.8.18; 99.4 % of the tokens are
	// the same (F1), and in 92.8 % of the documents the counts differ by 1 % or
	// less:
	//
	//	SPACY_PYTHON=python3 go test -run SpaCy -v ./internal/words
	//
	// Known differences: URLs spaCy takes apart for want of a top-level domain,
	// emoticons inside a word, "DON'T" and "id", of which it makes two tokens.
	Treebank
)

var kindNames = [...]string{"whitespace", "uax29", "treebank"}

// String returns the name of the kind, such as "uax29".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// MarshalText implements [encoding.TextMarshaler] with the name of the kind.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= len(kindNames) {
		return nil, fmt.Errorf("words: no kind of words has the number %d", uint8(k))
	}
	return []byte(kindNames[k]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("words: unknown kind of words %q: use one of %q", text, kindNames)
}

// Append appends the words of text to dst, in order and without overlap. The
// caller owns dst; it may be reused for the next text as dst[:0].
func (k Kind) Append(dst []Span, text string) []Span {
	switch k {
	case UAX29:
		return appendUAX29(dst, text)
	case Treebank:
		return appendTreebank(dst, text)
	}
	return appendWhitespace(dst, text)
}
