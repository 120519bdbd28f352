package states

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// placeholder is what Terraform's templatefile fills, or takes for something else: a
// directive, or an escaped placeholder.
var placeholder = regexp.MustCompile(`[$%]?[$%]\{[^}]*\}?`)

// checkTemplate checks what Terraform will make of the encoded machine.
func checkTemplate(b []byte, d *spec.Deployment) error {
	known := placeholders(d)
	for _, p := range placeholder.FindAllString(string(b), -1) {
		if !slices.Contains(known, p) {
			return fmt.Errorf("states: Terraform does not know what %s is", p)
		}
	}
	if n := filled(b, d); n > maxDefinition {
		return fmt.Errorf("states: the state machine may have %d bytes, and Step Functions takes %d: make a plan of fewer steps than %d", n, maxDefinition, len(d.Steps))
	}
	return nil
}

// placeholders returns all that a template may have.
func placeholders(d *spec.Deployment) []string {
	list := []string{"${bucket}", "${prefix_key}", "${jobs_queue}", "${steady_queue}", "${topic}", definition(spec.ControlJob)}
	for _, s := range d.Steps {
		list = append(list, definition(spec.StepJob(s.Name)), definition(spec.LargeJob(s.Name)))
	}
	return list
}

// filled returns how long the machine is at most once the placeholders are filled.
func filled(b []byte, d *spec.Deployment) int {
	const (
		maxBucket = 63
		maxName   = 256 // of an ARN, such as that of a job definition
	)
	n := len(b)
	for _, p := range placeholder.FindAll(b, -1) {
		n -= len(p)
		switch string(p) {
		case "${bucket}":
			n += maxBucket
		case "${prefix_key}":
			n += len(strings.TrimPrefix(d.Prefix+"/", "/"))
		default:
			n += maxName
		}
	}
	return n
}
