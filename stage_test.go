package textmill_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

func TestVerdict(t *testing.T) {
	d := &textmill.Document{}
	for _, tt := range []struct {
		v             textmill.Verdict
		kept, dropped bool
		reason, text  string
	}{
		{textmill.Keep, true, false, "", "keep"},
		{textmill.Verdict{}, true, false, "", "keep"},
		{textmill.Drop("short"), false, true, "short", "drop: short"},
		{textmill.Drop("short").Measured(3, 50), false, true, "short", "drop: short (3, limit 50)"},
		{textmill.Drop("dup").DuplicateOf("a"), false, true, "dup", "drop: dup (duplicate of a)"},
		{textmill.Replace(d, d), false, false, "", "replace with 2"},
		{textmill.Replace(), false, false, "", "replace with 0"},
	} {
		if tt.v.Kept() != tt.kept || tt.v.Dropped() != tt.dropped || tt.v.Reason() != tt.reason || tt.v.String() != tt.text {
			t.Errorf("%v: kept %t, dropped %t, reason %q", tt.v, tt.v.Kept(), tt.v.Dropped(), tt.v.Reason())
		}
	}
	if _, _, ok := textmill.Drop("short").Measurement(); ok {
		t.Error("a measurement out of nowhere")
	}
	if v, l, ok := textmill.Drop("zero").Measured(0, 0).Measurement(); !ok || v != 0 || l != 0 {
		t.Error("a measurement of zero is lost")
	}
}

