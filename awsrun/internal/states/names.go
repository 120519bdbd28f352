package states

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Limits on names.
const (
	maxStateName = 80
	maxLabel     = 40
	maxJobName   = 128

	// What a deployment may be called, so that there is room for the rest of a job's
	// name: see batchName.
	maxDeployment = maxJobName - len("-") - maxLabel - len("-2147483647"+largeSuffix)
)

// largeSuffix ends the names of jobs that are done once more with more room.
const largeSuffix = "-large"

// label returns what stands for a step where its name may be too long: the name, or
// its beginning and a hash.
func label(step string) string {
	if len(step) <= maxLabel {
		return step
	}
	sum := sha256.Sum256([]byte(step))
	hash := hex.EncodeToString(sum[:4])
	return step[:maxLabel-1-len(hash)] + "-" + hash
}

// of names a state of a step. Names are unique in the whole machine, also those in
// Maps.
func of(what, step string) string {
	const form = "%s (%s)"
	if name := fmt.Sprintf(form, what, step); len(name) <= maxStateName {
		return name
	}
	return fmt.Sprintf(form, what, label(step))
}

// jobName names the jobs of one kind: of a step, or of the whole run.
func jobName(d *spec.Deployment, kind string) string { return d.Name + "-" + kind }

// batchName is an expression for the name of the job that does a batch: its kind and
// the number of the first shard. A..B itself would not do, as dots are not allowed.
func batchName(d *spec.Deployment, step, suffix string) string {
	return fmt.Sprintf("States.Format('%s-{}%s', States.ArrayGetItem(States.StringSplit($.shards, '.'), 0))", jobName(d, label(step)), suffix)
}

// Tags by which costs can be told apart. The first is on everything of a deployment.
const (
	tagDeployment = "textmill"
	tagStep       = "textmill-step"
)

func tags(d *spec.Deployment, step string) map[string]string {
	return map[string]string{tagDeployment: d.Name, tagStep: step}
}
