package pack

import "github.com/textmill/textmill/tokenize"

// A Concat is a packing that puts documents one after another and cuts every Window
// tokens, wherever that is. It is how most models were trained: there is no padding,
// and a document goes on in the next window if it does not end in this one, whether it
// would fit into one or not. [BestFit] says what is wrong with that.
//
// It holds one window.
type Concat struct {
	Window int // tokens in a window, from 1 to 1<<24; required

	// DropLast leaves out the last window of a shard if it is not full, so that
	// there is no padding at all. Its tokens, fewer than Window, are lost, and with
	// them the end of a document or several whole ones. [tokenize.Shards] counts
	// them.
	DropLast bool

	// Padding is the id that fills the last window of a shard. It is required unless
	// DropLast is set.
	Padding *uint32
}

// Validate returns an error if a setting is wrong.
func (c Concat) Validate() error {
	if err := checkWindow("Concat", c.Window); err != nil {
		return err
	}
	if c.DropLast {
		return nil
	}
	return checkPadding("Concat", c.Padding)
}

// NewPacker implements [tokenize.Packing]. If Validate returns an error, so do the
// methods of the packer.
func (c Concat) NewPacker(emit func(tokenize.Sequence) error) tokenize.Packer {
	if err := c.Validate(); err != nil {
		return failed{err}
	}
	return &concatPacker{newWindow(c.Window, c.Padding, emit), c.DropLast}
}

type concatPacker struct {
	window
	dropLast bool
}

// Add implements [tokenize.Packer].
func (p *concatPacker) Add(id string, tokens []uint32) error {
	for start := 0; start < len(tokens) && p.err == nil; {
		end := min(start+p.room(), len(tokens))
		p.add(id, start, tokens[start:end])
		if start = end; p.room() == 0 {
			p.flush()
		}
	}
	return p.err
}

// Flush implements [tokenize.Packer].
func (p *concatPacker) Flush() error {
	if p.err == nil && len(p.tokens) > 0 && !p.dropLast {
		p.flush()
	}
	return p.err
}
