package filter

import (
	"maps"
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

// five is a line of five sentences, which no rule has anything against.
const five = "The sluice is open. The wheel turns. The stones grind. The flour falls. The sacks fill."

func TestC4QualityRules(t *testing.T) {
	c4 := NewC4Quality()
	open := NewC4Quality()
	open.FilterNoTerminalPunct = false
	runAll(t, []ruleTest{
		{name: "5 sentences", rules: c4, text: five},
		{name: "6 sentences", rules: c4, text: five + " It is noon."},
		{name: "4 sentences", rules: c4, text: strings.Replace(five, " The sacks fill.", "", 1), reason: "too_few_sentences", value: 4, limit: 5},
		{name: "5 sentences in 3 lines", rules: c4, text: "It is a mill. The wheel turns.\nIs it noon? It is not!\n\"It is late.\""},
		{name: "the 5th in a line that is dropped", rules: c4, text: "It is a mill. The wheel turns.\nIs it noon? It is not!\nJavascript is off.", reason: "too_few_sentences", value: 4, limit: 5},
		{name: "empty", rules: c4, text: "", reason: "too_few_sentences", value: 0, limit: 5},

		{name: "lorem ipsum", rules: c4, text: five + "\nHere is Lorem IPSUM dolor.", reason: "lorem_ipsum"},
		{name: "lorem ipsum in a line that is dropped", rules: c4, text: five + "\nHere is lorem ipsum dolor"},
		{name: "lorem ipsum in a line that is dropped later", rules: open, text: five + "\nHere is javascript lorem ipsum", reason: "lorem_ipsum"},
		{name: "lorem ipsum across lines", rules: c4, text: five + "\nThe text is lorem\nipsum to the end."},
		{name: "lorem ipsum once the citation is gone", rules: c4, text: five + "\nHere is lorem[1] ipsum dolor.", reason: "lorem_ipsum"},

		{name: "a bracket", rules: c4, text: five + "\nHere is a { to see.", reason: "curly_bracket"},
		{name: "a closing bracket", rules: c4, text: five + "\nHere is a } to see."},
		{name: "a bracket in a line that is dropped", rules: c4, text: five + "\nHere is a { to see"},
		{name: "a bracket in a line about Javascript", rules: c4, text: five + "\nHere is a { of Javascript."},
		{name: "a bracket in a line about cookies", rules: c4, text: five + "\nWe use cookies like {.", reason: "curly_bracket"},
		{name: "a bracket before lorem ipsum", rules: c4, text: five + "\nHere is a {.\nIt is lorem ipsum.", reason: "curly_bracket"},
		{name: "a bracket with lorem ipsum", rules: c4, text: five + "\nHere is a { lorem ipsum.", reason: "lorem_ipsum"},

		{name: "nothing left", rules: &C4Quality{}, text: " \n\u2028 ", reason: "empty"},
		{name: "nothing but citations left", rules: &C4Quality{RemoveCitations: true}, text: "[1] [2]\n[edit]", reason: "empty"},
	})
}

// Lines as they come in, and what is left of them.
func TestC4Lines(t *testing.T) {
	all := NewC4Quality()
	all.MinSentences = 0
	thousand := times(1000, "字")
	tests := []struct {
		name string
		in   string
		want string // after five
		why  string // the line was dropped, if not ""
	}{
		{name: "kept", in: "The mill is old.", want: "The mill is old."},
		{name: "trimmed", in: " \t\u3000The mill is old.\u00a0 ", want: "The mill is old."},

		{name: "a word of 1000 characters", in: "It is " + thousand + ".", why: "too_long_word"},
		{name: "a word of 999 characters and a full stop", in: "It is " + thousand[len("字"):] + ".", want: "It is " + thousand[len("字"):] + "."},
		{name: "long words first", in: "javascript " + thousand + "x", why: "too_long_word"},

		{name: "citations", in: "It[1] is[23] a[] mill[edit] [citation needed]built[१२] here.", want: "It is a mill built here."},
		{name: "no citations", in: "It [Edit] is [1a] [ 1] [[a] a [citation] mill[.", want: "It [Edit] is [1a] [ 1] [[a] a [citation] mill[."},
		{name: "a citation in a citation", in: "It is [[1]2] old.", want: "It is [2] old."},
		{name: "a citation after the mark", in: "The mill is old.[1]", want: "The mill is old."},
		{name: "a citation and a space after the mark", in: "The mill is old. [1]", why: "no_terminal_punc"},

		{name: "no mark", in: "The mill is old", why: "no_terminal_punc"},
		{name: "a question", in: "Is the mill old?", want: "Is the mill old?"},
		{name: "a cry", in: "The mill is old!", want: "The mill is old!"},
		{name: "a quotation", in: `The mill is "old"`, want: `The mill is "old"`},
		{name: "an apostrophe", in: "The mill is 'old'", want: "The mill is 'old'"},
		{name: "a colon", in: "The mill is old:", why: "no_terminal_punc"},
		{name: "three dots", in: "The mill is old...", why: "no_terminal_punc"},
		{name: "two dots", in: "The mill is old..", want: "The mill is old.."},
		{name: "an ellipsis", in: "The mill is old…", why: "no_terminal_punc"},
		{name: "another script's", in: "磨坊 在 河边。", why: "no_terminal_punc"},

		{name: "2 words", in: "Mills turn.", why: "too_few_words"},
		{name: "3 words", in: "Old mills turn.", want: "Old mills turn."},
		{name: "2 words and a citation", in: "Mills[1] [2] turn.", want: "Mills  turn."},
		{name: "words between other spaces", in: "Old\u2003mills\x1fturn.", want: "Old\u2003mills\x1fturn."},
		{name: "no word", in: "", why: "no_terminal_punc"},

		{name: "javascript", in: "Please enable JavaScript now.", why: "javascript"},
		{name: "javascript in a word", in: "It is nonjavascripted text.", why: "javascript"},
		{name: "javascript at both ends", in: "javascript or no javascript'", why: "javascript"},
		{name: "java script", in: "It is java script.", want: "It is java script."},
		{name: "javascript once the citation is gone", in: "It is java[1]script.", why: "javascript"},
		{name: "javascript with a dotted capital", in: "It is javascr\u0130pt.", want: "It is javascr\u0130pt."},

		{name: "terms of use", in: "See our Terms of Use.", why: "policy"},
		{name: "terms of service", in: "See our terms of service.", want: "See our terms of service."},
		{name: "privacy policy", in: "See our privacy policy.", why: "policy"},
		{name: "cookie policy", in: "See our cookie policy.", why: "policy"},
		{name: "uses cookies", in: "This site USES COOKIES!", why: "policy"},
		{name: "use of cookies", in: "Our use of cookies is wild.", why: "policy"},
		{name: "use cookies", in: "We use cookies here.", why: "policy"},
		{name: "use cookies, with the sign of the kelvin", in: "We use coo\u212Aies here.", why: "policy"},
		{name: "eat cookies", in: "We eat cookies here.", want: "We eat cookies here."},
		{name: "javascript before policy", in: "We use cookies and javascript.", why: "javascript"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, end := range []string{"\n", "\r\n", "\u2028", "\x1d"} {
				v, doc, counts := processCounting(t, all, five+end+tt.in+end)
				want, wantCounts := five, map[string]int{}
				if tt.why != "" {
					wantCounts["c4.lines_"+tt.why] = 1
				} else {
					want += "\n" + tt.want
				}
				if !v.Kept() || doc.Text != want || !maps.Equal(counts, wantCounts) {
					t.Errorf("lines that end in %q: got %v, %q, %v; want %q, %v", end, v, doc.Text, counts, want, wantCounts)
				}
			}
		})
	}
}

