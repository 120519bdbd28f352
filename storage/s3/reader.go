package s3

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/textmill/textmill/internal/awserr"
	"github.com/textmill/textmill/storage"
)

// Open implements [storage.Store]. The first MiB was asked for when it returns.
// The reader is an [io.Seeker]: after a seek, only what is read is fetched, in
// pieces of a MiB at first.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	key, err := s.key(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	r := &reader{s: s, object: object{s: s, name: name, key: key}}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	if r.stream, err = r.object.open(r.ctx); err != nil {
		err = s.fail(ctx, "open", name, err)
		r.cancel(nil)
		return nil, err
	}
	return r, nil
}

// An object is one version of an object, as it was when it was opened.
type object struct {
	s         *Store
	name, key string
	size      int64
	etag      string
	version   string      // "" where the bucket keeps none
	replaced  atomic.Bool // so it must be asked for by its version
}

// open asks for the first piece of the object, whatever version it is now.
func (o *object) open(ctx context.Context) (*stream, error) {
	for {
		in := &sdk.GetObjectInput{Bucket: &o.s.bucket, Key: &o.key, Range: aws.String(byteRange(0, o.s.options.firstRead))}
		conn, cancel := context.WithCancel(ctx)
		out, err := o.s.client.GetObject(conn, in)
		if err == nil {
			st := &stream{object: o, ctx: ctx, cancel: cancel, body: out.Body}
			if st.end, o.size, err = extent(out); err != nil {
				st.Close()
				return nil, err
			}
			o.etag, o.version = aws.ToString(out.ETag), aws.ToString(out.VersionId)
			return st, nil
		}
		cancel()
		if awserr.Status(err) != http.StatusRequestedRangeNotSatisfiable {
			return nil, err
		}
		// It has no first byte. Unless that changes at this very moment:
		head, err := o.s.client.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: &o.s.bucket, Key: &o.key})
		if err != nil {
			return nil, err
		}
		if aws.ToInt64(head.ContentLength) == 0 {
			return &stream{object: o, ctx: ctx}, nil
		}
	}
}

// extent returns where the first piece of an object ends, and the object.
func extent(out *sdk.GetObjectOutput) (end, size int64, err error) {
	if out.ContentRange == nil { // all of it: it is empty, or the server knows no ranges
		if out.ContentLength == nil || *out.ContentLength < 0 {
			return 0, 0, fmt.Errorf("the server does not say how long the object is")
		}
		return *out.ContentLength, *out.ContentLength, nil
	}
	start, end, size, err := contentRange(*out.ContentRange)
	if err == nil && start != 0 {
		err = fmt.Errorf("asked for the first bytes, the server sent %s", *out.ContentRange)
	}
	return end, size, err
}

// get asks for the bytes from start to end of the version that was opened.
func (o *object) get(ctx context.Context, start, end int64) (io.ReadCloser, error) {
	in := &sdk.GetObjectInput{Bucket: &o.s.bucket, Key: &o.key, Range: aws.String(byteRange(start, end))}
	switch {
	case o.replaced.Load():
		in.VersionId = &o.version
	case o.etag == "":
		return nil, storage.ErrChanged // or maybe not, but there is no telling
	default:
		in.IfMatch = &o.etag
	}
	out, err := o.s.client.GetObject(ctx, in)
	if err != nil {
		gone := awserr.Status(err) == http.StatusPreconditionFailed || awserr.Status(err) == http.StatusNotFound && awserr.Code(err) != "NoSuchBucket"
		switch {
		case gone && in.VersionId == nil && o.version != "" && o.version != "null":
			o.replaced.Store(true)
			return o.get(ctx, start, end)
		case gone:
			return nil, fmt.Errorf("%w (%w)", storage.ErrChanged, err)
		case in.VersionId != nil && awserr.Status(err) == http.StatusForbidden:
			return nil, fmt.Errorf("%w (its older version may not be read without s3:GetObjectVersion: %w)", storage.ErrChanged, err)
		}
		return nil, err
	}
	if err := o.check(out, start, end); err != nil {
		out.Body.Close()
		return nil, err
	}
	return out.Body, nil
}

// check returns an error unless out is the part of the object from start to end.
func (o *object) check(out *sdk.GetObjectOutput, start, end int64) error {
	if out.ContentRange == nil {
		return fmt.Errorf("the server does not send parts of objects")
	}
	first, last, size, err := contentRange(*out.ContentRange)
	switch {
	case err != nil:
		return err
	case size != o.size || out.ETag != nil && *out.ETag != o.etag:
		return storage.ErrChanged
	case first != start || last != end:
		return fmt.Errorf("asked for bytes %d to %d, the server sent %s", start, end-1, *out.ContentRange)
	}
	return nil
}

func byteRange(start, end int64) string { return fmt.Sprintf("bytes=%d-%d", start, end-1) }

