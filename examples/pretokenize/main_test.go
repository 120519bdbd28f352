package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
)

// documents returns the texts of the sample.
func documents() (docs []*textmill.Document) {
	for _, r := range sample.Records() {
		if r.Text != "" && utf8.ValidString(r.Text) {
			docs = append(docs, &textmill.Document{ID: r.ID, URL: r.URL, Date: r.Date, Language: r.Language, Text: r.Text})
		}
	}
	return docs
}

// write writes docs as JSON lines into n files, one after another.
func write(t *testing.T, docs []*textmill.Document, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range n {
		p := &textmill.Pipeline{
			Source: textmill.Documents(docs[i*len(docs)/n : (i+1)*len(docs)/n]...),
			Sink:   jsonl.Sink{Store: storage.Dir(dir), Dir: fmt.Sprint("part-", n-i)},
		}
		if _, err := p.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pretokenize runs the program and returns what it printed and the files it left.
func pretokenize(t *testing.T, c config) (printed string, files map[string]string) {
	t.Helper()
	c.out = t.TempDir()
	var sb strings.Builder
	if err := run(t.Context(), c, &sb, io.Discard); err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	store := storage.Dir(c.out)
	for o, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(c.out, o.Name))
		if err != nil {
			t.Fatal(err)
		}
		files[o.Name] = string(b)
	}
	return sb.String(), files
}

// texts returns what is in the windows of all files: the documents, in order.
func texts(t *testing.T, files map[string]string, enc *tokenize.BPE, window int) (out []string) {
	t.Helper()
	var store storage.Memory
	for name, content := range files {
		w, err := store.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, content)
		if err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range buckets {
		shard, err := megatron.Open(t.Context(), &store, fmt.Sprintf("tokens/bucket-%05d", i))
		if err != nil {
			t.Fatal(err)
		}
		for ids, err := range shard.Sequences(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if len(ids) != window {
				t.Errorf("a window of %d tokens", len(ids))
			}
			for len(ids) > 0 { // what comes before each end of text, unless it is padding
				n := slices.Index(ids, enc.EndOfText())
				if n < 0 {
					t.Fatal("a document is divided")
				}
				if n > 0 {
					text, err := enc.Decode(nil, ids[:n])
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, string(text))
				}
				ids = ids[n+1:]
			}
		}
	}
	return out
}

// All texts are there, in an order that depends on the seed and not on the files
// they came in.
func TestPretokenize(t *testing.T) {
	docs := documents()
	enc, err := tokenize.Tiktoken("r50k_base")
	if err != nil {
		t.Fatal(err)
	}
	c := config{in: write(t, docs, 3), seed: 7, window: 16 << 10, tokenizer: "r50k_base"}
	printed, files := pretokenize(t, c)
	t.Log("\n" + printed)
	if len(files) != 2*buckets || strings.Fields(printed)[1] != fmt.Sprint(len(docs)) {
		t.Errorf("%d files; printed\n%s", len(files), printed)
	}
	got := texts(t, files, enc, c.window)
	var want []string
	for _, d := range docs {
		want = append(want, d.Text)
	}
	if slices.Equal(got, want) {
		t.Error("the order is that of the input")
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d texts came back of %d, or other ones", len(got), len(want))
	}

	c.in = write(t, docs, 1)
	if _, again := pretokenize(t, c); !maps.Equal(again, files) {
		t.Error("with the input in one file, the tokens differ")
	}
	c.seed = 8
	if _, other := pretokenize(t, c); maps.Equal(other, files) {
		t.Error("with another seed, the tokens are the same")
	}
}

func TestBadUse(t *testing.T) {
	for want, c := range map[string]config{
		"say with -in where":             {window: 10, tokenizer: "r50k_base"},
		`no vocabulary is called "none"`: {in: "x", window: 10, tokenizer: "none"},
		"BestFit needs a Window":         {in: write(t, documents()[:3], 1), tokenizer: "r50k_base"},
	} {
		c.out = t.TempDir()
		if err := run(context.Background(), c, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
