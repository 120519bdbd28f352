package awsrun

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var errSignal = errors.New("told to stop")

// listen returns a lifetime that ends by signals. On SIGTERM, which a container gets
// before it is taken away, shards under way may still end, within grace; on an
// interrupt from the keyboard, or a second signal, they are given up at once.
func listen() *lifetime {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	l := &lifetime{ctx: ctx, stop: make(chan struct{}), end: func() { signal.Stop(signals) }}
	go func() {
		first := <-signals
		close(l.stop)
		if first == syscall.SIGTERM {
			select {
			case <-signals:
			case <-time.After(grace):
			}
		}
		cancel(errSignal)
		signal.Stop(signals) // the next one kills
	}()
	return l
}
