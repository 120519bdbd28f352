package filter

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
)

// vocabulary holds what the rules look for, and little else, so that random texts
// meet all of them.
var vocabulary = strings.Split("the|be|to|of|and|that|have|with|a|b|ab|bc|c|mill|wheel|turns|slowly|-|•|...|…|....|#|##|!!!|»|«|１|"+
	"Hello|end.|quoted.\"|'tis|don't|e.g.|Mr.|?!|[1]|[]|[१२]|[edit]|[citation needed]|[Edit]|[12|{|{}|lorem|ipsum|Lorem Ipsum|"+
	"javascript|JavaScript,|java[1]script|coo[edit]kie policy|cookie policy|uses coo\u212Aies.|use of cookies|Terms of Use|privacy policy.|"+
	"字|日本語。|ж|été|😀|ﬁ|ΣΊΣΥΦΟΣ|İ|a\u0301|\u200b|\x00|hypopotomonstrosesquippedalian", "|")

var separators = []string{" ", " ", " ", " ", " ", " ", " ", "\n", "\n", "\n", "\n\n", "\n\n\n", "\t", "\r\n", "\r", "\v", "\x1c", "\x1f",
	"\u0085", "\u2028", "\u00a0", "\u3000", "  ", " \n", "\n "}

// randomText returns a text of words from a small random part of the vocabulary.
func randomText(rng *rand.Rand) string {
	list := make([]string, 1+rng.IntN(12))
	for i := range list {
		list[i] = vocabulary[rng.IntN(len(vocabulary))]
	}
	if rng.IntN(2) == 0 {
		list = append(list, "the", "of", "wheel", "turns.", "slowly", "millstone")
	}
	seps := separators[:7+rng.IntN(len(separators)-6)]
	var b strings.Builder
	for range rng.IntN([]int{2, 10, 40, 200}[rng.IntN(4)]) {
		b.WriteString(list[rng.IntN(len(list))])
		b.WriteString(seps[rng.IntN(len(seps))])
	}
	text := strings.Repeat(b.String(), 1+rng.IntN(3)/2)
	if rng.IntN(10) == 0 {
		text = "\n" + text
	}
	return text
}

// kinds are the rules for words that every test goes through.
var kinds = []Words{Whitespace, UAX29, Treebank}

// checkAgainstReference compares what every filter makes of text with what the
// plain implementation says.
func checkAgainstReference(t testing.TB, text string) {
	t.Helper()
	for _, kind := range kinds {
		r := NewGopherRepetition()
		r.Words = kind
		checkFailures(t, r, &r.All, text, "gopher_repetition.", slowRepetition(r, text))
		q := NewGopherQuality()
		q.Words = kind
		checkFailures(t, q, &q.All, text, "gopher_quality.", slowGopherQuality(q, text))
		w := NewFineWebQuality()
		w.Words = kind
		checkFailures(t, w, &w.All, text, "fineweb_quality.", slowFineWeb(w, text))
		w.LinePunctNonZero, w.TerminalPunct, w.ShortLine, w.MaxLineFeeds = true, "l字", 3, 0.05
		w.All = false
		checkFailures(t, w, &w.All, text, "fineweb_quality.", slowFineWeb(w, text))
	}
	p := &C4Paragraph{MinParagraphs: 2, MinLength: 6}
	checkFailures(t, p, &p.All, text, "c4_paragraph.", slowParagraph(p, text))
	for _, terminal := range []bool{true, false} {
		for _, sentences := range []int{5, 0} {
			c := NewC4Quality()
			c.FilterNoTerminalPunct, c.MinSentences, c.MaxWordLength = terminal, sentences, 20
			checkC4(t, c, text)
		}
	}
}

// checkFailures runs stage with and without All, which is its field.
func checkFailures(t testing.TB, stage textmill.Stage, all *bool, text, prefix string, want failures) {
	t.Helper()
	doc := &textmill.Document{Text: text}
	v, err := stage.Process(t.Context(), doc)
	if err != nil || !verdictIs(v, want) || doc.Meta != nil || doc.Text != text {
		t.Fatalf("%T of %q:\ngot  %v, %v, Meta %v\nwant %v", stage, text, v, err, doc.Meta, want)
	}
	*all = true
	v, err = stage.Process(t.Context(), doc)
	if err != nil || !verdictIs(v, want) || !sameMeta(doc.Meta, want.annotations(prefix)) || doc.Text != text {
		t.Fatalf("%T with All of %q:\ngot  %v, %v, Meta %v\nwant %v", stage, text, v, err, doc.Meta, want)
	}
}

func verdictIs(v textmill.Verdict, want failures) bool {
	if len(want) == 0 {
		return v.Kept()
	}
	value, _, ok := v.Measurement()
	return v.Dropped() && v.Reason() == want[0].reason && (!ok || value == want[0].value)
}

