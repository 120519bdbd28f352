package s3_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A fault is what goes wrong with a request.
type fault int

const (
	none        fault = iota
	reset             // the connection breaks before the server has seen anything
	lost              // it breaks after the server has done what it should
	slowDown          // the server says 503
	internal          // it says 500
	internal200       // it says 200, and in the body that there was an error
	truncated         // the answer ends in the middle, with an error
	short             // the answer ends in the middle as if that were all
	slow              // the answer comes late
	faultKinds
)

var faultNames = map[fault]string{
	reset: "reset", lost: "lost", slowDown: "slowDown", internal: "internal", internal200: "internal200",
	truncated: "truncated", short: "short", slow: "slow",
}

// faults are what goes wrong with the requests of a client. A nil *faults is
// nothing.
type faults struct {
	mu     sync.Mutex
	n      int // requests so far
	bytes  int64
	choose func(n int, r *http.Request) fault // n is from 1
}

// every makes each n-th request go wrong.
func every(n int, f fault) *faults {
	return &faults{choose: func(i int, _ *http.Request) fault {
		if i%n == 0 {
			return f
		}
		return none
	}}
}

// only makes the n-th request go wrong.
func only(n int, f fault) *faults {
	return &faults{choose: func(i int, _ *http.Request) fault {
		if i == n {
			return f
		}
		return none
	}}
}

// onceFor makes the first request go wrong whose method is given and whose URL
// contains a string.
func onceFor(method, part string, f fault) *faults {
	done := false
	return &faults{choose: func(_ int, r *http.Request) fault {
		if done || r.Method != method || !strings.Contains(r.URL.String(), part) {
			return none
		}
		done = true
		return f
	}}
}

func (f *faults) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// received returns how many bytes the client read from answers.
func (f *faults) received() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bytes
}

// over returns a transport that f goes wrong with.
func (f *faults) over(t testing.TB) http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	if f == nil {
		return transport
	}
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		f.mu.Lock()
		f.n++
		kind := none
		if f.choose != nil {
			kind = f.choose(f.n, r)
		}
		f.mu.Unlock()
		return f.trip(transport, r, kind)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (f *faults) trip(transport http.RoundTripper, r *http.Request, kind fault) (*http.Response, error) {
	switch kind {
	case reset:
		return nil, syscall.ECONNRESET
	case slowDown:
		return canned(r, http.StatusServiceUnavailable, "SlowDown"), nil
	case internal:
		return canned(r, http.StatusInternalServerError, "InternalError"), nil
	case internal200:
		if r.Method == http.MethodPost { // the only operations that do so
			return canned(r, http.StatusOK, "InternalError"), nil
		}
		return canned(r, http.StatusInternalServerError, "InternalError"), nil
	case slow:
		time.Sleep(2 * time.Millisecond)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch kind {
	case lost:
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return nil, syscall.ECONNRESET
	case truncated, short:
		if resp.ContentLength != 0 && r.Method != http.MethodHead {
			end := io.ErrUnexpectedEOF
			if kind == short {
				end = io.EOF
			}
			all, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			resp.Body = &cutBody{bytes.NewReader(all[:len(all)/2]), end}
		}
	}
	resp.Body = &countedBody{resp.Body, f}
	return resp, nil
}

func canned(r *http.Request, status int, code string) *http.Response {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	body := ""
	if r.Method != http.MethodHead {
		body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>injected</Message></Error>`
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

type cutBody struct {
	r   io.Reader
	end error
}

func (b *cutBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = b.end
	}
	return n, err
}

func (*cutBody) Close() error { return nil }

type countedBody struct {
	io.ReadCloser
	f *faults
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.f.mu.Lock()
	b.f.bytes += int64(n)
	b.f.mu.Unlock()
	return n, err
}
