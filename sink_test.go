package textmill_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

func contents(sinks ...*textmill.Memory) func() (string, error) {
	return func() (string, error) {
		var sb strings.Builder
		for i, m := range sinks {
			for _, d := range m.Documents() {
				fmt.Fprintln(&sb, i, d.ID, d.Text)
			}
		}
		return sb.String(), nil
	}
}

func TestSinksKeepTheContract(t *testing.T) {
	var m, a, b, even, odd textmill.Memory
	byParity := textmill.Route(func(d *textmill.Document) string { return fmt.Sprint(d.Index % 2) },
		func(key string) (textmill.Sink, error) {
			return map[string]textmill.Sink{"0": &even, "1": &odd}[key], nil
		})
	for name, c := range map[string]struct {
		sink     textmill.Sink
		contents func() (string, error)
	}{
		"Memory": {&m, contents(&m)},
		"Tee":    {textmill.Tee(&a, &b), contents(&a, &b)},
		"Route":  {evenFirst{byParity}, contents(&even, &odd)},
	} {
		if err := stagetest.CheckSink(c.sink, c.contents); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(even.Documents()) == 0 || len(odd.Documents()) == 0 {
		t.Error("Route gave everything to one sink")
	}
}

// evenFirst is a Route whose every shard has both keys, so that rewriting a
// shard replaces the outputs of both.
type evenFirst struct{ textmill.Sink }

func (s evenFirst) Create(ctx context.Context, shard textmill.Shard) (textmill.Writer, error) {
	w, err := s.Sink.Create(ctx, shard)
	if err != nil {
		return nil, err
	}
	for i := range 2 {
		if err := w.Write(ctx, &textmill.Document{ID: "first", Index: i}); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// A brokenSink fails its n-th call, counted over Create, Write, Commit and Close.
type brokenSink struct {
	textmill.Sink
	n *int
}

var errBroken = errors.New("broken")

func (b brokenSink) next() error {
	if *b.n--; *b.n == 0 {
		return errBroken
	}
	return nil
}

func (b brokenSink) Create(ctx context.Context, s textmill.Shard) (textmill.Writer, error) {
	if err := b.next(); err != nil {
		return nil, err
	}
	w, err := b.Sink.Create(ctx, s)
	return brokenWriter{b, w}, err
}

type brokenWriter struct {
	b brokenSink
	w textmill.Writer
}

func (w brokenWriter) Write(ctx context.Context, d *textmill.Document) error {
	if err := w.b.next(); err != nil {
		return err
	}
	return w.w.Write(ctx, d)
}

func (w brokenWriter) Commit(ctx context.Context) error {
	if err := w.b.next(); err != nil {
		return err
	}
	return w.w.Commit(ctx)
}

func (w brokenWriter) Close() error { return w.w.Close() }

// Whatever call of a sink fails, the run says so, nothing is committed that the
// failure came before, and doing the shard over gives the whole output.
func TestEverySinkFailure(t *testing.T) {
	run := func(n int) (out, rejects *textmill.Memory, err error) {
		out, rejects = &textmill.Memory{}, &textmill.Memory{}
		p := &textmill.Pipeline{
			Source: textmill.Documents(docs(20)...), Stages: []textmill.Stage{minLen(5)}, Workers: 2,
			Sink:    brokenSink{textmill.Tee(out, textmill.Discard), &n},
			Rejects: brokenSink{rejects, &n},
		}
		_, err = p.Run(t.Context())
		return out, rejects, err
	}
	for n := 1; ; n++ {
		out, rejects, err := run(n)
		if err == nil {
			if len(out.Documents()) != 10 || len(rejects.Documents()) != 10 || n != 25 {
				t.Errorf("written %d, rejected %d, calls %d", len(out.Documents()), len(rejects.Documents()), n-1)
			}
			return
		}
		if !errors.Is(err, errBroken) {
			t.Fatalf("call %d: %v", n, err)
		}
		if len(out.Documents()) != 0 {
			t.Errorf("call %d failed, but the output was committed", n)
		}
	}
}

func TestTeeClosesWhatItOpened(t *testing.T) {
	closed := &closing{}
	n := 1
	if _, err := textmill.Tee(closed, brokenSink{textmill.Discard, &n}).Create(t.Context(), textmill.Shard{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if closed.n != 1 {
		t.Errorf("closed %d times", closed.n)
	}
}

// closing counts how often its writers are closed.
type closing struct{ n int }

func (c *closing) Create(context.Context, textmill.Shard) (textmill.Writer, error) { return c, nil }
func (c *closing) Write(context.Context, *textmill.Document) error                 { return nil }
func (c *closing) Commit(context.Context) error                                    { return nil }
func (c *closing) Close() error                                                    { c.n++; return nil }

func TestRouteErrors(t *testing.T) {
	r := textmill.Route(func(d *textmill.Document) string { return d.ID }, func(key string) (textmill.Sink, error) {
		if key == "bad" {
			return nil, errBroken
		}
		return textmill.Discard, nil
	})
	w, err := r.Create(t.Context(), textmill.Shard{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(t.Context(), &textmill.Document{ID: "good"}); err != nil {
		t.Error(err)
	}
	if err := w.Write(t.Context(), &textmill.Document{ID: "bad"}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}
