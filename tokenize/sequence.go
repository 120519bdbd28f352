package tokenize

import "iter"

// A Sequence is what files of tokens hold, one after another: a document, or what
// a [Packing] made of several.
type Sequence struct {
	Tokens   []uint32
	Segments []Segment // of documents, in order, without gaps; tokens after the last are padding
}

// A Segment is a document in a Sequence, or a part of one: the next Len tokens.
type Segment struct {
	ID    string // of the document
	Start int    // the index of the first token in its document; 0 unless the document is divided
	Len   int    // in tokens
}

// Documents returns how many documents begin in s. Added up over all sequences, a
// document counts once, however it was divided.
func (s Sequence) Documents() int64 {
	var n int64
	for _, seg := range s.Segments {
		if seg.Start == 0 {
			n++
		}
	}
	return n
}

// Parts yields the tokens of each segment, then the padding if there is any: s
// divided at its boundaries.
func (s Sequence) Parts() iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		rest := s.Tokens
		for _, seg := range s.Segments {
			if !yield(rest[:seg.Len:seg.Len]) {
				return
			}
			rest = rest[seg.Len:]
		}
		if len(rest) > 0 {
			yield(rest)
		}
	}
}

// A Packing makes sequences of one length of documents of any length. Those there
// are, are in package pack.
type Packing interface {
	// NewPacker starts a shard. Finished sequences go to emit, which does not keep
	// them; an error from it ends the packing and is returned.
	NewPacker(emit func(Sequence) error) Packer
}

// A Packer packs the documents of one shard. What it emits depends on them and
// their order alone.
type Packer interface {
	// Add takes a document with its end of text. It must not keep tokens.
	Add(id string, tokens []uint32) error

	// Flush emits what is left. It is called once, at the end.
	Flush() error
}
