package awsrun

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Told to terminate, the program begins nothing, and gives up after a grace period or
// when told again; interrupted, it gives up at once.
func TestLifetime(t *testing.T) {
	type sent struct {
		after time.Duration
		what  os.Signal
	}
	for _, tt := range []struct {
		signals       []sent
		stop, givenUp time.Duration
	}{
		{[]sent{{time.Hour, syscall.SIGTERM}}, time.Hour, time.Hour + grace},
		{[]sent{{time.Hour, syscall.SIGTERM}, {5 * time.Second, syscall.SIGTERM}}, time.Hour, time.Hour + 5*time.Second},
		{[]sent{{time.Hour, syscall.SIGTERM}, {5 * time.Second, os.Interrupt}}, time.Hour, time.Hour + 5*time.Second},
		{[]sent{{time.Hour, os.Interrupt}}, time.Hour, time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			signals, ended := make(chan os.Signal), make(chan struct{})
			began := time.Now()
			l := newLifetime(signals, func() { close(ended) })
			go func() {
				for _, s := range tt.signals {
					time.Sleep(s.after)
					signals <- s.what
				}
			}()
			<-l.stop
			if d := time.Since(began); d != tt.stop {
				t.Errorf("%v: stop after %v", tt.signals, d)
			}
			<-l.ctx.Done()
			if d := time.Since(began); d != tt.givenUp {
				t.Errorf("%v: given up after %v", tt.signals, d)
			}
			<-ended
		})
	}
}
