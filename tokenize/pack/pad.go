package pack

import "github.com/textmill/textmill/tokenize"

// A Pad is a packing with one document to a window. One that is longer is divided
// into windows, all but the last of which are full; the rest of a window is padding.
// It is for models and trainers that cannot tell documents in a window apart, and
// wastes what the documents are shorter than the window.
//
// It holds one window.
type Pad struct {
	Window  int     // tokens in a window, from 1 to 1<<24; required
	Padding *uint32 // the id that fills windows; required
}

// Validate returns an error if a setting is wrong.
func (p Pad) Validate() error {
	if err := checkWindow("Pad", p.Window); err != nil {
		return err
	}
	return checkPadding("Pad", p.Padding)
}

// NewPacker implements [tokenize.Packing]. If Validate returns an error, so do the
// methods of the packer.
func (p Pad) NewPacker(emit func(tokenize.Sequence) error) tokenize.Packer {
	if err := p.Validate(); err != nil {
		return failed{err}
	}
	return &padPacker{newWindow(p.Window, p.Padding, emit)}
}

type padPacker struct{ window }

// Add implements [tokenize.Packer].
func (p *padPacker) Add(id string, tokens []uint32) error {
	for start := 0; start < len(tokens) && p.err == nil; start += p.size {
		p.add(id, start, tokens[start:min(start+p.size, len(tokens))])
		p.flush()
	}
	return p.err
}

// Flush implements [tokenize.Packer].
func (p *padPacker) Flush() error { return p.err }