func TestNames(t *testing.T) {
	nothing := func(*textmill.Document) {}
	for want, s := range map[string]textmill.Stage{
		"too_short":          textmill.Filter("too_short", nil),
		"trim":               textmill.Map("trim", nothing),
		"other":              textmill.Named("other", textmill.Map("trim", nothing)),
		"state":              textmill.PerShard("state", nil),
		"chain":              textmill.Chain(),
		"textmill_test.odd":  odd{},
		"textmill.StageFunc": textmill.StageFunc(nil),
	} {
		if got := textmill.NameOf(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// odd drops, doubles or keeps by the ID.
type odd struct{}

func (odd) Process(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
	switch {
	case strings.HasPrefix(d.ID, "drop"):
		return textmill.Drop("drop"), nil
	case strings.HasPrefix(d.ID, "fail"):
		return textmill.Keep, errBroken
	case strings.HasPrefix(d.ID, "double"):
		return textmill.Replace(&textmill.Document{ID: "1" + d.ID}, &textmill.Document{ID: "drop" + d.ID}, &textmill.Document{ID: "2" + d.ID}), nil
	}
	return textmill.Keep, nil
}

// A Chain outside a pipeline does what its stages do one after another.
func TestChainAlone(t *testing.T) {
	mark := textmill.Map("mark", func(d *textmill.Document) { d.Text += "." })
	c := textmill.Chain(mark, odd{}, textmill.Chain(odd{}, mark))
	for _, tt := range []struct{ id, want string }{
		{"a", "keep"},
		{"drop", "drop: drop"},
		{"double", "replace with 2"}, // the middle one is dropped by the second odd
	} {
		v, err := c.Process(t.Context(), &textmill.Document{ID: tt.id})
		if err != nil || v.String() != tt.want {
			t.Errorf("%s: %v, %v", tt.id, v, err)
		}
		for _, d := range v.Documents() {
			if d.Text != "." {
				t.Errorf("%s: the stages after Replace ran %d times", d.ID, len(d.Text))
			}
		}
	}
	if _, err := c.Process(t.Context(), &textmill.Document{ID: "fail"}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

// In a pipeline, a Chain is counted stage by stage, unless it has a name.
func TestChainInReport(t *testing.T) {
	c := textmill.Chain(minLen(2), odd{})
	p := &textmill.Pipeline{Source: parts{5}, Stages: []textmill.Stage{c, textmill.Named("both", c)}, Sink: textmill.Discard}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `stage              in  out  dropped
min_len             5    3        2
    too_short                     2
textmill_test.odd   3    3
both                3    3
total               5    3        2
`
	if r.String() != want {
		t.Error("\n" + r.String())
	}
}

// shardState is a stage with state that must be closed.
type shardState struct {
	textmill.Stage
	close func() error
}

func (s shardState) Close() error { return s.close() }

func TestPerShard(t *testing.T) {
	var opened, closed []string
	numbered := func(closeErr error) textmill.Stage {
		return textmill.PerShard("number", func(_ context.Context, s textmill.Shard) (textmill.Stage, error) {
			opened = append(opened, s.Name)
			n := 0
			number := textmill.Map("", func(d *textmill.Document) { d.Set("number.n", n); n++ })
			return shardState{number, func() error { closed = append(closed, s.Name); return closeErr }}, nil
		})
	}
	out := &textmill.Memory{}
	p := &textmill.Pipeline{Source: parts{200, 3}, Stages: []textmill.Stage{numbered(nil)}, Sink: out, Workers: 4}
	if _, err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range out.Documents() {
		if d.Meta["number.n"] != d.Index {
			t.Errorf("%s got number %v", d.ID, d.Meta["number.n"])
		}
	}
	if fmt.Sprint(opened, closed) != "[part-0 part-1] [part-0 part-1]" {
		t.Error(opened, closed)
	}

	// What a stage has to say when it is closed can still fail the shard.
	out = &textmill.Memory{}
	p = &textmill.Pipeline{Source: parts{1}, Stages: []textmill.Stage{numbered(errBroken)}, Sink: out}
	if _, err := p.Run(t.Context()); !errors.Is(err, errBroken) || len(out.Documents()) != 0 {
		t.Errorf("%v, %d documents", err, len(out.Documents()))
	}

	// If a later stage cannot be opened, those before it are closed.
	closed = nil
	bad := textmill.PerShard("bad", func(context.Context, textmill.Shard) (textmill.Stage, error) { return nil, errBroken })
	p.Stages = []textmill.Stage{numbered(nil), bad}
	if _, err := p.Run(t.Context()); !errors.Is(err, errBroken) || fmt.Sprint(closed) != "[part-0]" {
		t.Errorf("%v, closed %v", err, closed)
	}
}

func TestPerShardAlone(t *testing.T) {
	n := 0
	s := textmill.PerShard("count", func(context.Context, textmill.Shard) (textmill.Stage, error) {
		return textmill.Map("", func(*textmill.Document) { n++ }), nil
	})
	for range 3 {
		if _, err := s.Process(t.Context(), &textmill.Document{}); err != nil {
			t.Fatal(err)
		}
	}
	if n != 3 {
		t.Errorf("%d calls", n)
	}
}

// A Replace before a BatchStage makes batches longer than it may be given.
func TestBatchStageAfterReplace(t *testing.T) {
	triple := textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
		var out []*textmill.Document
		for i := range 3 {
			c := d.Clone()
			c.ID += fmt.Sprint("-", i)
			out = append(out, c)
		}
		return textmill.Replace(out...), nil
	})
	b := &pickyBatch{}
	out, rejects := &textmill.Memory{}, &textmill.Memory{}
	p := &textmill.Pipeline{Source: parts{100}, Stages: []textmill.Stage{triple, b}, Sink: out, Rejects: rejects, MaxErrors: -1, Workers: 1}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// 300 documents in batches of 64 at most; that of document 50 fails, that of 90 panics.
	if b.longest != 64 {
		t.Errorf("a batch of %d", b.longest)
	}
	if r.Errors == 0 || r.Errors+r.Written != 300 || r.Added != 200 || len(rejects.Documents()) != int(r.Errors) {
		t.Errorf("%+v", r)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

type pickyBatch struct{ longest int }

func (b *pickyBatch) Process(context.Context, *textmill.Document) (textmill.Verdict, error) {
	return textmill.Keep, nil
}

func (b *pickyBatch) ProcessBatch(_ context.Context, docs []*textmill.Document, _ []textmill.Verdict) error {
	b.longest = max(b.longest, len(docs))
	for _, d := range docs {
		switch d.Index {
		case 50:
			return errBroken
		case 90:
			panic("ouch")
		}
	}
	return nil
}

// threshold is a stage with settings.
type threshold struct {
	Min  int     `json:"min"`
	Rate float64 // exported, so told
	seen func()  // not
}

func (*threshold) Process(context.Context, *textmill.Document) (textmill.Verdict, error) {
	return textmill.Keep, nil
}

func TestDescribe(t *testing.T) {
	th := &threshold{Min: 3, Rate: 0.5, seen: func() {}}
	infos, err := textmill.Describe(textmill.Chain(th, minLen(1)), textmill.Named("both", textmill.Chain(th, odd{})), odd{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(infos)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"textmill_test.threshold","type":"textmill_test.threshold","settings":{"min":3,"Rate":0.5}},` +
		`{"name":"min_len","type":"textmill.filter"},` +
		`{"name":"both","type":"textmill.chain","settings":[{"name":"textmill_test.threshold","type":"textmill_test.threshold","settings":{"min":3,"Rate":0.5}},{"name":"textmill_test.odd","type":"textmill_test.odd"}]},` +
		`{"name":"textmill_test.odd","type":"textmill_test.odd"}]`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if _, err := textmill.Describe(untellable{}); err == nil {
		t.Error("no error for settings that are not JSON")
	}
}

type untellable struct{ F func() }

func (untellable) Process(context.Context, *textmill.Document) (textmill.Verdict, error) {
	return textmill.Keep, nil
}
