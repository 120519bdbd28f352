package filter

import (
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
)

// A ruleTest is a text at a threshold, or just to one side of it. The values are
// worked out by hand from the definition of the rule.
type ruleTest struct {
	name   string
	rules  Rules
	text   string
	reason string  // "" if the text is kept
	value  float64 // what is measured, as n/m
	limit  float64
}

func (tt ruleTest) run(t *testing.T) {
	t.Run(tt.name, func(t *testing.T) {
		t.Parallel()
		doc := &textmill.Document{Text: tt.text}
		v, err := tt.rules.Process(t.Context(), doc)
		if err != nil {
			t.Fatal(err)
		}
		value, limit, measured := v.Measurement()
		if v.Reason() != tt.reason || v.Kept() != (tt.reason == "") || value != tt.value || limit != tt.limit {
			t.Errorf("got %v, want %q (%v, limit %v)", v, tt.reason, tt.value, tt.limit)
		}
		if measured != (tt.limit != 0) {
			t.Errorf("measured = %v", measured)
		}
	})
}

func runAll(t *testing.T, tests []ruleTest) {
	for _, tt := range tests {
		tt.run(t)
	}
}

// n times s, which mostly ends in a space or a line feed.
func times(n int, s string) string { return strings.Repeat(s, n) }

func TestGopherQualityRules(t *testing.T) {
	limits := NewGopherQuality()
	short := &GopherQuality{MinWords: limits.MinWords}
	long := &GopherQuality{MaxWords: limits.MaxWords}
	mean := &GopherQuality{MinMeanWordLength: limits.MinMeanWordLength, MaxMeanWordLength: limits.MaxMeanWordLength}
	symbols := &GopherQuality{MaxSymbolRatio: limits.MaxSymbolRatio}
	bullets := &GopherQuality{MaxBulletLines: limits.MaxBulletLines}
	ellipses := &GopherQuality{MaxEllipsisLines: limits.MaxEllipsisLines}
	alpha := &GopherQuality{MinAlphaWords: limits.MinAlphaWords}
	stop := &GopherQuality{MinStopWords: limits.MinStopWords, StopWords: limits.StopWords}
	runAll(t, []ruleTest{
		{name: "49 words", rules: short, text: times(49, "w "), reason: "gopher_short_doc", value: 49, limit: 50},
		{name: "50 words", rules: short, text: times(50, "w ")},
		{name: "51 words", rules: short, text: times(51, "w ")},
		{name: "49 words and marks", rules: short, text: times(49, "w ? ") + "!", reason: "gopher_short_doc", value: 49, limit: 50},
		{name: "50 words, one with marks in it", rules: short, text: times(49, "w ") + "--w--"},
		{name: "characters that are punctuation here only", rules: short, text: times(50, "１ ► ´ ━ "), reason: "gopher_short_doc", value: 0, limit: 50},
		{name: "characters that are not punctuation here", rules: short, text: times(25, "¿ § ")},
		{name: "the ends of sentences of other scripts", rules: short, text: times(50, "။ ។ ፧ "), reason: "gopher_short_doc", value: 0, limit: 50},

		{name: "100,000 words", rules: long, text: times(100_000, "w ")},
		{name: "99,999 words and marks", rules: long, text: times(99_999, "w ; ")},
		{name: "100,001 words", rules: long, text: times(100_001, "w "), reason: "gopher_long_doc", value: 100_001, limit: 100_000},

		{name: "mean length 3", rules: mean, text: "aa bbbb ccc ddd"},
		{name: "mean length 11/4", rules: mean, text: "aa bbb ccc ddd", reason: "gopher_below_avg_threshold", value: 2.75, limit: 3},
		{name: "mean length 13/4", rules: mean, text: "aaaa bbb ccc ddd"},
		{name: "marks do not count as words", rules: mean, text: "aaa ! ? ..."},
		{name: "mean length in code points", rules: mean, text: "字字 жж éé", reason: "gopher_below_avg_threshold", value: 2, limit: 3},
		{name: "mean length 10", rules: mean, text: "aaaaaaaaaa bbbbbbbbb ccccccccccc"},
		{name: "mean length 31/3", rules: mean, text: "aaaaaaaaaa bbbbbbbbbb ccccccccccc", reason: "gopher_above_avg_threshold", value: 31.0 / 3, limit: 10},
		{name: "mean length 29/3", rules: mean, text: "aaaaaaaaaa bbbbbbbbbb ccccccccc"},
		{name: "no word to have a length", rules: mean, text: "... !!! ?"},

		{name: "1 # in 10 words", rules: symbols, text: times(9, "w ") + "#"},
		{name: "1 # in 9 words", rules: symbols, text: times(8, "w ") + "#", reason: "gopher_too_many_hashes", value: 1.0 / 9, limit: 0.1},
		{name: "1 # in 11 words", rules: symbols, text: times(10, "w ") + "#"},
		{name: "2 # in one of 10 words", rules: symbols, text: times(9, "w ") + "##", reason: "gopher_too_many_hashes", value: 2.0 / 10, limit: 0.1},
		{name: "1 ellipsis in 10 words", rules: symbols, text: times(9, "w ") + "w..."},
		{name: "1 ellipsis in 9 words", rules: symbols, text: times(8, "w ") + "w...", reason: "gopher_too_many_ellipsis", value: 1.0 / 9, limit: 0.1},
		{name: "2 ellipses of both kinds", rules: symbols, text: times(9, "w ") + "w...…", reason: "gopher_too_many_ellipsis", value: 2.0 / 10, limit: 0.1},
		{name: "5 dots are 1 ellipsis", rules: symbols, text: times(9, "w ") + "....."},
		{name: "6 dots are 2 ellipses", rules: symbols, text: times(9, "w ") + "......", reason: "gopher_too_many_ellipsis", value: 2.0 / 10, limit: 0.1},

		{name: "9 of 10 lines with bullets", rules: bullets, text: times(9, "- w\n") + "w"},
		{name: "10 of 11 lines with bullets", rules: bullets, text: times(10, "- w\n") + "w", reason: "gopher_too_many_bullets", value: 10.0 / 11, limit: 0.9},
		{name: "8 of 9 lines with bullets", rules: bullets, text: times(8, "- w\n") + "w"},
		{name: "white space before bullets", rules: bullets, text: " \t• w\n\u3000- w", reason: "gopher_too_many_bullets", value: 1, limit: 0.9},
		{name: "other bullets", rules: bullets, text: times(20, "* w\n● w\n– w\n")},
		{name: "lines that end in other ways", rules: bullets, text: times(10, "- w\r\n- w\u2028") + "w\v", reason: "gopher_too_many_bullets", value: 20.0 / 21, limit: 0.9},
		{name: "nothing after the last line feed is no line", rules: bullets, text: times(10, "- w\n") + "w\n", reason: "gopher_too_many_bullets", value: 10.0 / 11, limit: 0.9},

		{name: "3 of 10 lines with ellipses", rules: ellipses, text: times(3, "w...\n") + times(7, "w\n")},
		{name: "4 of 13 lines with ellipses", rules: ellipses, text: times(4, "w...\n") + times(9, "w\n"), reason: "gopher_too_many_end_ellipsis", value: 4.0 / 13, limit: 0.3},
		{name: "2 of 7 lines with ellipses", rules: ellipses, text: times(2, "w…\n") + times(5, "w\n")},
		{name: "white space after ellipses", rules: ellipses, text: "w… \t\nw", reason: "gopher_too_many_end_ellipsis", value: 0.5, limit: 0.3},
		{name: "blank lines count", rules: ellipses, text: "w...\n\n\n\n", value: 0},
		{name: "an ellipsis within a line", rules: ellipses, text: "w... w\n... w\nw. . ."},

		{name: "4 of 5 words with letters", rules: alpha, text: "a 1b ж 字 5"},
		{name: "3 of 4 words with letters", rules: alpha, text: "a b c 5", reason: "gopher_below_alpha_threshold", value: 0.75, limit: 0.8},
		{name: "5 of 6 words with letters", rules: alpha, text: "a b c d e 5"},
		{name: "a roman number is no letter, a modifier is", rules: alpha, text: "ⅷ ʰ", reason: "gopher_below_alpha_threshold", value: 0.5, limit: 0.8},
		{name: "no words", rules: alpha, text: " ", reason: "gopher_below_alpha_threshold", value: 0, limit: 0.8},

		{name: "1 stop word, often", rules: stop, text: "the mill the wheel the", reason: "gopher_enough_stop_words", value: 1, limit: 2},
		{name: "2 stop words", rules: stop, text: "the mill with"},
		{name: "3 stop words", rules: stop, text: "the mill with that"},
		{name: "the wrong case", rules: stop, text: "The mill OF the", reason: "gopher_enough_stop_words", value: 1, limit: 2},
		{name: "a stop word given twice", rules: &GopherQuality{MinStopWords: 2, StopWords: []string{"the", "the", "constitutional", "constitutional"}},
			text: "the constitution", reason: "gopher_enough_stop_words", value: 1, limit: 2},
		{name: "long stop words", rules: &GopherQuality{MinStopWords: 2, StopWords: []string{"constitution", "constitutional"}},
			text: "constitution constitutional"},
	})
}

