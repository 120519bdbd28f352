package wet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/textmill/textmill"
)

// Options are settings of a Reader. The zero Options, or nil, are the defaults.
type Options struct {
	// MaxRecord is the size of the largest block to be read, in bytes as
	// uncompressed. A larger record is an error and is passed over, in bounded
	// memory: a Reader takes up to twice MaxRecord, and 16 MiB beside that, and
	// much less as long as records are small. If 0, it is 64 MiB; the
	// most is 512 MiB, which negative values stand for.
	MaxRecord int64

	// Name is what errors call the file: their [textmill.RecordError.Shard].
	Name string
}

const (
	defaultMaxRecord = 64 << 20
	maxMaxRecord     = 512 << 20 // so that sizes fit into 32 bits

	// maxHeader is the size of the largest header, in bytes.
	maxHeader = 64 << 10
)

func (o *Options) maxRecord() int {
	switch {
	case o == nil || o.MaxRecord == 0:
		return defaultMaxRecord
	case o.MaxRecord < 0 || o.MaxRecord > maxMaxRecord:
		return maxMaxRecord
	}
	return int(o.MaxRecord)
}

// A Reader reads the records of a WARC file, compressed or not, one after
// another. It is used by one goroutine.
type Reader struct {
	name      string
	maxRecord int
	in        input
	z         member
	seg       segment
	begun     bool // the layout of the file is known
	inSegment bool
	seen      bool // there was a record, or damage where one may have been
	index     int  // of the next conversion record
	rec       Record
	err       error // that ended the reading
}

// NewReader returns a Reader of the file that r is. It finds out by itself how
// the file is compressed, and buffers its input. The options may be nil.
func NewReader(r io.Reader, options *Options) *Reader {
	return newReaderAt(r, 0, options)
}

// newReaderAt returns a Reader of a file of which r begins at the given offset.
func newReaderAt(r io.Reader, offset int64, options *Options) *Reader {
	rd := &Reader{maxRecord: options.maxRecord(), in: newInput(r, offset)}
	if options != nil {
		rd.name = options.Name
	}
	rd.seg.in = &rd.in
	rd.seg.max = max(checkedSize, rd.maxRecord+maxHeader) + 3*windowSize
	return rd
}

// Records returns the records of the file, in order, as a single-use iterator. A
// pair holds a record or an error, never both.
//
// A [*textmill.RecordError] concerns what was damaged; the next pair holds the
// record after that. See the package comment for what is an error of that kind.
// Any other error is the last pair: [ErrNotWARC], or one of reading the input.
//
// The Record is overwritten by the next one. Use [Record.Clone] to keep it.
func (r *Reader) Records() iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for {
			rec, err := r.next()
			if err == io.EOF || !yield(rec, err) || r.err != nil {
				return
			}
		}
	}
}

// next returns the next record, a *textmill.RecordError, or the error that ends
// the reading; that is io.EOF if all is well.
func (r *Reader) next() (*Record, error) {
	for r.err == nil {
		if !r.inSegment {
			err := r.begin()
			if _, damaged := errors.AsType[*textmill.RecordError](err); damaged {
				return nil, err
			} else if err != nil {
				r.err = err
				break
			}
		}
		rec, err := r.record()
		switch {
		case isReadError(r.seg.err):
			r.err = r.seg.err
		case rec != nil || err != nil:
			return rec, err
		}
	}
	return nil, r.err
}

// begin goes to the next segment.
func (r *Reader) begin() error {
	if !r.begun {
		r.detect()
		r.begun = true
	} else if r.seg.z == nil {
		return r.end()
	}
	if r.seg.z != nil && !r.skipZeros() {
		return r.end()
	}
	err := r.seg.start()
	if isReadError(err) {
		return err
	}
	if err != nil {
		if err == ErrCorrupt && !bytes.HasPrefix(r.in.unread(), []byte(gzipMagic)) {
			err = ErrGarbage
		}
		r.seg.err = err
		return r.abandon(0)
	}
	r.inSegment = true
	return nil
}

// skipZeros passes over NULs, with which some programs pad files, and reports
// whether anything comes after them.
func (r *Reader) skipZeros() bool {
	for {
		b := r.in.unread()
		if n := len(b) - len(bytes.TrimLeft(b, "\x00")); n < len(b) {
			r.in.i += n
			return true
		}
		r.in.i = r.in.n
		if !r.in.more() {
			return false
		}
	}
}

// end returns the error for the end of the input.
func (r *Reader) end() error {
	if r.in.err != nil && r.in.err != io.EOF {
		return r.in.short()
	}
	if !r.seen {
		return fmt.Errorf("%w: there is no record in its %d bytes", ErrNotWARC, r.in.offset())
	}
	return io.EOF
}

