package proof

import (
	"strings"
	"testing"

	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// A job that has no time left for another shard keeps what it has done, and does the rest
// when it is tried again.
func TestTimeLimit(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	s := newSpec("time-limit", "-shards=4", "-pause=3s")
	resources := modelled(t, s)
	for _, r := range resources {
		if r.Type == "aws_batch_job_definition" {
			const as, now = `"value":"120s"`, `"value":"5s"`
			if !strings.Contains(r.text("container_properties"), as) && r.Index != spec.ControlJob {
				t.Fatalf("no time limit in %s", r.text("container_properties"))
			}
			r.Values["container_properties"] = strings.ReplaceAll(r.text("container_properties"), as, now)
		}
	}
	d := m.create(t, s, resources, program)
	d.run(t, succeeded)
	for _, j := range d.of(d.jobs(t), spec.StepJob("words")) {
		var exits []int32
		for _, a := range j.Attempts {
			exits = append(exits, *a.Container.ExitCode)
		}
		if len(exits) != 2 || exits[0] != spec.ExitRetry || exits[1] != spec.ExitDone {
			t.Errorf("shards %s: exit statuses %v", j.Parameters["shards"], exits)
		}
	}
	here := t.TempDir()
	runHere(t, program, here, spec.ExitDone, "-shards=4", "-pause=3s")
	same(t, here, d)
}

// A run that takes longer than it may is ended, with its jobs.
func TestTooLong(t *testing.T) {
	m := sharedMoto(t)
	s := newSpec("too-long", "-shards=16", "-pause=4s")
	s.MaxDuration = 2e9
	d := m.deploy(t, s, build(t, "./testprogram"))
	d.run(t, sfntypes.ExecutionStatusTimedOut)
	d.until(t, "the jobs are ended", func(jobs []batchtypes.JobDetail) bool {
		for _, j := range d.of(jobs, spec.StepJob("words")) {
			if !*j.IsTerminated {
				return false
			}
		}
		return len(jobs) > 1
	})
}
