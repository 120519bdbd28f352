package textmill_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
)

func sampleReport(seed uint64) textmill.Report {
	r := rand.New(rand.NewPCG(seed, 0))
	n := func() int64 { return int64(r.IntN(100)) }
	dropped := n()
	written := n()
	return textmill.Report{
		Read: written + dropped, Written: written, Dropped: dropped, BytesRead: n(), BytesWritten: n(),
		Stages:  []textmill.StageReport{{Name: "s", In: written + dropped, Out: written, Dropped: map[string]int64{"short": dropped}, Busy: time.Duration(n())}},
		Counts:  map[string]int64{"c": n()},
		Inputs:  []textmill.Object{{Name: string('a' + rune(n()%26)), Bytes: n()}},
		Elapsed: time.Duration(n()),
	}
}

func TestReportsAddUpInAnyOrder(t *testing.T) {
	var parts []textmill.Report
	for i := range 6 {
		p := sampleReport(uint64(i))
		p.Inputs[0].Name += string('0' + rune(i)) // of its own, as real ones are
		parts = append(parts, p)
	}
	var want textmill.Report
	for _, p := range parts {
		want.Add(p)
	}
	if err := want.Check(); err != nil {
		t.Error(err)
	}
	for range 20 {
		rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		var got, half textmill.Report
		for _, p := range parts[:3] {
			got.Add(p)
		}
		for _, p := range parts[3:] {
			half.Add(p)
		}
		got.Add(half)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
}

// Adding must not tie the sum to the maps and slices of its parts.
func TestAddCopies(t *testing.T) {
	part := sampleReport(1)
	var sum textmill.Report
	sum.Add(part)
	sum.Add(part)
	if part.Counts["c"]*2 != sum.Counts["c"] || part.Stages[0].Dropped["short"]*2 != sum.Stages[0].Dropped["short"] {
		t.Error("a part was changed by adding it")
	}
}

func TestReportCheck(t *testing.T) {
	ok := sampleReport(1)
	lost := ok
	lost.Written--
	if err := lost.Check(); err == nil || !strings.Contains(err.Error(), "unaccounted") {
		t.Error(err)
	}
	var inStage textmill.Report
	inStage.Add(ok)
	inStage.Stages[0].Out++
	if err := inStage.Check(); err == nil || !strings.Contains(err.Error(), "stage s") {
		t.Error(err)
	}
}

func TestReportThen(t *testing.T) {
	first, second := sampleReport(1), sampleReport(2)
	second.Read, second.Dropped, second.Written = first.Written, 1, first.Written-1
	both := first.Then(second)
	if err := both.Check(); err != nil {
		t.Error(err)
	}
	if both.Read != first.Read || both.Written != first.Written-1 || both.Dropped != first.Dropped+1 || len(both.Stages) != 2 {
		t.Errorf("%+v", both)
	}
	lost := first
	lost.Written++ // what the second never read
	if lost.Read++; lost.Then(second).Check() == nil {
		t.Error("a document lost between the passes was not found")
	}
}

func TestReportJSON(t *testing.T) {
	want := sampleReport(3)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got textmill.Report
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	timeless := want.WithoutTimes()
	if timeless.Elapsed != 0 || timeless.Stages[0].Busy != 0 || want.Stages[0].Busy == 0 {
		t.Error("WithoutTimes keeps times or changes its receiver")
	}
}

func TestReportString(t *testing.T) {
	r := textmill.Report{
		Read: 10, Written: 6, Dropped: 3, Errors: 1,
		Stages: []textmill.StageReport{
			{Name: "a", In: 10, Out: 7, Dropped: map[string]int64{"z": 1, "b": 1}, Errors: 1},
			{Name: "long_name", In: 7, Out: 6, Dropped: map[string]int64{"x": 1}},
		},
	}
	want := `stage       in  out  dropped
a           10    7        2
    b                      1
    z                      1
    errors                 1
long_name    7    6        1
    x                      1
total       10    6        3
    errors                 1
`
	if got := r.String(); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestCountAndObjects(t *testing.T) {
	count := textmill.StageFunc(func(ctx context.Context, d *textmill.Document) (textmill.Verdict, error) {
		textmill.Count(ctx, "bytes", int64(len(d.Text)))
		textmill.Count(ctx, "nothing", 0)
		return textmill.Keep, nil
	})
	for _, workers := range []int{1, 4} {
		p := &textmill.Pipeline{Source: parts{100, 10}, Stages: []textmill.Stage{count}, Sink: objectSink{}, Workers: workers}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int64{"bytes": 99*50 + 45}; !reflect.DeepEqual(r.Counts, want) {
			t.Errorf("counts %v, want %v", r.Counts, want)
		}
		if want := []textmill.Object{{Name: "part-0.out"}, {Name: "part-1.out"}}; !reflect.DeepEqual(r.Outputs, want) {
			t.Errorf("outputs %v", r.Outputs)
		}
		if r.BytesRead != 99*50+45 || r.BytesWritten != r.BytesRead {
			t.Errorf("%d bytes read, %d written", r.BytesRead, r.BytesWritten)
		}
	}
	textmill.Count(t.Context(), "outside", 1) // does nothing
	textmill.AddInput(t.Context(), textmill.Object{})
	textmill.AddOutput(t.Context(), textmill.Object{})
}

// objectSink reports an output, as sinks over a store do.
type objectSink struct{}

func (objectSink) Create(_ context.Context, s textmill.Shard) (textmill.Writer, error) {
	return objectWriter{s}, nil
}

type objectWriter struct{ s textmill.Shard }

func (objectWriter) Write(context.Context, *textmill.Document) error { return nil }
func (objectWriter) Close() error                                    { return nil }
func (w objectWriter) Commit(ctx context.Context) error {
	textmill.AddOutput(ctx, textmill.Object{Name: w.s.Name + ".out"})
	return nil
}
