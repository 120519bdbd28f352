package dedup_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/stagetest"
)

// numbered returns words from to to-1 of a text in which each is another.
func numbered(from, to int) string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("w%dx", i))
	}
	return strings.Join(out, " ")
}

func decontaminate(t testing.TB, n, minWords int, b ...dedup.Benchmark) *dedup.Decontaminate {
	t.Helper()
	d, err := dedup.NewDecontaminate(n, minWords, b...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecontaminate(t *testing.T) {
	d := decontaminate(t, 0, 0,
		dedup.Benchmark{Name: "quiz", Texts: []string{"too short", numbered(0, 40), numbered(100, 112)}},
		dedup.Benchmark{Name: "exam", Texts: []string{"What is the Capital of Angstrom's country, and why not? (a) Uppsala!", "中文的一个问题是这样的，答案在这里"}},
	)
	tests := []struct {
		text, of, ngram string
	}{
		{"", "", ""},
		{numbered(0, 12), "", ""}, // one too few
		{numbered(0, 13), "quiz#1", numbered(0, 13)},
		{"before " + numbered(27, 40) + " after", "quiz#1", numbered(27, 40)},
		{numbered(28, 41), "", ""}, // the last is not in it
		{numbered(5, 17) + ", " + numbered(16, 40), "quiz#1", numbered(16, 29)},
		{numbered(5, 17) + " other " + numbered(17, 29), "", ""},
		// A text of fewer words than a passage, as a whole.
		{"so " + numbered(100, 112) + " so", "quiz#2", numbered(100, 112)},
		{numbered(100, 111), "", ""},
		{numbered(101, 112), "", ""},
		{"too short", "", ""},
		// Case, punctuation and white space do not count.
		{"-- WHAT is the capital\nof angstrom's country and   why not: A \"uppsala\"", "exam#0", "What is the Capital of Angstrom's country, and why not? (a) Uppsala"},
		{"what is the capital of angstrom's country", "", ""},
		{"她说：中文的一个问题是这样的答案在这里。", "exam#1", "中文的一个问题是这样的，答案"},
	}
	for _, tt := range tests {
		doc := &textmill.Document{ID: "d", Text: tt.text}
		v, err := d.Process(t.Context(), doc)
		if err != nil {
			t.Fatal(err)
		}
		ngram, _ := doc.Meta[dedup.NGramKey].(string)
		if v.Dropped() != (tt.of != "") || ngram != tt.ngram || doc.Text != tt.text {
			t.Errorf("%q: %v, passage %q, want %q of %q", tt.text, v, ngram, tt.ngram, tt.of)
		}
	}
	if d.Skipped() != 1 {
		t.Errorf("%d skipped", d.Skipped())
	}

	// What the rejects say.
	var out, rejects textmill.Memory
	p := &textmill.Pipeline{
		Source: textmill.Documents(&textmill.Document{ID: "x", Text: numbered(3, 20)}), Stages: []textmill.Stage{d}, Sink: &out, Rejects: &rejects,
	}
	if _, err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := rejects.Documents()[0].Meta
	if m["reject.reason"] != "contaminated" || m["reject.duplicate_of"] != "quiz#1" || m[dedup.NGramKey] != numbered(3, 16) {
		t.Errorf("%v", m)
	}
}

// Random texts of few words against a search for all passages.
func TestDecontaminateLikeASearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		var out []string
		for range n {
			out = append(out, string(rune('a'+rng.IntN(3))))
		}
		return strings.Join(out, " ")
	}
	for range 300 {
		n := 3 + rng.IntN(4)
		minWords := 2 + rng.IntN(n-1)
		var b dedup.Benchmark
		b.Name = "b"
		for range 1 + rng.IntN(3) {
			b.Texts = append(b.Texts, text(rng.IntN(9)))
		}
		d := decontaminate(t, n, minWords, b)
		for range 20 {
			doc := &textmill.Document{Text: text(rng.IntN(30))}
			v, err := d.Process(t.Context(), doc)
			if err != nil {
				t.Fatal(err)
			}
			want := false
			for _, of := range b.Texts {
				w := strings.Fields(of)
				size := min(n, len(w))
				for i := 0; size >= minWords && i+size <= len(w); i++ {
					want = want || strings.Contains(" "+doc.Text+" ", " "+strings.Join(w[i:i+size], " ")+" ")
				}
			}
			if v.Dropped() != want {
				t.Fatalf("passages of %d words, at least %d, of %q: %q: %v", n, minWords, b.Texts, doc.Text, v)
			}
		}
	}
}

