package textmill_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

// parts is a source of several shards, "0" to "n-1", with the given number of
// documents each.
type parts []int

func (p parts) Shards(context.Context) ([]textmill.Shard, error) {
	var out []textmill.Shard
	for i := range p {
		out = append(out, textmill.Shard{Index: i, Name: fmt.Sprintf("part-%d", i)})
	}
	return out, nil
}

func (p parts) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for i := range p[shard.Index] {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			if !yield(&textmill.Document{ID: fmt.Sprintf("%s/%d", shard.Name, i), Text: strings.Repeat("x", i), Shard: shard.Name, Index: i}, nil) {
				return
			}
		}
	}
}

// damagedAt is a source of one shard where some records cannot be read.
type damagedAt struct {
	n   int
	bad []int
}

func (s damagedAt) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "damaged"}}, nil
}

func (s damagedAt) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for i := range s.n {
			var d *textmill.Document
			var err error
			if slices.Contains(s.bad, i) {
				err = &textmill.RecordError{Shard: shard.Name, Index: i, Offset: int64(100 * i), Err: errors.New("torn")}
			} else {
				d = &textmill.Document{ID: fmt.Sprint(i), Text: "text", Shard: shard.Name, Index: i}
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func readAll(t *testing.T, src textmill.Source) (ids []string) {
	t.Helper()
	shards, err := src.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shards {
		for d, err := range src.Read(t.Context(), s) {
			if err != nil {
				ids = append(ids, "error")
				continue
			}
			ids = append(ids, d.ID)
		}
	}
	return ids
}

func TestSourcesKeepTheContract(t *testing.T) {
	base := parts{5, 0, 300}
	for name, src := range map[string]textmill.Source{
		"Documents": textmill.Documents(docs(10)...),
		"Limit":     textmill.Limit(base, 3),
		"Concat":    textmill.Concat(base, textmill.Documents(docs(10)...)),
		"Sample":    textmill.Sample(base, 0.5, 1),
		"Shuffle":   textmill.Shuffle(base, 16, 1),
	} {
		if err := stagetest.CheckSource(src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLimit(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want string
	}{
		{-1, "[]"},
		{0, "[]"},
		{2, "[part-0/0 part-0/1 part-2/0]"},
		{9, "[part-0/0 part-0/1 part-0/2 part-2/0]"},
	} {
		if got := fmt.Sprint(readAll(t, textmill.Limit(parts{3, 0, 1}, tt.n))); got != tt.want {
			t.Errorf("Limit(%d): %s, want %s", tt.n, got, tt.want)
		}
	}
	// Damaged records do not count, but are passed on.
	if got := fmt.Sprint(readAll(t, textmill.Limit(damagedAt{9, []int{0, 2}}, 2))); got != "[error 1 error 3]" {
		t.Error(got)
	}
}

func TestConcat(t *testing.T) {
	src := textmill.Concat(textmill.Documents(docs(1)...), parts{1, 2}) // whose shards get other indexes
	if got := fmt.Sprint(readAll(t, src)); got != "[0 part-0/0 part-1/0 part-1/1]" {
		t.Error(got)
	}
	if _, err := textmill.Concat(parts{1}, parts{1}).Shards(t.Context()); err == nil || !strings.Contains(err.Error(), "two shards are called part-0") {
		t.Error(err)
	}
	for _, err := range src.Read(t.Context(), textmill.Shard{Name: "nobody"}) {
		if err == nil {
			t.Error("a document of an unknown shard")
		}
	}
}

func TestSample(t *testing.T) {
	src := parts{20_000}
	half := readAll(t, textmill.Sample(src, 0.5, 7))
	if n := len(half); n < 9_700 || n > 10_300 {
		t.Errorf("half of 20000 is %d", n)
	}
	if !slices.Equal(half, readAll(t, textmill.Sample(src, 0.5, 7))) {
		t.Error("not the same again")
	}
	if slices.Equal(half, readAll(t, textmill.Sample(src, 0.5, 8))) {
		t.Error("the seed makes no difference")
	}
	tenth := readAll(t, textmill.Sample(src, 0.1, 7))
	if slices.ContainsFunc(tenth, func(id string) bool { return !slices.Contains(half, id) }) {
		t.Error("a tenth is not part of a half")
	}
	if n := len(readAll(t, textmill.Sample(src, 1, 7))); n != 20_000 {
		t.Errorf("all of 20000 is %d", n)
	}
	if n := len(readAll(t, textmill.Sample(src, 0, 7))); n != 0 {
		t.Errorf("none of 20000 is %d", n)
	}
}

func TestShuffle(t *testing.T) {
	src := parts{100}
	plain, shuffled := readAll(t, src), readAll(t, textmill.Shuffle(src, 10, 1))
	if slices.Equal(plain, shuffled) {
		t.Error("not shuffled")
	}
	if !slices.Equal(plain, readAll(t, textmill.Shuffle(src, 1, 1))) {
		t.Error("a window of one changes the order")
	}
	for i, id := range shuffled { // nothing comes more than a window early
		if at := slices.Index(plain, id); at > i+9 {
			t.Errorf("document %d came at %d", at, i)
		}
	}
	slices.SortFunc(shuffled, func(a, b string) int { return slices.Index(plain, a) - slices.Index(plain, b) })
	if !slices.Equal(plain, shuffled) {
		t.Error("documents lost or doubled")
	}
	if got := readAll(t, textmill.Shuffle(damagedAt{4, []int{1}}, 2, 1)); len(got) != 4 {
		t.Error(got)
	}
}

// failing is a source that fails after n documents.
type failing struct {
	textmill.Source
	n int
}

func (s failing) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		n := 0
		for d, err := range s.Source.Read(ctx, shard) {
			if n++; n > s.n {
				yield(nil, errBroken)
				return
			}
			if !yield(d, err) {
				return
			}
		}
	}
}