// record returns the next record of the segment, or an error for bytes that are
// none. It returns neither at the end of the segment.
func (r *Reader) record() (*Record, error) {
	s := &r.seg
	for s.fill(1) && lineEnds(s.rest()) > 0 {
		s.pos += lineEnds(s.rest())
	}
	if s.end == s.pos {
		if s.err != nil {
			return nil, r.abandon(s.at())
		}
		r.inSegment = false
		s.in.release()
		return nil, nil
	}
	s.fill(lookAhead)
	if !headerAt(s.rest(), s.over) {
		if err := foreignTo(s.rest()); err != nil && !r.seen {
			r.err = err
			return nil, nil
		}
		return nil, r.skip(1, ErrGarbage)
	}
	r.seen = true
	head, cut := r.header()
	switch {
	case cut > 0:
		return nil, r.skip(cut, ErrHeader)
	case head == 0 && s.over && s.end-s.pos <= maxHeader:
		return nil, r.skip(s.end-s.pos, ErrTruncated)
	case head == 0:
		return nil, r.skip(1, fmt.Errorf("%w: it is larger than %d bytes", ErrHeader, maxHeader))
	}
	line := versionLine(s.rest())
	r.rec.Version = version(s.rest()[:line])
	r.rec.Header.parse(s.rest()[line:head])
	e := r.extent(head, contentLength(&r.rec.Header))
	if e.err == nil && len(r.rec.Header.Bytes("WARC-Type")) == 0 {
		e.err = fmt.Errorf("%w: it has no WARC-Type", ErrHeader)
	}
	if e.err != nil {
		return nil, r.skip(e.next, e.err)
	}
	return r.deliver(head, e)
}

// header returns the length of the header that the rest begins with, or 0 if it
// has no end; if another record begins before that, cut is where.
func (r *Reader) header() (head, cut int) {
	s := &r.seg
	for n := 4 << 10; ; n *= 4 {
		s.fill(min(n, maxHeader) + lookAhead)
		b := s.rest()
		b = b[:min(len(b), maxHeader)]
		if head, cut = headerEnd(b, versionLine(b)); head > 0 || cut > 0 || n >= maxHeader || s.over {
			return head, cut
		}
	}
}

// version returns the first line of a record without allocating, if it can.
func version(line []byte) string {
	line = bytes.TrimRight(line, " \t\r\n")
	switch string(line) {
	case "WARC/1.0":
		return "WARC/1.0"
	case "WARC/1.1":
		return "WARC/1.1"
	}
	return string(line)
}

// deliver makes a record of what the rest begins with and moves behind it.
func (r *Reader) deliver(head int, e extent) (*Record, error) {
	s, rec := &r.seg, &r.rec
	rec.Block = s.rest()[head:e.block:e.block]
	rec.Offset, rec.InMember, rec.Length = s.offset, s.at(), 0
	rec.LengthMismatch = e.mismatch
	alone := rec.InMember == 0 && !e.followed
	if s.z == nil {
		rec.Offset, rec.InMember, rec.Length = s.offset+s.at(), 0, int64(e.next)
	} else if alone {
		rec.Length = s.in.offset() - s.offset
	}
	if s.err != nil && (alone || rec.VerifyDigest() != nil) {
		// Something in this member is damaged, and nothing says that it is not
		// this record. Its successors may prove to be sound.
		return nil, r.skip(e.next, s.err)
	}
	rec.Index = -1
	if rec.Type() == "conversion" {
		rec.Index = r.index
		r.index++
	}
	s.pos += e.next
	return rec, nil
}

// skip passes over something that is damaged: n bytes of the rest, and what
// comes between them and the next record. It returns the error that says so.
func (r *Reader) skip(n int, err error) error {
	s := &r.seg
	at := s.at()
	s.skipToRecord(n)
	switch {
	case s.end == s.pos && s.err != nil:
		return r.abandon(at) // the damage of the member, rather than what it led to
	case s.end == s.pos && s.z == nil && !r.seen:
		return nil // there was no record in all of the file: see end
	}
	if s.z == nil {
		return r.damage(s.offset+at, s.at()-at, err)
	}
	if s.end == s.pos && at == 0 {
		return r.damage(s.offset, s.in.offset()-s.offset, err)
	}
	return r.damage(s.offset, 0, within(at, err))
}

// abandon leaves a gzip member that is damaged, at the given place in what it
// inflates to, for the next one that begins with a record.
func (r *Reader) abandon(at int64) error {
	s := &r.seg
	if s.err != ErrGarbage {
		r.seen = true
	}
	s.in.rewind()
	r.z.resync(s.in)
	r.inSegment = false
	length := s.in.offset() - s.offset
	if at > 0 {
		length = 0 // the records before it were read
	}
	return r.damage(s.offset, length, within(at, s.err))
}

// within returns err with the place in a gzip member where it is.
func within(at int64, err error) error {
	if at == 0 {
		return err
	}
	return fmt.Errorf("%w (%d bytes into what the gzip member inflates to)", err, at)
}

// damage returns the error for something that may have been a conversion record.
func (r *Reader) damage(offset, length int64, err error) error {
	r.index++
	return &textmill.RecordError{Shard: r.name, Index: r.index - 1, Offset: offset, Length: length, Err: err}
}
