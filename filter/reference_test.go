package filter

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// The rules once more, as plainly as they can be written: everything is a list of
// strings, and nothing is shared or skipped. The real ones must agree with these.

// failure is a rule that a text fails, with the value it measures; NaN would be no
// value, but is not needed, for a rule without one has 1.
type failure struct {
	reason string
	value  float64
}

type failures []failure

func (fs *failures) above(reason string, value, limit float64) {
	if limit != 0 && value > limit {
		*fs = append(*fs, failure{reason, value})
	}
}

func (fs *failures) below(reason string, value, limit float64) {
	if limit != 0 && value < limit {
		*fs = append(*fs, failure{reason, value})
	}
}

func fraction(n, of int) float64 {
	if of == 0 {
		of = 1
	}
	return float64(n) / float64(of)
}

var (
	slowLineEnd    = regexp.MustCompile("\r\n|[\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029]")
	slowLineFeeds  = regexp.MustCompile("\n+")
	slowParagraphs = regexp.MustCompile("\n\n+")
	slowCitation   = regexp.MustCompile(`\[\p{Nd}*\]|\[edit\]|\[citation needed\]`)
)

func slowLines(text string) []string {
	lines := slowLineEnd.Split(text, -1)
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func slowTrim(s string) string { return strings.TrimFunc(s, ucd.IsPythonSpace) }

func slowWords(text string, kind Words) (list []string) {
	for _, s := range kind.Append(nil, text) {
		list = append(list, text[s.Start:s.End])
	}
	return list
}

func slowRunes(s string) int { return len([]rune(s)) }

func countIf(list []string, ok func(string) bool) (n int) {
	for _, s := range list {
		if ok(s) {
			n++
		}
	}
	return n
}

func slowDuplicates(list []string) (n, runes int) {
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s] {
			n++
			runes += slowRunes(s)
		}
		seen[s] = true
	}
	return n, runes
}

func slowTopNGram(list []string, n int) int {
	counts, best := map[string]int{}, ""
	var order []string
	for i := 0; i+n <= len(list); i++ {
		g := strings.Join(list[i:i+n], " ")
		if counts[g] == 0 {
			order = append(order, g)
		}
		counts[g]++
	}
	for _, g := range order {
		if counts[g] > counts[best] {
			best = g
		}
	}
	return slowRunes(best) * counts[best]
}

func slowDupNGrams(list []string, n int) (runes int) {
	seen := map[string]bool{}
	for i := 0; i+n <= len(list); {
		g := strings.Join(list[i:i+n], " ") // there is none in a word
		if !seen[g] {
			seen[g] = true
			i++
			continue
		}
		runes += slowRunes(strings.Join(list[i:i+n], ""))
		i += n
	}
	return runes
}

func slowRepetition(f *GopherRepetition, text string) (fs failures) {
	if text == "" {
		return failures{{"empty", 1}}
	}
	all := slowRunes(text)
	paragraphs := slowParagraphs.Split(slowTrim(text), -1)
	n, runes := slowDuplicates(paragraphs)
	fs.above("dup_para_frac", fraction(n, len(paragraphs)), f.MaxDupParas)
	fs.above("dup_para_char_frac", fraction(runes, all), f.MaxDupParaChars)
	lines := slowLineFeeds.Split(text, -1)
	n, runes = slowDuplicates(lines)
	fs.above("dup_line_frac", fraction(n, len(lines)), f.MaxDupLines)
	fs.above("dup_line_char_frac", fraction(runes, all), f.MaxDupLineChars)
	list := slowWords(text, f.Words)
	for _, l := range f.TopNGrams {
		fs.above(fmt.Sprintf("top_%d_gram", l.N), fraction(slowTopNGram(list, l.N), all), l.Max)
	}
	for _, l := range f.DupNGrams {
		fs.above(fmt.Sprintf("duplicated_%d_n_grams", l.N), fraction(slowDupNGrams(list, l.N), all), l.Max)
	}
	return fs
}

func slowGopherQuality(f *GopherQuality, text string) (fs failures) {
	list := slowWords(text, f.Words)
	nonSymbol, runes := 0, 0
	for _, w := range list {
		if strings.ContainsFunc(w, func(r rune) bool { return !slowIsPunctuation(r) }) {
			nonSymbol++
			runes += slowRunes(w)
		}
	}
	fs.below("gopher_short_doc", float64(nonSymbol), float64(f.MinWords))
	fs.above("gopher_long_doc", float64(nonSymbol), float64(f.MaxWords))
	if nonSymbol > 0 {
		mean := float64(runes) / float64(nonSymbol)
		fs.below("gopher_below_avg_threshold", mean, f.MinMeanWordLength)
		fs.above("gopher_above_avg_threshold", mean, f.MaxMeanWordLength)
	}
	fs.above("gopher_too_many_hashes", fraction(strings.Count(text, "#"), len(list)), f.MaxSymbolRatio)
	fs.above("gopher_too_many_ellipsis", fraction(strings.Count(text, "...")+strings.Count(text, "…"), len(list)), f.MaxSymbolRatio)
	lines := slowLines(text)
	bullets := countIf(lines, func(s string) bool {
		s = strings.TrimLeftFunc(s, ucd.IsPythonSpace)
		return strings.HasPrefix(s, "•") || strings.HasPrefix(s, "-")
	})
	ellipses := countIf(lines, func(s string) bool {
		s = strings.TrimRightFunc(s, ucd.IsPythonSpace)
		return strings.HasSuffix(s, "...") || strings.HasSuffix(s, "…")
	})
	fs.above("gopher_too_many_bullets", fraction(bullets, len(lines)), f.MaxBulletLines)
	fs.above("gopher_too_many_end_ellipsis", fraction(ellipses, len(lines)), f.MaxEllipsisLines)
	letters := countIf(list, func(w string) bool { return strings.ContainsFunc(w, ucd.IsLetter) })
	fs.below("gopher_below_alpha_threshold", fraction(letters, len(list)), f.MinAlphaWords)
	stops := map[string]bool{}
	for _, w := range f.StopWords {
		if slices.Contains(list, w) {
			stops[w] = true
		}
	}
	fs.below("gopher_enough_stop_words", float64(len(stops)), float64(f.MinStopWords))
	return fs
}

