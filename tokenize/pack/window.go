package pack

import (
	"fmt"

	"github.com/textmill/textmill/tokenize"
)

// maxWindow is more than any model can attend to, and bounds what is held: 64 MB
// of ids.
const maxWindow = 1 << 24

func checkWindow(packing string, size int) error {
	if size < 1 || size > maxWindow {
		return fmt.Errorf("pack: %s needs a Window from 1 to %d tokens, not %d", packing, maxWindow, size)
	}
	return nil
}

func checkPadding(packing string, id *uint32) error {
	if id == nil {
		return fmt.Errorf("pack: %s needs Padding, the id that fills windows, such as new(encoder.EndOfText())", packing)
	}
	return nil
}

// A window is the one being filled.
type window struct {
	size     int
	padding  uint32
	emit     func(tokenize.Sequence) error
	tokens   []uint32
	segments []tokenize.Segment
	err      error // of emit; the packing is over
}

func newWindow(size int, padding *uint32, emit func(tokenize.Sequence) error) window {
	w := window{size: size, emit: emit}
	if padding != nil {
		w.padding = *padding
	}
	return w
}

// room returns how many tokens there is place for.
func (w *window) room() int { return w.size - len(w.tokens) }

// add appends a piece of a document, for which there is room.
func (w *window) add(id string, start int, tokens []uint32) {
	w.tokens = append(w.tokens, tokens...)
	w.segments = append(w.segments, tokenize.Segment{ID: id, Start: start, Len: len(tokens)})
}

// flush emits the window and begins the next.
func (w *window) flush() error {
	for len(w.tokens) < w.size {
		w.tokens = append(w.tokens, w.padding)
	}
	w.err = w.emit(tokenize.Sequence{Tokens: w.tokens, Segments: w.segments})
	w.tokens, w.segments = w.tokens[:0], w.segments[:0]
	return w.err
}

// failed is the packer of a packing whose settings are wrong.
type failed struct{ err error }

// Add implements [tokenize.Packer].
func (f failed) Add(string, []uint32) error { return f.err }

// Flush implements [tokenize.Packer].
func (f failed) Flush() error { return f.err }
