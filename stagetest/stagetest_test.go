package stagetest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

func short() textmill.Stage {
	return textmill.Filter("short", func(d *textmill.Document) bool { return len(d.Text) > 3 })
}

func firstOfLength() textmill.Stage {
	return textmill.PerShard("first", func(context.Context, textmill.Shard) (textmill.Stage, error) {
		seen := map[int]bool{}
		return textmill.Filter("seen", func(d *textmill.Document) bool {
			old := seen[len(d.Text)]
			seen[len(d.Text)] = true
			return !old
		}), nil
	})
}

func TestCheckPasses(t *testing.T) {
	if err := stagetest.Check(short); err != nil {
		t.Error(err)
	}
	if err := stagetest.CheckPerShard(firstOfLength); err != nil {
		t.Error(err)
	}
}

// Each planted fault must be found, with these words.
func TestCheckFinds(t *testing.T) {
	set := func(key string, value any) func() textmill.Stage {
		return func() textmill.Stage {
			return textmill.Map("set", func(d *textmill.Document) { d.Set(key, value) })
		}
	}
	faults := []struct {
		name string
		open func() textmill.Stage
		want string
	}{
		{"remembers", firstOfLength, "came out differently"},
		{"reason is the text", func() textmill.Stage {
			return textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
				return textmill.Drop(d.Text), nil
			})
		}, "reason"},
		{"cuts a rune", func() textmill.Stage {
			return textmill.Map("cut", func(d *textmill.Document) { d.Text = d.Text[:min(len(d.Text), 4)] })
		}, "not valid UTF-8"},
		{"panics", func() textmill.Stage {
			return textmill.Map("first", func(d *textmill.Document) { _ = d.Text[0] })
		}, "panic: "},
		{"changes the identity", func() textmill.Stage {
			return textmill.Map("id", func(d *textmill.Document) { d.ID = "x" })
		}, "identity"},
		{"no reason", func() textmill.Stage { return textmill.Filter("", func(*textmill.Document) bool { return false }) }, "without a reason"},
		{"odd annotation", set("x.y", []string{"a"}), "annotation x.y is a []string"},
		{"unnamed annotation", set("score", 1.5), "does not name its stage"},
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			err := stagetest.Check(f.open)
			if err == nil || !strings.Contains(err.Error(), f.want) {
				t.Errorf("got %.300v, want %q", err, f.want)
			}
		})
	}
}

func TestCheckPerShardFindsLeftovers(t *testing.T) {
	open := func() textmill.Stage {
		seen := map[int]bool{} // lasts longer than the shard
		return textmill.PerShard("first", func(context.Context, textmill.Shard) (textmill.Stage, error) {
			return textmill.Filter("seen", func(d *textmill.Document) bool {
				old := seen[len(d.Text)]
				seen[len(d.Text)] = true
				return !old
			}), nil
		})
	}
	if err := stagetest.CheckPerShard(open); err == nil {
		t.Error("state that lasts longer than a shard was not found")
	}
}

func TestCheckSource(t *testing.T) {
	good := textmill.Documents(&textmill.Document{ID: "a", Text: "x"}, &textmill.Document{ID: "b", Text: "y"})
	if err := stagetest.CheckSource(good); err != nil {
		t.Error(err)
	}
	same := textmill.Documents(&textmill.Document{ID: "a", Text: "x"}, &textmill.Document{ID: "a", Text: "\xff"})
	err := stagetest.CheckSource(same)
	for _, want := range []string{"not unique", "not valid UTF-8"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// One shard whose documents were read from several before.
	from := func(shard string, index int, id string) *textmill.Document {
		return &textmill.Document{ID: id, Text: "x", Shard: shard, Index: index}
	}
	if err := stagetest.CheckSource(keeping{{from("p", 0, "a"), from("q", 0, "b")}, {from("p", 1, "c")}}); err != nil {
		t.Error(err)
	}
	for _, twice := range []keeping{
		{{from("p", 0, "a"), from("q", 0, "b"), from("p", 0, "c")}},
		{{from("p", 0, "a")}, {from("q", 0, "b"), from("p", 0, "c")}},
	} {
		if err := stagetest.CheckSource(twice); err == nil || !strings.Contains(err.Error(), "c is not the only document that is p#0") {
			t.Errorf("got %v", err)
		}
	}
	if err := stagetest.CheckSource(endless{}); err == nil || !strings.Contains(err.Error(), "goes on after an error") {
		t.Errorf("got %v", err)
	}
}

// keeping is a source of documents by shard, which keep Shard and Index.
type keeping [][]*textmill.Document

func (k keeping) Shards(context.Context) (out []textmill.Shard, _ error) {
	for i := range k {
		out = append(out, textmill.Shard{Index: i, Name: fmt.Sprint("s", i)})
	}
	return out, nil
}

func (k keeping) Read(ctx context.Context, s textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for _, d := range k[s.Index] {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !yield(d.Clone(), nil) {
				return
			}
		}
	}
}

// endless does not stop after an error.
type endless struct{}

func (endless) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "s"}}, nil
}

func (endless) Read(context.Context, textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		_ = yield(nil, errors.New("lost")) && yield(&textmill.Document{ID: "a"}, nil)
	}
}

func TestCheckSink(t *testing.T) {
	m := &textmill.Memory{}
	contents := func() (string, error) {
		var sb strings.Builder
		for _, d := range m.Documents() {
			fmt.Fprintln(&sb, d.Shard, d.ID, d.Text)
		}
		return sb.String(), nil
	}
	if err := stagetest.CheckSink(m, contents); err != nil {
		t.Error(err)
	}
	if err := stagetest.CheckSink(hasty{m}, contents); err == nil {
		t.Error("a sink that publishes on Close was not found")
	}
}

// hasty publishes on Close, which must not be.
type hasty struct{ textmill.Sink }

func (h hasty) Create(ctx context.Context, s textmill.Shard) (textmill.Writer, error) {
	w, err := h.Sink.Create(ctx, s)
	return hastyWriter{w}, err
}

type hastyWriter struct{ textmill.Writer }

func (w hastyWriter) Close() error { return w.Writer.Commit(context.Background()) }

func ExampleCheck() {
	long := func() textmill.Stage {
		return textmill.Filter("too_short", func(d *textmill.Document) bool { return len(d.Text) >= 200 })
	}
	fmt.Println(stagetest.Check(long))

	cut := func() textmill.Stage {
		return textmill.Map("cut", func(d *textmill.Document) { d.Text = d.Text[:min(len(d.Text), 200)] })
	}
	fmt.Println(stagetest.Check(cut) != nil) // it cuts runes in half
	// Output:
	// <nil>
	// true
}
