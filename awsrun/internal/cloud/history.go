package cloud

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// A history is what the events of a run tell.
type history struct {
	state    string    // the one it is in, or in which it ended
	entered  time.Time // when it came there
	fail     bool      // it is a Fail state
	maps     []*mapState
	failures []Failure // of its own states, and of the iterations of inline Maps
}

// A mapState is one run through a Map state.
type mapState struct {
	state   string
	arn     string // of the map run; "" if the Map is inline
	status  string
	started time.Time
	stopped time.Time
	total   int64
	items   map[int32]types.HistoryEventType // by index, the last that was heard of an iteration
}

const (
	// maxEvents is how many events AWS allows a run to have. With distributed Maps,
	// whose iterations have histories of their own, there are some ten for each step.
	maxEvents = 25_000

	// maxFailures is how many failures are told of a run, and maxMapFailures of
	// each map run.
	maxFailures    = 10
	maxMapFailures = 3
)

// history reads the events of a run.
func (c *Client) history(ctx context.Context, execution string) (history, error) {
	var events []types.HistoryEvent
	in := &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, MaxResults: 1000, ReverseOrder: true, IncludeExecutionData: aws.Bool(false)}
	for p := sfn.NewGetExecutionHistoryPaginator(c.sfn, in, stopOnSameToken); p.HasMorePages() && len(events) < maxEvents; {
		page, err := p.NextPage(ctx)
		if err != nil {
			return history{}, err
		}
		events = append(events, page.Events...)
	}
	slices.SortFunc(events, func(a, b types.HistoryEvent) int { return cmp.Compare(a.Id, b.Id) })
	return c.read(events), nil
}

// stopOnSameToken keeps a server that does not get on from being asked for ever.
func stopOnSameToken(o *sfn.GetExecutionHistoryPaginatorOptions) { o.StopOnDuplicateToken = true }

// A scope is the sequence of states that an event belongs to: that of the run, or of
// one iteration of an inline Map.
type scope struct {
	parent  *scope // nil for the run's
	index   int32  // of the iteration
	state   string
	entered time.Time
	fail    bool
	current *mapState // of the Map state that it is in
	failed  *Failure  // by the last event, unless it is tried again
	last    *Failure  // of a state that was not tried again
}

// read makes a history of the events, in order of their numbers. Each is of the same
// scope as the one before it, to which it refers, but for those that begin and end
// iterations.
func (c *Client) read(events []types.HistoryEvent) history {
	var h history
	run := &scope{}
	scopes := map[int64]*scope{}
	for _, e := range events {
		s := cmp.Or(scopes[e.PreviousEventId], run)
		if s.failed != nil && !again(e.Type) {
			s.last = s.failed
			if s == run {
				h.fails(*s.last)
			}
		}
		s.failed = c.failure(e, s.state)
		switch e.Type {
		case types.HistoryEventTypeMapIterationStarted:
			s.iteration(e.Type, index(e))
			s = &scope{parent: s, index: index(e), state: s.state}
		case types.HistoryEventTypeMapIterationSucceeded, types.HistoryEventTypeMapIterationFailed, types.HistoryEventTypeMapIterationAborted:
			s = h.iterated(s, e)
		case types.HistoryEventTypeExecutionRedriven:
			h.failures = nil
		}
		if d := e.StateEnteredEventDetails; d != nil {
			s.state, s.entered, s.fail = aws.ToString(d.Name), utc(e.Timestamp), e.Type == types.HistoryEventTypeFailStateEntered
		}
		if s == run {
			h.mapEvent(run, e)
		}
		scopes[e.Id] = s
	}
	h.state, h.entered, h.fail = run.state, run.entered, run.fail
	return h
}

// again reports whether an event is the beginning of another attempt.
func again(t types.HistoryEventType) bool {
	return strings.HasSuffix(string(t), "Scheduled") || strings.HasSuffix(string(t), "Started") || strings.HasSuffix(string(t), "Redriven")
}