func TestGopherRepetitionRules(t *testing.T) {
	limits := NewGopherRepetition()
	paras := &GopherRepetition{MaxDupParas: limits.MaxDupParas}
	paraChars := &GopherRepetition{MaxDupParaChars: limits.MaxDupParaChars}
	lines := &GopherRepetition{MaxDupLines: limits.MaxDupLines}
	lineChars := &GopherRepetition{MaxDupLineChars: limits.MaxDupLineChars}
	runAll(t, []ruleTest{
		{name: "empty", rules: &GopherRepetition{}, text: "", reason: "empty"},
		{name: "blank", rules: paras, text: " \n\n "},

		{name: "3 of 10 paragraphs", rules: paras, text: "a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\na\n\nb\n\nc"},
		{name: "4 of 10 paragraphs", rules: paras, text: "a\n\nb\n\nc\n\nd\n\ne\n\nf\n\na\n\na\n\na\n\na", reason: "dup_para_frac", value: 0.4, limit: 0.3},
		{name: "1 of 3 paragraphs", rules: paras, text: "a\n\nb\n\n\n\n\na", reason: "dup_para_frac", value: 1.0 / 3, limit: 0.3},
		{name: "2 of 7 paragraphs", rules: paras, text: "a\n\nb\n\nc\n\nd\n\ne\n\na\n\na"},
		{name: "trimmed first", rules: paras, text: "\n\n a\n\nb\n\nc\n\n \n\n"},
		{name: "lines are no paragraphs", rules: paras, text: "a\na\na\n \na"},
		{name: "line feeds only", rules: paras, text: "a\r\n\r\na\r\n\r\na"},

		// "aé" is there 3 times: 2 × 2 of 20 code points, then of 19 and of 21.
		{name: "4 of 20 characters", rules: paraChars, text: "aé\n\naé\n\naé\n\nbbbbbbbb"},
		{name: "4 of 19 characters", rules: paraChars, text: "aé\n\naé\n\naé\n\nbbbbbbb", reason: "dup_para_char_frac", value: 4.0 / 19, limit: 0.2},
		{name: "4 of 21 characters", rules: paraChars, text: "aé\n\naé\n\naé\n\nbbbbbbbbb"},
		{name: "white space around counts", rules: paraChars, text: "aé\n\naé\n\naé\n\nbbbbbbb "},

		{name: "3 of 10 lines", rules: lines, text: "a\nb\nc\nd\ne\nf\ng\na\nb\nc"},
		{name: "1 of 3 lines", rules: lines, text: "a\nb\n\na", reason: "dup_line_frac", value: 1.0 / 3, limit: 0.3},
		{name: "2 of 7 lines", rules: lines, text: "a\nb\nc\nd\ne\na\na"},
		{name: "lines are not trimmed", rules: lines, text: "a\na \n a\na\r\n"},
		{name: "empty lines at both ends", rules: lines, text: "\na\n", reason: "dup_line_frac", value: 1.0 / 3, limit: 0.3},
		{name: "an empty line at one end", rules: lines, text: "a\n\n\n\nb\n\n"},
		{name: "a line feed only", rules: lines, text: "\n", reason: "dup_line_frac", value: 0.5, limit: 0.3},
		{name: "2 of 5 with empty lines at the ends", rules: lines, text: "\n\na\n\na\nb\n", reason: "dup_line_frac", value: 2.0 / 5, limit: 0.3},

		// "éé" again is 2 of 10 code points, then of 9 and of 11.
		{name: "2 of 10 characters", rules: lineChars, text: "éé\néé\n字字字字"},
		{name: "2 of 9 characters", rules: lineChars, text: "éé\néé\n字字字", reason: "dup_line_char_frac", value: 2.0 / 9, limit: 0.2},
		{name: "2 of 11 characters", rules: lineChars, text: "éé\néé\n字字字字字"},
	})
}