func TestDecontaminateSettings(t *testing.T) {
	ok := dedup.Benchmark{Name: "a", Texts: []string{numbered(0, 9)}}
	for want, make := range map[string]func() (*dedup.Decontaminate, error){
		"dedup: passages of 1 words; use 2 to 1000":                                 func() (*dedup.Decontaminate, error) { return dedup.NewDecontaminate(1, 0) },
		"dedup: passages of 1001 words; use 2 to 1000":                              func() (*dedup.Decontaminate, error) { return dedup.NewDecontaminate(1001, 0) },
		"dedup: texts of 6 words as a whole; use 2 to 5, the length of a passage":   func() (*dedup.Decontaminate, error) { return dedup.NewDecontaminate(5, 6) },
		"dedup: texts of -1 words as a whole; use 2 to 13, the length of a passage": func() (*dedup.Decontaminate, error) { return dedup.NewDecontaminate(0, -1) },
		"dedup: two benchmarks are called a":                                        func() (*dedup.Decontaminate, error) { return dedup.NewDecontaminate(0, 0, ok, ok) },
		"dedup: a benchmark needs a Name, so that rejects can say which":            func() (*dedup.Decontaminate, error) { return dedup.NewDecontaminate(0, 0, dedup.Benchmark{}) },
	} {
		if _, err := make(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	b, err := json.Marshal(decontaminate(t, 0, 0, ok))
	if err != nil || !strings.HasPrefix(string(b), `{"n":13,"min_words":8,"benchmarks":[{"name":"a","texts":1,"digest":"`) {
		t.Errorf("%s, %v", b, err)
	}
	read, err := dedup.ReadBenchmark(t.Context(), "read", textmill.Documents(&textmill.Document{Text: "one"}, &textmill.Document{Text: "two"}))
	if err != nil || read.Name != "read" || !slices.Equal(read.Texts, []string{"one", "two"}) {
		t.Errorf("%v, %v", read, err)
	}
}

func TestDecontaminateContract(t *testing.T) {
	var texts []string
	for _, d := range stagetest.Documents() {
		texts = append(texts, d.Text)
	}
	if err := stagetest.Check(func() textmill.Stage {
		return decontaminate(t, 5, 3, dedup.Benchmark{Name: "awkward", Texts: texts[:len(texts)/2]})
	}); err != nil {
		t.Error(err)
	}
}

func FuzzDecontaminate(f *testing.F) {
	f.Add("a b c d e f g h", "x a b c d y")
	f.Fuzz(func(t *testing.T, benchmark, text string) {
		d, err := dedup.NewDecontaminate(4, 2, dedup.Benchmark{Name: "f", Texts: []string{benchmark}})
		if err != nil {
			t.Fatal(err)
		}
		// Whatever contains a long enough benchmark is contaminated.
		if d.Skipped() == 0 {
			for _, s := range []string{benchmark, "before. " + benchmark + "\n\nafter"} {
				if v, err := d.Process(t.Context(), &textmill.Document{Text: s}); err != nil || !v.Dropped() {
					t.Fatalf("%q: %v, %v", s, v, err)
				}
			}
		}
		if _, err := d.Process(t.Context(), &textmill.Document{Text: text}); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecontaminate(b *testing.B) {
	pages := shareddata.Corpus(b)
	bench := dedup.Benchmark{Name: "pages"}
	for i := 0; i < len(pages); i += 100 {
		bench.Texts = append(bench.Texts, pages[i].Text)
	}
	d := decontaminate(b, 0, 0, bench)
	var size int64
	for _, p := range pages[:1000] {
		size += int64(len(p.Text))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range pages[:1000] {
			if _, err := d.Process(b.Context(), &textmill.Document{Text: p.Text}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
