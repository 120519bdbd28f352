package tokenize_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/tokenize"
)

func encoder(t testing.TB, name string) *tokenize.BPE {
	t.Helper()
	e, err := tokenize.Tiktoken(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestStageContract(t *testing.T) {
	e := encoder(t, "r50k_base")
	var docs []*textmill.Document
	for _, d := range stagetest.Documents() {
		if len(d.Text) < 64<<10 {
			docs = append(docs, d)
		}
	}
	if err := stagetest.Check(func() textmill.Stage { return tokenize.Stage{Encoder: e} }, docs...); err != nil {
		t.Error(err)
	}
}

func TestStage(t *testing.T) {
	s := tokenize.Stage{Encoder: encoder(t, "cl100k_base")}
	memory := make([]uint32, 5, 100)
	doc := &textmill.Document{Text: "hello world", Tokens: memory}
	v, err := s.Process(t.Context(), doc)
	if err != nil || !v.Kept() || doc.Text != "hello world" || !slices.Equal(doc.Tokens, []uint32{15339, 1917}) {
		t.Errorf("%v, %v, %+v", v, err, doc)
	}
	if &doc.Tokens[0] != &memory[0] {
		t.Error("memory of Tokens was not used again")
	}
	doc.Text = ""
	for _, doc := range []*textmill.Document{doc, {}} { // a document without tokens is not one that was not encoded
		if _, err := s.Process(t.Context(), doc); err != nil || doc.Tokens == nil || len(doc.Tokens) != 0 {
			t.Errorf("no text: %v, %#v", err, doc.Tokens)
		}
	}

	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "a", Text: "hello world"},
			&textmill.Document{ID: "b", Text: "你好"},
			&textmill.Document{ID: "c"},
		),
		Stages: []textmill.Stage{s},
		Sink:   &textmill.Memory{},
	}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"tokenize.documents": 3, "tokenize.tokens": 4, "tokenize.bytes": 17,
		"tokenize.length_to_0": 1, "tokenize.length_to_2": 2,
	}
	if !maps.Equal(r.Counts, want) || r.Stages[0].Name != "tokenize.Stage" {
		t.Errorf("%v, %s", r.Counts, r.Stages[0].Name)
	}
	info, err := textmill.Describe(s)
	if err != nil || string(info[0].Settings) != `{"Encoder":"cl100k_base"}` {
		t.Errorf("%s, %v", info[0].Settings, err)
	}
}

func TestStageWithoutEncoder(t *testing.T) {
	p := &textmill.Pipeline{
		Source: textmill.Documents(&textmill.Document{ID: "a"}), Stages: []textmill.Stage{tokenize.Stage{}},
		Sink: &textmill.Memory{}, MaxErrors: -1, // it is fatal all the same
	}
	if _, err := p.Run(t.Context()); err == nil || err.Error() != "stage tokenize.Stage: tokenize: a Stage needs an Encoder" {
		t.Error(err)
	}
	if _, err := (tokenize.Stage{}).Process(t.Context(), &textmill.Document{}); err == nil || !strings.Contains(err.Error(), "needs an Encoder") {
		t.Error(err)
	}
	if b, err := json.Marshal(tokenize.Stage{}); err != nil || string(b) != `{"Encoder":null}` {
		t.Errorf("%s, %v", b, err)
	}
}

// cheap is an encoder that costs nothing.
type cheap struct{}

func (cheap) Encode(dst []uint32, _ string) []uint32         { return append(dst, 1, 2, 3, 4, 5, 6, 7, 8) }
func (cheap) VocabSize() int                                 { return 9 }
func (cheap) EndOfText() uint32                              { return 0 }
func (cheap) Name() string                                   { return "cheap" }
func (cheap) CountFallback([]uint32) (unknown, fallback int) { return 1, 1 }

// BenchmarkStage measures what a Stage costs beside encoding, in a pipeline.
func BenchmarkStage(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			docs := make([]*textmill.Document, 20_000)
			for i := range docs {
				docs[i] = &textmill.Document{Text: "short"}
			}
			p := &textmill.Pipeline{
				Source: textmill.Documents(docs...), Stages: []textmill.Stage{tokenize.Stage{Encoder: cheap{}}},
				Sink: textmill.Discard, Workers: workers,
			}
			b.SetBytes(int64(len(docs) * len("short")))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Run(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(docs)), "ns/doc")
		})
	}
}
