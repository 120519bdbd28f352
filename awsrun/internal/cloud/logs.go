package cloud

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// LogOptions say which events [Client.Logs] yields. The zero value with some Jobs is
// all of them.
type LogOptions struct {
	Jobs   []string  // keys of job definitions, whose log groups are read
	Stream string    // of one job's attempt, as in [Failure].Log; if "", all
	Since  time.Time // if zero, as far back as logs are kept
	Filter string    // in the syntax of CloudWatch Logs; if "", all
	Last   int       // only so many of those there are to begin with, the latest; if 0, all
	Follow bool      // go on with what is logged from now on, until ctx is done
}

// maxLast bounds LogOptions.Last, as that many events are held in memory.
const maxLast = 10_000

// An Event is a line that a job has logged.
type Event struct {
	Time    time.Time `json:"time"`
	Job     string    `json:"job"`    // key of the job definition
	Stream  string    `json:"stream"` // of the job's attempt
	Message string    `json:"message"`
}

// String returns the event as a line for people: the time, the job definition and the
// beginning of what the stream is called, and the message.
func (e Event) String() string {
	return fmt.Sprintf("%s %s/%.8s %s", e.Time.Format("2006-01-02T15:04:05.000Z"), e.Job, path.Base(e.Stream), printable(e.Message))
}

// LogGroup returns the name of a log group of the deployment.
func (c *Client) LogGroup(job string) string { return c.logGroups() + job }

func (c *Client) logGroups() string { return "/textmill/" + c.name + "/" }

// Logs yields what jobs have logged, in order of time. An error is the last thing it
// yields; that ctx is done is none if it follows.
//
// What is logged while it follows comes as it becomes known, each event once. Between
// groups it is then in order of time only within one interval. What becomes known
// later than two minutes after younger events of the same group is left out.
func (c *Client) Logs(ctx context.Context, o LogOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := c.eachEvent(ctx, o, func(e Event) bool { return yield(e, nil) })
		if o.Follow && ctx.Err() != nil {
			err = nil
		}
		if err != nil {
			yield(Event{}, c.fail("logs of", err))
		}
	}
}

// eachEvent hands events to yield until that returns false.
func (c *Client) eachEvent(ctx context.Context, o LogOptions, yield func(Event) bool) error {
	if len(o.Jobs) == 0 || o.Last < 0 || o.Last > maxLast {
		return fmt.Errorf("of %d job definitions the last %d events: use one at least, and 0 to %d", len(o.Jobs), o.Last, maxLast)
	}
	if _, err := c.whoami(ctx); err != nil {
		return err
	}
	groups := make([]*logGroup, len(o.Jobs))
	for i, job := range o.Jobs {
		groups[i] = &logGroup{c: c, job: job, o: o, from: o.Since, seen: map[string]bool{}}
	}
	first := merge
	if o.Last > 0 {
		first = last
	}
	on, err := first(ctx, groups, yield)
	if !on || err != nil || !o.Follow {
		return err
	}
	answered := time.Now()
	for on {
		if !c.pause(ctx) {
			return context.Cause(ctx)
		}
		on, err = merge(ctx, groups, yield)
		switch {
		case err == nil:
			answered = time.Now()
		case !temporary(err) || time.Since(answered) > patience:
			return err
		}
	}
	return nil
}

// merge yields the events of all groups from where each is, in order of time. It
// returns false if yield did.
func merge(ctx context.Context, groups []*logGroup, yield func(Event) bool) (on bool, err error) {
	type head struct {
		group *logGroup
		event types.FilteredLogEvent
		next  func() (types.FilteredLogEvent, error, bool)
	}
	advance := func(h *head) (ok bool) {
		e, fault, ok := h.next()
		if fault != nil {
			err = fault
		}
		h.event = e
		return ok
	}
	var heads []*head
	begun := time.Now()
	for _, g := range groups {
		next, stop := iter.Pull2(g.events(ctx))
		defer stop()
		if h := (&head{group: g, next: next}); advance(h) {
			heads = append(heads, h)
		}
	}
	for len(heads) > 0 && err == nil {
		h := slices.MinFunc(heads, func(a, b *head) int { return cmp.Compare(at(a.event), at(b.event)) })
		if h.group.isNew(h.event) && !yield(h.group.event(h.event)) {
			return false, nil
		}
		if !advance(h) {
			heads = slices.DeleteFunc(heads, func(o *head) bool { return o == h })
		}
	}
	if err == nil {
		for _, g := range groups {
			g.readUntil(begun)
		}
	}
	return true, err
}

// last yields the latest events of all groups.
func last(ctx context.Context, groups []*logGroup, yield func(Event) bool) (on bool, err error) {
	n := groups[0].o.Last
	var events []Event
	for _, g := range groups {
		latest, err := g.latest(ctx, n)
		if err != nil {
			return true, err
		}
		if len(latest) == n { // those before are not to be told of later either
			g.from = time.UnixMilli(at(latest[0]) + 1)
		}
		for _, e := range latest {
			g.isNew(e)
			events = append(events, g.event(e))
		}
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	for _, e := range events[max(len(events)-n, 0):] {
		if !yield(e) {
			return false, nil
		}
	}
	return true, nil
}

// event returns what is told of an event.
func (g *logGroup) event(e types.FilteredLogEvent) Event {
	return Event{
		Time: time.UnixMilli(at(e)).UTC(), Job: g.job, Stream: aws.ToString(e.LogStreamName),
		Message: strings.TrimRight(aws.ToString(e.Message), "\r\n"),
	}
}

// at returns when an event was, in milliseconds.
func at(e types.FilteredLogEvent) int64 { return aws.ToInt64(e.Timestamp) }