// A rule that is off lets pass what it would drop.
func TestC4RulesOff(t *testing.T) {
	line := "lorem ipsum { javascript[1] cookie policy " + times(2000, "x")
	doc := &textmill.Document{Text: line + "\n[edit] x"}
	v, err := new(C4Quality).Process(t.Context(), doc)
	if err != nil || !v.Kept() || doc.Text != line+"\n[edit] x" {
		t.Errorf("%v, %v, %q", v, err, doc.Text)
	}
}

// The counts are those of the splitter that C4's rules in datatrove use.
func TestCountSentences(t *testing.T) {
	for line, want := range map[string]int{
		"":                                   1,
		"no mark at all":                     1,
		"One. Two? Three!":                   3,
		"One.Two.":                           2, // a small letter, a mark and a capital are divided
		"one.two.":                           1,
		"Really?! Yes... No.":                2, // three dots are a word that ends nothing
		"He said \"Stop.\" Then he went.":    2,
		"He said (stop.) \"Then\" he went.":  2,
		"At 3.14 p.m. it is 1.000.":          1,
		"字。 字！ 字":                            3,
		"अ। आ। इ":                            3,
		"One.  \"":                           2, // a second space begins a sentence
		"One. ":                              1,
		"One.  ":                             2,
		"One.\u00a0Two.":                     2,
		"One. – Two.":                        2,
		"A mill. A wheel. A stone. A miller": 4,
	} {
		if got := new(page).countSentences(line); got != want {
			t.Errorf("%q: %d, want %d", line, got, want)
		}
	}
}
