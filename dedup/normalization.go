package dedup

import "fmt"

// A Normalization says which differences between texts do not count.
type Normalization uint8

const (
	// Whitespace, the default, takes every run of white space as one space and
	// none at the ends: " ".join(text.split()) in Python. The words, their
	// order, case and punctuation must be the same. Pages that differ only in
	// how their lines were broken when text was extracted are found, and
	// nothing that says anything is lost.
	Whitespace Normalization = iota

	// Verbatim takes every byte as it is.
	Verbatim

	// Loose compares letters: canonical decomposition without nonspacing marks
	// (Mn) and format characters (Cf), lower case with ς as σ, numbers as 0,
	// punctuation (P*, ASCII symbols, control characters) as spaces, then
	// Whitespace. A number is \p{Nd}+ with at most one decimal part after one of
	// . , ، ٫ ⎖ ⎗ ⎘. These are the steps of datatrove's text normalization,
	// with decomposition first, so that canonically equivalent texts are the
	// same, and the sigma. Other symbols, such as emoji, are kept.
	//
	// Beware: pages made from a template that differ only in their figures are
	// the same to Loose.
	Loose
)

var normalizationNames = [...]string{Whitespace: "whitespace", Verbatim: "verbatim", Loose: "loose"}

// String returns the name of n: "whitespace", "verbatim" or "loose".
func (n Normalization) String() string {
	if int(n) < len(normalizationNames) {
		return normalizationNames[n]
	}
	return fmt.Sprintf("Normalization(%d)", uint8(n))
}

// MarshalText returns the name of n.
func (n Normalization) MarshalText() ([]byte, error) {
	if err := n.validate(); err != nil {
		return nil, err
	}
	return []byte(n.String()), nil
}

// UnmarshalText sets n by its name.
func (n *Normalization) UnmarshalText(text []byte) error {
	for i, name := range normalizationNames {
		if name == string(text) {
			*n = Normalization(i)
			return nil
		}
	}
	return fmt.Errorf("dedup: unknown normalization %.40q; use whitespace, verbatim or loose", text)
}

func (n Normalization) validate() error {
	if int(n) >= len(normalizationNames) {
		return fmt.Errorf("dedup: unknown normalization %d; use Whitespace, Verbatim or Loose", uint8(n))
	}
	return nil
}
