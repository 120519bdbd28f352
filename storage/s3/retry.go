package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	firstPause = time.Second
	maxWait    = 10 * time.Minute // at the server's request
)

// newRetryer returns the SDK's own in the mode of the environment, standard or
// adaptive, with three differences. Every pause is random, while the SDK's are
// all alike after the fifth. There is no budget of retries that many requests
// share: a batch job would rather wait than fail. And some more errors are
// temporary.
func newRetryer(mode aws.RetryMode, o Options) aws.Retryer {
	standard := func(so *retry.StandardOptions) {
		so.MaxAttempts = o.MaxRetries + 1
		so.MaxBackoff = o.maxPause
		so.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			return o.pause(attempt, err), nil
		})
		so.RateLimiter = ratelimit.None
		so.Retryables = append(so.Retryables,
			retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusRequestTimeout: {}, http.StatusTooEarly: {}, http.StatusTooManyRequests: {}}},
			retry.IsErrorRetryableFunc(isUnreadable))
	}
	if mode == aws.RetryModeAdaptive {
		return retry.NewAdaptiveMode(func(ao *retry.AdaptiveModeOptions) {
			ao.StandardOptions = append(ao.StandardOptions, standard)
		})
	}
	return retry.NewStandard(standard)
}

// isUnreadable: an answer that ends too early is as good as none.
func isUnreadable(err error) aws.Ternary {
	var deserialization *smithy.DeserializationError
	var syntax *xml.SyntaxError
	if errors.As(err, &deserialization) || errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// pause returns how long to wait after the n-th failure in a row, from 1: a
// random time, so that many do not come back all at once (the "full jitter" of
// exponential back-off), after the time that the server asks for.
func (o Options) pause(n int, err error) time.Duration {
	bound := o.maxPause
	if n <= 6 { // 1 s doubled six times is more than a minute
		bound = min(bound, firstPause<<max(n-1, 0))
	}
	return retryAfter(err) + rand.N(bound) + 1
}

// retryAfter returns the time a Retry-After header asks for, in seconds.
func retryAfter(err error) time.Duration {
	var r *smithyhttp.ResponseError
	if !errors.As(err, &r) || r.Response == nil {
		return 0
	}
	n, err := strconv.ParseUint(r.Response.Header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxWait)
}

// sleep waits as pause says.
func (o Options) sleep(ctx context.Context, n int, err error) error {
	select {
	case <-time.After(o.pause(n, err)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