func TestTopNGramRules(t *testing.T) {
	top := func(n int) Rules {
		return &GopherRepetition{TopNGrams: NewGopherRepetition().TopNGrams[n-2 : n-1]}
	}
	runAll(t, []ruleTest{
		// "a b" twice is 2 × 3 characters.
		{name: "2: 6 of 30 characters", rules: top(2), text: "a b a b " + times(22, "x")},
		{name: "2: 6 of 29 characters", rules: top(2), text: "a b a b " + times(21, "x"), reason: "top_2_gram", value: 6.0 / 29, limit: 0.2},
		{name: "2: 6 of 31 characters", rules: top(2), text: "a b a b " + times(23, "x")},
		{name: "2: joined by one space", rules: top(2), text: "a\t\n b c a   b" + times(20, "x")},
		{name: "2: in code points", rules: top(2), text: "é 字 é 字 " + times(22, "😀")},
		{name: "2: none repeated, the first counts", rules: top(2), text: "aaaaa bb " + times(30, "c"), reason: "top_2_gram", value: 8.0 / 39, limit: 0.2},
		{name: "2: none repeated, not the longest", rules: top(2), text: "a b " + times(30, "c")},
		{name: "2: of as frequent ones the first", rules: top(2), text: "a b x a b y ccccc ddddd z ccccc ddddd " + times(20, "e")},
		{name: "2: of as frequent ones the first, a long one", rules: top(2), text: "ccccc ddddd z ccccc ddddd a b x a b", reason: "top_2_gram", value: 22.0 / 35, limit: 0.2},
		{name: "2: overlapping ones count", rules: top(2), text: "a a a " + times(12, "x"), reason: "top_2_gram", value: 6.0 / 18, limit: 0.2},
		{name: "2: one word", rules: top(2), text: "word"},
		{name: "2: no word", rules: top(2), text: " "},

		// "a b c" twice is 10 characters, of 55 at most 0.18 (10/55 = 0.1818, 10/56 = 0.1786).
		{name: "3: 10 of 55 characters", rules: top(3), text: "a b c a b c " + times(43, "x"), reason: "top_3_gram", value: 10.0 / 55, limit: 0.18},
		{name: "3: 10 of 56 characters", rules: top(3), text: "a b c a b c " + times(44, "x")},
		{name: "3: 18 of 100 characters", rules: top(3), text: "aaa bb cc aaa bb cc " + times(80, "x")},
		{name: "3: two words", rules: top(3), text: "two words"},

		// 16 of 100 is at the limit: "aaa b c d" is 9, "aa b c d" 8 characters.
		{name: "4: 16 of 100 characters", rules: top(4), text: "aa b c d aa b c d " + times(82, "x")},
		{name: "4: 16 of 99 characters", rules: top(4), text: "aa b c d aa b c d " + times(81, "x"), reason: "top_4_gram", value: 16.0 / 99, limit: 0.16},
		{name: "4: 16 of 101 characters", rules: top(4), text: "aa b c d aa b c d " + times(83, "x")},

		{name: "an n of our own", rules: &GopherRepetition{TopNGrams: []NGramLimit{{1, 0.5}}}, text: "aa aa aa", reason: "top_1_gram", value: 6.0 / 8, limit: 0.5},
		{name: "off", rules: &GopherRepetition{TopNGrams: []NGramLimit{{0, 0.5}, {-1, 0.5}, {2, 0}}, DupNGrams: []NGramLimit{{0, 0.1}, {2, 0}}}, text: times(9, "aa ")},
	})
}

