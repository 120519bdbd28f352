package filter

import "strings"

// phrases is a set of kinds of phrases that C4 looks for, in any case.
type phrases uint8

const (
	loremIpsum phrases = 1 << iota
	javascript
	policy
)

var phraseList = [...]struct {
	text string
	kind phrases
}{
	{"lorem ipsum", loremIpsum},
	{"javascript", javascript},
	{"terms of use", policy},
	{"privacy policy", policy},
	{"cookie policy", policy},
	{"uses cookies", policy},
	{"use of cookies", policy},
	{"use cookies", policy},
}

// rareLetters are letters of which each phrase has one, while most texts have few:
// the phrases are looked for around them.
const rareLetters = "kmv"

// isRare is rareLetters in both cases.
var isRare = func() (set [256]bool) {
	for _, b := range []byte(rareLetters + strings.ToUpper(rareLetters)) {
		set[b] = true
	}
	return set
}()

// phraseAnchors are the places of the first rare letter in the phrases.
var phraseAnchors = func() (at [len(phraseList)]int) {
	for i, p := range phraseList {
		at[i] = strings.IndexAny(p.text, rareLetters)
	}
	return at
}()

// kelvin is one of two characters beyond ASCII that Python's str.lower makes a
// letter of ASCII. The other, U+0130, becomes an i and a combining dot, and no
// phrase ends in an i.
const kelvin = "\u212A"

// findPhrases returns which kinds of phrases are in text.
func findPhrases(text string) (found phrases) {
	if strings.Contains(text, kelvin) {
		text = strings.ReplaceAll(text, kelvin, "k")
	}
	for i := range len(text) {
		if !isRare[text[i]] {
			continue
		}
		for k := range phraseList {
			p := &phraseList[k]
			start := i - phraseAnchors[k]
			if start >= 0 && found&p.kind == 0 && hasPrefixFold(text[start:], p.text) {
				found |= p.kind
			}
		}
	}
	return found
}

// hasPrefixFold reports whether s begins with prefix, which is lower case, in any
// case of ASCII.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}