// iterated notes the end of an iteration and returns the scope that goes on.
func (h *history) iterated(s *scope, e types.HistoryEvent) *scope {
	if s.parent == nil { // it never began
		s.iteration(e.Type, index(e))
		return s
	}
	s.parent.iteration(e.Type, s.index)
	if e.Type == types.HistoryEventTypeMapIterationFailed && s.last != nil {
		f := *s.last
		f.State, f.Item = s.parent.state, fmt.Sprintf("#%d", s.index)
		h.fails(f)
	}
	return s.parent
}

func (h *history) fails(f Failure) {
	if len(h.failures) < maxFailures {
		h.failures = append(h.failures, f)
	}
}

func (s *scope) iteration(t types.HistoryEventType, index int32) {
	if s.current != nil {
		s.current.items[index] = t
	}
}

// index returns the number of the iteration that an event is about.
func index(e types.HistoryEvent) int32 {
	for _, d := range []*types.MapIterationEventDetails{
		e.MapIterationStartedEventDetails, e.MapIterationSucceededEventDetails, e.MapIterationFailedEventDetails, e.MapIterationAbortedEventDetails,
	} {
		if d != nil {
			return d.Index
		}
	}
	return 0
}

// mapEvent notes what an event says about a Map state of the run.
func (h *history) mapEvent(run *scope, e types.HistoryEvent) {
	switch e.Type {
	case types.HistoryEventTypeMapStateStarted:
		run.current = &mapState{state: run.state, status: "RUNNING", started: utc(e.Timestamp), items: map[int32]types.HistoryEventType{}}
		if d := e.MapStateStartedEventDetails; d != nil {
			run.current.total = int64(d.Length)
		}
		h.maps = append(h.maps, run.current)
	case types.HistoryEventTypeMapRunStarted:
		if run.current == nil || run.current.state != run.state || run.current.arn != "" {
			run.current = &mapState{state: run.state}
			h.maps = append(h.maps, run.current)
		}
		if d := e.MapRunStartedEventDetails; d != nil {
			run.current.arn = aws.ToString(d.MapRunArn)
		}
	}
	if run.current == nil {
		return
	}
	switch e.Type {
	case types.HistoryEventTypeMapStateSucceeded:
		run.current.end("SUCCEEDED", e)
	case types.HistoryEventTypeMapStateFailed:
		run.current.end("FAILED", e)
	case types.HistoryEventTypeMapStateAborted:
		run.current.end("ABORTED", e)
	case types.HistoryEventTypeExecutionRedriven:
		if run.current.status != "SUCCEEDED" {
			run.current.status, run.current.stopped = "RUNNING", time.Time{}
		}
	}
}

func (m *mapState) end(status string, e types.HistoryEvent) {
	m.status, m.stopped = status, utc(e.Timestamp)
}

// failure returns what an event says to have failed in a state, or nil.
func (c *Client) failure(e types.HistoryEvent, state string) *Failure {
	f := func(err, cause *string) *Failure {
		return c.newFailure(state, aws.ToString(err), aws.ToString(cause))
	}
	switch {
	case e.TaskFailedEventDetails != nil:
		return f(e.TaskFailedEventDetails.Error, e.TaskFailedEventDetails.Cause)
	case e.TaskStartFailedEventDetails != nil:
		return f(e.TaskStartFailedEventDetails.Error, e.TaskStartFailedEventDetails.Cause)
	case e.TaskSubmitFailedEventDetails != nil:
		return f(e.TaskSubmitFailedEventDetails.Error, e.TaskSubmitFailedEventDetails.Cause)
	case e.TaskTimedOutEventDetails != nil:
		return f(e.TaskTimedOutEventDetails.Error, e.TaskTimedOutEventDetails.Cause)
	case e.MapRunFailedEventDetails != nil:
		return f(e.MapRunFailedEventDetails.Error, e.MapRunFailedEventDetails.Cause)
	case e.EvaluationFailedEventDetails != nil:
		return f(e.EvaluationFailedEventDetails.Error, e.EvaluationFailedEventDetails.Cause)
	}
	return nil
}