func TestDupNGramRules(t *testing.T) {
	var tests []ruleTest
	// n one-letter words, the same again, and a long word: n of total characters
	// are repeated.
	for i, limit := range NewGopherRepetition().DupNGrams {
		rules := &GopherRepetition{DupNGrams: []NGramLimit{limit}}
		gram := ""
		for k := range limit.N {
			gram += string(rune('a'+k)) + " "
		}
		hundredths := []int{15, 14, 13, 12, 11, 10}[i]
		text := func(total int) string {
			s := gram + gram
			return s + times(total-len(s), "x")
		}
		at := 100 * limit.N / hundredths // at most this many characters are too few, if it divides
		exact := 100*limit.N%hundredths == 0
		over := at
		if exact {
			over = at - 1
			tests = append(tests, ruleTest{name: dupReason(limit.N) + " at the limit", rules: rules, text: text(at)})
		}
		tests = append(tests,
			ruleTest{name: dupReason(limit.N) + " over the limit", rules: rules, text: text(over),
				reason: dupReason(limit.N), value: float64(limit.N) / float64(over), limit: limit.Max},
			ruleTest{name: dupReason(limit.N) + " under the limit", rules: rules, text: text(at + 1)},
		)
	}
	two := &GopherRepetition{DupNGrams: []NGramLimit{{2, 0.01}}}
	tests = append(tests,
		// a b | a b (again: 2, go on behind) | a b (again: 2)
		ruleTest{name: "reading goes on behind a repetition", rules: two, text: "a b a b a b", reason: "duplicated_2_n_grams", value: 4.0 / 11, limit: 0.01},
		// a a | a a (again: 2) | a
		ruleTest{name: "overlapping", rules: two, text: "a a a a", reason: "duplicated_2_n_grams", value: 2.0 / 7, limit: 0.01},
		// a b, b x, x a | a b (again: 2) | b y, y b, b b: the other b b lies across a cut
		ruleTest{name: "what is skipped is not remembered", rules: two, text: "a b x a b b y b b", reason: "duplicated_2_n_grams", value: 2.0 / 17, limit: 0.01},
		ruleTest{name: "the same letters, other words", rules: two, text: "ab c x a bc"},
		ruleTest{name: "in code points", rules: two, text: "é 字 x é 字", reason: "duplicated_2_n_grams", value: 2.0 / 9, limit: 0.01},
		ruleTest{name: "an n of our own", rules: &GopherRepetition{DupNGrams: []NGramLimit{{12, 0.01}}}, text: times(24, "a "),
			reason: "duplicated_12_n_grams", value: 12.0 / 48, limit: 0.01},
	)
	runAll(t, tests)
}

