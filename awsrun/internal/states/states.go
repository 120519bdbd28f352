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
// Children fail with the error and the cause of what failed in them. From names such as
// States.TaskFailed the prefix is taken: it is for Step Functions alone. A run fails in
// the state [Failed], whose input has the error and the cause.
//
// An inline Map has no such percentage: it fails with the first child that does, and
// stops the others. So Tolerated has to be 0 there. There, bad settings fail the Map,
// and with it the run, instead of stopping it from within.
//
// # Doing it again
//
// To go on with a run that failed, start another, which lists what is not done, or
// redrive that one. As redriving enters the last state again, with the same input, it
// would be of no use to a run that ended in a Fail. So a run fails in a Choice of which
// nothing fits, unless the run was redriven since it came there: then it begins anew,
// as another would. The price is that its own error is not the one that counts, but one
// of Step Functions': States.NoChoiceMatched, as is documented, or States.Runtime.
//
// A run that was stopped or took too long goes on where it was. That works in that
// every state can be entered again and does the same; jobs that were cut off are
// submitted again. Children that had failed by then stay so, as they end in a Fail.
//
// Step Functions tells nobody of a run that was stopped or took too long, or that failed
// in another state than [Failed], as no state is entered: a rule of EventBridge has to.
package states

import (
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// BadSettings is the error of a run that was stopped since a job cannot use its
// settings. The cause says what to do.
const BadSettings = "BadSettings"

// Failed is the state in which runs fail. Its input has the field failure, an object with
// the fields Error and Cause. Whoever subscribed to the topic has been told of it.
const Failed = "Failed (redrive to go on)"

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
