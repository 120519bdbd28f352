package cloud

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/textmill/textmill/internal/awserr"
)

// lateness is how much later than younger ones of the same group an event may become
// known: streams are sent by many machines, every few seconds.
const lateness = 2 * time.Minute

// quiet is how far back to read where nothing has been logged: all of it, each time,
// would take long. It is much more than clocks are wrong.
const quiet = time.Hour

// A logGroup is read from where the last reading of it ended, less what may have come
// late. Events of that time are known by their IDs.
type logGroup struct {
	c    *Client
	job  string
	o    LogOptions
	from time.Time // where the next reading begins

	seen   map[string]bool // IDs of the events in recent
	recent []mark          // those that have been seen and will be read again
}

type mark struct {
	id string
	ms int64
}

// isNew reports whether an event has not been seen, and notes it if it will be read
// again.
func (g *logGroup) isNew(e types.FilteredLogEvent) bool {
	id := aws.ToString(e.EventId)
	if g.seen[id] {
		return false
	}
	if !g.o.Follow {
		return true
	}
	g.seen[id] = true
	g.recent = append(g.recent, mark{id, at(e)})
	if from := time.UnixMilli(at(e)).Add(-lateness); from.After(g.from) {
		g.from = from
		g.forget()
	}
	return true
}

// readUntil notes that everything up to some time was read.
func (g *logGroup) readUntil(t time.Time) {
	if from := t.Add(-quiet); from.After(g.from) {
		g.from = from
		g.forget()
	}
}

// forget drops the events that will not be read again. It is cheap where they came in
// order; those that came late stay a little longer.
func (g *logGroup) forget() {
	n := 0
	for n < len(g.recent) && g.recent[n].ms < g.from.UnixMilli() {
		delete(g.seen, g.recent[n].id)
		n++
	}
	g.recent = g.recent[n:]
}

// events yields the events of the group in order of time.
func (g *logGroup) events(ctx context.Context) iter.Seq2[types.FilteredLogEvent, error] {
	return g.pages(ctx, g.request(g.from))
}

// latest returns the last n events in order of time.
func (g *logGroup) latest(ctx context.Context, n int) ([]types.FilteredLogEvent, error) {
	from := g.from
	if from.Before(backwards) {
		from = backwards
	}
	in := g.request(from)
	in.StartFromHead = aws.Bool(false)
	in.Limit = aws.Int32(int32(n))
	var events []types.FilteredLogEvent
	var err error
	for e, fault := range g.pages(ctx, in) {
		if err = fault; err != nil {
			break
		}
		if events = append(events, e); len(events) == n {
			break
		}
	}
	slices.Reverse(events)
	return events, err
}

// backwards is the earliest time from which AWS reads logs backwards.
var backwards = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func (g *logGroup) request(from time.Time) *sdk.FilterLogEventsInput {
	in := &sdk.FilterLogEventsInput{LogGroupName: aws.String(g.c.LogGroup(g.job))}
	if !from.IsZero() {
		in.StartTime = aws.Int64(from.UnixMilli())
	}
	if g.o.Filter != "" {
		in.FilterPattern = &g.o.Filter
	}
	if g.o.Stream != "" {
		in.LogStreamNames = []string{g.o.Stream}
	}
	return in
}

// pages yields the events of all pages; some have none.
func (g *logGroup) pages(ctx context.Context, in *sdk.FilterLogEventsInput) iter.Seq2[types.FilteredLogEvent, error] {
	return func(yield func(types.FilteredLogEvent, error) bool) {
		p := sdk.NewFilterLogEventsPaginator(g.c.logs, in, func(o *sdk.FilterLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				yield(types.FilteredLogEvent{}, g.fail(err))
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// fail says what is missing, if something is.
func (g *logGroup) fail(err error) error {
	if awserr.Code(err) != "ResourceNotFoundException" {
		return err
	}
	if g.o.Stream != "" {
		return fmt.Errorf("there is no log stream %s in %s: %w", g.o.Stream, g.c.LogGroup(g.job), err)
	}
	return fmt.Errorf("log group %s: %w: %w", g.c.LogGroup(g.job), ErrNotDeployed, err)
}
