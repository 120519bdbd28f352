package proof

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

var manyShards = flag.Int("shards", 200, "how many shards TestManyShards has")

// A run of many shards, a job for each: all are done, and no more at once than may be. What
// it takes beyond the jobs themselves is in the log:
//
//	go test -run ManyShards -v -shards 2000
func TestManyShards(t *testing.T) {
	const concurrency = 8
	m := newMoto(t, storeEndpoint(t), concurrency)
	s := newSpec("many", fmt.Sprintf("-shards=%d", *manyShards), "-documents=1", "-mib=2")
	s.Steps[0].Concurrency = concurrency
	d := m.deploy(t, s, build(t, "./testprogram"))
	began := time.Now()
	out := d.run(t, succeeded)
	took := time.Since(began)

	if got, want := string(d.object(t, d.Key("total.txt"))), fmt.Sprintf("%d inputs, %[1]d texts,", *manyShards); !strings.HasPrefix(got, want) {
		t.Errorf("what is left: %s", got)
	}
	jobs := d.of(d.jobs(t), spec.StepJob("words"))
	if len(jobs) != *manyShards {
		t.Errorf("%d jobs", len(jobs))
	}
	type change struct {
		at int64
		by int
	}
	var changes []change
	var sum, longest time.Duration
	for _, j := range jobs {
		if len(j.Attempts) != 1 {
			t.Errorf("job %s was tried %d times", j.Parameters["shards"], len(j.Attempts))
			continue
		}
		a := j.Attempts[0]
		changes = append(changes, change{*a.StartedAt, 1}, change{*a.StoppedAt, -1})
		lasted := time.Duration(*a.StoppedAt-*a.StartedAt) * time.Millisecond
		sum, longest = sum+lasted, max(longest, lasted)
	}
	// At the same millisecond, the ends come first.
	slices.SortFunc(changes, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	running, most := 0, 0
	for _, c := range changes {
		running += c.by
		most = max(most, running)
	}
	if most > concurrency {
		t.Errorf("%d jobs ran at once", most)
	}
	span := time.Duration(changes[len(changes)-1].at-changes[0].at) * time.Millisecond
	n := time.Duration(len(jobs))
	t.Logf("%d shards in %v, the whole run in %v: %.1f jobs a second, %d at once at most, %.1f on average",
		n, span.Round(time.Millisecond), took.Round(time.Millisecond), float64(n)/span.Seconds(), most, sum.Seconds()/span.Seconds())
	t.Logf("a job took %v, the longest %v; beside it, %v of each of the %d places went by",
		(sum / n).Round(time.Millisecond), longest, ((span*concurrency - sum) / n).Round(time.Millisecond), concurrency)
	if events := len(d.history(t, *out.ExecutionArn)); events > 100 {
		t.Errorf("the history of the run has %d events: it must not grow with the shards", events)
	}
}
