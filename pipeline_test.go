package textmill_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill"
)

func docs(n int) []*textmill.Document {
	out := make([]*textmill.Document, n)
	for i := range out {
		out[i] = &textmill.Document{ID: fmt.Sprint(i), Text: strings.Repeat("x", i%10)}
	}
	return out
}

func ids(docs []*textmill.Document) string {
	var sb strings.Builder
	for _, d := range docs {
		sb.WriteString(d.ID + " ")
	}
	return sb.String()
}

func minLen(n int) textmill.Stage {
	return textmill.Named("min_len", textmill.Filter("too_short", func(d *textmill.Document) bool { return len(d.Text) >= n }))
}

func slow(d *textmill.Document) {
	if d.Index%7 == 0 {
		time.Sleep(50 * time.Microsecond)
	}
}

// The output must not depend on the number of workers.
func TestWorkersDoNotChangeOutput(t *testing.T) {
	firstSeen := textmill.PerShard("first", func(context.Context, textmill.Shard) (textmill.Stage, error) {
		seen := map[int]int{}
		return textmill.Filter("dup", func(d *textmill.Document) bool { seen[len(d.Text)]++; return seen[len(d.Text)] <= 30 }), nil
	})
	split := textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
		if d.Index%50 != 5 {
			return textmill.Keep, nil
		}
		a, b := *d, *d
		a.ID, b.ID = d.ID+"a", d.ID+"b"
		return textmill.Replace(&a, &b), nil
	})
	var want, wantRejects, wantReport string
	for _, workers := range []int{1, 2, 3, 8} {
		out, rejects := &textmill.Memory{}, &textmill.Memory{}
		p := &textmill.Pipeline{
			Source:  textmill.Documents(docs(1000)...),
			Stages:  []textmill.Stage{textmill.Map("slow", slow), minLen(3), textmill.Chain(split, firstSeen), textmill.Map("slow", slow)},
			Sink:    out,
			Rejects: rejects,
			Workers: workers,
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, gotRejects := ids(out.Documents()), ids(rejects.Documents())
		if workers == 1 {
			want, wantRejects, wantReport = got, gotRejects, r.String()
			t.Log("\n" + wantReport)
			continue
		}
		if got != want || gotRejects != wantRejects || r.String() != wantReport {
			t.Errorf("%d workers: output differs\n%s\n%s", workers, r, wantReport)
		}
	}
}

// Errors keep their marks when they are wrapped, and errors without keep having none.
func TestMarks(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		err             error
		fatal, badInput bool
	}{
		{nil, false, false},
		{boom, false, false},
		{textmill.Fatal(nil), false, false},
		{textmill.BadInput(nil), false, false},
		{fmt.Errorf("read: %w", textmill.Fatal(boom)), true, false},
		{fmt.Errorf("read: %w", textmill.BadInput(boom)), false, true},
		{errors.Join(textmill.Fatal(textmill.BadInput(boom)), io.EOF), true, true},
	} {
		if f, b := textmill.IsFatal(tt.err), textmill.IsBadInput(tt.err); f != tt.fatal || b != tt.badInput {
			t.Errorf("%v: fatal %v, bad input %v", tt.err, f, b)
		}
		if (tt.fatal || tt.badInput) && !errors.Is(tt.err, boom) {
			t.Errorf("%v: what was marked is lost", tt.err)
		}
	}
}

func TestErrors(t *testing.T) {
	boom := errors.New("boom")
	bad := textmill.Named("bad", textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
		switch d.Index {
		case 10, 20:
			return textmill.Keep, boom
		case 30:
			panic("ouch")
		case 900:
			return textmill.Keep, textmill.Fatal(boom)
		}
		return textmill.Keep, nil
	}))
	tests := []struct {
		name      string
		max       int
		n         int
		want      string // of the error
		committed int
	}{
		{"first failure ends the shard", 0, 100, "bad: documents#10: boom", 0},
		{"within the budget", 3, 100, "", 97},
		{"over the budget", 2, 100, "textmill: too many errors (limit 2), the last: bad: documents#30: panic: ouch", 0},
		{"no budget, but fatal", -1, 1000, "bad: documents#900: boom", 0},
	}
	for _, tt := range tests {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, workers), func(t *testing.T) {
				out := &textmill.Memory{}
				p := &textmill.Pipeline{Source: textmill.Documents(docs(tt.n)...), Stages: []textmill.Stage{bad}, Sink: out, MaxErrors: tt.max, Workers: workers}
				_, err := p.Run(t.Context())
				if got := fmt.Sprint(err); got != tt.want && !(err == nil && tt.want == "") {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if got := len(out.Documents()); got != tt.committed {
					t.Errorf("%d documents committed, want %d", got, tt.committed)
				}
			})
		}
	}
}

