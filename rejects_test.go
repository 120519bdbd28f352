package textmill_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

// Everything that is not written is in the rejects, in source order, with what
// there is to know.
func TestRejects(t *testing.T) {
	judge := textmill.Named("judge", textmill.StageFunc(func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
		switch d.Index {
		case 1:
			return textmill.Drop("plain"), nil
		case 3:
			return textmill.Drop("measured").Measured(0.5, 0.3), nil
		case 4:
			return textmill.Drop("same").DuplicateOf("0"), nil
		case 5:
			return textmill.Keep, errBroken
		case 7:
			panic("ouch")
		}
		return textmill.Keep, nil
	}))
	want := []string{
		"1 reject.reason=plain reject.stage=judge",
		"damaged#2 reject.error=damaged#2 at byte 200: torn reject.offset=200 reject.reason=error reject.stage=source",
		"3 reject.limit=0.3 reject.reason=measured reject.stage=judge reject.value=0.5",
		"4 reject.duplicate_of=0 reject.reason=same reject.stage=judge",
		"5 reject.error=judge: damaged#5: broken reject.reason=error reject.stage=judge",
		"7 reject.error=judge: damaged#7: panic: ouch reject.reason=error reject.stage=judge",
		"damaged#8 reject.error=damaged#8 at byte 800: torn reject.offset=800 reject.reason=error reject.stage=source",
	}
	for _, workers := range []int{1, 2, 8} {
		out, rejects := &textmill.Memory{}, &textmill.Memory{}
		p := &textmill.Pipeline{
			Source: damagedAt{10, []int{2, 8}}, Stages: []textmill.Stage{judge},
			Sink: out, Rejects: rejects, MaxErrors: 4, Workers: workers,
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Read != 10 || r.Written != 3 || r.Dropped != 3 || r.Errors != 4 || r.Damaged != 2 {
			t.Errorf("%+v", r)
		}
		var got []string
		for _, d := range rejects.Documents() {
			line := d.ID
			for _, k := range slices.Sorted(maps.Keys(d.Meta)) {
				line += fmt.Sprintf(" %s=%v", k, d.Meta[k])
			}
			got = append(got, line)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: got\n%s", workers, strings.Join(got, "\n"))
		}
		p.MaxErrors = 3
		if _, err := p.Run(t.Context()); !errors.Is(err, textmill.ErrTooManyErrors) {
			t.Errorf("a budget of 3 for 4 errors: %v", err)
		}
	}
}

// An error of the source that is not about one record ends the shard, whatever
// the budget.
func TestSourceError(t *testing.T) {
	out := &textmill.Memory{}
	for _, workers := range []int{1, 4} {
		p := &textmill.Pipeline{Source: failing{parts{500}, 300}, Stages: []textmill.Stage{minLen(0)}, Sink: out, MaxErrors: -1, Workers: workers}
		if r, err := p.Run(t.Context()); !errors.Is(err, errBroken) || r.Written != 300 || len(out.Documents()) != 0 {
			t.Errorf("%v, %d written, %d committed", err, r.Written, len(out.Documents()))
		}
	}
}

func TestPipelineNeedsBothEnds(t *testing.T) {
	if _, err := (&textmill.Pipeline{Source: parts{1}}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "needs a Source and a Sink") {
		t.Error(err)
	}
}

// A stage with wrong settings is found out before anything is read.
func TestValidate(t *testing.T) {
	unread := failing{parts{1}, 0}
	inside := textmill.PerShard("inside", func(context.Context, textmill.Shard) (textmill.Stage, error) { return wrong{}, nil })
	for _, tt := range []struct {
		stage textmill.Stage
		want  string
	}{
		{wrong{}, "stage textmill_test.wrong: Limit is wrong"},
		{textmill.Named("w", wrong{}), "stage w: Limit is wrong"},
		{textmill.Named("c", textmill.Chain(odd{}, wrong{})), "stage c: Limit is wrong"},
		{inside, "inside: part-0: Limit is wrong"},
	} {
		p := &textmill.Pipeline{Source: unread, Stages: []textmill.Stage{odd{}, tt.stage}, Sink: textmill.Discard, MaxErrors: -1}
		if _, err := p.Run(t.Context()); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

type wrong struct{}

func (wrong) Validate() error { return errors.New("Limit is wrong") }

func (wrong) Process(context.Context, *textmill.Document) (textmill.Verdict, error) {
	return textmill.Keep, nil
}
