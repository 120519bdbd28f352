package states

import (
	"fmt"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Quotas of Step Functions that cannot be raised.
const (
	maxDefinition = 1 << 20     // bytes of a state machine
	maxHistory    = 25_000      // events of an execution
	maxPayload    = 256 << 10   // bytes that a state gets or leaves
	maxItems      = 100_000_000 // of a distributed Map
)

// Lengths of what comes from elsewhere.
const (
	maxCause     = 32_768 // characters of an error's cause
	maxARN       = 256    // bytes of an execution's ARN
	maxOverrides = 8192   // bytes that Batch takes in the place of what a job definition has
	maxBatch     = len(`{\"shards\":\"2147483647..2147483647\"},`)
)

// MaxBatches returns how many batches the list of a step may have: if there would be
// more, it has to be of larger ones. A distributed Map takes any list. The children of
// inline Maps have one history, which is divided among the steps as if every child went
// the longest way, and their list is part of one payload. Retries of SubmitJob are not
// counted: 40 children do not come near its rate. Nor is what redriving adds: the
// children that are done are not among it, and hardly any has gone the longest way.
func MaxBatches(d *spec.Deployment) int {
	if !d.Inline {
		return maxItems
	}
	top := 2
	for _, n := range run(d).States {
		top += events(n.state, true)
	}
	const elsewhere = 8 << 10 // of the payload: the head of the object, the run
	return min((maxHistory-top)/(len(d.Steps)*childEvents(d)), (maxPayload-elsewhere)/maxBatch)
}

// childEvents returns how many events a child leaves at most: in all its states, though
// some exclude each other, and twice where it comes by again after a larger job.
func childEvents(d *spec.Deployment) int {
	step := d.Steps[0].Name
	n := 2
	for _, s := range child(d, step).States {
		n += events(s.state, false)
		switch s.name {
		case of(lookAtFailure, step), of(readCause, step), of(whatBecame, step):
			n += events(s.state, false)
		}
	}
	return n
}

// events returns how many events a state leaves in the history of its execution if it
// is entered once, with all the attempts of its retriers or with one. The children of
// an inline Map are not counted.
func events(s state, retried bool) int {
	n := 2 // entered, exited
	switch s.Type {
	case task:
		n += 4 // scheduled, started, submitted, ended
		for _, r := range s.Retry {
			if retried {
				n += 3 * r.MaxAttempts // scheduled, started, failed
			}
		}
	case mapping:
		n += 4 // started, the same of its run, ended, the same of its run
	}
	return n
}

// checkHistory returns an error if the history of a run may not hold all its events.
func checkHistory(m *machine) error {
	n := 2
	for _, s := range m.States {
		n += events(s.state, true)
	}
	if n > maxHistory {
		return fmt.Errorf("states: a run may come to %d events, and Step Functions keeps %d: make a plan of fewer steps", n, maxHistory)
	}
	return nil
}
