package proof

import (
	"encoding/json"
	"testing"
	"time"

	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Started again, a run does only what is not done.
func TestStartAgain(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	s := newSpec("again", "-shards=24")
	s.Steps[0].Tolerated = 0
	d := m.deploy(t, s, program)
	m.inject(t, fault{Definition: d.Name + "-" + spec.StepJob("words"), Shard: ptr(20), Kind: "crash"})
	d.run(t, sfntypes.ExecutionStatusFailed)
	m.inject(t)
	before := d.jobs(t)
	d.run(t, succeeded)
	jobs := d.jobs(t)
	d.onlyRest(t, jobs, len(before))
	here := t.TempDir()
	runHere(t, program, here, spec.ExitDone, "-shards=24")
	same(t, here, d)

	d.run(t, succeeded)
	for _, j := range d.jobs(t)[len(jobs):] {
		if len(d.of([]batchtypes.JobDetail{j}, spec.ControlJob)) == 0 {
			t.Errorf("when all is done, job %s was done once more", *j.JobName)
		}
	}
	same(t, here, d)
}

// onlyRest checks that of the jobs, those from one on did what those before had left, and
// nothing else. A job that was ended may have done its shards all the same.
func (d *deployment) onlyRest(t *testing.T, jobs []batchtypes.JobDetail, from int) {
	t.Helper()
	done := map[string]bool{}
	for _, j := range d.of(jobs[:from], spec.StepJob("words")) {
		done[j.Parameters["shards"]] = j.Status == batchtypes.JobStatusSucceeded
	}
	rest := d.of(jobs[from:], spec.StepJob("words"))
	for _, j := range rest {
		if done[j.Parameters["shards"]] {
			t.Errorf("shards %s were done, and then once more", j.Parameters["shards"])
		}
	}
	if len(rest) == 0 || len(rest) == 12 {
		t.Errorf("%d jobs of 12 were left, so there is nothing to see", len(rest))
	}
}

// A run that was stopped goes on where it was if it is redriven: jobs that have ended are
// not done again, those that were ended are.
func TestRedrive(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	d := m.deploy(t, newSpec("redrive", "-shards=24", "-pause=400ms"), program)
	run := d.start(t)
	d.until(t, "some jobs have ended", func(jobs []batchtypes.JobDetail) bool {
		ended, running := count(d.of(jobs, spec.StepJob("words")))
		return ended >= 2 && running >= 2
	})
	_, err := m.sfn.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &run, Error: ptr("Enough"), Cause: ptr("for now")})
	must(t, err)
	if out := d.wait(t, run); out.Status != sfntypes.ExecutionStatusAborted || str(out.Error) != "Enough" {
		t.Fatalf("the run ended with %s %s", out.Status, str(out.Error))
	}
	done, before := d.doneBy(t, run), len(d.jobs(t))
	if len(done) == 0 || len(done) == 12 {
		t.Fatalf("%d of 12 children succeeded, so there is nothing to see", len(done))
	}

	_, err = m.sfn.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: &run})
	must(t, err)
	if out := d.wait(t, run); out.Status != succeeded || *out.RedriveCount != 1 {
		d.explain(t, run)
		t.Fatalf("the redriven run ended with %s: %s", out.Status, str(out.Cause))
	}
	again := d.of(d.jobs(t)[before:], spec.StepJob("words"))
	if len(again) != 12-len(done) {
		t.Errorf("of 12 children %d succeeded, and then there were %d jobs", len(done), len(again))
	}
	for _, j := range again {
		if done[j.Parameters["shards"]] {
			t.Errorf("shards %s were done, and then once more", j.Parameters["shards"])
		}
	}
	here := t.TempDir()
	runHere(t, program, here, spec.ExitDone, "-shards=24", "-pause=400ms")
	same(t, here, d)
}

// doneBy returns the batches whose children have succeeded.
func (d *deployment) doneBy(t *testing.T, execution string) map[string]bool {
	t.Helper()
	done := map[string]bool{}
	for _, child := range d.children(t, execution, "words", succeeded) {
		out, err := d.moto.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: child.ExecutionArn})
		must(t, err)
		var item struct{ Shards string }
		must(t, json.Unmarshal([]byte(*out.Input), &item))
		done[item.Shards] = true
	}
	return done
}

// A run that has failed does what is not done if it is redriven.
func TestRedriveOfAFailure(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	s := newSpec("redrive-failed", "-shards=24")
	s.Steps[0].Tolerated = 0
	d := m.deploy(t, s, program)
	m.inject(t, fault{Definition: d.Name + "-" + spec.StepJob("words"), Shard: ptr(20), Kind: "crash"})
	out := d.run(t, sfntypes.ExecutionStatusFailed)
	m.inject(t)
	before := len(d.jobs(t))
	_, err := m.sfn.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: out.ExecutionArn})
	must(t, err)
	if out := d.wait(t, *out.ExecutionArn); out.Status != succeeded {
		d.explain(t, *out.ExecutionArn)
		t.Fatalf("the redriven run ended with %s: %s", out.Status, str(out.Cause))
	}
	d.onlyRest(t, d.jobs(t), before)
	here := t.TempDir()
	runHere(t, program, here, spec.ExitDone, "-shards=24")
	same(t, here, d)
}

// If all of Step Functions and Batch are gone in the middle of a run, with jobs that go on
// by themselves, another run elsewhere makes the same of the bucket.
func TestOrchestratorGone(t *testing.T) {
	program := build(t, "./testprogram")
	s := newSpec("gone", "-shards=24", "-pause=400ms")
	first := newMoto(t, storeEndpoint(t), 4)
	d := first.deploy(t, s, program)
	d.start(t)
	d.until(t, "some jobs have ended", func(jobs []batchtypes.JobDetail) bool {
		ended, running := count(d.of(jobs, spec.StepJob("words")))
		return ended >= 2 && running >= 2
	})
	must(t, first.cmd.Process.Kill()) // and not its jobs

	second := newMoto(t, storeEndpoint(t), 4)
	d = second.deploy(t, s, program)
	d.run(t, succeeded)
	here := t.TempDir()
	runHere(t, program, here, spec.ExitDone, "-shards=24", "-pause=400ms")
	same(t, here, d)
	if n := len(d.of(d.jobs(t), spec.StepJob("words"))); n > 11 {
		t.Errorf("%d of 12 jobs were done anew", n)
	}
}

// until waits for something about the jobs.
func (d *deployment) until(t *testing.T, what string, is func([]batchtypes.JobDetail) bool) {
	t.Helper()
	for range 600 {
		if is(d.jobs(t)) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it does not come about that %s", what)
}

// count returns how many jobs have ended, and how many are running.
func count(jobs []batchtypes.JobDetail) (ended, running int) {
	for _, j := range jobs {
		switch j.Status {
		case batchtypes.JobStatusSucceeded:
			ended++
		case batchtypes.JobStatusRunning:
			running++
		}
	}
	return ended, running
}
