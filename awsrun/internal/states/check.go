package states

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Limits of Step Functions on a Map, and on a run.
const (
	maxConcurrency = 10_000 // children of a distributed Map
	maxInline      = 40     // of an inline one
	maxDuration    = 365 * 24 * time.Hour
)

var (
	deploymentName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	stepName       = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
)

// check returns what of a deployment no machine can be made of.
func check(d *spec.Deployment) error {
	switch {
	case !deploymentName.MatchString(d.Name) || len(d.Name) > maxDeployment:
		return fmt.Errorf("states: name %q: use 1 to %d lower-case letters, digits and dashes", d.Name, maxDeployment)
	case breaksJSON(d.Prefix):
		return fmt.Errorf("states: prefix %q: leave out quotes, backslashes and control characters", d.Prefix)
	case len(d.Steps) == 0:
		return fmt.Errorf("states: %s has no steps", d.Name)
	case d.MaxDuration < time.Second || d.MaxDuration > maxDuration:
		return fmt.Errorf("states: a run of %v: Step Functions takes 1s to %v", d.MaxDuration, maxDuration)
	}
	seen := map[string]bool{}
	for _, s := range d.Steps {
		if err := checkStep(s, d.Inline); err != nil {
			return err
		}
		if seen[s.Name] {
			return fmt.Errorf("states: two steps are called %s", s.Name)
		}
		seen[s.Name] = true
	}
	if d.Inline && MaxBatches(d) < 1 {
		return fmt.Errorf("states: %d steps with inline Maps are more than fit into the history of a run: use distributed ones", len(d.Steps))
	}
	return nil
}

func checkStep(s spec.Step, inline bool) error {
	switch {
	case !stepName.MatchString(s.Name):
		return fmt.Errorf("states: step %q: use 1 to 63 lower-case letters, digits and dashes", s.Name)
	case s.Concurrency < 1 || s.Concurrency > maxConcurrency:
		return fmt.Errorf("states: step %s: %d jobs at once: Step Functions takes 1 to %d", s.Name, s.Concurrency, maxConcurrency)
	case s.Tolerated < 0 || s.Tolerated > 100:
		return fmt.Errorf("states: step %s: %d %% of jobs may fail: use 0 to 100", s.Name, s.Tolerated)
	case inline && s.Tolerated > 0:
		return fmt.Errorf("states: step %s: %d %% of jobs may fail, but an inline Map fails with the first: use 0, or distributed Maps", s.Name, s.Tolerated)
	}
	return nil
}

// breaksJSON reports whether a value cannot be put into a string of JSON as it is, which
// is what Terraform does.
func breaksJSON(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f })
}