func checkC4(t testing.TB, f *C4Quality, text string) {
	t.Helper()
	for _, all := range []bool{false, true} {
		f.All = all
		want, left, dropped := slowC4(f, text, all)
		v, doc, counts := processCounting(t, f, text)
		if !verdictIs(v, want) || doc.Text != left || !maps.Equal(counts, dropped) || all && !sameMeta(doc.Meta, want.annotations("c4_quality.")) {
			t.Fatalf("%+v of %q:\ngot  %v, %q, counts %v, Meta %v\nwant %v, %q, counts %v", *f, text, v, doc.Text, counts, doc.Meta, want, left, dropped)
		}
	}
}

// processCounting runs a stage in a pipeline, for only there something is counted.
func processCounting(t testing.TB, s textmill.Stage, text string) (v textmill.Verdict, doc *textmill.Document, counts map[string]int) {
	t.Helper()
	seen := textmill.StageFunc(func(ctx context.Context, d *textmill.Document) (_ textmill.Verdict, err error) {
		v, err = s.Process(ctx, d)
		doc = d
		return textmill.Keep, err
	})
	p := &textmill.Pipeline{Source: textmill.Documents(&textmill.Document{Text: text}), Stages: []textmill.Stage{seen}, Sink: textmill.Discard, Workers: 1}
	report, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	counts = map[string]int{}
	for name, n := range report.Counts {
		counts[name] = int(n)
	}
	return v, doc, counts
}

func TestAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		checkAgainstReference(t, randomText(rng))
	}
}

func TestCorpusAgainstReference(t *testing.T) {
	docs := corpus(t)
	for i := 0; i < len(docs); i += 300 {
		checkAgainstReference(t, docs[i].Text)
	}
}

func FuzzAgainstReference(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add(randomText(rng))
	}
	f.Add("")
	f.Add("\n\n")
	f.Add("a\x00b\n\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		checkAgainstReference(t, strings.ToValidUTF8(text, "\ufffd"))
	})
}

// The n-grams of words from very few letters repeat in every way there is.
func TestNGramsAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 2000 {
		letters := 1 + rng.IntN(4)
		var b strings.Builder
		for range rng.IntN(60) {
			for range 1 + rng.IntN(2) {
				b.WriteString([]string{"a", "b", "é", "字"}[rng.IntN(letters)])
			}
			b.WriteByte(' ')
		}
		checkNGrams(t, fmt.Sprint("text ", i), b.String())
	}
}

func FuzzNGrams(f *testing.F) {
	f.Add("a b a b a b c a b")
	f.Add("a bc ab c a bc")
	f.Add("a a\x00a a")
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) { checkNGrams(t, "text", strings.ToValidUTF8(text, "?")) })
}

func checkNGrams(t testing.TB, name, text string) {
	t.Helper()
	list := slowWords(text, Whitespace)
	var s stats
	s.reset(text)
	w := s.numbered(Whitespace)
	// Going back to a smaller n starts over.
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2, 40, 3} {
		g := s.ngrams(Whitespace, n)
		first, count := g.top()
		top := 0
		if count > 0 {
			top = count * slowRunes(strings.Join(list[first:first+n], " "))
		}
		if want := slowTopNGram(list, n); top != want {
			t.Fatalf("%s %q: top %d-gram: got %d (word %d, %d times), want %d", name, text, n, top, first, count, want)
		}
		if got, want := g.repeated(w), slowDupNGrams(list, n); got != want {
			t.Fatalf("%s %q: repeated %d-grams: got %d, want %d", name, text, n, got, want)
		}
	}
}

// The n-grams of one kind of words are not those of another.
func TestNGramsOfSeveralKinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		text := randomText(rng)
		var s stats
		s.reset(text)
		for _, kind := range append(kinds, kinds...) {
			got := s.ngrams(kind, 2).repeated(s.numbered(kind))
			if want := slowDupNGrams(slowWords(text, kind), 2); got != want {
				t.Fatalf("%v words of %q: %d, want %d", kind, text, got, want)
			}
		}
	}
}

// What one set of rules has measured must be right for the next one, also after
// the text was changed in between.
func TestQualityIsItsStagesInARow(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	texts := []string{prose(1, 3000), prose(2, 3000) + "\nshort line\n", prose(3, 5000) + "# # #", "- " + strings.ReplaceAll(prose(4, 4000), "\n", "\n- ")}
	for range 200 {
		texts = append(texts, randomText(rng)+prose(rng.Uint64(), 500)+randomText(rng),
			strings.Replace(prose(rng.Uint64(), 3000), "\n", "\nuse cookies here [1].\r\ntwo words\n", rng.IntN(3)))
	}
	for _, kind := range kinds {
		rules := fineWeb(0.1)
		rules[0].(*GopherRepetition).Words, rules[1].(*GopherQuality).Words = kind, Treebank
		rules[3].(*FineWebQuality).Words = kind
		quality := &Quality{Rules: append(rules, NewC4Paragraph(), NewC4Quality(), rules[1])}
		var stages []textmill.Stage
		for _, r := range quality.Rules {
			stages = append(stages, r)
		}
		alone := textmill.Chain(stages...)
		kept := 0
		for _, text := range texts {
			a, b := &textmill.Document{Text: text}, &textmill.Document{Text: text}
			va, errA := quality.Process(t.Context(), a)
			vb, errB := alone.Process(t.Context(), b)
			if errA != nil || errB != nil || va.String() != vb.String() || a.Text != b.Text {
				t.Fatalf("%.200q: got %v, %v; want %v, %v", text, va, errA, vb, errB)
			}
			if va.Kept() {
				kept++
			}
		}
		t.Logf("%v: %d of %d kept", kind, kept, len(texts))
	}
}

