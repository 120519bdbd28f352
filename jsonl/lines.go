package jsonl

import (
	"bytes"
	"io"
	"slices"
)

// A lineReader reads lines of at most max bytes.
type lineReader struct {
	r    io.Reader
	max  int
	buf  []byte // what was read and not given out yet
	next int    // where in buf the next line begins
	off  int64  // of buf[next] in the input
	err  error  // of r
}

// A line is one line of the input.
type line struct {
	bytes  []byte // without the newline; valid until the next call; nil if too long
	offset int64  // where it begins
	length int64  // with the newline
}

// firstBuffer is enough for nearly all lines.
const firstBuffer = 256 << 10

func newLineReader(r io.Reader, max int) *lineReader {
	return &lineReader{r: r, max: max, buf: make([]byte, 0, min(firstBuffer, max+1))}
}

// line returns the next line, or the error of the reader, which is [io.EOF] at
// the end. A last line without newline is one if the input ends there properly.
func (l *lineReader) line() (line, error) {
	seen := 0 // bytes of the line known to hold no newline
	for {
		rest := l.buf[l.next:]
		if i := bytes.IndexByte(rest[seen:], '\n'); i >= 0 {
			return l.take(seen+i, 1), nil
		}
		seen = len(rest)
		switch {
		case l.err == io.EOF && len(rest) > 0:
			return l.take(len(rest), 0), nil
		case l.err != nil:
			return line{}, l.err
		case len(rest) > l.max:
			return l.skip()
		}
		l.fill()
	}
}

// take gives out the next n bytes and drops the newline after them, if any.
func (l *lineReader) take(n, newline int) line {
	ln := line{l.buf[l.next : l.next+n : l.next+n], l.off, int64(n + newline)}
	if n > l.max {
		ln.bytes = nil
	}
	l.next += n + newline
	l.off += ln.length
	return ln
}

// skip passes over a line that is too long.
func (l *lineReader) skip() (line, error) {
	ln := line{offset: l.off}
	for {
		rest := l.buf[l.next:]
		n := bytes.IndexByte(rest, '\n') + 1
		end := n > 0
		if !end {
			n = len(rest)
		}
		l.next += n
		l.off += int64(n)
		ln.length += int64(n)
		if end || l.err == io.EOF {
			return ln, nil
		}
		if l.err != nil {
			return line{}, l.err
		}
		l.fill()
	}
}

// fill reads more into buf, making room first.
func (l *lineReader) fill() {
	l.buf = l.buf[:copy(l.buf, l.buf[l.next:])]
	l.next = 0
	if len(l.buf) == cap(l.buf) {
		l.buf = slices.Grow(l.buf, min(len(l.buf), l.max+1-len(l.buf)))
	}
	for range 100 {
		n, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+n]
		if l.err = err; n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}
