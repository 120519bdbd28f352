package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// A Failure is what went wrong in a state, or in one job of a Map.
type Failure struct {
	State string `json:"state"`
	Item  string `json:"item,omitempty"` // of the Map: the shards, or the number of an inline one
	Error string `json:"error"`
	Cause string `json:"cause"`
	Job   string `json:"job,omitempty"` // key of the job definition
	Log   string `json:"log,omitempty"` // the log stream of the job's last attempt
}

// newFailure returns a failure with the cause in short.
func (c *Client) newFailure(state, err, why string) *Failure {
	f := &Failure{State: state, Error: err}
	job := parseJob(why)
	if job == nil {
		f.Cause = cut(why, maxCause)
		return f
	}
	_, definition, _ := strings.Cut(job.JobDefinition, ":job-definition/")
	definition, _, _ = strings.Cut(definition, ":")
	f.Job = strings.TrimPrefix(definition, c.name+"-")
	f.Log = job.last().Container.LogStreamName
	f.Cause = job.String()
	return f
}

// caught returns why a run failed that ended in the state states.Failed: the input of
// that tells. The error of the run itself, own, is only that nothing fitted there.
func (c *Client) caught(ctx context.Context, execution string, own *Failure) (*Failure, error) {
	out, err := c.sfn.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, MaxResults: 10, ReverseOrder: true})
	if err != nil {
		return nil, err
	}
	for _, e := range out.Events {
		d := e.StateEnteredEventDetails
		if d == nil {
			continue
		}
		var input struct{ Failure struct{ Error, Cause string } }
		if json.Unmarshal([]byte(aws.ToString(d.Input)), &input) == nil && input.Failure.Error != "" {
			return c.newFailure("", input.Failure.Error, input.Failure.Cause), nil
		}
		break
	}
	return own, nil
}

// failures returns some of the jobs of a map run that failed.
func (c *Client) failures(ctx context.Context, m Map) ([]Failure, error) {
	var failures []Failure
	for _, kind := range []struct {
		status types.ExecutionStatus
		count  int64
	}{{types.ExecutionStatusFailed, m.Failed}, {types.ExecutionStatusTimedOut, m.TimedOut}} {
		if kind.count == 0 {
			continue
		}
		out, err := c.sfn.ListExecutions(ctx, &sfn.ListExecutionsInput{MapRunArn: &m.ARN, StatusFilter: kind.status, MaxResults: maxMapFailures})
		if err != nil {
			return failures, err
		}
		for _, e := range out.Executions[:min(len(out.Executions), maxMapFailures)] {
			child, err := c.describe(ctx, aws.ToString(e.ExecutionArn))
			if err != nil {
				return failures, err
			}
			f := c.newFailure(m.State, cmp.Or(aws.ToString(child.Error), string(kind.status)), aws.ToString(child.Cause))
			f.Item = item(aws.ToString(child.Input))
			failures = append(failures, *f)
		}
	}
	return failures, nil
}

// item returns which shards the input of an execution names.
func item(input string) string {
	var i struct{ Shards string }
	if json.Unmarshal([]byte(input), &i) != nil || i.Shards == "" {
		return cut(input, maxItem)
	}
	return "shards " + cut(i.Shards, maxItem)
}

const (
	maxItem  = 200 // bytes of an item that are told
	maxCause = 500 // bytes of a cause
)

// exits says what the exit statuses of jobs mean.
var exits = map[int]string{
	spec.ExitSettings: "wrong settings",
	spec.ExitData:     "shards in quarantine",
	spec.ExitRoom:     "memory or disk was full",
	spec.ExitRetry:    "failed, or stopped before the end",
	137:               "killed, most likely for want of memory",
	143:               "was told to stop",
}

// A batchJob is what Step Functions gives, as JSON, for the cause if a job failed.
type batchJob struct {
	JobName, JobID, JobDefinition string

	attempt  // what is said of the job itself
	Attempts []attempt
}

type attempt struct {
	Container struct {
		ExitCode              *int
		Reason, LogStreamName string
	}
	StatusReason string
}

// parseJob returns nil if the cause is another.
func parseJob(cause string) *batchJob {
	job := &batchJob{}
	if json.Unmarshal([]byte(cause), job) != nil || job.JobName == "" {
		return nil
	}
	return job
}

// last returns the last attempt.
func (j *batchJob) last() attempt {
	if n := len(j.Attempts); n > 0 {
		return j.Attempts[n-1]
	}
	return j.attempt
}

// String says what became of the job.
func (j *batchJob) String() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "job %s (%s)", j.JobName, j.JobID)
	if n := len(j.Attempts); n > 1 {
		fmt.Fprintf(b, ", %d attempts", n)
	}
	last := j.last()
	if code := last.Container.ExitCode; code != nil {
		fmt.Fprintf(b, ": exit status %d", *code)
		if exits[*code] != "" {
			fmt.Fprintf(b, " (%s)", exits[*code])
		}
	}
	for _, reason := range []string{last.Container.Reason, last.StatusReason} {
		if reason != "" {
			b.WriteString(": " + reason)
		}
	}
	return cut(b.String(), maxCause)
}

// cut returns at most n bytes of s, and a sign that there was more.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
