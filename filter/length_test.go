package filter

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
	"github.com/textmill/textmill/stagetest"
)

func TestLength(t *testing.T) {
	tests := []struct {
		length Length
		text   string
		want   string
	}{
		{Length{}, "", "keep"},
		{Length{MinWords: 3}, "", "drop: too_few_words (0, limit 3)"},
		{Length{MinWords: 3}, " a  b\n", "drop: too_few_words (2, limit 3)"},
		{Length{MinWords: 3}, "a\u3000b\x1cc", "keep"},
		{Length{MinWords: 3}, "a\u200bb c", "drop: too_few_words (2, limit 3)"}, // no space to Python
		{Length{MaxWords: 3}, "a b c", "keep"},
		{Length{MaxWords: 3}, "a b c d", "drop: too_many_words (4, limit 3)"},
		{Length{MinChars: 3}, "äö", "drop: too_short (2, limit 3)"},
		{Length{MinChars: 3}, "äö字", "keep"},
		{Length{MinChars: 3}, "e\u0301\n", "keep"},
		{Length{MaxChars: 3}, "äö字", "keep"},
		{Length{MaxChars: 3}, "äö字😀", "drop: too_long (4, limit 3)"},
		{Length{MinWords: 2, MaxWords: 2, MinChars: 3, MaxChars: 3}, "a b", "keep"},
		{Length{MinWords: 2, MaxWords: 2, MinChars: 3, MaxChars: 3}, "ab", "drop: too_few_words (1, limit 2)"},
		{Length{MinWords: 2, MaxWords: 2, MinChars: 3, MaxChars: 3}, "ab c", "drop: too_long (4, limit 3)"},
	}
	for _, tt := range tests {
		v, err := tt.length.Process(t.Context(), &textmill.Document{Text: tt.text})
		if err != nil || v.String() != tt.want {
			t.Errorf("%+v on %q: %v, %v; want %s", tt.length, tt.text, v, err, tt.want)
		}
	}
}

func TestLengthWords(t *testing.T) {
	for name, text := range stagetest.Texts() {
		if got, want := lengthWords(text), len(words.Whitespace.Append(nil, text)); got != want {
			t.Errorf("%s: %d words, want %d", name, got, want)
		}
	}
	if err := stagetest.Check(func() textmill.Stage { return &Length{MinWords: 3, MaxChars: 1000} }); err != nil {
		t.Error(err)
	}
}

func BenchmarkLength(b *testing.B) {
	doc := &textmill.Document{Text: strings.Repeat("The miller wakes before the sun, naïvely. ", 1000)}
	l, ctx := &Length{MinWords: 50, MaxWords: 100_000, MinChars: 200}, b.Context()
	b.SetBytes(int64(len(doc.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if v, err := l.Process(ctx, doc); err != nil || !v.Kept() {
			b.Fatal(v, err)
		}
	}
}

func ExampleLength() {
	stage := &Length{MinWords: 3}
	v, _ := stage.Process(context.Background(), &textmill.Document{Text: "Too short."})
	fmt.Println(v)
	// Output: drop: too_few_words (2, limit 3)
}
