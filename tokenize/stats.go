package tokenize

import (
	"fmt"
	"math"
	"strings"

	"github.com/textmill/textmill"
)

// A FallbackCounter is an [Encoder] that can tell which of its tokens are makeshifts,
// for text that its vocabulary has no better token for. A [Stage] then counts them. Many
// of them show that a vocabulary was not made for the text.
type FallbackCounter interface {
	// CountFallback returns how many of ids, as Encode made them, stand for text
	// that the vocabulary has no token for, and how many for a single byte of a character
	// of several bytes.
	CountFallback(ids []uint32) (unknown, byteFallback int)
}

// Stats say how a vocabulary fits the texts it encoded, how long documents are, and
// what became of them if they were packed.
type Stats struct {
	Documents    int64
	Tokens       int64 // without ends of text
	Bytes        int64 // of text, as UTF-8
	Unknown      int64 // tokens that stand for text the vocabulary has none for; see FallbackCounter
	ByteFallback int64 // tokens that stand for one byte of a character of several

	Lengths []LengthCount // of documents, the shortest first; only those there are
	Packed  PackedStats   // zero without a Packing
}

// A LengthCount is how many documents have Min to Max tokens.
type LengthCount struct {
	Min, Max  int64 // Max is math.MaxInt64 for those of more than 2^30
	Documents int64
}

// PackedStats say how well documents were packed into windows.
type PackedStats struct {
	Windows   int64
	Documents int64 // of which there is a beginning in a window
	Tokens    int64 // of documents and their ends of text, in all windows
	Padding   int64 // tokens, in all windows
	Divided   int64 // documents that are in more than one piece
	LeftOut   int64 // tokens of documents that are in no window
}

// StatsOf returns the stats of a run, or of several: of what its [Stage] encoded and its
// [Shards] packed. If it has more than one Stage, what each encoded is added up.
// Unknown and ByteFallback are 0 also where the encoder is no [FallbackCounter].
func StatsOf(r textmill.Report) Stats {
	n := r.Counts
	s := Stats{
		Documents: n[countDocuments], Tokens: n[countTokens], Bytes: n[countBytes],
		Unknown: n[countUnknown], ByteFallback: n[countByteFallback],
		Packed: PackedStats{
			Windows: n[countWindows], Documents: n[countPacked], Tokens: n[countInWindows],
			Padding: n[countPadding], Divided: n[countDivided], LeftOut: n[countLeftOut],
		},
	}
	for class, name := range lengthNames {
		if n[name] != 0 {
			c := LengthCount{Max: lengthMax(class), Documents: n[name]}
			if class > 0 {
				c.Min = lengthMax(class-1) + 1
			}
			s.Lengths = append(s.Lengths, c)
		}
	}
	return s
}

// TokensPerDocument returns the mean length of a document, 0 if there is none.
func (s Stats) TokensPerDocument() float64 { return ratio(s.Tokens, s.Documents) }

// BytesPerToken returns how much text a token stands for on average: the higher, the better
// the vocabulary fits. It is 0 if there are no tokens.
func (s Stats) BytesPerToken() float64 { return ratio(s.Bytes, s.Tokens) }

// UnknownShare returns the share of Unknown in all tokens, 0 to 1.
func (s Stats) UnknownShare() float64 { return ratio(s.Unknown, s.Tokens) }

// ByteFallbackShare returns the share of ByteFallback in all tokens, 0 to 1.
func (s Stats) ByteFallbackShare() float64 { return ratio(s.ByteFallback, s.Tokens) }

// PaddingShare returns the share of padding in all windows, 0 to 1.
func (p PackedStats) PaddingShare() float64 { return ratio(p.Padding, p.Tokens+p.Padding) }

// DividedShare returns the share of documents that are divided, 0 to 1.
func (p PackedStats) DividedShare() float64 { return ratio(p.Divided, p.Documents) }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// String returns the stats as tables.
func (s Stats) String() string {
	t := table{
		{"documents", fmt.Sprint(s.Documents), fmt.Sprintf("%.1f tokens each", s.TokensPerDocument())},
		{"tokens", fmt.Sprint(s.Tokens), fmt.Sprintf("%.2f bytes each", s.BytesPerToken())},
		{"  unknown", fmt.Sprint(s.Unknown), percent(s.UnknownShare())},
		{"  byte fallback", fmt.Sprint(s.ByteFallback), percent(s.ByteFallbackShare())},
		{"bytes", fmt.Sprint(s.Bytes), ""},
	}
	if len(s.Lengths) > 0 {
		t = append(t, [3]string{}, [3]string{"tokens in a document", "documents", ""})
	}
	for _, c := range s.Lengths {
		t = append(t, [3]string{"  " + c.span(), fmt.Sprint(c.Documents), percent(ratio(c.Documents, s.Documents))})
	}
	if p := s.Packed; p.Windows != 0 || p.LeftOut != 0 {
		t = append(t,
			[3]string{},
			[3]string{"windows", fmt.Sprint(p.Windows), ""},
			[3]string{"  tokens", fmt.Sprint(p.Tokens), percent(1 - p.PaddingShare())},
			[3]string{"  padding", fmt.Sprint(p.Padding), percent(p.PaddingShare())},
			[3]string{"documents packed", fmt.Sprint(p.Documents), ""},
			[3]string{"  divided", fmt.Sprint(p.Divided), percent(p.DividedShare())},
			[3]string{"tokens left out", fmt.Sprint(p.LeftOut), ""},
		)
	}
	return t.String()
}

func (c LengthCount) span() string {
	switch {
	case c.Max == math.MaxInt64:
		return fmt.Sprintf("%d or more", c.Min)
	case c.Min == c.Max:
		return fmt.Sprint(c.Max)
	}
	return fmt.Sprintf("%d to %d", c.Min, c.Max)
}

func percent(share float64) string { return fmt.Sprintf("%6.2f%%", 100*share) }

// A table is text in three columns: what, how many, and a remark.
type table [][3]string

// String returns the table with its columns aligned.
func (t table) String() string {
	var width [2]int
	for _, row := range t {
		width[0], width[1] = max(width[0], len(row[0])), max(width[1], len(row[1]))
	}
	var sb strings.Builder
	for _, row := range t {
		line := fmt.Sprintf("%-*s  %*s  %s", width[0], row[0], width[1], row[1], row[2])
		sb.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return sb.String()
}
