package filter

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// FineWebQuality drops lists, navigation and other texts that are not running
// prose, by the rules of Penedo et al. 2024 (FineWeb), section 3.6, as datatrove
// has them. A limit of 0 turns its rule off.
//
// Lines are what line feeds divide; blank ones do not count. They are not trimmed:
// a line that ends in a space ends in no punctuation. The rules, their limits in
// [NewFineWebQuality] and the reasons are, in order:
//
//   - empty: there is no line.
//   - line_punct_ratio, 0.12: fewer of the lines end in terminal punctuation of any
//     script. Quotation marks are none.
//   - short_line_ratio, 0.67: more of the lines have at most 30 characters.
//   - char_dup_ratio, 0.01: more of the characters, line feeds not counted, are in
//     lines that repeat an earlier one.
//   - list_ratio, 0.3: more line feeds for each word.
//
// The limit of char_dup_ratio is that of the program that made FineWeb. The paper
// says 0.1, which lets far more pass; [Preset] knows both. A text without words,
// which only UAX29 knows, fails list_ratio if it has a line feed; datatrove stops
// with an error.
type FineWebQuality struct {
	MinLinePunct     float64 // fraction of lines
	LinePunctNonZero bool    // line_punct_ratio passes a text in which no line ends so
	MaxShortLines    float64 // fraction of lines
	ShortLine        int     // the length of the longest short line, in code points
	MaxDupLineChars  float64 // fraction of characters
	MaxLineFeeds     float64 // for each word

	// TerminalPunct are the characters that end a line of prose. If empty, those
	// that end a sentence in any script, 159 of them.
	TerminalPunct string

	Words Words // what words are

	// All is for trying out thresholds: the document is judged by all rules, and
	// if it is dropped, Meta["fineweb_quality.REASON"] has what was measured for
	// each that it failed. The verdict is that of the first.
	All bool
}

// NewFineWebQuality returns the filter with the thresholds of the program that
// made FineWeb, and Treebank words.
func NewFineWebQuality() *FineWebQuality {
	return &FineWebQuality{
		MinLinePunct:    0.12,
		MaxShortLines:   0.67,
		ShortLine:       30,
		MaxDupLineChars: 0.01,
		MaxLineFeeds:    0.3,
		Words:           Treebank,
	}
}

// Process implements [textmill.Stage].
func (f *FineWebQuality) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	return judge(ctx, doc, f.All, f), nil
}

func (f *FineWebQuality) judge(_ context.Context, j *judging) {
	j.begin("fineweb_quality.", f.All)
	n := f.countLines(j.lineFeeds())
	if n.lines == 0 {
		j.forbids("empty")
		return
	}
	_ = f.judgePunct(j, n) ||
		j.above("short_line_ratio", ratio(n.short, n.lines), f.MaxShortLines) ||
		j.above("char_dup_ratio", ratio(n.dupRunes, j.runes()-j.count('\n')), f.MaxDupLineChars) ||
		f.judgeLineFeeds(j)
}

func (f *FineWebQuality) judgePunct(j *judging, n lineCounts) bool {
	if n.terminal == 0 && f.LinePunctNonZero {
		return false
	}
	return j.below("line_punct_ratio", ratio(n.terminal, n.lines), f.MinLinePunct)
}

func (f *FineWebQuality) judgeLineFeeds(j *judging) bool {
	n := j.count('\n')
	if f.MaxLineFeeds == 0 || n == 0 {
		return false
	}
	// That there are enough words is mostly known long before all of them are.
	enough := min(float64(n)/f.MaxLineFeeds, float64(len(j.text))) + 1
	if ratio(n, int(enough)) <= f.MaxLineFeeds && j.atLeast(f.Words, int(enough)) {
		return false
	}
	return j.above("list_ratio", ratio(n, len(j.words(f.Words).spans)), f.MaxLineFeeds)
}

// lineCounts are numbers of lines that are not blank, and of code points in those
// that repeat an earlier one.
type lineCounts struct{ lines, terminal, short, dupRunes int }

func (f *FineWebQuality) countLines(lines *parts) (n lineCounts) {
	for i, e := range lines.list {
		line, count := lines.at(uint32(i)), int(e.count)
		if isBlank(line) {
			continue
		}
		n.lines += count
		if f.isTerminated(line) {
			n.terminal += count
		}
		if !longerThan(line, f.ShortLine) {
			n.short += count
		}
		if count > 1 {
			n.dupRunes += (count - 1) * utf8.RuneCountInString(line)
		}
	}
	return n
}

func (f *FineWebQuality) isTerminated(line string) bool {
	last, _ := utf8.DecodeLastRuneInString(line)
	if f.TerminalPunct != "" {
		return strings.ContainsRune(f.TerminalPunct, last)
	}
	return isTerminal(last)
}

// longerThan reports whether s has more than n code points.
func longerThan(s string, n int) bool {
	if len(s) <= n {
		return false
	}
	return len(s) > utf8.UTFMax*n || utf8.RuneCountInString(s) > n
}
