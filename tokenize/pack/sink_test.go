package pack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
	"github.com/textmill/textmill/tokenize/pack"
)

// bytewise is an encoder whose ids are the bytes of the text.
type bytewise struct{}

func (bytewise) Encode(dst []uint32, text string) []uint32 {
	for _, c := range []byte(text) {
		dst = append(dst, uint32(c))
	}
	return dst
}
func (bytewise) VocabSize() int    { return 258 }
func (bytewise) EndOfText() uint32 { return 256 }
func (bytewise) Name() string      { return "bytewise" }

const bytePadding = 257

// sinks are one of each kind, with windows and buffers that make many of everything.
func sinks(store storage.Store) []tokenize.Shards {
	var out []tokenize.Shards
	for _, p := range []tokenize.Packing{
		pack.Concat{Window: 1000, Padding: new(uint32(bytePadding))},
		pack.Concat{Window: 1000, DropLast: true},
		pack.BestFit{Window: 1000, Padding: new(uint32(bytePadding)), Buffer: 50_000},
		pack.Pad{Window: 1000, Padding: new(uint32(bytePadding))},
	} {
		out = append(out, tokenize.Shards{
			Store: store, Encoder: bytewise{}, Format: megatron.Format{}, Packing: p, MaxTokens: 100_000,
		})
	}
	return out
}

// contents is all that is in a store.
func contents(t testing.TB, s storage.Store) string {
	t.Helper()
	var sb strings.Builder
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Open(t.Context(), info.Name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&sb, "%s ", info.Name)
		if _, err := io.Copy(&sb, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return sb.String()
}

// The same documents give the same bytes, whatever the number of workers.
func TestWorkers(t *testing.T) {
	var texts []*textmill.Document
	for i, r := range sample.Records() {
		texts = append(texts, &textmill.Document{ID: fmt.Sprint(i), Text: r.Text[:min(len(r.Text), 4000)]})
	}
	for i := range sinks(nil) {
		var first string
		for _, workers := range []int{1, 2, 3, 8} {
			store := &storage.Memory{}
			sink := sinks(store)[i]
			p := &textmill.Pipeline{
				Source: textmill.Documents(texts...), Stages: []textmill.Stage{tokenize.Stage{Encoder: bytewise{}}},
				Sink: sink, Workers: workers,
			}
			r, err := p.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := contents(t, store)
			if workers == 1 {
				first = got
				checkStored(t, sink, store, r)
			}
			if got != first {
				t.Errorf("%T: other bytes with %d workers", sink.Packing, workers)
			}
		}
	}
}

// checkStored checks that the stored windows have all bytes of all texts.
func checkStored(t *testing.T, sink tokenize.Shards, store storage.Store, r textmill.Report) {
	t.Helper()
	var count [258]int64
	windows := int64(0)
	for info, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		name, isIndex := strings.CutSuffix(info.Name, ".idx")
		if !isIndex {
			continue
		}
		shard, err := megatron.Open(t.Context(), store, name)
		if err != nil {
			t.Fatal(err)
		}
		if n := shard.Tokens(); n > sink.MaxTokens {
			t.Errorf("%T: %s has %d tokens", sink.Packing, name, n)
		}
		for ids, err := range shard.Sequences(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if windows++; len(ids) != 1000 {
				t.Fatalf("%T: a sequence of %d tokens", sink.Packing, len(ids))
			}
			padding := bytes.IndexFunc(asBytes(ids), func(r rune) bool { return r == 'p' })
			for i, id := range ids {
				count[id]++
				if padding >= 0 && i >= padding != (id == bytePadding) {
					t.Fatalf("%T: padding before a document", sink.Packing)
				}
			}
		}
	}
	tokens := windows*1000 - count[bytePadding]
	want := r.Counts["tokenize.tokens"] + r.Counts["tokenize.documents"] // with ends of text
	if c, ok := sink.Packing.(pack.Concat); ok && c.DropLast {
		want -= want % 1000
	} else if count[256] != r.Counts["tokenize.documents"] {
		t.Errorf("%T: %d ends of text for %d documents", sink.Packing, count[256], r.Counts["tokenize.documents"])
	}
	if tokens != want {
		t.Errorf("%T: %d tokens, want %d", sink.Packing, tokens, want)
	}
}

