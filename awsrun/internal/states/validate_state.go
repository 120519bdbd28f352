package states

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// state checks what a state has for its type.
func (v *validator) state(n named) {
	switch n.Type {
	case task, mapping, pass:
		if (n.Next != "") == n.End {
			v.errorf("state %q: use either Next or End", n.name)
		}
	case choice, succeed, fail:
		if n.Next != "" || n.End {
			v.errorf("state %q: a %s has neither Next nor End", n.name, n.Type)
		}
	default:
		v.errorf("state %q has the type %q", n.name, n.Type)
	}
	switch n.Type {
	case task, mapping:
		v.caught(n)
		v.retried(n)
	default:
		if len(n.Catch)+len(n.Retry) > 0 {
			v.errorf("state %q: a %s neither catches nor retries", n.name, n.Type)
		}
	}
	switch n.Type {
	case task:
		v.task(n)
	case mapping:
		v.mapping(n)
	case choice:
		v.choice(n)
	case fail:
		if n.ErrorPath == "" || n.CausePath == "" {
			v.errorf("state %q fails without error or cause", n.name)
		}
	}
}

// caught checks that no error of a state ends the execution by itself.
func (v *validator) caught(n named) {
	all := false
	for i, c := range n.Catch {
		v.errorNames(n.name, c.ErrorEquals, i == len(n.Catch)-1)
		all = all || slices.Contains(c.ErrorEquals, anyError)
		if c.Next == "" {
			v.errorf("state %q catches errors and goes nowhere", n.name)
		}
	}
	if !all {
		v.errorf("state %q does not catch %s", n.name, anyError)
	}
}

func (v *validator) retried(n named) {
	for i, r := range n.Retry {
		v.errorNames(n.name, r.ErrorEquals, i == len(n.Retry)-1)
		const day = 24 * 60 * 60
		switch {
		case r.IntervalSeconds < 1 || r.MaxAttempts < 1 || r.BackoffRate < 1:
			v.errorf("state %q: intervals, attempts and rates of retries are 1 at least", n.name)
		case r.MaxDelaySeconds <= r.IntervalSeconds || r.MaxDelaySeconds > day:
			v.errorf("state %q: retries wait at most %d s, which is not between %d s and a day", n.name, r.MaxDelaySeconds, r.IntervalSeconds)
		case r.JitterStrategy != "FULL":
			v.errorf("state %q: retries without jitter come all at once", n.name)
		}
	}
}

// errorNames checks a list of errors. States.ALL stands alone, in the last list.
func (v *validator) errorNames(name string, list []string, last bool) {
	if len(list) == 0 {
		v.errorf("state %q: a list of errors is empty", name)
	}
	if slices.Contains(list, anyError) && (len(list) > 1 || !last) {
		v.errorf("state %q: %s has to be last, and alone in its list", name, anyError)
	}
}

// maxSubject is how many characters the subject of a message may have.
const maxSubject = 100

func (v *validator) task(n named) {
	if n.Resource == "" || n.Parameters == nil {
		v.errorf("state %q calls nothing", n.name)
	}
	switch p := n.Parameters.(type) {
	case job:
		v.job(n.name, p)
	case message:
		if len(p.Subject) > maxSubject {
			v.errorf("state %q: the subject %q is longer than %d characters", n.name, p.Subject, maxSubject)
		}
	}
}

// jobNames are those that Batch takes.
var jobNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

func (v *validator) job(name string, j job) {
	switch {
	case (j.JobName == "") == (j.JobNameFrom == ""):
		v.errorf("state %q: a job has one name", name)
	case j.JobName != "" && (len(j.JobName) > maxJobName || !jobNames.MatchString(j.JobName)):
		v.errorf("state %q: job name %q: use 1 to %d letters, digits, dashes and underscores", name, j.JobName, maxJobName)
	}
	if j.ContainerOverrides == nil {
		return
	}
	b, err := json.Marshal(j.ContainerOverrides)
	if err != nil {
		v.errorf("state %q: %w", name, err)
	} else if len(b) > maxOverrides {
		v.errorf("state %q: the command takes %d bytes, and Batch takes %d: hand on a name of what it needs", name, len(b), maxOverrides)
	}
}

