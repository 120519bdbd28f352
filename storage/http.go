package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// HTTP is a store that reads objects from a web server, such as
// https://data.commoncrawl.org. Only Open and Stat work; the others fail with
// [errors.ErrUnsupported], so the objects to read must be known by name.
//
// Objects come as they are stored: a .gz file stays compressed. When a
// connection breaks, reading goes on where it stopped, provided that the server
// identifies the object by a strong ETag or by Last-Modified and it is still the
// same; otherwise the error is [ErrChanged]. A body that is shorter than
// announced counts as a broken connection.
//
// Network errors and the statuses 408, 425, 429 and 5xx are tried again: after
// the time Retry-After asks for (and up to a second more), or else after a random
// time below 1 s, 2 s, 4 s and so on up to 1 min. Status 404 and 410 are [fs.ErrNotExist], 401 and 403
// [fs.ErrPermission].
type HTTP struct {
	// Base is the URL to which a slash and the name of the object is added. It
	// may have a query, which is kept and left out of errors, but not of JSON:
	// secrets belong in Header.
	Base string

	// Client makes the requests. If nil, it is [http.DefaultClient].
	Client *http.Client `json:"-"`

	// Header is sent with each request, for credentials, say. It does not go
	// into JSON. The User-Agent is textmill unless it is set here.
	Header http.Header `json:"-"`

	// MaxRetries is how often in a row a request is tried again without a byte
	// of progress. If 0, it is 8; if negative, nothing is tried again.
	MaxRetries int `json:",omitempty"`

	// Timeout is how long a request may go without a byte, in nanoseconds, before
	// it counts as broken. If 0, it is a minute; if negative, there is none.
	Timeout time.Duration `json:",omitempty"`

	// MaxBytes is how long an object may be. If 0, it is 64 GiB; if negative,
	// there is no limit.
	MaxBytes int64 `json:",omitempty"`
}

const (
	defaultRetries  = 8
	defaultTimeout  = time.Minute
	defaultMaxBytes = 64 << 30

	firstPause = time.Second
	maxPause   = time.Minute      // of our own choice
	maxWait    = 10 * time.Minute // at the server's request
)

// ErrChanged says that an object could not be read to its end, because the
// server has another one by now or does not let it be told. What was read is
// useless; open the object again.
var ErrChanged = errors.New("the object changed while it was read, or the server does not tell: read it again from the start")

// Open implements [Store]. The first bytes were asked for when it returns.
func (h HTTP) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	u, err := h.url(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	r := &httpReader{h: h, ctx: ctx, url: u.String(), shown: shown(u), size: -1}
	if err := r.connect(); err != nil {
		return nil, r.fail(err)
	}
	return r, nil
}

// Stat implements [Store]. Where the server does not answer HEAD requests, it
// asks for the first byte of the object.
func (h HTTP) Stat(ctx context.Context, name string) (Info, error) {
	u, err := h.url(ctx, "stat", name)
	if err != nil {
		return Info{}, err
	}
	info := Info{Name: name, Size: -1}
	err = h.retry(ctx, new(int), func() (err error) {
		ctx, cancel := h.withTimeout(ctx)
		defer cancel()
		info.Size, err = h.head(ctx, u.String())
		if s, ok := errors.AsType[*statusError](err); ok && slices.Contains(noHead, s.code) {
			info.Size, err = h.firstByte(ctx, u.String())
		}
		if context.Cause(ctx) == errStalled {
			err = errStalled
		}
		return err
	})
	if err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: shown(u), Err: err}
	}
	return info, nil
}

// noHead are the statuses of servers that may answer GET where they refuse HEAD.
// The last is for URLs signed for one method.
var noHead = []int{http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusForbidden}

func (h HTTP) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if h.timeout() < 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, h.timeout(), errStalled)
}

func (h HTTP) head(ctx context.Context, u string) (int64, error) {
	resp, err := h.do(ctx, http.MethodHead, u, nil)
	if err != nil {
		return -1, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return -1, newStatusError(resp)
	}
	return resp.ContentLength, nil
}

// firstByte asks for one byte of an object to learn its size.
func (h HTTP) firstByte(ctx context.Context, u string) (int64, error) {
	resp, err := h.do(ctx, http.MethodGet, u, http.Header{"Range": {"bytes=0-0"}})
	if err != nil {
		return -1, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.ContentLength, nil
	case http.StatusPartialContent:
		_, size, err := contentRange(resp)
		return size, err
	case http.StatusRequestedRangeNotSatisfiable: // it has no first byte
		return 0, nil
	}
	return -1, newStatusError(resp)
}

// List implements [Store]: it fails.
func (h HTTP) List(_ context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		yield(Info{}, h.unsupported("list", prefix, "name the objects to read"))
	}
}

// Create implements [Store]: it fails.
func (h HTTP) Create(_ context.Context, name string) (Writer, error) {
	return nil, h.unsupported("create", name, "write to another store")
}

// Remove implements [Store]: it fails.
func (h HTTP) Remove(_ context.Context, name string) error {
	return h.unsupported("remove", name, "it can only be read")
}

func (h HTTP) unsupported(op, name, advice string) error {
	base, _, _ := strings.Cut(h.Base, "?")
	return &fs.PathError{Op: op, Path: strings.TrimSuffix(base, "/") + "/" + name, Err: fmt.Errorf("%w over HTTP: %s", errors.ErrUnsupported, advice)}
}

// url returns the URL of an object.
func (h HTTP) url(ctx context.Context, op, name string) (*url.URL, error) {
	if err := check(ctx, op, name); err != nil {
		return nil, err
	}
	base, err := url.Parse(h.Base)
	if err == nil && (base.Scheme != "http" && base.Scheme != "https" || base.Host == "") {
		err = fmt.Errorf("%w: use a URL such as https://data.commoncrawl.org", fs.ErrInvalid)
	}
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: h.Base, Err: err}
	}
	escaped := (&url.URL{Path: name}).EscapedPath()
	return base.JoinPath(strings.Split(escaped, "/")...), nil
}

// shown returns u for error messages: without user and query.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// do makes one request.
func (h HTTP) do(ctx context.Context, method, u string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, u, nil)
	if err != nil {
		return nil, permanent{err}
	}
	req.Header.Set("User-Agent", "textmill")
	for _, from := range []http.Header{h.Header, header} {
		for k, v := range from {
			req.Header[http.CanonicalHeaderKey(k)] = v
		}
	}
	// Asked for by name, even gzip would be undone by the transport.
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := cmp.Or(h.Client, http.DefaultClient).Do(req)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // the caller says which URL it is
	}
	return resp, err
}