// endless never stops by itself and counts how far it was read.
type endless struct{ read atomic.Int64 }

func (s *endless) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "endless"}}, nil
}

func (s *endless) Read(_ context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		for i := 0; ; i++ {
			s.read.Add(1)
			if !yield(&textmill.Document{ID: fmt.Sprint(i), Text: "x", Index: i}, nil) {
				return
			}
		}
	}
}

// blocked is a sink that takes 100 documents and then waits.
type blocked struct{ taken chan struct{} }

func (b blocked) Create(context.Context, textmill.Shard) (textmill.Writer, error) { return b, nil }
func (b blocked) Write(ctx context.Context, _ *textmill.Document) error {
	select {
	case b.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (b blocked) Commit(context.Context) error { panic("committed after cancellation") }
func (b blocked) Close() error                 { return nil }

// synctest fails the test if a goroutine is left, and its clock makes the
// timeout exact: it passes when everything else is blocked.
func TestCancelBoundedNoLeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, sink := &endless{}, blocked{make(chan struct{}, 100)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := &textmill.Pipeline{Source: src, Stages: []textmill.Stage{textmill.Map("nothing", func(*textmill.Document) {})}, Sink: sink, Workers: 2}
		_, err := p.Run(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		if n := src.read.Load(); n != 320 {
			t.Errorf("read %d documents before a sink that takes 100; want 320", n)
		}
	})
}

type upper struct{ batches atomic.Int64 }

func (u *upper) Process(ctx context.Context, d *textmill.Document) (textmill.Verdict, error) {
	d.Text = strings.ToUpper(d.Text)
	return textmill.Keep, nil
}

func (u *upper) ProcessBatch(ctx context.Context, docs []*textmill.Document, v []textmill.Verdict) error {
	u.batches.Add(1)
	for i, d := range docs {
		d.Text = strings.ToUpper(d.Text)
		if d.Text == "" {
			v[i] = textmill.Drop("empty")
		}
	}
	return nil
}

func TestBatchStage(t *testing.T) {
	u, out := &upper{}, &textmill.Memory{}
	p := &textmill.Pipeline{Source: textmill.Documents(docs(1000)...), Stages: []textmill.Stage{u}, Sink: out}
	r, err := p.Run(t.Context())
	if err != nil || r.Written != 900 || u.batches.Load() != 16 {
		t.Errorf("%v, written %d, batches %d", err, r.Written, u.batches.Load())
	}
	if r.Stages[0].Name != "textmill_test.upper" {
		t.Errorf("name %q", r.Stages[0].Name)
	}
}

func ExamplePipeline() {
	long := textmill.Filter("too_short", func(d *textmill.Document) bool { return len(d.Text) > 5 })
	out := &textmill.Memory{}
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "a", Text: "hello world"},
			&textmill.Document{ID: "b", Text: "hi"},
		),
		Stages: []textmill.Stage{long},
		Sink:   out,
	}
	report, err := p.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(report)
	// Output:
	// stage          in  out  dropped
	// too_short       2    1        1
	//     too_short                 1
	// total           2    1        1
}

func ExampleApply() {
	src := textmill.Documents(&textmill.Document{Text: "hello"}, &textmill.Document{Text: "hi"})
	long := textmill.Filter("too_short", func(d *textmill.Document) bool { return len(d.Text) > 3 })
	ctx := context.Background()
	for doc, err := range textmill.Apply(ctx, src.Read(ctx, textmill.Shard{}), long) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(doc.Text)
	}
	// Output: hello
}