// slowPunctuation is the list of the source, but for controls and the ends of
// sentences.
const slowPunctuation = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"

func slowIsPunctuation(r rune) bool {
	control := r <= 8 || r == 11 || r == 12 || 13 <= r && r <= 31 || 127 <= r && r <= 159
	return control || strings.ContainsRune(slowPunctuation, r) || isTerminal(r)
}

func slowFineWeb(f *FineWebQuality, text string) (fs failures) {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if slowTrim(line) != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return failures{{"empty", 1}}
	}
	terminal := countIf(lines, func(s string) bool {
		r, _ := utf8.DecodeLastRuneInString(s)
		return f.TerminalPunct == "" && isTerminal(r) || strings.ContainsRune(f.TerminalPunct, r)
	})
	if terminal > 0 || !f.LinePunctNonZero {
		fs.below("line_punct_ratio", fraction(terminal, len(lines)), f.MinLinePunct)
	}
	short := countIf(lines, func(s string) bool { return slowRunes(s) <= f.ShortLine })
	fs.above("short_line_ratio", fraction(short, len(lines)), f.MaxShortLines)
	_, runes := slowDuplicates(lines)
	fs.above("char_dup_ratio", fraction(runes, slowRunes(strings.ReplaceAll(text, "\n", ""))), f.MaxDupLineChars)
	fs.above("list_ratio", fraction(strings.Count(text, "\n"), len(slowWords(text, f.Words))), f.MaxLineFeeds)
	return fs
}

// slowC4 returns the text that is left as well, and how many lines were dropped why.
// If all is false, it stops at the first rule that drops the document.
func slowC4(f *C4Quality, text string, all bool) (fs failures, left string, dropped map[string]int) {
	dropped = map[string]int{}
	forbidden := map[string]bool{}
	sentences := 0
	var kept []string
	for _, line := range slowLines(text) {
		line = slowTrim(line)
		list := strings.FieldsFunc(line, ucd.IsPythonSpace)
		if f.MaxWordLength > 0 && countIf(list, func(w string) bool { return slowRunes(w) > f.MaxWordLength }) > 0 {
			dropped["c4.lines_too_long_word"]++
			continue
		}
		if f.RemoveCitations {
			line = slowCitation.ReplaceAllString(line, "")
		}
		ends := strings.HasSuffix(line, ".") && !strings.HasSuffix(line, "...")
		for _, mark := range []string{"?", "!", `"`, "'"} {
			ends = ends || strings.HasSuffix(line, mark)
		}
		if f.FilterNoTerminalPunct && !ends {
			dropped["c4.lines_no_terminal_punc"]++
			continue
		}
		if len(list) < f.MinLineWords {
			dropped["c4.lines_too_few_words"]++
			continue
		}
		lower := string(ucd.AppendLower(nil, line))
		forbid := func(is bool, reason string) bool {
			if is && !forbidden[reason] {
				forbidden[reason] = true
				fs = append(fs, failure{reason, 1})
			}
			return is && !all
		}
		if forbid(f.FilterLoremIpsum && strings.Contains(lower, "lorem ipsum"), "lorem_ipsum") {
			return fs, text, dropped
		}
		if f.FilterJavascript && strings.Contains(lower, "javascript") {
			dropped["c4.lines_javascript"]++
			continue
		}
		if forbid(f.FilterCurlyBracket && strings.Contains(line, "{"), "curly_bracket") {
			return fs, text, dropped
		}
		is := false
		for _, p := range []string{"terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"} {
			is = is || f.FilterPolicy && strings.Contains(lower, p)
		}
		if is {
			dropped["c4.lines_policy"]++
			continue
		}
		sentences += new(page).countSentences(line)
		kept = append(kept, line)
	}
	fs.below("too_few_sentences", float64(sentences), float64(f.MinSentences))
	if len(fs) > 0 {
		return fs, text, dropped
	}
	left = slowTrim(strings.Join(kept, "\n"))
	if left == "" {
		return failures{{"empty", 1}}, text, dropped
	}
	return nil, left, dropped
}

func slowParagraph(f *C4Paragraph, text string) (fs failures) {
	n := countIf(strings.Split(text, "\n"), func(s string) bool { return slowRunes(s) >= f.MinLength })
	fs.below("too_few_paragraphs", float64(n), float64(f.MinParagraphs))
	return fs
}

// annotations returns what Meta is to have for the failed rules.
func (fs failures) annotations(prefix string) map[string]any {
	meta := map[string]any{}
	for _, f := range fs {
		switch f.reason {
		case "empty", "lorem_ipsum", "curly_bracket":
			meta[prefix+f.reason] = true
		default:
			meta[prefix+f.reason] = f.value
		}
	}
	return meta
}

func sameMeta(a, b map[string]any) bool { return len(a) == 0 && len(b) == 0 || maps.Equal(a, b) }
