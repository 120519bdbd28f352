package toxicity

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed lists/english.tsv
var englishTSV string

// English returns the bundled lexicon: some 120 common English words and phrases
// of the categories "profanity", "insult", "sexual" and "threat". It has no slurs
// against groups of people and does not find identity attacks; see the package
// comment for what it does find. It is made at the first call and shared.
var English = sync.OnceValue(func() *Lexicon {
	entries, err := ReadTSV(strings.NewReader(englishTSV))
	if err != nil {
		panic(err)
	}
	l, err := NewLexicon(entries)
	if err != nil {
		panic(err)
	}
	return l
})