// contentRange parses "bytes 0-9/100", as 0, 10, 100.
func contentRange(s string) (start, end, size int64, err error) {
	var last int64
	var rest string
	n, _ := fmt.Sscanf(s, "bytes %d-%d/%d%s", &start, &last, &size, &rest)
	if n != 3 || start < 0 || last < start || size <= last {
		return 0, 0, 0, fmt.Errorf("the server sent Content-Range %q", s)
	}
	return start, last + 1, size, nil
}

// A reader reads one object: from a stream at first, and what follows from
// pieces that are fetched ahead, if the object is read on and on and the store
// has slots for them.
type reader struct {
	s      *Store
	object object
	ctx    context.Context
	cancel context.CancelCauseFunc
	off    int64    // of the next byte to read
	run    int64    // how much was read since opening or seeking elsewhere
	stream *stream  // may be nil
	ahead  []*piece // one behind the other, and behind the stream
	err    error    // that ended reading
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if r.off >= r.object.size {
		r.drop()
		return 0, io.EOF
	}
	n, err := r.read(p)
	r.off += int64(n)
	r.run += int64(n)
	if err != nil {
		r.err = r.s.fail(r.ctx, "read", r.object.name, err)
		r.drop()
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// read reads at least a byte or returns an error.
func (r *reader) read(p []byte) (int, error) {
	for len(r.ahead) > 0 && r.ahead[0].end <= r.off {
		r.pop()
	}
	if len(r.ahead) > 0 && r.ahead[0].start <= r.off {
		r.closeStream()
		n, err := r.ahead[0].read(p, r.off)
		if end := r.ahead[0].end; r.off+int64(n) == end {
			r.pop()
			r.fetchAhead(end)
		}
		return n, err
	}
	if r.stream != nil && (r.stream.at > r.off || r.stream.end <= r.off) {
		r.closeStream()
	}
	if r.stream == nil {
		r.stream = r.object.stream(r.ctx, r.off, r.next())
		r.fetchAhead(r.off)
	}
	if err := r.stream.skip(r.off); err != nil {
		return 0, err
	}
	return r.stream.Read(p)
}

// next returns where a stream should end that begins where reading goes on.
func (r *reader) next() int64 {
	if len(r.ahead) > 0 {
		return r.ahead[0].start
	}
	n := r.s.options.ReadSize
	if r.run < r.s.options.firstRead {
		n = r.s.options.firstRead
	}
	return min(r.off+n, r.object.size)
}

// planned returns how far the stream and the pieces fetched ahead reach.
func (r *reader) planned() int64 {
	if n := len(r.ahead); n > 0 {
		return r.ahead[n-1].end
	}
	if r.stream != nil {
		return max(r.off, r.stream.end)
	}
	return r.off
}

// fetchAhead begins to fetch what comes after off and after what is planned.
func (r *reader) fetchAhead(off int64) {
	if r.run < r.s.options.firstRead {
		return // maybe this is all that is wanted
	}
	for start := max(off, r.planned()); start < r.object.size && r.s.reads.tryTake(); {
		p := newPiece(r.ctx, start, min(start+r.s.options.ReadSize, r.object.size), r.s.reads.buffer())
		r.ahead = append(r.ahead, p)
		go p.fetch(&r.object)
		start = p.end
	}
}

// pop frees the first of the pieces fetched ahead.
func (r *reader) pop() {
	r.ahead[0].free(r.s.reads)
	r.ahead[0] = nil
	r.ahead = r.ahead[1:]
}

// drop frees all that was fetched, and ends what is being fetched.
func (r *reader) drop() {
	r.closeStream()
	for _, p := range r.ahead {
		p.cancel()
	}
	for len(r.ahead) > 0 {
		r.pop()
	}
	r.ahead = nil
}

func (r *reader) closeStream() {
	if r.stream != nil {
		r.stream.Close()
		r.stream = nil
	}
}

// maxSkip is how far a seek may go forward for it to be cheaper to read what
// lies between than to ask anew.
const maxSkip = 128 << 10

// Seek implements [io.Seeker]. It fetches nothing by itself.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	to := offset
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		to += r.off
	case io.SeekEnd:
		to += r.object.size
	default:
		to = -1
	}
	if to < 0 {
		return 0, &fs.PathError{Op: "seek", Path: r.s.url(r.object.name), Err: fs.ErrInvalid}
	}
	near := to >= r.off && to < max(r.planned(), r.off+1)
	if len(r.ahead) == 0 && r.stream != nil && to-r.stream.at > maxSkip {
		near = false
	}
	if !near {
		r.drop()
		r.run = 0
	} else if r.stream != nil && to-r.stream.at > maxSkip {
		r.closeStream()
	}
	r.off = to
	return to, nil
}

// Close implements [io.Closer].
func (r *reader) Close() error {
	if r.err == nil {
		r.err = &fs.PathError{Op: "read", Path: r.s.url(r.object.name), Err: fs.ErrClosed}
	}
	r.drop()
	r.cancel(nil)
	return nil
}
