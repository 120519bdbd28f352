package tokenize

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
