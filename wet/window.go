package wet

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/textmill/textmill/internal/inflate"
)

// A segment is what is read without a break: the contents of one gzip member, or
// all of a file that is not compressed. The reader sees it through a window, of
// which a member of usual size fills a part and is there entirely, checked,
// before anything of it is used. Of larger ones the window holds what is needed.
type segment struct {
	in     *input
	z      *member // nil if the file is not compressed
	max    int     // what is asked of fill at most
	buf    []byte
	pos    int   // buf[pos:end] is there and not yet used
	end    int   //
	base   int64 // where buf[0] is, counted from the beginning of the segment
	offset int64 // where in the file the segment begins
	over   bool  // nothing comes after end …
	err    error // … because of this damage, or else because the segment is read
}

const (
	windowSize = 128 << 10 // of text that a window is for; it begins with less

	// checkedSize is how much a member may inflate to and still be there
	// entirely before anything of it is used.
	checkedSize = 1 << 20
)

// start begins a segment where the input is.
func (s *segment) start() error {
	s.pos, s.end, s.base = 0, 0, 0
	s.over, s.err = false, nil
	s.offset = s.in.offset()
	if s.z == nil {
		return nil
	}
	s.in.mark()
	if err := s.z.begin(s.in); err != nil {
		return err
	}
	s.fill(checkedSize)
	return nil
}

// rest returns what is there and not yet used.
func (s *segment) rest() []byte { return s.buf[s.pos:s.end] }

// at returns where the next byte is, counted from the beginning of the segment.
func (s *segment) at() int64 { return s.base + int64(s.pos) }

// fill reads until the rest has n bytes, and reports whether it has. If it has
// not, over is set.
func (s *segment) fill(n int) bool {
	for s.end-s.pos < n && !s.over {
		s.makeRoom(n)
		var err error
		if s.z != nil {
			s.end, err = s.z.inflate(s.buf, s.end, s.in)
		} else {
			err = s.copy()
		}
		if err != nil {
			s.over = true
			if err != io.EOF {
				s.err = err
			}
		}
	}
	return s.end-s.pos >= n
}

// copy moves bytes that are not compressed from the input to the window.
func (s *segment) copy() error {
	if len(s.in.unread()) == 0 && !s.in.more() {
		if s.in.err == io.EOF {
			return io.EOF
		}
		return s.in.short()
	}
	n := copy(s.buf[s.end:], s.in.unread())
	s.end += n
	s.in.i += n
	return nil
}

// makeRoom makes room behind end, so that the rest can grow towards n bytes.
func (s *segment) makeRoom(n int) {
	const slack = inflate.MinDst + 1
	if len(s.buf)-s.end >= min(n-(s.end-s.pos), windowSize/2)+slack {
		return
	}
	from := max(0, min(s.pos, s.end-inflate.Window)) // inflating needs that much
	if from < len(s.buf)/2 && len(s.buf) < 2*s.max || from < slack {
		buf := make([]byte, max(min(2*len(s.buf), 2*s.max), windowSize/8))
		copy(buf, s.buf[from:s.end])
		s.buf = buf
	} else {
		copy(s.buf, s.buf[from:s.end])
	}
	s.base += int64(from)
	s.pos -= from
	s.end -= from
}

// endsBeforeRecord reports whether the segment, all of which was read, is a gzip
// member that comes before another one with a record, or at the end of the file.
func (s *segment) endsBeforeRecord() bool {
	return s.z != nil && (!s.in.need(1) && s.in.err == io.EOF || s.z.holdsRecord(s.in))
}

// find looks for where the next record begins, from the given place of the rest
// on, but not beyond limit. It returns that place, or -1.
func (s *segment) find(from, limit int) int {
	for from <= limit {
		have := min(s.end-s.pos, limit+len(versionPrefix))
		i := bytes.Index(s.rest()[min(from, have):have], []byte(versionPrefix))
		if i < 0 {
			from = max(from, have-len(versionPrefix)+1)
			if from > limit || !s.fill(have+1) {
				return -1
			}
			continue
		}
		from += i
		s.fill(from + lookAhead)
		b := s.rest()
		if headerAt(b[from:], false) || s.over && bytes.HasSuffix(b[:from], []byte(separator)) && headerAt(b[from:], true) {
			return from
		}
		from++
	}
	return -1
}

// skipToRecord moves to where the next record begins, from the given place of
// the rest on, or to the end of the segment. It needs little memory, however far
// that is.
func (s *segment) skipToRecord(from int) {
	for {
		limit := from + windowSize
		if i := s.find(from, limit); i >= 0 {
			s.pos += i
			return
		}
		if s.over && s.end-s.pos <= limit {
			s.pos = s.end
			return
		}
		s.pos += limit - len(separator) // so much before a record counts
		from = len(separator) + 1
	}
}

// A readError is one of reading the input, as opposed to what was read.
type readError struct {
	offset int64
	err    error
}

func (e *readError) Error() string { return fmt.Sprintf("wet: read at byte %d: %v", e.offset, e.err) }
func (e *readError) Unwrap() error { return e.err }

func isReadError(err error) bool {
	_, ok := errors.AsType[*readError](err)
	return ok
}