// asBytes has a p for each id that is padding.
func asBytes(ids []uint32) []byte {
	out := make([]byte, len(ids))
	for i, id := range ids {
		if id == bytePadding {
			out[i] = 'p'
		}
	}
	return out
}

func TestSinkContract(t *testing.T) {
	for i := range sinks(nil) {
		store := &storage.Memory{}
		sink := sinks(store)[i]
		switch p := sink.Packing.(type) { // windows that the documents of the check fill
		case pack.Concat:
			p.Window = 4
			sink.Packing = p
		case pack.BestFit:
			p.Window = 4
			sink.Packing = p
		}
		if err := stagetest.CheckSink(sink, func() (string, error) { return contents(t, store), nil }); err != nil {
			t.Errorf("%T: %v", sink.Packing, err)
		}
	}
}

// A setting that is wrong, and padding that the vocabulary does not have, end the shard.
func TestSinkErrors(t *testing.T) {
	for _, tt := range []struct {
		packing tokenize.Packing
		want    string
	}{
		{pack.BestFit{Window: 1000}, "pack: BestFit needs Padding"},
		{pack.Pad{Padding: new(uint32(0))}, "pack: Pad needs a Window"},
		{pack.Pad{Window: 10, Padding: new(uint32(258))}, "id 258 at index 3"},
	} {
		sink := tokenize.Shards{Store: &storage.Memory{}, Encoder: bytewise{}, Format: megatron.Format{}, Packing: tt.packing}
		p := &textmill.Pipeline{
			Source: textmill.Documents(&textmill.Document{Text: "ab"}), Stages: []textmill.Stage{tokenize.Stage{Encoder: bytewise{}}},
			Sink: sink, MaxErrors: -1,
		}
		if _, err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.packing, err, tt.want)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, tt := range []struct {
		packing tokenize.Packing
		want    string
	}{
		{pack.Concat{Window: 8, DropLast: true}, `{"Window":8,"DropLast":true,"Padding":null}`},
		{pack.BestFit{Window: 8, Padding: new(uint32(7))}, `{"Window":8,"Padding":7,"Buffer":0}`},
		{pack.Pad{Window: 8, Padding: new(uint32(7))}, `{"Window":8,"Padding":7}`},
	} {
		if b, err := json.Marshal(tt.packing); err != nil || string(b) != tt.want {
			t.Errorf("%s, %v; want %s", b, err, tt.want)
		}
	}
}

// The end of text, wherever it is put, is a token as any other.
func TestEndOfText(t *testing.T) {
	for placement, want := range map[tokenize.Placement][]uint32{
		tokenize.After:   {'a', 256, 'b', 256},
		tokenize.Before:  {256, 'a', 256, 'b'},
		tokenize.Nowhere: {'a', 'b', bytePadding, bytePadding},
	} {
		store := &storage.Memory{}
		p := &textmill.Pipeline{
			Source: textmill.Documents(&textmill.Document{Text: "a"}, &textmill.Document{Text: "b"}),
			Stages: []textmill.Stage{tokenize.Stage{Encoder: bytewise{}}},
			Sink: tokenize.Shards{
				Store: store, Encoder: bytewise{}, Format: megatron.Format{}, EndOfText: placement,
				Packing: pack.BestFit{Window: 4, Padding: new(uint32(bytePadding))},
			},
		}
		if _, err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		shard, err := megatron.Open(t.Context(), store, "documents")
		if err != nil {
			t.Fatal(err)
		}
		for ids, err := range shard.Sequences(t.Context()) {
			if err != nil || !slices.Equal(ids, want) {
				t.Errorf("placement %d: %d, %v, want %d", placement, ids, err, want)
			}
		}
	}
}
