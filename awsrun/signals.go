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

// lifetime is how long the program may go on.
type lifetime struct {
	ctx  context.Context // what is under way is to be given up when it is done
	stop chan struct{}   // closed when nothing new is to be begun
	end  func()          // listens no more
}

// grace is how long a shard that is under way is given to end, once the program was
// told to terminate. A container is killed after 30 seconds.
const grace = 20 * time.Second

// listen returns a lifetime that ends by signals.
func listen() *lifetime {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	return newLifetime(signals, func() { signal.Stop(signals) })
}

// newLifetime returns one that ends by what comes from signals. On SIGTERM, which a
// container gets before it is taken away, shards under way may still end, within grace;
// on an interrupt from the keyboard, or a second signal, they are given up at once.
// What comes after that is no longer listened to, so that it kills.
func newLifetime(signals <-chan os.Signal, end func()) *lifetime {
	ctx, cancel := context.WithCancelCause(context.Background())
	l := &lifetime{ctx: ctx, stop: make(chan struct{}), end: end}
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
		end()
	}()
	return l
}
