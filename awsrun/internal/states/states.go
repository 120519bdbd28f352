// Package states writes the state machine of a deployment, in Amazon States Language.
//
// A run does one step of the plan after another. For each, a job lists the batches of
// shards that are not done; unless there are none, a Map does them, each in a child of
// its own; after the last step a job writes the report, and whoever asked for it is
// told. Of a run that fails they are told too, and then it fails with that error.
//
// # What becomes of a job
//
// The exit status decides, see package spec. After 64, the settings are no good: the
// whole run is stopped at once with the error [BadSettings]. After 65 the child
// succeeds, as its program has noted which shards it leaves out. After 71 and 137, if
// it ran out of memory, or if Spot took away every attempt, the job is done once more
// with more room, on-demand. Everything else fails the child; Batch has tried again by
// then. A distributed Map goes on while no more than the tolerated percentage of its
// children, a whole number, have failed.
//
// Children and runs fail with the error and the cause of what failed in them. From names
// such as States.TaskFailed the prefix is taken: it is for Step Functions alone.
//
// An inline Map has no such percentage: it fails with the first child that does, and
// stops the others. So Tolerated has to be 0 there. There, bad settings fail the Map,
// and with it the run, instead of stopping it from within.
//
// # Doing it again
//
// To go on with a run that failed, start another: it lists what is not done. Redriving
// works in that every state can be entered again with the same input and does the
// same. A run that was stopped or took too long goes on where it was, and jobs that
// were cut off are submitted again. What had failed by then stays failed, in children
// and in the run itself: a redriven execution that ended in a Fail state enters that
// state again.
//
// Step Functions tells nobody of a run that was stopped or took too long, as no state
// is entered: a rule of EventBridge has to, for the statuses ABORTED and TIMED_OUT.
package states

import (
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// BadSettings is the error of a run that was stopped since a job cannot use its
// settings. The cause says what to do.
const BadSettings = "BadSettings"

// Machine returns the template of the state machine: indented JSON, the same for the
// same deployment. Within its strings it has ${bucket}, ${prefix_key} (the prefix and
// a slash, or nothing), ${jobs_queue}, ${steady_queue}, ${topic} and, for every job
// definition, what [spec.Placeholder] names, for Terraform's templatefile to fill. The
// error says what in the deployment is over a limit of AWS.
func Machine(d *spec.Deployment) ([]byte, error) {
	if err := check(d); err != nil {
		return nil, err
	}
	m := run(d)
	if err := validate(m); err != nil {
		return nil, err
	}
	b, err := encode(m)
	if err != nil {
		return nil, err
	}
	if err := checkTemplate(b, d); err != nil {
		return nil, err
	}
	return b, nil
}