func (v *validator) mapping(n named) {
	p := n.ItemProcessor
	if p == nil {
		v.errorf("state %q: the Map does nothing", n.name)
		return
	}
	switch p.ProcessorConfig.Mode {
	case distributed:
		v.concurrency(n, maxConcurrency)
		v.distributed(n)
	case inline:
		v.concurrency(n, maxInline)
		v.inline(n)
	default:
		v.errorf("state %q: a Map in the mode %q", n.name, p.ProcessorConfig.Mode)
	}
	v.payload(n)
	v.flow(fmt.Sprintf("the Map %q", n.name), p.flow)
}

func (v *validator) concurrency(n named, most int) {
	if n.MaxConcurrency < 1 || n.MaxConcurrency > most {
		v.errorf("state %q: %d children at once are not 1 to %d", n.name, n.MaxConcurrency, most)
	}
}

// labels are what Step Functions takes, as far as anybody needs.
var labels = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (v *validator) distributed(n named) {
	if n.ItemReader == nil || n.ResultWriter == nil {
		v.errorf("state %q: the Map has no reader or no writer", n.name)
	}
	if t := n.ItemProcessor.ProcessorConfig.ExecutionType; t != "STANDARD" {
		v.errorf("state %q: the children are of the type %q: what is not STANDARD ends after five minutes", n.name, t)
	}
	if p := n.ToleratedFailurePercentage; p < 0 || p > 100 {
		v.errorf("state %q: %d %% of failures are not 0 to 100", n.name, p)
	}
	switch {
	case len(n.Label) > maxLabel || !labels.MatchString(n.Label):
		v.errorf("state %q: label %q: use 1 to %d letters, digits, dashes and underscores", n.name, n.Label, maxLabel)
	case v.labels[n.Label]:
		v.errorf("state %q: another Map has the label %q", n.name, n.Label)
	}
	v.labels[n.Label] = true
}

func (v *validator) inline(n named) {
	if n.ItemsPath == "" {
		v.errorf("state %q: the Map has no items", n.name)
	}
	if n.ItemReader != nil || n.ResultWriter != nil || n.Label != "" || n.ToleratedFailurePercentage != 0 || n.ItemProcessor.ProcessorConfig.ExecutionType != "" {
		v.errorf("state %q: an inline Map has no ItemReader, ResultWriter, Label, ToleratedFailurePercentage or ExecutionType", n.name)
	}
}

// payload checks that a child can hold what it is given along with the longest cause
// of a failure, as text and parsed.
func (v *validator) payload(n named) {
	b, err := json.Marshal(n.ItemSelector)
	if err != nil {
		v.errorf("state %q: %w", n.name, err)
	} else if size := len(b) + maxARN + maxBatch + 2*maxCause; size > maxPayload {
		v.errorf("state %q: a child may come to hold %d bytes, and Step Functions takes %d", n.name, size, maxPayload)
	}
}

func (v *validator) choice(n named) {
	if len(n.Choices) == 0 || n.Default == "" && n.name != Failed {
		v.errorf("state %q has no choices, or no default", n.name)
	}
	for _, r := range n.Choices {
		if r.Next == "" {
			v.errorf("state %q: a choice leads nowhere", n.name)
		}
		r.Next = ""
		v.rule(n.name, r)
	}
}

// rule checks that a rule is a comparison of a variable, or made of rules.
func (v *validator) rule(name string, r rule) {
	says := count(r.Variable != "", r.Not != nil, len(r.And) > 0, len(r.Or) > 0)
	compares := count(r.IsPresent, r.NumericEquals != 0, r.NumericLessThan != 0, r.NumericGreaterThanPath != "", r.StringMatches != "")
	if says != 1 || compares != count(r.Variable != "") {
		v.errorf("state %q: a rule is neither one comparison nor made of rules", name)
	}
	if r.Next != "" {
		v.errorf("state %q: a rule inside another leads to %q", name, r.Next)
	}
	for _, inner := range slices.Concat(r.And, r.Or) {
		v.rule(name, inner)
	}
	if r.Not != nil {
		v.rule(name, *r.Not)
	}
}

func count(has ...bool) int {
	n := 0
	for _, h := range has {
		if h {
			n++
		}
	}
	return n
}
