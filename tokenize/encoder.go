package tokenize

// An Encoder turns text into token ids. Its methods may be called concurrently
// and depend on nothing but their arguments.
type Encoder interface {
	// Encode appends the ids of text to dst and returns the extended slice.
	// Every id is below VocabSize. Special tokens have no effect on it: it never
	// returns their ids.
	Encode(dst []uint32, text string) []uint32

	// VocabSize returns the size of an array that has a place for every id,
	// special tokens and unused ids included.
	VocabSize() int

	// EndOfText returns the id of the special token that separates documents.
	EndOfText() uint32

	// Name returns the name of the vocabulary, such as "cl100k_base".
	Name() string
}