func TestFineWebRules(t *testing.T) {
	limits := NewFineWebQuality()
	punct := &FineWebQuality{MinLinePunct: limits.MinLinePunct}
	short := &FineWebQuality{MaxShortLines: limits.MaxShortLines, ShortLine: limits.ShortLine}
	dup := &FineWebQuality{MaxDupLineChars: limits.MaxDupLineChars}
	paper := &FineWebQuality{MaxDupLineChars: 0.1}
	list := &FineWebQuality{MaxLineFeeds: limits.MaxLineFeeds}
	treebank := &FineWebQuality{MaxLineFeeds: limits.MaxLineFeeds, Words: Treebank}
	nonZero := &FineWebQuality{MinLinePunct: limits.MinLinePunct, LinePunctNonZero: true}
	thirty, thirtyOne := times(30, "字")+"\n", times(31, "é")+"\n"
	runAll(t, []ruleTest{
		{name: "empty", rules: punct, text: "", reason: "empty"},
		{name: "blank lines", rules: &FineWebQuality{}, text: " \n\u3000\n\x1c", reason: "empty"},

		{name: "3 of 25 lines", rules: punct, text: times(3, "w.\n") + times(22, "w\n")},
		{name: "3 of 26 lines", rules: punct, text: times(3, "w.\n") + times(23, "w\n"), reason: "line_punct_ratio", value: 3.0 / 26, limit: 0.12},
		{name: "3 of 24 lines", rules: punct, text: times(3, "w.\n") + times(21, "w\n")},
		{name: "blank lines do not count", rules: punct, text: times(3, "w.\n \n") + times(22, "w\n\n")},
		{name: "not trimmed", rules: punct, text: "w. \nw.\t\nw.\r\n", reason: "line_punct_ratio", value: 0, limit: 0.12},
		{name: "quotation marks and ellipses are none", rules: punct, text: "w.\"\nw!'\nw?”\nw…\nw:\n", reason: "line_punct_ratio", value: 0, limit: 0.12},
		{name: "other scripts", rules: punct, text: "字。\n字！\nअ।\nا؟\nခ။\n"},
		{name: "no line ends so, which is allowed", rules: nonZero, text: "w\nw\n"},
		{name: "one line ends so, which is too few", rules: nonZero, text: "w.\n" + times(9, "w\n"), reason: "line_punct_ratio", value: 0.1, limit: 0.12},
		{name: "marks of our own", rules: &FineWebQuality{MinLinePunct: 0.5, TerminalPunct: "…字"}, text: "w…\nw字\nw.\nw"},
		{name: "marks of our own, too few", rules: &FineWebQuality{MinLinePunct: 0.5, TerminalPunct: "…字"}, text: "w…\nw.\nw", reason: "line_punct_ratio", value: 1.0 / 3, limit: 0.5},

		{name: "67 of 100 short lines", rules: short, text: times(67, thirty) + times(33, thirtyOne)},
		{name: "68 of 100 short lines", rules: short, text: times(68, thirty) + times(32, thirtyOne), reason: "short_line_ratio", value: 0.68, limit: 0.67},
		{name: "66 of 100 short lines", rules: short, text: times(66, thirty) + times(34, thirtyOne)},
		{name: "blank lines are not short", rules: short, text: times(2, thirty) + times(9, " \n") + thirtyOne},

		// A line of 1 character again, of 100 without the line feeds.
		{name: "1 of 100 characters", rules: dup, text: "é\né\n" + times(98, "x")},
		{name: "1 of 99 characters", rules: dup, text: "é\né\n" + times(97, "x"), reason: "char_dup_ratio", value: 1.0 / 99, limit: 0.01},
		{name: "1 of 101 characters", rules: dup, text: "é\né\n" + times(99, "x")},
		{name: "blank lines repeat nothing", rules: dup, text: " \n \n \n\n" + times(9, "x")},
		{name: "the paper: 10 of 100 characters", rules: paper, text: times(2, times(10, "字")+"\n") + times(80, "x")},
		{name: "the paper: 10 of 99 characters", rules: paper, text: times(2, times(10, "字")+"\n") + times(79, "x"), reason: "char_dup_ratio", value: 10.0 / 99, limit: 0.1},

		{name: "3 line feeds for 10 words", rules: list, text: "\n\n\n" + times(10, "w ")},
		{name: "3 line feeds for 9 words", rules: list, text: "\n\n\n" + times(9, "w "), reason: "list_ratio", value: 3.0 / 9, limit: 0.3},
		{name: "3 line feeds for 11 words", rules: list, text: "\n\n\n" + times(11, "w ")},
		{name: "other line ends are none", rules: list, text: times(9, "w\r\u2028")},
		{name: "marks are words, by Treebank", rules: treebank, text: "\n\n\n" + times(5, "w, ")},
		{name: "wide spaces divide words", rules: treebank, text: "\n\n\n" + times(10, "w\u3000")},
		{name: "no words", rules: &FineWebQuality{MaxLineFeeds: 0.3, Words: UAX29}, text: "***\n***", reason: "list_ratio", value: 1, limit: 0.3},
		{name: "no words, no line feed", rules: &FineWebQuality{MaxLineFeeds: 0.3, Words: UAX29}, text: "***"},
		{name: "a very small limit", rules: &FineWebQuality{MaxLineFeeds: 1e-300}, text: "w\n", reason: "list_ratio", value: 1, limit: 1e-300},
	})
}

