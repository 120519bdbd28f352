package cloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/states"
)

// A Status says how a run goes.
type Status struct {
	Deployment string     `json:"deployment"`
	Region     string     `json:"region"`
	Time       time.Time  `json:"time"`      // when it was so
	Execution  *Execution `json:"execution"` // nil if there has been no run

	// Error and Cause are why the run ended otherwise than well.
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`

	// State is the one the run is in, or in which it ended, and Entered when it came
	// there.
	State   string    `json:"state,omitempty"`
	Entered time.Time `json:"entered,omitzero"`

	Maps     []Map     `json:"maps"`     // those that were begun, in that order
	Failures []Failure `json:"failures"` // some of what failed, if the run did not go well
}

// A Map is one run through a Map state: the jobs of a step.
type Map struct {
	State          string    `json:"state"`         // its name
	ARN            string    `json:"arn,omitempty"` // of the map run; "" if the Map is inline
	Status         string    `json:"status"`        // RUNNING, SUCCEEDED, FAILED or ABORTED
	Started        time.Time `json:"started"`
	Stopped        time.Time `json:"stopped,omitzero"`
	Redrives       int       `json:"redrives"`
	MaxConcurrency int       `json:"max_concurrency,omitempty"`              // 0 if the Map is inline
	Tolerated      float64   `json:"tolerated_failure_percentage,omitempty"` // likewise

	// Jobs by what became of them. Pending are those that wait to be begun, for the
	// first time or again.
	Total     int64 `json:"total"`
	Pending   int64 `json:"pending"`
	Running   int64 `json:"running"`
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
	TimedOut  int64 `json:"timed_out"`
	Aborted   int64 `json:"aborted"`
}

// Status returns how a run goes. If run is "" and there has been none, Execution is
// nil.
func (c *Client) Status(ctx context.Context, run string) (Status, error) {
	s, err := c.status(ctx, run)
	if err != nil {
		return s, c.fail("status of", err)
	}
	return s, nil
}

func (c *Client) status(ctx context.Context, run string) (Status, error) {
	s := Status{Deployment: c.name, Region: c.region, Time: time.Now().UTC(), Maps: []Map{}, Failures: []Failure{}}
	if run == "" {
		e, err := c.latest(ctx)
		if errors.Is(err, ErrNoRun) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		run = e.ARN
	}
	arn, err := c.execution(ctx, run)
	if err != nil {
		return s, err
	}
	out, err := c.describe(ctx, arn)
	if err != nil {
		return s, err
	}
	h, err := c.history(ctx, arn)
	if err != nil {
		return s, err
	}
	e := newExecution(out)
	s.Execution, s.State, s.Entered = &e, h.state, h.entered
	why := c.newFailure("", aws.ToString(out.Error), aws.ToString(out.Cause))
	if e.Status == string(types.ExecutionStatusFailed) && h.state == states.Failed {
		if why, err = c.caught(ctx, arn, why); err != nil {
			return s, err
		}
	}
	s.Error, s.Cause = why.Error, why.Cause
	if e.Status != string(types.ExecutionStatusSucceeded) {
		s.Failures = append(s.Failures, h.failures...)
	}
	return s, c.addMaps(ctx, &s, h.maps)
}

// addMaps adds the Maps of a run, and some of the failures in each.
func (c *Client) addMaps(ctx context.Context, s *Status, begun []*mapState) error {
	for _, m := range begun {
		if m.arn == "" {
			s.Maps = append(s.Maps, m.inline(*s.Execution))
			continue
		}
		r, err := c.mapRun(ctx, m)
		if err != nil {
			return err
		}
		s.Maps = append(s.Maps, r)
		failures, err := c.failures(ctx, r)
		if err != nil { // which is no reason not to tell the rest
			failures = append(failures, Failure{State: m.state, Error: "Unknown", Cause: cut(fmt.Sprintf("which jobs failed is not known: %v", explain(err)), maxCause)})
		}
		s.Failures = append(s.Failures, failures...)
	}
	return nil
}

// mapRun asks for the counts of a map run.
func (c *Client) mapRun(ctx context.Context, m *mapState) (Map, error) {
	out, err := c.sfn.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: &m.arn})
	if err != nil {
		return Map{}, err
	}
	r := Map{
		State: m.state, ARN: m.arn, Status: string(out.Status), Started: utc(out.StartDate), Stopped: utc(out.StopDate),
		Redrives: int(aws.ToInt32(out.RedriveCount)), MaxConcurrency: int(out.MaxConcurrency), Tolerated: float64(out.ToleratedFailurePercentage),
	}
	if n := out.ItemCounts; n != nil {
		r.Total, r.Running, r.Succeeded = n.Total, n.Running, n.Succeeded
		r.Pending = n.Pending + aws.ToInt64(n.PendingRedrive)
		r.Failed, r.TimedOut, r.Aborted = n.Failed, n.TimedOut, n.Aborted
	}
	return r, nil
}

// inline returns the counts of an inline Map, which has no map run to ask for. What
// was going on when the run ended was aborted.
func (m *mapState) inline(run Execution) Map {
	r := Map{State: m.state, Status: m.status, Started: m.started, Stopped: m.stopped, Total: m.total}
	for _, last := range m.items {
		switch last {
		case types.HistoryEventTypeMapIterationSucceeded:
			r.Succeeded++
		case types.HistoryEventTypeMapIterationFailed:
			r.Failed++
		case types.HistoryEventTypeMapIterationAborted:
			r.Aborted++
		default:
			r.Running++
		}
	}
	r.Pending = max(r.Total-int64(len(m.items)), 0)
	if run.Ended() || m.status != "RUNNING" {
		r.Aborted, r.Running = r.Aborted+r.Running, 0
	}
	if run.Ended() && m.status == "RUNNING" {
		r.Status, r.Stopped = "ABORTED", run.Stopped
	}
	return r
}
