package tokenize_test

import (
	"encoding/json"
	"slices"
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
	if _, err := s.Process(t.Context(), doc); err != nil || len(doc.Tokens) != 0 {
		t.Errorf("no text: %v, %d", err, doc.Tokens)
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
	if r.Counts["tokenize.tokens"] != 4 || r.Counts["tokenize.bytes"] != 17 || r.Stages[0].Name != "tokenize.Stage" {
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
	if _, err := p.Run(t.Context()); err == nil || err.Error() != "tokenize.Stage: documents#0: tokenize: a Stage needs an Encoder" {
		t.Error(err)
	}
	if b, err := json.Marshal(tokenize.Stage{}); err != nil || string(b) != `{"Encoder":null}` {
		t.Errorf("%s, %v", b, err)
	}
}
