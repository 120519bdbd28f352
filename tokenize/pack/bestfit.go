package pack

import (
	"fmt"
	"strings"

	"github.com/textmill/textmill/tokenize"
)

// DefaultBuffer is the [BestFit.Buffer] of those that do not set it.
const DefaultBuffer = 1 << 24

// maxBuffer bounds the buffer at 4 GB.
const maxBuffer = 1 << 30

// A BestFit is a packing that divides no document that fits into a window: the
// best-fit packing of Ding et al., “Fewer Truncations Improve Language Modeling”
// (arXiv 2404.10830), who found that models trained so read better and make up less
// than with [Concat], at the same cost.
//
// A document longer than Window is divided into pieces of Window tokens and a rest.
// Then the pieces, longest first, go each into the fullest window it fits into, or into
// a new one. What remains of a window is padding: of ten million tokens of web pages,
// 0.05% in windows of 2048 and 0.09% in those of 8192.
//
// # Order
//
// Of pieces of the same length, the one that arrived first goes first; of windows that
// are equally full, it goes into the one that has been so for longest. In a window,
// pieces are in the order in which they arrived. Windows come in the order in which
// their longest pieces arrived, the first if there are several. So a shard whose documents
// are in random order has windows in random order. (In the order of their first
// pieces, those of many short documents would come first, for one of many is always
// early; in the order in which they were opened, those of long documents.) The rest
// of a document longer than Window may come before what precedes it.
//
// # Buffer
//
// The paper packs the corpus as a whole. Here as many documents are packed at a time
// as Buffer holds, and windows do not reach from one such lot into the next. That costs
// a few windows for each lot, of the thousands it has: with a Buffer of 1<<20, a
// sixteenth of the default, those pages have 0.2% of padding in windows of 2048 and 0.6% in
// windows of 8192.
//
// The order above is ours as well. And where the paper looks for the fullest window in
// a tree over all capacities, in O(log Window) for each piece, this does so in a set
// of bits with 64 branches at each level, which has two or three.
type BestFit struct {
	Window  int     // tokens in a window, from 1 to 1<<24; required
	Padding *uint32 // the id that fills windows; required

	// Buffer is how much is packed at a time, in tokens, from Window to 1<<30. If 0, it is
	// DefaultBuffer, or Window if that is more. Beside its tokens, each piece counts
	// for 24 and each ID for one for every 4 bytes, which is what is held of them. So
	// a shard that is being written takes some 4 bytes for each token of Buffer, 64 MB
	// by default, if it has so many; and up to 48 for each of Window.
	Buffer int
}

// Validate returns an error if a setting is wrong.
func (b BestFit) Validate() error {
	if err := checkWindow("BestFit", b.Window); err != nil {
		return err
	}
	if b.Buffer != 0 && (b.Buffer < b.Window || b.Buffer > maxBuffer) {
		return fmt.Errorf("pack: BestFit needs a Buffer from %d, its Window, to %d tokens, not %d", b.Window, maxBuffer, b.Buffer)
	}
	return checkPadding("BestFit", b.Padding)
}

// NewPacker implements [tokenize.Packing]. If Validate returns an error, so do the
// methods of the packer.
func (b BestFit) NewPacker(emit func(tokenize.Sequence) error) tokenize.Packer {
	if err := b.Validate(); err != nil {
		return failed{err}
	}
	limit := b.Buffer
	if limit == 0 {
		limit = max(DefaultBuffer, b.Window)
	}
	return &bestFitPacker{window: newWindow(b.Window, b.Padding, emit), limit: limit, fitter: newFitter(b.Window)}
}

type bestFitPacker struct {
	window
	fitter fitter

	// What waits to be packed, in order of arrival.
	ids     []string // of documents
	pieces  []piece
	lengths []int32 // of pieces
	store   blocks  // the tokens of pieces, one after another
	held    int     // what all this counts for
	limit   int     // of held
}

// A piece is a document that waits, or a part of one.
type piece struct {
	document int32 // index in ids
	start    int   // in the document
	at       int   // in store
}

// pieceCost is what is held for a piece beside its tokens, in tokens of 4 bytes: 28 bytes
// for itself and its length, up to 21 while it is being packed, 16 for the ID, and space
// that slices grow into.
const pieceCost = 24

func (p *bestFitPacker) cost(id string, tokens int) int {
	pieces := (tokens + p.size - 1) / p.size
	return tokens + pieces*pieceCost + len(id)/4
}

// Add implements [tokenize.Packer].
func (p *bestFitPacker) Add(id string, tokens []uint32) error {
	if p.err != nil || len(tokens) == 0 {
		return p.err
	}
	if p.held > 0 && p.held+p.cost(id, len(tokens)) > p.limit {
		p.pack()
	}
	start := 0
	if p.held == 0 { // what fills windows by itself is first in any case, and need not wait
		for ; len(tokens)-start >= p.size && p.err == nil; start += p.size {
			p.add(id, start, tokens[start:start+p.size])
			p.flush()
		}
	}
	if start < len(tokens) && p.err == nil {
		p.hold(id, start, tokens[start:])
	}
	return p.err
}

// hold keeps the tokens of a document from start on.
func (p *bestFitPacker) hold(id string, start int, tokens []uint32) {
	p.held += p.cost(id, len(tokens))
	p.ids = append(p.ids, strings.Clone(id)) // it may be part of something large
	at := p.store.append(tokens)
	for i := 0; i < len(tokens); i += p.size {
		p.pieces = append(p.pieces, piece{int32(len(p.ids) - 1), start + i, at + i})
		p.lengths = append(p.lengths, int32(min(p.size, len(tokens)-i)))
	}
}

// Flush implements [tokenize.Packer].
func (p *bestFitPacker) Flush() error {
	if p.err == nil {
		p.pack()
	}
	return p.err
}

// pack emits all that is held.
func (p *bestFitPacker) pack() {
	for first := range p.fitter.fit(p.lengths) {
		for i := first; i >= 0; i = p.fitter.next[i] {
			p.put(i)
		}
		if p.flush() != nil {
			return // what is held does not matter any more
		}
	}
	clear(p.ids)
	p.ids, p.pieces, p.lengths, p.held = p.ids[:0], p.pieces[:0], p.lengths[:0], 0
	p.store.reset()
}

// put adds the i-th piece to the window.
func (p *bestFitPacker) put(i int32) {
	c, n := p.pieces[i], int(p.lengths[i])
	p.tokens = p.store.appendTo(p.tokens, c.at, n)
	p.segments = append(p.segments, tokenize.Segment{ID: p.ids[c.document], Start: c.start, Len: n})
}
