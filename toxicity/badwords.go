package toxicity

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
)

// C4BadWords is a stage that drops every document with a word of the list of its
// language, for the reason "document_removed_with_badwords": the rule of C4
// (Raffel et al. 2020, section 2.2) as extended to other languages for mC4 (Xue et
// al. 2021) and as datatrove's C4BadWordsFilter has it.
//
// A word counts where no letter or number and no _ stands next to it; for Japanese,
// Thai and Chinese it counts anywhere. Marks are boundaries, as they are for \W in
// Python, which cuts up the words of Indic scripts. Words and text are compared in
// lower case. A few words of the lists for Japanese and Chinese, common as parts of
// harmless words, are allowed as in mC4.
//
// The rule is crude, and known to remove harmless text of minorities (Dodge et al.
// 2021). A [Lexicon] weighs and counts.
//
// It differs from datatrove in this: capital letters in the lists count (there, the
// text is in lower case but the list is not, so that 61 of 68 Spanish words never
// match); İ is i, both small sigmas are the same; a Language such as "zh-Hant" finds
// the list for "zh", "nb" and "nn" that for "no", "tl" that for "fil"; and whether a
// document is kept by KeepFraction depends on its ID, not on the order of documents.
type C4BadWords struct {
	// KeepFraction is the fraction of the documents with bad words to keep, 0
	// (as in C4) to 1. Which ones are kept depends on Seed and their IDs.
	KeepFraction float64
	Seed         uint64

	// DefaultLanguage is the language of documents without one.
	DefaultLanguage string

	// KeepUnlisted keeps the documents in languages without a list, and adds
	// them up in the counter "toxicity.no_list". Otherwise they are errors.
	KeepUnlisted bool

	lists map[string]*badWords
}

// NewC4BadWords returns the stage with the given lists of words by language, a BCP
// 47 tag such as "en". It keeps no document with bad words and takes documents
// without a language for English.
func NewC4BadWords(lists map[string][]string) (*C4BadWords, error) {
	c := &C4BadWords{DefaultLanguage: "en", lists: map[string]*badWords{}}
	for language, words := range lists {
		l, err := newBadWords(language, words)
		if err != nil {
			return nil, fmt.Errorf("toxicity: list for %q: %w", language, err)
		}
		c.lists[language] = l
	}
	return c, nil
}

// C4Languages are the languages that C4 and mC4 have lists for: the names of the
// files of LDNOOBW's "List of Dirty, Naughty, Obscene, and Otherwise Bad Words".
var C4Languages = []string{
	"ar", "cs", "da", "de", "en", "eo", "es", "fa", "fi", "fil", "fr", "fr-CA-u-sd-caqc", "hi", "hu",
	"it", "ja", "kab", "ko", "nl", "no", "pl", "pt", "ru", "sv", "th", "tlh", "tr", "zh",
}

// ReadLists reads a list for each of the languages, one word or phrase a line,
// from the file of its name. With a copy of LDNOOBW's lists:
//
//	lists, err := toxicity.ReadLists(os.DirFS("ldnoobw"), toxicity.C4Languages...)
func ReadLists(files fs.FS, languages ...string) (map[string][]string, error) {
	lists := map[string][]string{}
	for _, language := range languages {
		f, err := files.Open(language)
		if err != nil {
			return nil, fmt.Errorf("toxicity: list for %q: %w", language, err)
		}
		entries, err := ReadWords(f, "", 0)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%w (list for %q)", err, language)
		}
		for _, e := range entries {
			lists[language] = append(lists[language], e.Text)
		}
	}
	return lists, nil
}

// c4Allowed are words that C4 took off the lists.
var c4Allowed = map[string][]string{"ja": {"sm", "グロ", "女の子"}, "zh": {"性"}}

// badWords is the list of a language, made ready.
type badWords struct {
	a     *automaton
	words []string // folded, sorted
	whole bool     // only whole words count
}

func newBadWords(language string, words []string) (*badWords, error) {
	b := &badWords{whole: language != "ja" && language != "th" && language != "zh"}
	for _, w := range words {
		e := Entry{Text: w}
		if err := e.check(); err != nil {
			return nil, err
		}
		if !slices.Contains(c4Allowed[language], e.Text) {
			b.words = append(b.words, string(appendFold(nil, e.Text, false)))
		}
	}
	slices.Sort(b.words)
	b.words = slices.Compact(b.words)
	var err error
	b.a, err = newAutomaton(b.words, func(int) bool { return b.whole }, false, maxDense)
	return b, err
}

// in reports whether text has one of the words. That Python's expression takes up
// the characters on both sides of a word cannot hide another, as one is enough.
func (b *badWords) in(text string) bool {
	s := scan{a: b.a, text: text}
	for s.next() {
		if !b.whole {
			return true
		}
		if s.pos < len(text) && pythonWord(firstRune(text[s.pos:])) {
			continue
		}
		for t := s.state(); t != 0; t = b.a.link[t] {
			if w := b.a.word[t]; w != 0 {
				start := unfold(text, s.pos, len(b.words[w-1]), false)
				if start == 0 || !pythonWord(lastRune(text[:start])) {
					return true
				}
			}
		}
	}
	return false
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// pythonWord reports whether r is a \w to Python's re.
func pythonWord(r rune) bool { return ucd.IsAlnum(r) || r == '_' }

// Process implements [textmill.Stage].
func (c *C4BadWords) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	language := doc.Language
	if language == "" {
		language = c.DefaultLanguage
	}
	list := c.list(language)
	if list == nil {
		if !c.KeepUnlisted {
			return textmill.Keep, fmt.Errorf("toxicity: no list of bad words for language %q: add one or set KeepUnlisted", language)
		}
		textmill.Count(ctx, "toxicity.no_list", 1)
		return textmill.Keep, nil
	}
	if !list.in(doc.Text) || c.spared(doc.ID) {
		return textmill.Keep, nil
	}
	return textmill.Drop("document_removed_with_badwords"), nil
}

// sameLists are languages that have the list of another.
var sameLists = map[string]string{"nb": "no", "nn": "no", "tl": "fil"}

// list returns the list for a language or else for what is left of its tag when
// subtags are taken off the end.
func (c *C4BadWords) list(language string) *badWords {
	for {
		if l := c.lists[language]; l != nil {
			return l
		}
		if l := c.lists[sameLists[language]]; l != nil {
			return l
		}
		i := strings.LastIndexByte(language, '-')
		if i < 0 {
			return nil
		}
		language = language[:i]
	}
}

// spared reports whether the document is of the fraction kept.
func (c *C4BadWords) spared(id string) bool {
	if c.KeepFraction <= 0 {
		return false
	}
	uniform := float64(xxh3.HashStringSeed(id, c.Seed)>>11) / (1 << 53)
	return uniform < c.KeepFraction
}

// MarshalJSON describes the stage in the manifest of a run: its settings and, for
// each list, the number of words and a digest of them.
func (c *C4BadWords) MarshalJSON() ([]byte, error) {
	type list struct {
		Words  int    `json:"words"`
		Digest string `json:"digest"`
	}
	lists := map[string]list{}
	for language, l := range c.lists {
		lists[language] = list{len(l.words), fmt.Sprintf("xxh3:%016x", xxh3.HashString(strings.Join(l.words, "\n")))}
	}
	return json.Marshal(struct {
		KeepFraction    float64
		Seed            uint64
		DefaultLanguage string
		KeepUnlisted    bool
		Lists           map[string]list
	}{c.KeepFraction, c.Seed, c.DefaultLanguage, c.KeepUnlisted, lists})
}
