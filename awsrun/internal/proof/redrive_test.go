package proof

import (
	"strings"
	"testing"
	"time"

	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// client returns the client that the program has for a deployment.
func (d *deployment) client(t *testing.T) *cloud.Client {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": d.moto.endpoint, "AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	c, err := cloud.Open(t.Context(), cloud.Options{Name: d.Name, Region: region, Interval: 50 * time.Millisecond})
	must(t, err)
	return c
}

// A run fails, and whoever subscribed is told why; so is who asks for its status. Redriven,
// it fails once more, as nothing has changed. Redriven when that has, it does what is not
// done, and they are told of that.
func TestRedriveTwice(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	for name, s := range map[string]*spec.Deployment{
		"distributed": newSpec("redrive-twice", "-shards=24"),
		"inline":      newInline("redrive-inline", "-shards=24"),
	} {
		t.Run(name, func(t *testing.T) {
			s.Steps[0].Tolerated = 0
			d := m.deploy(t, s, program)
			queue, client := d.subscribe(t), d.client(t)
			m.inject(t, fault{Definition: d.Name + "-" + spec.StepJob("words"), Shard: ptr(20), Kind: "crash"})
			run := *d.run(t, sfntypes.ExecutionStatusFailed).ExecutionArn
			d.failedWell(t, client, queue, 0)

			done := d.succeeded(t)
			must(t, client.Redrive(t.Context(), ""))
			d.wait(t, run)
			d.failedWell(t, client, queue, 1)

			m.inject(t)
			must(t, client.Redrive(t.Context(), ""))
			if out := d.wait(t, run); out.Status != succeeded {
				d.explain(t, run)
				t.Fatalf("it ended with %s: %s", out.Status, str(out.Cause))
			}
			if subject, _ := d.receive(t, queue); !strings.HasSuffix(subject, ": done") {
				t.Errorf("told of %q", subject)
			}
			for shards, n := range d.succeeded(t) {
				if n != 1 {
					t.Errorf("shards %s were done %d times", shards, n)
				}
			}
			if len(done) == 0 || len(done) == 12 {
				t.Errorf("%d of 12 jobs had succeeded, so there is nothing to see", len(done))
			}
			here := t.TempDir()
			runHere(t, program, here, spec.ExitDone, "-shards=24")
			same(t, here, d)
		})
	}
}

// failedWell checks what is told of a run that has failed since a job has.
func (d *deployment) failedWell(t *testing.T, client *cloud.Client, queue string, redrives int) {
	t.Helper()
	err, in := exceeded, "threshold"
	if d.Inline {
		err, in = "TaskFailed", "3 attempts: exit status"
	}
	subject, text := d.receive(t, queue)
	if !strings.HasSuffix(subject, ": failed") || !strings.Contains(text, "failed with "+err+". To go on where it stopped, start again, or redrive this run.") {
		t.Errorf("told of %q: %s", subject, text)
	}
	s, e := client.Status(t.Context(), "")
	must(t, e)
	if s.Execution.Status != "FAILED" || s.Execution.Redrives != redrives || s.State != states.Failed || s.Error != err || !strings.Contains(s.Cause, in) {
		t.Errorf("status: %s in %s, redriven %d times: %s: %s", s.Execution.Status, s.State, s.Execution.Redrives, s.Error, s.Cause)
	}
}

// succeeded returns how often each batch of the first step was done.
func (d *deployment) succeeded(t *testing.T) map[string]int {
	t.Helper()
	times := map[string]int{}
	for _, j := range d.of(d.jobs(t), spec.StepJob("words")) {
		if j.Status == batchtypes.JobStatusSucceeded {
			times[j.Parameters["shards"]]++
		}
	}
	return times
}
