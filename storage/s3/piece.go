package s3

import (
	"context"
	"io"
)

// A piece is a part of an object that is fetched before it is asked for. It
// occupies a slot.
type piece struct {
	start, end int64
	ctx        context.Context
	cancel     context.CancelFunc
	buf        []byte
	done       chan struct{}
	err        error // once done
}

func newPiece(ctx context.Context, start, end int64, buf []byte) *piece {
	p := &piece{start: start, end: end, buf: buf[:end-start], done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p
}

func (p *piece) fetch(o *object) {
	defer close(p.done)
	st := o.stream(p.ctx, p.start, p.end)
	defer st.Close()
	_, p.err = io.ReadFull(st, p.buf)
}

// read copies what begins at off once all of the piece is there.
func (p *piece) read(b []byte, off int64) (int, error) {
	<-p.done // which does not take long when the context is done
	if p.err != nil {
		return 0, p.err
	}
	return copy(b, p.buf[off-p.start:]), nil
}

// free gives the slot back. The piece is of no more use.
func (p *piece) free(s slots) {
	p.cancel()
	<-p.done
	s.recycle(p.buf)
	s.release()
}
