package cloud

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// An Execution is a run, as Step Functions has it.
type Execution struct {
	Name     string    `json:"name"`
	ARN      string    `json:"arn"`
	Status   string    `json:"status"` // RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED
	Started  time.Time `json:"started"`
	Stopped  time.Time `json:"stopped,omitzero"`
	Redrives int       `json:"redrives"`
	Redriven time.Time `json:"redriven,omitzero"` // the last time
}

// Ended reports whether the run is not going on any more.
func (e Execution) Ended() bool { return e.Status != string(types.ExecutionStatusRunning) }

// Start begins a run of the given name, up to 80 letters, digits, dashes and
// underscores, that no other had in the last 90 days. The error is [ErrRunning] if
// there is one going on, and [ErrNotDeployed] if there is no state machine.
//
// AWS may take some seconds to tell of a run: of two that are started in the same
// moment, both may begin. They then do the same work twice, but no harm.
func (c *Client) Start(ctx context.Context, name string) (Execution, error) {
	if err := c.idle(ctx); err != nil {
		return Execution{}, c.fail("start", err)
	}
	machine, err := c.machine(ctx)
	if err != nil {
		return Execution{}, c.fail("start", err)
	}
	// A request that is made again because its answer got lost starts nothing new, as
	// name and input are the same.
	out, err := c.sfn.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name, Input: aws.String("{}")})
	if err != nil {
		return Execution{}, c.fail("start", err)
	}
	return Execution{Name: name, ARN: aws.ToString(out.ExecutionArn), Status: string(types.ExecutionStatusRunning), Started: utc(out.StartDate)}, nil
}

// Stop ends a run; cause is what will be said of why. The jobs that are running are
// told to end, which may take two minutes. What is done stays done. The error is
// [ErrEnded] if the run is not going on.
func (c *Client) Stop(ctx context.Context, run, cause string) error {
	e, err := c.find(ctx, run)
	if err != nil {
		return c.fail("stop", err)
	}
	if e.Ended() {
		return c.fail("stop", fmt.Errorf("%s: %w: %s", e.Name, ErrEnded, e.Status))
	}
	_, err = c.sfn.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &e.ARN, Error: aws.String("Stopped"), Cause: &cause})
	if err != nil {
		return c.fail("stop", err)
	}
	return nil
}

// Redrive lets a run that failed, timed out or was stopped go on, with the definition
// and the image that it began with, whatever has been deployed since: one that failed
// from its beginning, with what is not done, another from the state it was in.
func (c *Client) Redrive(ctx context.Context, run string) error {
	if err := c.idle(ctx); err != nil {
		return c.fail("redrive", err)
	}
	e, err := c.find(ctx, run)
	if err != nil {
		return c.fail("redrive", err)
	}
	if _, err := c.sfn.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &e.ARN}); err != nil {
		return c.fail("redrive", err)
	}
	if err := c.redriven(ctx, e); err != nil {
		return c.fail("redrive", err)
	}
	return nil
}

// redriven waits until AWS tells that a run goes on which had ended: who asks for its
// status next is not to be told of that end.
func (c *Client) redriven(ctx context.Context, before Execution) error {
	for begun := time.Now(); time.Since(begun) < delay; {
		out, err := c.describe(ctx, before.ARN)
		if err != nil || int(aws.ToInt32(out.RedriveCount)) > before.Redrives {
			return err
		}
		if !c.pause(ctx) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// Latest returns the run that is going on, or else the last. The error is [ErrNoRun]
// if there is none, and [ErrNotDeployed] if there is no state machine.
func (c *Client) Latest(ctx context.Context) (Execution, error) {
	e, err := c.latest(ctx)
	if err != nil {
		return e, c.fail("last run of", err)
	}
	return e, nil
}

func (c *Client) latest(ctx context.Context) (Execution, error) {
	// One that was redriven goes on although others began after it.
	for _, status := range []types.ExecutionStatus{types.ExecutionStatusRunning, ""} {
		if e, ok, err := c.newest(ctx, status); ok || err != nil {
			return e, err
		}
	}
	return Execution{}, ErrNoRun
}

// idle returns ErrRunning, with its name, if there is a run going on.
func (c *Client) idle(ctx context.Context) error {
	e, ok, err := c.newest(ctx, types.ExecutionStatusRunning)
	if ok {
		err = fmt.Errorf("%s, since %s: %w", e.Name, stamp(e.Started), ErrRunning)
	}
	return err
}

// newest returns the run of a status, any if that is "", that began last, and
// whether there is one.
func (c *Client) newest(ctx context.Context, status types.ExecutionStatus) (Execution, bool, error) {
	machine, err := c.machine(ctx)
	if err != nil {
		return Execution{}, false, err
	}
	out, err := c.sfn.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: status, MaxResults: 1})
	if err != nil || len(out.Executions) == 0 {
		return Execution{}, false, err
	}
	e := out.Executions[0]
	return Execution{
		Name: aws.ToString(e.Name), ARN: aws.ToString(e.ExecutionArn), Status: string(e.Status),
		Started: utc(e.StartDate), Stopped: utc(e.StopDate),
		Redrives: int(aws.ToInt32(e.RedriveCount)), Redriven: utc(e.RedriveDate),
	}, true, nil
}

// find returns a run by its name or ARN; "" is the latest.
func (c *Client) find(ctx context.Context, run string) (Execution, error) {
	if run == "" {
		return c.latest(ctx)
	}
	arn, err := c.execution(ctx, run)
	if err != nil {
		return Execution{}, err
	}
	out, err := c.describe(ctx, arn)
	if err != nil {
		return Execution{}, err
	}
	return newExecution(out), nil
}

// execution returns the ARN of a run.
func (c *Client) execution(ctx context.Context, run string) (string, error) {
	prefix, err := c.arn(ctx, "states", "execution:"+c.name+":")
	switch {
	case err != nil:
		return "", err
	case !strings.HasPrefix(run, "arn:"):
		return prefix + run, nil
	case !strings.HasPrefix(run, prefix):
		return "", fmt.Errorf("%s is not a run of this deployment, which are %s…", run, prefix)
	}
	return run, nil
}

func (c *Client) describe(ctx context.Context, arn string) (*sfn.DescribeExecutionOutput, error) {
	return c.sfn.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
}

func newExecution(out *sfn.DescribeExecutionOutput) Execution {
	return Execution{
		Name: aws.ToString(out.Name), ARN: aws.ToString(out.ExecutionArn), Status: string(out.Status),
		Started: utc(out.StartDate), Stopped: utc(out.StopDate),
		Redrives: int(aws.ToInt32(out.RedriveCount)), Redriven: utc(out.RedriveDate),
	}
}

// utc returns the time that p points to, the zero time if it is nil.
func utc(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.UTC()
}