func TestC4ParagraphRule(t *testing.T) {
	long, short := times(200, "字")+"\n", times(199, "字")+"\n"
	f := NewC4Paragraph()
	runAll(t, []ruleTest{
		{name: "3 long lines", rules: f, text: short + long + short + long + long},
		{name: "2 long lines", rules: f, text: times(9, short) + long + long, reason: "too_few_paragraphs", value: 2, limit: 3},
		{name: "4 long lines", rules: f, text: times(4, long)},
		{name: "white space counts", rules: f, text: times(3, times(200, " ")+"\n")},
		{name: "a line feed divides, nothing else", rules: f, text: times(3, times(200, "x")+"\r"), reason: "too_few_paragraphs", value: 1, limit: 3},
		{name: "empty", rules: f, text: "", reason: "too_few_paragraphs", value: 0, limit: 3},
		{name: "off", rules: &C4Paragraph{}, text: ""},
	})
}

// The thresholds of the sources, written down once more.
func TestThresholds(t *testing.T) {
	for _, tt := range []struct{ got, want any }{
		{*NewGopherQuality(), GopherQuality{50, 100000, 3, 10, 0.1, 0.9, 0.3, 0.8, 2,
			[]string{"the", "be", "to", "of", "and", "that", "have", "with"}, Treebank, false}},
		{*NewGopherRepetition(), GopherRepetition{0.3, 0.2, 0.3, 0.2, []NGramLimit{{2, 0.2}, {3, 0.18}, {4, 0.16}},
			[]NGramLimit{{5, 0.15}, {6, 0.14}, {7, 0.13}, {8, 0.12}, {9, 0.11}, {10, 0.1}}, Treebank, false}},
		{*NewC4Quality(), C4Quality{true, true, true, true, true, true, 1000, 3, 5, false}},
		{*NewC4Paragraph(), C4Paragraph{3, 200, false}},
		{*NewFineWebQuality(), FineWebQuality{0.12, false, 0.67, 30, 0.01, 0.3, "", Treebank, false}},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("got %+v, want %+v", tt.got, tt.want)
		}
	}
	for name, limit := range map[string]float64{"fineweb": 0.01, "fineweb-code": 0.01, "fineweb-paper": 0.1} {
		for _, p := range presets {
			if p.name != name {
				continue
			}
			r := p.rules()
			c4, quality := NewC4Quality(), NewFineWebQuality()
			c4.FilterNoTerminalPunct, quality.MaxDupLineChars = false, limit
			if want := []Rules{NewGopherRepetition(), NewGopherQuality(), c4, quality}; !reflect.DeepEqual(r, want) {
				t.Errorf("%s: %+v, want %+v", name, r, want)
			}
		}
	}
}

