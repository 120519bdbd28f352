package cloud

import (
	"context"
	"time"

	"github.com/textmill/textmill/internal/awserr"
)

const (
	// patience is how long to ask again while there is no answer.
	patience = 10 * time.Minute

	// delay is how long AWS may take to tell of a run that has just begun.
	delay = time.Minute
)

// Wait asks for the status of a run until it has ended, hands each to show, and
// returns the last. It goes on through failures of the network of up to ten minutes.
func (c *Client) Wait(ctx context.Context, run string, show func(Status)) (Status, error) {
	begun := time.Now()
	answered := begun
	for {
		s, err := c.Status(ctx, run)
		switch {
		case err == nil && s.Execution == nil:
			return s, c.fail("wait for", ErrNoRun)
		case err == nil:
			run, answered = s.Execution.ARN, time.Now() // this one from now on
			show(s)
			if s.Execution.Ended() {
				return s, nil
			}
		case awserr.Code(err) == "ExecutionDoesNotExist" && time.Since(begun) < delay:
		case temporary(err) && time.Since(answered) < patience:
		default:
			return s, err
		}
		if !c.pause(ctx) {
			return s, c.fail("wait for", context.Cause(ctx))
		}
	}
}

// pause waits until it is time to ask again. It returns false if ctx is done.
func (c *Client) pause(ctx context.Context) bool {
	t := time.NewTimer(c.interval)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
