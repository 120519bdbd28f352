package s3

import "context"

// slots limit how many buffers of one size are in use, and keep those that are not.
type slots struct {
	size  int64
	taken chan struct{}
	free  chan []byte
}

func newSlots(n int, size int64) slots {
	return slots{size, make(chan struct{}, n), make(chan []byte, n)}
}

// take waits for a slot.
func (s slots) take(ctx context.Context) error {
	select {
	case s.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tryTake takes a slot if there is one.
func (s slots) tryTake() bool {
	select {
	case s.taken <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) release() { <-s.taken }

// buffer returns an empty buffer of full size.
func (s slots) buffer() []byte {
	select {
	case b := <-s.free:
		return b[:0]
	default:
		return make([]byte, 0, s.size)
	}
}

// recycle keeps a buffer for the next who needs one.
func (s slots) recycle(b []byte) {
	if int64(cap(b)) != s.size {
		return
	}
	select {
	case s.free <- b:
	default:
	}
}
