package proof

import (
	"strings"
	"testing"

	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// A job that cannot use its settings stops the run at once: it is not tried again, what
// runs beside it is ended, and what is left is not begun.
func TestBadSettings(t *testing.T) {
	m := sharedMoto(t)
	// The shard that refuses takes no time, and the others do.
	d := m.deploy(t, newSpec("bad-settings", "-refuse=4", "-shards=40", "-pause=4s", "-hurry=4"), build(t, "./testprogram"))
	out := d.run(t, sfntypes.ExecutionStatusAborted)
	if str(out.Error) != states.BadSettings || !strings.Contains(str(out.Cause), "cannot use its settings") {
		t.Errorf("the run ended with %s: %s", str(out.Error), str(out.Cause))
	}
	jobs := d.of(d.jobs(t), spec.StepJob("words"))
	if len(jobs) > 8 {
		t.Errorf("%d jobs were begun, with %d at once", len(jobs), d.Steps[0].Concurrency)
	}
	ended := 0
	for _, j := range jobs {
		switch {
		case j.Parameters["shards"] == "4..5":
			if n := len(j.Attempts); n != 1 || *j.Container.ExitCode != spec.ExitSettings {
				t.Errorf("the job that refuses was tried %d times: %v", n, str(j.StatusReason))
			}
		case *j.IsTerminated:
			ended++
		case j.Status != batchtypes.JobStatusFailed:
			t.Errorf("job %s: %s", j.Parameters["shards"], j.Status)
		}
	}
	if ended == 0 {
		t.Error("no job was ended that ran beside it")
	}
}

// Of a step's jobs, some may fail: their shards are put aside, and the run goes on
// without them.
func TestTolerated(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	settings := []string{"-fail=3", "-shards=24"}
	d := m.deploy(t, newSpec("tolerated", settings...), program)
	out := d.run(t, succeeded)
	if got := string(d.object(t, d.Key("total.txt"))); !strings.HasPrefix(got, "23 inputs, 230 texts,") {
		t.Errorf("what is left: %s", got)
	}
	if n := len(d.children(t, *out.ExecutionArn, "words", sfntypes.ExecutionStatusFailed)); n != 1 {
		t.Errorf("%d children failed", n)
	}
	for _, j := range d.of(d.jobs(t), spec.StepJob("words")) {
		if want := map[bool]int{true: 3, false: 1}[j.Parameters["shards"] == "2..3"]; len(j.Attempts) != want {
			t.Errorf("job %s was tried %d times", j.Parameters["shards"], len(j.Attempts))
		}
	}
	here := t.TempDir()
	runHere(t, program, here, spec.ExitData, settings...)
	same(t, here, d)
}

// exceeded is the error of a run with too many failures.
const exceeded = "States.ExceedToleratedFailureThreshold"

// With more failures than may be, the run fails.
func TestNotTolerated(t *testing.T) {
	m := sharedMoto(t)
	s := newSpec("not-tolerated", "-fail=3", "-shards=24")
	s.Steps[0].Tolerated = 8 // one of twelve jobs is more
	d := m.deploy(t, s, build(t, "./testprogram"))
	out := d.run(t, sfntypes.ExecutionStatusFailed)
	if err, cause := d.failure(t, *out.ExecutionArn); err != exceeded {
		t.Errorf("the run ended with %s: %s", err, cause)
	}
	if jobs := d.of(d.jobs(t), spec.StepJob("total")); len(jobs) != 0 {
		t.Error("the next step was begun")
	}
}
