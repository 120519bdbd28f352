package wet

import (
	"errors"
	"io"
)

const (
	inputSize = 128 << 10 // of the buffer of an input, as long as nothing is held

	// maxHold is how many stored bytes of a gzip member are kept until all of it
	// was read. If the member is damaged, the next one may begin among them.
	maxHold = 4 << 20
)

// An input is the stored file with a buffer. The bytes to be read next are
// buf[i:n]. It knows the offset of each and can go back to those it holds.
type input struct {
	r    io.Reader
	buf  []byte
	i, n int
	hold int   // keep buf[hold:i] too; if negative, keep nothing
	base int64 // offset of buf[0] in the file
	err  error // why there is no more: io.EOF or what went wrong

	again int64 // how many bytes rewind went back, in all
}

func newInput(r io.Reader, offset int64) input {
	return input{r: r, buf: make([]byte, inputSize/32), hold: -1, base: offset}
}

// offset returns where in the file the next byte is.
func (in *input) offset() int64 { return in.base + int64(in.i) }

// unread returns what is in the buffer.
func (in *input) unread() []byte { return in.buf[in.i:in.n] }

// need reads until at least n bytes are unread, and reports whether they are.
func (in *input) need(n int) bool {
	for in.n-in.i < n {
		if !in.more() {
			return false
		}
	}
	return true
}

// more adds at least one byte to the unread ones, unless there is no more.
func (in *input) more() bool {
	if in.err != nil {
		return false
	}
	if in.n == len(in.buf) {
		in.makeRoom()
	}
	for range 100 {
		k, err := in.r.Read(in.buf[in.n:])
		if k < 0 || k > len(in.buf)-in.n {
			in.err = errors.New("wet: the reader returned an impossible count")
			return false
		}
		in.n += k
		in.err = err
		if k > 0 || err != nil {
			return k > 0
		}
	}
	in.err = io.ErrNoProgress
	return false
}

// makeRoom forgets what is neither unread nor held, and enlarges the buffer if
// that is not much.
func (in *input) makeRoom() {
	if in.hold >= 0 && in.i-in.hold > maxHold {
		in.hold = -1
	}
	from := in.i
	if in.hold >= 0 {
		from = in.hold
	}
	buf := in.buf
	if len(buf) < inputSize || in.n-from > len(buf)/2 {
		buf = make([]byte, max(2*len(buf), inputSize))
	}
	in.n = copy(buf, in.buf[from:in.n])
	in.buf = buf
	in.base += int64(from)
	in.i -= from
	in.hold = max(in.hold-from, -1)
}

// mark holds what is read from here on.
func (in *input) mark() { in.hold = in.i }

// release no longer holds anything.
func (in *input) release() { in.hold = -1 }

// rewind goes back to the byte after the mark, if what came after it is still
// held. It goes on from where it is if going back has become too much of the
// work: a file can be made of members each of which is damaged at its very end
// and holds all the next ones.
func (in *input) rewind() {
	if in.hold >= 0 {
		back := int64(in.i - in.hold - 1)
		if in.again+back <= maxHold+8*in.offset() {
			in.again += back
			in.i = min(in.i-int(back), in.n)
		}
	}
	in.hold = -1
}