// How many characters the sets of the sources have, and members of each range.
func TestPunctuationSets(t *testing.T) {
	punctuation, terminal, sentence := 0, 0, 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if isPunctuation(r) {
			punctuation++
		}
		if isTerminal(r) {
			terminal++
		}
		if words.EndsSentence(r) {
			sentence++
		}
		if isTerminal(r) && !isPunctuation(r) || words.EndsSentence(r) && !isTerminal(r) {
			t.Errorf("%U: the sets are not in one another", r)
		}
		if isPunctuation(r) != slowIsPunctuation(r) {
			t.Errorf("%U: isPunctuation = %v", r, isPunctuation(r))
		}
	}
	if punctuation != 281 || terminal != 159 || sentence != 128 {
		t.Errorf("%d, %d and %d characters, want 281, 159 and 128", punctuation, terminal, sentence)
	}
}

// With All, every rule is judged and every one that failed is noted.
func TestAll(t *testing.T) {
	text := "# ...\n# ...\n{ lorem ipsum dolor"
	wholes := &Quality{Rules: append(fineWeb(0.01), NewC4Paragraph()), All: true}
	doc := &textmill.Document{Text: text}
	v, err := wholes.Process(t.Context(), doc)
	if err != nil || v.Reason() != "dup_line_frac" {
		t.Fatalf("%v, %v", v, err)
	}
	want := map[string]any{
		"gopher_repetition.dup_line_frac":             1.0 / 3,
		"gopher_repetition.top_2_gram":                float64(len("# ...")*2) / 31, // 31 characters in all
		"gopher_repetition.top_3_gram":                float64(len("# ... #")) / 31, // the first one, there is no other
		"gopher_repetition.top_4_gram":                float64(len("# ... # ...")) / 31,
		"gopher_quality.gopher_short_doc":             3.0,
		"gopher_quality.gopher_too_many_hashes":       2.0 / 8,
		"gopher_quality.gopher_too_many_ellipsis":     2.0 / 8,
		"gopher_quality.gopher_too_many_end_ellipsis": 2.0 / 3,
		"gopher_quality.gopher_below_alpha_threshold": 3.0 / 8,
		"gopher_quality.gopher_enough_stop_words":     0.0,
		"c4_quality.lorem_ipsum":                      true,
		"c4_quality.curly_bracket":                    true,
		"c4_quality.too_few_sentences":                1.0,
		"fineweb_quality.short_line_ratio":            1.0,
		"fineweb_quality.char_dup_ratio":              5.0 / 29,
		"c4_paragraph.too_few_paragraphs":             0.0,
	}
	for name, got := range doc.Meta {
		if got != want[name] {
			t.Errorf("%s = %v, want %v", name, got, want[name])
		}
	}
	if len(doc.Meta) != len(want) {
		t.Errorf("%d annotations, want %d", len(doc.Meta), len(want))
	}

	// A set of rules may ask for it alone.
	one := NewGopherQuality()
	one.All = true
	doc = &textmill.Document{Text: text}
	v, err = (&Quality{Rules: []Rules{one, NewC4Paragraph()}}).Process(t.Context(), doc)
	if err != nil || v.Reason() != "gopher_short_doc" || len(doc.Meta) != 6 {
		t.Errorf("%v, %v, %v", v, err, doc.Meta)
	}

	// What is kept says nothing.
	doc = &textmill.Document{Text: prose(1, 4000)}
	v, err = (&Quality{Rules: []Rules{NewGopherQuality(), NewC4Quality()}, All: true}).Process(t.Context(), doc)
	if err != nil || !v.Kept() || doc.Meta != nil {
		t.Errorf("%v, %v, %v", v, err, doc.Meta)
	}
}
