package s3

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

// A stallClient breaks requests that nothing is heard of for long: while one is
// sent, while the answer is awaited, and while that is read. Time in which the
// caller does not read does not count.
type stallClient struct {
	client  sdk.HTTPClient
	timeout time.Duration
}

func newStallClient(client sdk.HTTPClient, timeout time.Duration) sdk.HTTPClient {
	if timeout < 0 {
		return client
	}
	return stallClient{client, timeout}
}

// errStalled is a time-out, so the SDK tries again.
var errStalled error = stalled{}

type stalled struct{}

func (stalled) Error() string   { return "nothing came or went for the time of Timeout" }
func (stalled) Timeout() bool   { return true }
func (stalled) Temporary() bool { return true }

// Do implements [sdk.HTTPClient].
func (c stallClient) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	watch := time.AfterFunc(c.timeout, func() { cancel(errStalled) })
	req = req.WithContext(ctx)
	var answered atomic.Bool
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = sending{req.Body, watch, c.timeout, &answered}
	}
	resp, err := c.client.Do(req)
	answered.Store(true)
	watch.Stop()
	if err != nil {
		if context.Cause(ctx) == errStalled {
			err = errStalled
		}
		cancel(nil)
		return nil, err
	}
	resp.Body = &receiving{resp.Body, watch, c.timeout, ctx, cancel}
	return resp, nil
}

// sending is the body of a request: each piece taken from it is a sign of life,
// until there is an answer, which may come before all of it was taken.
type sending struct {
	io.ReadCloser
	watch    *time.Timer
	timeout  time.Duration
	answered *atomic.Bool
}

func (b sending) Read(p []byte) (int, error) {
	if !b.answered.Load() {
		b.watch.Reset(b.timeout)
	}
	return b.ReadCloser.Read(p)
}

// receiving is the body of a response.
type receiving struct {
	io.ReadCloser
	watch   *time.Timer
	timeout time.Duration
	ctx     context.Context
	cancel  context.CancelCauseFunc
}

func (b *receiving) Read(p []byte) (int, error) {
	b.watch.Reset(b.timeout)
	n, err := b.ReadCloser.Read(p)
	b.watch.Stop()
	if err != nil && err != io.EOF && context.Cause(b.ctx) == errStalled {
		err = errStalled
	}
	return n, err
}

// Close breaks the connection unless the body was read to its end. Cancelled
// first, it does not read the rest.
func (b *receiving) Close() error {
	b.watch.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}
