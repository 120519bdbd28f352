package tokenize

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/textmill/textmill"
)

// runes is an encoder with an id for each ASCII character, byte fallback for Cyrillic
// letters, and an unknown token for all else.
type runes struct{ plain }

// plain is one that cannot tell.
type plain struct{}

const unknownID, byteID = 128, 129

func (plain) Encode(dst []uint32, text string) []uint32 {
	for _, r := range text {
		switch {
		case r < 128:
			dst = append(dst, uint32(r))
		case 0x400 <= r && r < 0x500:
			dst = append(dst, byteID, byteID)
		default:
			dst = append(dst, unknownID)
		}
	}
	return dst
}

func (plain) VocabSize() int    { return 130 }
func (plain) EndOfText() uint32 { return 0 }
func (plain) Name() string      { return "runes" }

func (runes) CountFallback(ids []uint32) (unknown, byteFallback int) {
	for _, id := range ids {
		switch id {
		case unknownID:
			unknown++
		case byteID:
			byteFallback++
		}
	}
	return unknown, byteFallback
}

func encode(t testing.TB, enc Encoder, workers int, texts ...string) textmill.Report {
	t.Helper()
	var docs []*textmill.Document
	for _, text := range texts {
		docs = append(docs, &textmill.Document{Text: text})
	}
	p := &textmill.Pipeline{
		Source: textmill.Documents(docs...), Stages: []textmill.Stage{Stage{Encoder: enc}},
		Sink: textmill.Discard, Workers: workers,
	}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStatsOf(t *testing.T) {
	texts := []string{"", "a", "ab", "abc", "abcd", "abcde", "я好b", "好"}
	r := encode(t, runes{}, 3, texts...)
	want := map[string]int64{
		"tokenize.documents": 8, "tokenize.tokens": 20, "tokenize.bytes": 24,
		"tokenize.unknown": 2, "tokenize.byte_fallback": 2,
		"tokenize.length_to_0": 1, "tokenize.length_to_1": 2, "tokenize.length_to_2": 1,
		"tokenize.length_to_4": 3, "tokenize.length_to_8": 1,
	}
	if !maps.Equal(r.Counts, want) {
		t.Errorf("%v\nwant\n%v", r.Counts, want)
	}
	s := StatsOf(r)
	if s.Documents != 8 || s.Tokens != 20 || s.Bytes != 24 || s.Unknown != 2 || s.ByteFallback != 2 || s.Packed != (PackedStats{}) {
		t.Errorf("%+v", s)
	}
	if s.TokensPerDocument() != 2.5 || s.BytesPerToken() != 1.2 || s.UnknownShare() != 0.1 || s.ByteFallbackShare() != 0.1 {
		t.Error(s.TokensPerDocument(), s.BytesPerToken(), s.UnknownShare(), s.ByteFallbackShare())
	}
	lengths := []LengthCount{{0, 0, 1}, {1, 1, 2}, {2, 2, 1}, {3, 4, 3}, {5, 8, 1}}
	if !slices.Equal(s.Lengths, lengths) {
		t.Errorf("%v", s.Lengths)
	}

	var sum textmill.Report
	sum.Add(r)
	sum.Add(encode(t, runes{}, 1, texts...))
	if s := StatsOf(sum); s.Documents != 16 || s.Lengths[3] != (LengthCount{3, 4, 6}) {
		t.Errorf("%+v", s)
	}
	if r := encode(t, plain{}, 1, texts...); StatsOf(r).Unknown != 0 || StatsOf(r).Tokens != 20 {
		t.Errorf("an encoder that does not count fallback: %v", r.Counts)
	}
	empty := StatsOf(textmill.Report{})
	if empty.Lengths != nil || empty.TokensPerDocument() != 0 || empty.BytesPerToken() != 0 || empty.UnknownShare() != 0 ||
		empty.ByteFallbackShare() != 0 || empty.Packed.PaddingShare() != 0 || empty.Packed.DividedShare() != 0 {
		t.Errorf("%+v", empty)
	}
}

func TestLengthClass(t *testing.T) {
	for _, tt := range []struct {
		n    int64
		name string
	}{
		{0, "tokenize.length_to_0"},
		{1, "tokenize.length_to_1"},
		{2, "tokenize.length_to_2"},
		{3, "tokenize.length_to_4"},
		{4, "tokenize.length_to_4"},
		{5, "tokenize.length_to_8"},
		{1023, "tokenize.length_to_1024"},
		{1024, "tokenize.length_to_1024"},
		{1025, "tokenize.length_to_2048"},
		{1 << 30, "tokenize.length_to_1073741824"},
		{1<<30 + 1, "tokenize.length_over_1073741824"},
		{math.MaxInt32, "tokenize.length_over_1073741824"},
	} {
		if got := lengthNames[lengthClass(int(tt.n))]; got != tt.name {
			t.Errorf("%d tokens: %s, want %s", tt.n, got, tt.name)
		}
	}
	names := slices.Clone(lengthNames[:])
	slices.Sort(names)
	if len(slices.Compact(names)) != lengthClasses {
		t.Errorf("%q", names)
	}
	// The classes leave no gap and do not overlap.
	r := textmill.Report{Counts: map[string]int64{}}
	for _, name := range lengthNames {
		r.Counts[name] = 1
	}
	next := int64(0)
	for i, c := range StatsOf(r).Lengths {
		if c.Min != next || c.Max < c.Min || lengthClass(int(c.Min)) != i {
			t.Errorf("class %d: %+v", i, c)
		}
		if i < lengthClasses-1 && lengthClass(int(c.Max)) != i {
			t.Errorf("class %d: %+v", i, c)
		}
		next = c.Max + 1
	}
	if next != math.MinInt64 {
		t.Errorf("the last class ends before %d", next)
	}
}

// What packings do to documents: 3 and 5 tokens in windows of 4, and one of them left out.
func TestPacked(t *testing.T) {
	var p packed
	p.take(make([]uint32, 3))
	p.take(make([]uint32, 13))
	p.take(make([]uint32, 1))
	for _, seq := range []Sequence{
		{Tokens: make([]uint32, 4), Segments: []Segment{{"a", 0, 3}, {"b", 0, 1}}},
		{Tokens: make([]uint32, 4), Segments: []Segment{{"b", 1, 4}}},
		{Tokens: make([]uint32, 4), Segments: []Segment{{"b", 5, 4}}},
		{Tokens: make([]uint32, 4), Segments: []Segment{{"b", 9, 3}}}, // and one of padding
	} {
		p.add(seq)
	}
	report := func(ctx context.Context, _ *textmill.Document) (textmill.Verdict, error) {
		p.report(ctx)
		return textmill.Keep, nil
	}
	r, err := (&textmill.Pipeline{
		Source: textmill.Documents(&textmill.Document{}), Stages: []textmill.Stage{textmill.StageFunc(report)},
		Sink: textmill.Discard,
	}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := StatsOf(r).Packed
	if want := (PackedStats{Windows: 4, Documents: 2, Tokens: 15, Padding: 1, Divided: 1, LeftOut: 2}); s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	if s.PaddingShare() != 1.0/16 || s.DividedShare() != 0.5 {
		t.Error(s.PaddingShare(), s.DividedShare())
	}
}

// The table of stats with all there can be in them.
func TestStatsString(t *testing.T) {
	s := Stats{
		Documents: 200, Tokens: 90_000, Bytes: 360_000, Unknown: 9, ByteFallback: 900,
		Lengths: []LengthCount{{0, 0, 2}, {257, 512, 197}, {1<<30 + 1, math.MaxInt64, 1}},
		Packed:  PackedStats{Windows: 100, Documents: 199, Tokens: 90_000, Padding: 10_000, Divided: 50, LeftOut: 200},
	}
	want := `
documents                   200  450.0 tokens each
tokens                    90000  4.00 bytes each
  unknown                     9    0.01%
  byte fallback             900    1.00%
bytes                    360000

tokens in a document  documents
  0                           2    1.00%
  257 to 512                197   98.50%
  1073741825 or more          1    0.50%

windows                     100
  tokens                  90000   90.00%
  padding                 10000   10.00%
documents packed            199
  divided                    50   25.13%
tokens left out             200
`
	if got := s.String(); got != want[1:] {
		t.Errorf("\n%s\nwant%s", got, want)
	}
	want = `
documents        0  0.0 tokens each
tokens           0  0.00 bytes each
  unknown        0    0.00%
  byte fallback  0    0.00%
bytes            0
`
	if got := (Stats{}).String(); got != want[1:] {
		t.Errorf("\n%s\nwant%s", got, want)
	}
}