func TestAtLeast(t *testing.T) {
	var s stats
	s.reset("one two, \u2003three\nfour")
	for kind, surely := range map[Words]int{Whitespace: 4, Treebank: 4, UAX29: 0} {
		for n := 1; n < 7; n++ {
			if got := s.atLeast(kind, n); got != (n <= surely) {
				t.Errorf("%v: at least %d: %v", kind, n, got)
			}
		}
	}
}

// The rule about line feeds relies on it.
func FuzzAtLeast(f *testing.F) {
	f.Add("one two\u00a0three\u2003four don't\n", 4)
	f.Add(" \x1f...", 1)
	f.Fuzz(func(t *testing.T, text string, n int) {
		text = strings.ToValidUTF8(text, "\ufffd")
		var s stats
		s.reset(text)
		for _, kind := range kinds {
			if words := len(kind.Append(nil, text)); n > 0 && s.atLeast(kind, n) && words < n {
				t.Errorf("%q: surely %d words of kind %v, but there are %d", text, n, kind, words)
			}
		}
	})
}

// Equal parts get equal numbers, in the order of the first, whatever their length.
func FuzzParts(f *testing.F) {
	f.Add("a ab abc abcdefg abcdefgh abcdefghi a abcdefg abcdefgh")
	f.Add("\x00 \x00\x00 a\x00 a")
	f.Fuzz(func(t *testing.T, text string) {
		spans := words.Whitespace.Append(nil, text)
		var p parts
		p.reset(text, 1)
		for range 3 { // the memory is used again
			p.reset(text, len(spans))
			ids, counts := map[string]uint32{}, map[string]int{}
			for _, s := range spans {
				w := text[s.Start:s.End]
				counts[w]++
				want, ok := ids[w]
				if !ok {
					want = uint32(len(ids))
					ids[w] = want
				}
				if got := p.add(s.Start, s.End); got != want || p.at(got) != w {
					t.Fatalf("%q in %q: number %d, want %d", w, text, got, want)
				}
			}
			for w, n := range counts {
				if got := p.countOf(w); got != n {
					t.Fatalf("%q in %q: %d times, want %d", w, text, got, n)
				}
			}
			if p.countOf("no such part") != 0 {
				t.Fatal("found what is not there")
			}
		}
	})
}

// Two long parts with the same hash are two parts all the same.
func TestPartsWithTheSameHash(t *testing.T) {
	const text = "sluicegate millwheel sluicegate millwheel"
	var p parts
	p.reset(text, 4)
	p.add(0, 10)
	for i, s := range p.slots { // as if the hash of the first were that of the second
		if s.epoch == p.epoch {
			p.slots[i] = slot{}
			s.key = keyOf("millwheel")
			p.slots[p.place(s.key)] = s
			break
		}
	}
	if n := p.countOf("millwheel"); n != 0 {
		t.Errorf("%d times before it is added", n)
	}
	if id := p.add(11, 20); id != 1 || p.at(id) != "millwheel" || p.countOf("millwheel") != 1 {
		t.Errorf("number %d, %d times", id, p.countOf("millwheel"))
	}
}

// Memory of a table is told from that of earlier texts by a number, which must not
// come round while slots of that number are about.
func TestTableEpoch(t *testing.T) {
	for _, epoch := range []uint32{0, 1<<31 - 1, 1 << 31, 1<<31 + 40, 1<<32 - 1} {
		tab := table{epoch: epoch}
		for text := range 3 {
			tab.reset(0)
			for key := range uint64(1000) { // it grows
				if id := tab.number(key * 7); id != uint32(key) {
					t.Fatalf("epoch %d, text %d: number %d, want %d", epoch, text, id, key)
				}
			}
			if id := tab.number(7 * 500); id != 500 {
				t.Fatalf("epoch %d, text %d: number %d, want 500", epoch, text, id)
			}
		}
	}
}

func FuzzCountBytes(f *testing.F) {
	f.Add("the mill\nturns\x00\xff\xff\xff\xff")
	f.Fuzz(func(t *testing.T, text string) {
		var got, want [256]int
		countBytes(&got, text)
		for _, b := range []byte(text) {
			want[b]++
		}
		if got != want {
			t.Errorf("%q: %v", text, got)
		}
	})
}
