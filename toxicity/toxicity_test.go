package toxicity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

// lengths is a Scorer that rates a text by its length: a tenth for each byte, and
// as much of "even" if that number is even.
type lengths struct{}

func (lengths) Categories() []string { return []string{"even", "odd"} }

func (lengths) Score(text string, byCategory []float64) float64 {
	clear(byCategory)
	score := float64(min(len(text), 10)) / 10
	byCategory[len(text)%2] = score
	return score
}

func process(t *testing.T, s textmill.Stage, doc *textmill.Document) textmill.Verdict {
	t.Helper()
	v, err := s.Process(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTag(t *testing.T) {
	tests := []struct {
		tag  *Tag
		doc  textmill.Document
		meta string
	}{
		{&Tag{Scorer: lengths{}}, textmill.Document{Text: ""}, "map[toxicity.score:0]"},
		{&Tag{Scorer: lengths{}}, textmill.Document{Text: "12"}, "map[toxicity.even:0.2 toxicity.score:0.2]"},
		{&Tag{Scorer: lengths{}}, textmill.Document{Text: "123"}, "map[toxicity.odd:0.3 toxicity.score:0.3]"},
		{&Tag{Scorer: lengths{}, Languages: []string{"de", "en"}}, textmill.Document{Text: "12", Language: "en-GB"}, "map[toxicity.even:0.2 toxicity.score:0.2]"},
		{&Tag{Scorer: lengths{}, Languages: []string{"en"}}, textmill.Document{Text: "12", Language: "eng"}, "map[]"},
		{&Tag{Scorer: lengths{}, Languages: []string{"en"}}, textmill.Document{Text: "12"}, "map[]"},
	}
	for _, tt := range tests {
		v := process(t, tt.tag, &tt.doc)
		if got := fmt.Sprint(tt.doc.Meta); got != tt.meta || !v.Kept() {
			t.Errorf("%q in %q: %v, %s; want %s", tt.doc.Text, tt.doc.Language, v, got, tt.meta)
		}
	}
}

func TestFilter(t *testing.T) {
	tests := []struct {
		filter Filter
		text   string
		want   string
	}{
		{Filter{}, "1234567890", "keep"},
		{Filter{Scorer: lengths{}}, "1234567890", "keep"},
		{Filter{Scorer: lengths{}, Limit: 0.5}, "1234", "keep"},
		{Filter{Scorer: lengths{}, Limit: 0.5}, "12345", "drop: toxic (0.5, limit 0.5)"},
		{Filter{Scorer: lengths{}, Limit: 0.5}, "123456", "drop: toxic (0.6, limit 0.5)"},
		{Filter{Scorer: lengths{}, Categories: map[string]float64{"odd": 0.3}}, "1234", "keep"},
		{Filter{Scorer: lengths{}, Categories: map[string]float64{"odd": 0.3}}, "12345", "drop: toxic_odd (0.5, limit 0.3)"},
		{Filter{Scorer: lengths{}, Categories: map[string]float64{"odd": 0.3}}, "123", "drop: toxic_odd (0.3, limit 0.3)"},
		{Filter{Scorer: lengths{}, Categories: map[string]float64{"odd": 0.3}}, "1", "keep"},
		{Filter{Scorer: lengths{}, Limit: 0.9, Categories: map[string]float64{"odd": 0, "even": 0}}, "1", "drop: toxic_even (0, limit 0)"},
		{Filter{Scorer: lengths{}, Limit: 0.1, Categories: map[string]float64{"odd": 0.1}}, "1", "drop: toxic (0.1, limit 0.1)"},
		{Filter{Scorer: lengths{}, Limit: 0.1, Languages: []string{"en"}}, "12345", "keep"},
	}
	for _, tt := range tests {
		doc := &textmill.Document{Text: tt.text}
		if got := process(t, &tt.filter, doc).String(); got != tt.want {
			t.Errorf("%+v on %q: %s, want %s", tt.filter, tt.text, got, tt.want)
		}
		// By the annotations of Tag, it judges the same.
		process(t, &Tag{Scorer: lengths{}}, doc)
		tagged := tt.filter
		tagged.Scorer = nil
		if got := process(t, &tagged, doc).String(); got != tt.want {
			t.Errorf("tagged, %+v on %q: %s, want %s", tt.filter, tt.text, got, tt.want)
		}
	}
	// A number may have become an integer on its way through a file.
	for _, one := range []any{1.0, 1, int64(1)} {
		doc := &textmill.Document{Meta: map[string]any{"toxicity.score": one}}
		if v := process(t, &Filter{Limit: 0.5}, doc); !v.Dropped() {
			t.Errorf("a score of %T(1) is kept", one)
		}
	}
}

func TestErrors(t *testing.T) {
	doc := &textmill.Document{Text: "x"}
	tests := []struct {
		stage textmill.Stage
		want  string
	}{
		{&Tag{}, "toxicity: no Scorer: set it, to toxicity.English() for instance"},
		{&RemoveLines{Limit: 0.5}, "toxicity: no Scorer: set it, to toxicity.English() for instance"},
		{&Filter{Limit: 0.5}, "toxicity: the document has no toxicity.score: put a Tag before the Filter, or give it a Scorer"},
		{&Filter{Scorer: lengths{}, Categories: map[string]float64{"evil": 1}}, `toxicity: no category "evil": the scorer has ["even" "odd"]`},
	}
	for _, tt := range tests {
		_, err := tt.stage.Process(context.Background(), doc)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	// A mistake in the settings is not a matter of one document.
	p := &textmill.Pipeline{Source: textmill.Documents(doc), Stages: []textmill.Stage{&Tag{}}, Sink: textmill.Discard, MaxErrors: -1}
	if _, err := p.Run(t.Context()); err == nil || errors.Is(err, textmill.ErrTooManyErrors) {
		t.Errorf("a Tag without Scorer: %v", err)
	}
}

func TestRemoveLines(t *testing.T) {
	tests := []struct {
		text, want, verdict string
		removed             int64
	}{
		{"", "", "keep", 0},
		{"one\ntwo\n", "one\ntwo\n", "keep", 0},
		{"one\n1234567\ntwo\n", "one\ntwo\n", "keep", 1},
		{"1234567\none\r\n", "one\r\n", "keep", 1},
		{"one\n1234567", "one\n", "keep", 1},
		{"one\n1234567\n\n7654321\ntwo", "one\n\ntwo", "keep", 2},
		{"1234567\n7654321\n", "", "drop: toxic", 2},
		{"1234567\n \n", " \n", "drop: toxic", 1},
		{"one\n123456\n12345\ntwo\n", "one\n12345\ntwo\n", "keep", 1}, // 7 bytes with the line break, and 6
	}
	for _, tt := range tests {
		out, rejects := &textmill.Memory{}, &textmill.Memory{}
		p := &textmill.Pipeline{
			Source: textmill.Documents(&textmill.Document{ID: "x", Text: tt.text}), Sink: out, Rejects: rejects,
			Stages: []textmill.Stage{&RemoveLines{Scorer: lengths{}, Limit: 0.7}},
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		verdict, docs := "keep", out.Documents()
		if len(docs) == 0 {
			docs = rejects.Documents()
			verdict = fmt.Sprint("drop: ", docs[0].Meta["reject.reason"])
		}
		if docs[0].Text != tt.want || verdict != tt.verdict || r.Counts["toxicity.lines"] != tt.removed {
			t.Errorf("%q: %s, %q, %d removed; want %s, %q, %d", tt.text, verdict, docs[0].Text, r.Counts["toxicity.lines"], tt.verdict, tt.want, tt.removed)
		}
	}
}

func TestStages(t *testing.T) {
	docs := []*textmill.Document{
		{ID: "a", URL: "https://example.org/a", Language: "en", Text: "Shut the fuck up, you idiot."},
		{ID: "b", Language: "en", Text: "Line one.\nGo to hell, asshole!\nLine two."},
		{ID: "c", Language: "en", Text: strings.Repeat("Word after word. ", 500) + "Damn."},
		{ID: "d", Language: "de", Text: "Ein dickes Buch."},
	}
	bad, err := NewC4BadWords(map[string][]string{"en": {"hell", "shut the fuck up"}})
	if err != nil {
		t.Fatal(err)
	}
	bad.KeepUnlisted, bad.KeepFraction = true, 0.5
	for name, s := range map[string]textmill.Stage{
		"Tag": &Tag{Scorer: English()}, "Filter": NewFilter(English()), "RemoveLines": &RemoveLines{Scorer: English(), Limit: 0.4},
		"Filter by category": &Filter{Scorer: English(), Categories: map[string]float64{"insult": 0.1, "threat": 0.1}},
		"C4BadWords":         bad,
	} {
		if err := stagetest.Check(func() textmill.Stage { return s }, docs...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJSON(t *testing.T) {
	l := lexicon(t, Entry{"x", "a", 1})
	asJSON := fmt.Sprintf(`{"entries":1,"categories":["a"],"digest":"xxh3:%016x"}`, xxh3.HashString("x\ta\t1000\n"))
	got, err := json.Marshal(map[string]any{"tag": &Tag{Scorer: l}, "filter": NewFilter(l), "lines": &RemoveLines{Scorer: l, Limit: 0.5, Languages: []string{"en"}}})
	want := fmt.Sprintf(`{"filter":{"Scorer":%s,"Limit":0.3},"lines":{"Scorer":%[1]s,"Limit":0.5,"Languages":["en"]},"tag":{"Scorer":%[1]s}}`, asJSON)
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}
