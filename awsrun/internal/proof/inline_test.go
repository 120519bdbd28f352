package proof

import (
	"strings"
	"testing"

	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// newInline describes a deployment with inline Maps.
func newInline(name string, settings ...string) *spec.Deployment {
	s := newSpec(name, settings...)
	s.Inline = true
	s.Steps[0].Tolerated = 0
	return s
}

// With inline Maps, the same comes out.
func TestInline(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	settings := []string{"-poison=17", "-room=20", "-shards=24"}
	d := m.deploy(t, newInline("inline", settings...), program)
	words := d.Name + "-" + spec.StepJob("words")
	m.inject(t,
		fault{Definition: words, Shard: ptr(2), Attempt: 1, Kind: "host"},
		fault{Definition: words, Shard: ptr(4), Kind: "oom"},
		fault{Definition: words, Shard: ptr(8), Attempt: 1, Kind: "spot"},
	)
	d.run(t, succeeded)
	here := t.TempDir()
	runHere(t, program, here, spec.ExitData, settings...)
	same(t, here, d)
	if large := d.of(d.jobs(t), spec.LargeJob("words")); len(large) != 2 {
		t.Errorf("%d jobs were done with more memory", len(large))
	}
}

// There, bad settings fail the run, and what runs beside is ended.
func TestInlineBadSettings(t *testing.T) {
	m := sharedMoto(t)
	d := m.deploy(t, newInline("inline-bad", "-refuse=4", "-shards=40", "-pause=4s", "-hurry=4"), build(t, "./testprogram"))
	out := d.run(t, sfntypes.ExecutionStatusFailed)
	if err, cause := d.failure(t, *out.ExecutionArn); err != states.BadSettings || !strings.Contains(cause, "cannot use its settings") {
		t.Errorf("the run ended with %s: %s", err, cause)
	}
	terminated := 0
	for _, j := range d.of(d.jobs(t), spec.StepJob("words")) {
		if *j.IsTerminated {
			terminated++
		}
	}
	if terminated == 0 {
		t.Error("no job was ended that ran beside it")
	}
}
