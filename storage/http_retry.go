package storage

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A permanent error is of no use to try again.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// A statusError is an answer other than the one asked for.
type statusError struct {
	code  int
	text  string        // the status line, such as "503 Slow Down"
	after time.Duration // what the server asks to wait; 0 if it does not
}

func newStatusError(resp *http.Response) *statusError {
	return &statusError{resp.StatusCode, resp.Status, retryAfter(resp.Header.Get("Retry-After"), time.Now())}
}

func (e *statusError) Error() string {
	switch e.code {
	case http.StatusForbidden:
		return "HTTP status " + e.text + ": access is denied, or (on servers in front of S3, such as data.commoncrawl.org) there is no such object: check its name"
	case http.StatusUnauthorized:
		return "HTTP status " + e.text + ": credentials are needed: set Header"
	}
	return "HTTP status " + e.text
}

func (e *statusError) Unwrap() error {
	switch e.code {
	case http.StatusNotFound, http.StatusGone:
		return fs.ErrNotExist
	case http.StatusForbidden, http.StatusUnauthorized:
		return fs.ErrPermission
	}
	return nil
}

func (e *statusError) temporary() bool {
	switch e.code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return e.code >= 500
}

// temporary reports whether trying again may help.
func temporary(err error) bool {
	if s, ok := errors.AsType[*statusError](err); ok {
		return s.temporary()
	}
	if _, ok := errors.AsType[permanent](err); ok {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	return true // of the network
}

// retry calls f until it succeeds, fails for good or fails too often in a row,
// of which failures keeps count.
func (h HTTP) retry(ctx context.Context, failures *int, f func() error) error {
	for {
		err := f()
		if err == nil {
			return nil
		}
		if err := h.pause(ctx, failures, err); err != nil {
			return err
		}
	}
}

// pause waits before the next attempt after one that failed with err. It returns
// an error if there is to be none.
func (h HTTP) pause(ctx context.Context, failures *int, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if p, ok := errors.AsType[permanent](err); ok {
		return p.error
	}
	if !temporary(err) {
		return err
	}
	*failures++
	if *failures > h.retries() {
		return fmt.Errorf("%w (tried %d times)", err, *failures)
	}
	wait := backOff(*failures)
	if s, ok := errors.AsType[*statusError](err); ok && s.after > 0 {
		if s.after > maxWait {
			return fmt.Errorf("%w: the server asks to come back in %v, which is too long to wait", err, s.after)
		}
		wait = s.after + backOff(1)
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h HTTP) retries() int {
	if h.MaxRetries == 0 {
		return defaultRetries
	}
	return max(h.MaxRetries, 0)
}

func (h HTTP) timeout() time.Duration {
	if h.Timeout == 0 {
		return defaultTimeout
	}
	return h.Timeout
}

// backOff returns how long to wait after the n-th failure in a row, from 1: a
// random time, so that many readers do not come back all at once. This is the
// "full jitter" of exponential back-off.
func backOff(n int) time.Duration {
	bound := maxPause
	if n <= 6 { // 1 s doubled six times is more than maxPause
		bound = min(maxPause, firstPause<<(n-1))
	}
	return rand.N(bound) + 1
}

// retryAfter returns the time a Retry-After header asks for: seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
