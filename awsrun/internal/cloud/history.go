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

// A scope is a sequence of states: that of the run, or of one iteration of an inline
// Map.
type scope struct {
	state   string
	entered time.Time
	failed  *Failure // by the last event, unless it is tried again
	last    *Failure // of a state that was not tried again
}

// A reader makes a history of events.
type reader struct {
	history
	c          *Client
	run        *scope
	iterations map[int32]*scope // of the Map that the run is in, by index
	scopes     map[int64]*scope // of events, by number
}

// read makes a history of the events, which are in order of their numbers.
func (c *Client) read(events []types.HistoryEvent) history {
	r := &reader{c: c, run: &scope{}, iterations: map[int32]*scope{}, scopes: map[int64]*scope{}}
	for _, e := range events {
		r.read(e)
	}
	r.state, r.entered = r.run.state, r.run.entered
	return r.history
}

func (r *reader) read(e types.HistoryEvent) {
	s := r.scope(e)
	r.scopes[e.Id] = s
	if s.failed != nil && !again(e.Type) {
		s.last = s.failed
		if s == r.run {
			r.fails(*s.last)
		}
	}
	s.failed = r.c.failure(e, s.state)
	if d := e.StateEnteredEventDetails; d != nil {
		s.state, s.entered = aws.ToString(d.Name), utc(e.Timestamp)
	}
	if s == r.run {
		r.readRun(e)
	}
	if i := iteration(e); i != nil {
		r.readIteration(s, i.Index, e.Type)
	}
}

// scope returns the scope of an event. It is that of the event before it, to which it
// refers, unless a Map or an iteration begins or ends with one of the two. (That
// leaves out Maps in Maps, which no plan has.)
func (r *reader) scope(e types.HistoryEvent) *scope {
	if i := iteration(e); i != nil {
		if r.iterations[i.Index] == nil || e.Type == types.HistoryEventTypeMapIterationStarted {
			r.iterations[i.Index] = &scope{state: r.run.state}
		}
		return r.iterations[i.Index]
	}
	for _, prefix := range []string{"Map", "Execution"} {
		if strings.HasPrefix(string(e.Type), prefix) {
			return r.run
		}
	}
	return cmp.Or(r.scopes[e.PreviousEventId], r.run)
}

// again reports whether an event is the beginning of another attempt.
func again(t types.HistoryEventType) bool {
	return strings.HasSuffix(string(t), "Scheduled") || strings.HasSuffix(string(t), "Started") || strings.HasSuffix(string(t), "Redriven")
}

// iteration returns the iteration of an inline Map that begins or ends with an event,
// or nil.
func iteration(e types.HistoryEvent) *types.MapIterationEventDetails {
	return cmp.Or(e.MapIterationStartedEventDetails, e.MapIterationSucceededEventDetails, e.MapIterationFailedEventDetails, e.MapIterationAbortedEventDetails)
}

// readIteration notes what has become of an iteration.
func (r *reader) readIteration(s *scope, index int32, t types.HistoryEventType) {
	if len(r.maps) == 0 {
		return
	}
	m := r.maps[len(r.maps)-1]
	m.items[index] = t
	if t == types.HistoryEventTypeMapIterationFailed && s.last != nil {
		f := *s.last
		f.State, f.Item = m.state, fmt.Sprintf("#%d", index)
		r.fails(f)
	}
}

func (h *history) fails(f Failure) {
	if len(h.failures) < maxFailures {
		h.failures = append(h.failures, f)
	}
}

// readRun notes what an event of the run itself says about Maps.
func (r *reader) readRun(e types.HistoryEvent) {
	switch e.Type {
	case types.HistoryEventTypeMapStateStarted:
		m := r.begin(e)
		if d := e.MapStateStartedEventDetails; d != nil {
			m.total = int64(d.Length)
		}
	case types.HistoryEventTypeMapRunStarted:
		m := r.current()
		if m == nil || m.arn != "" { // an attempt after the first
			m = r.begin(e)
		}
		if d := e.MapRunStartedEventDetails; d != nil {
			m.arn = aws.ToString(d.MapRunArn)
		}
	case types.HistoryEventTypeMapStateSucceeded:
		r.end("SUCCEEDED", e)
	case types.HistoryEventTypeMapStateFailed:
		r.end("FAILED", e)
	case types.HistoryEventTypeMapStateAborted:
		r.end("ABORTED", e)
	case types.HistoryEventTypeExecutionRedriven:
		r.failures = nil
		if m := r.current(); m != nil && m.status != "SUCCEEDED" {
			m.status, m.stopped = "RUNNING", time.Time{}
		}
	}
}

// begin adds a Map.
func (r *reader) begin(e types.HistoryEvent) *mapState {
	m := &mapState{state: r.run.state, status: "RUNNING", started: utc(e.Timestamp), items: map[int32]types.HistoryEventType{}}
	r.maps = append(r.maps, m)
	r.iterations = map[int32]*scope{}
	return m
}

// end notes the end of the Map that the run is in.
func (r *reader) end(status string, e types.HistoryEvent) {
	if m := r.current(); m != nil {
		m.status, m.stopped = status, utc(e.Timestamp)
	}
}

// current returns the Map that the run is in, or nil.
func (r *reader) current() *mapState {
	if n := len(r.maps); n > 0 && r.maps[n-1].state == r.run.state {
		return r.maps[n-1]
	}
	return nil
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
