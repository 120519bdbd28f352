package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An httpReader reads one object, over as many connections as it takes.
type httpReader struct {
	h     HTTP
	ctx   context.Context
	url   string
	shown string // in errors
	off   int64  // how much was read
	size  int64  // of the object; -1 if unknown
	same  validator

	body       io.ReadCloser   // nil between connections
	conn       context.Context // of the connection
	cancel     context.CancelCauseFunc
	watch      *time.Timer // breaks the connection when nothing comes; may be nil
	progressed bool        // since connecting
	failures   int         // in a row, without a byte
	err        error       // that ended reading
}

// A validator tells one version of an object from another.
type validator struct{ etag, modified string }

func validatorOf(resp *http.Response) validator {
	return validator{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}
}

// strong returns what can be sent as If-Range, or "".
func (v validator) strong() string {
	if v.etag != "" && !strings.HasPrefix(v.etag, "W/") {
		return v.etag
	}
	return v.modified
}

// Read implements [io.Reader].
func (r *httpReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.err == nil {
		if r.body == nil {
			if err := r.connect(); err != nil {
				r.err = r.fail(err)
			}
			continue
		}
		n, err := r.readBody(p)
		r.off += int64(n)
		if n > 0 {
			r.progressed, r.failures = true, 0
		}
		if err != nil {
			r.settle(err)
		}
		if r.off > r.limit() {
			r.err = r.fail(errTooLong(r.limit()))
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// readBody reads from the connection, which breaks if nothing comes for long.
func (r *httpReader) readBody(p []byte) (int, error) {
	if r.watch != nil {
		r.watch.Reset(r.h.timeout())
		defer r.watch.Stop()
	}
	return r.body.Read(p)
}

// settle deals with the end of a connection.
func (r *httpReader) settle(err error) {
	if context.Cause(r.conn) == errStalled {
		err = errStalled
	}
	r.disconnect()
	switch {
	case err == io.EOF && (r.size < 0 || r.off == r.size):
		r.err = io.EOF
	case r.ctx.Err() != nil:
		r.err = r.fail(context.Cause(r.ctx))
	case r.same.strong() == "" && r.off > 0:
		r.err = r.fail(fmt.Errorf("connection broken after %d bytes (%w): %w", r.off, err, ErrChanged))
	case r.progressed:
		// Go on at once. If that fails, wait.
	default:
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err := r.h.pause(r.ctx, &r.failures, err); err != nil {
			r.err = r.fail(err)
		}
	}
}

// connect asks for the rest of the object, trying again where that may help.
func (r *httpReader) connect() error {
	return r.h.retry(r.ctx, &r.failures, r.request)
}

// request makes one request for the rest of the object.
func (r *httpReader) request() error {
	conn, cancel := context.WithCancelCause(r.ctx)
	r.conn, r.cancel, r.progressed = conn, cancel, false
	if t := r.h.timeout(); t > 0 {
		r.watch = time.AfterFunc(t, func() { cancel(errStalled) })
	}
	header := http.Header{}
	if r.off > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", r.off))
		header.Set("If-Range", r.same.strong())
	}
	resp, err := r.h.do(conn, http.MethodGet, r.url, header)
	if err == nil {
		r.body = resp.Body
		if err = r.accept(resp); err == nil {
			if r.watch != nil {
				r.watch.Stop()
			}
			return nil
		}
	}
	if context.Cause(conn) == errStalled {
		err = errStalled
	}
	r.disconnect()
	return err
}

var errStalled = errors.New("nothing came for the time of Timeout")

func (r *httpReader) disconnect() {
	if r.watch != nil {
		r.watch.Stop()
	}
	r.cancel(nil) // first: closing a body may read the rest of it
	if r.body != nil {
		r.body.Close()
	}
	r.body, r.watch = nil, nil
}

// accept checks the answer to a request and moves to where reading goes on.
func (r *httpReader) accept(resp *http.Response) error {
	switch {
	case resp.StatusCode == http.StatusOK && r.off == 0:
		r.same, r.size = validatorOf(resp), resp.ContentLength
		if r.size > r.limit() {
			return permanent{errTooLong(r.limit())}
		}
		return nil
	case resp.StatusCode == http.StatusOK:
		// Either the object changed or the server knows no ranges.
		if validatorOf(resp) != r.same || r.size >= 0 && resp.ContentLength >= 0 && resp.ContentLength != r.size {
			return permanent{ErrChanged}
		}
		return r.skip(resp.Body)
	case resp.StatusCode == http.StatusPartialContent && r.off > 0:
		return r.acceptRange(resp)
	case resp.StatusCode == http.StatusPreconditionFailed && r.off > 0:
		return permanent{ErrChanged}
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && r.off > 0:
		return r.acceptEnd(resp)
	}
	return newStatusError(resp)
}

// acceptRange checks that the answer is the rest of the same object.
func (r *httpReader) acceptRange(resp *http.Response) error {
	start, size, err := contentRange(resp)
	if err != nil {
		return err
	}
	if start != r.off {
		return permanent{fmt.Errorf("asked for byte %d and on, the server sent Content-Range %q", r.off, resp.Header.Get("Content-Range"))}
	}
	v := validatorOf(resp)
	if v.etag != "" && v.etag != r.same.etag || r.same.etag == "" && v.modified != "" && v.modified != r.same.modified {
		return permanent{ErrChanged}
	}
	if size >= 0 && r.size >= 0 && size != r.size {
		return permanent{ErrChanged}
	}
	if r.size < 0 {
		r.size = size
	}
	return nil
}

// acceptEnd deals with an object of unknown size that turns out to have been
// read to its end when the connection broke.
func (r *httpReader) acceptEnd(resp *http.Response) error {
	if r.size < 0 && resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", r.off) {
		r.size = r.off
		resp.Body.Close()
		r.body = http.NoBody
		return nil
	}
	return permanent{ErrChanged}
}

// skip reads over what was read before.
func (r *httpReader) skip(body io.Reader) error {
	buf := make([]byte, 32<<10)
	for left := r.off; left > 0; {
		n, err := r.readBody(buf[:min(left, int64(len(buf)))])
		left -= int64(n)
		if err != nil && left > 0 {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

func (r *httpReader) limit() int64 {
	if r.h.MaxBytes < 0 {
		return math.MaxInt64
	}
	return cmp.Or(r.h.MaxBytes, defaultMaxBytes)
}

// fail says of what and where err is.
func (r *httpReader) fail(err error) error {
	op := "read"
	if r.off == 0 {
		op = "open"
	}
	return &fs.PathError{Op: op, Path: r.shown, Err: err}
}

// Close implements [io.Closer].
func (r *httpReader) Close() error {
	if r.body != nil {
		r.disconnect()
	}
	r.err = cmp.Or[error](r.err, &fs.PathError{Op: "read", Path: r.shown, Err: fs.ErrClosed})
	return nil
}

func errTooLong(limit int64) error {
	return fmt.Errorf("the object is longer than the limit of %d bytes: raise MaxBytes", limit)
}

// contentRange returns where the part of an object in resp begins and the size
// of the object, -1 if it is not given.
func contentRange(resp *http.Response) (start, size int64, err error) {
	s := resp.Header.Get("Content-Range")
	bad := permanent{fmt.Errorf("the server sent Content-Range %q", s)}
	rest, ok := strings.CutPrefix(s, "bytes ")
	span, total, ok2 := strings.Cut(rest, "/")
	first, last, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, -1, bad
	}
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	if err1 != nil || err2 != nil || start < 0 || end < start {
		return 0, -1, bad
	}
	if total == "*" {
		return start, -1, nil
	}
	if size, err = strconv.ParseInt(total, 10, 64); err != nil || size <= end {
		return 0, -1, bad
	}
	return start, size, nil
}
