package tokenize

import (
	"context"
	"errors"
	"sync"

	"github.com/textmill/textmill"
)

// A Stage puts the token ids of a document's text into its Tokens. It keeps every
// document and leaves Text as it is. What it encodes is in the report's counts, out of
// which [StatsOf] makes a [Stats].
//
// A stage after it that edits Text has to be followed by another Stage: Tokens
// belong to the text as it was.
type Stage struct {
	Encoder Encoder // required
}

// idBuffers holds buffers that have grown to the size of a document's tokens, so
// that Tokens can be allocated at once in the size they have.
var idBuffers = sync.Pool{New: func() any { return new([]uint32) }}

// keepBuffer is the capacity above which a buffer is not kept: 4 MB.
const keepBuffer = 1 << 20

// Validate returns an error if there is no Encoder.
func (s Stage) Validate() error {
	if s.Encoder == nil {
		return errors.New("tokenize: a Stage needs an Encoder")
	}
	return nil
}

// Process implements [textmill.Stage]. It overwrites Tokens and uses its memory
// again if there is enough.
func (s Stage) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	if err := s.Validate(); err != nil {
		return textmill.Keep, textmill.Fatal(err)
	}
	buf := idBuffers.Get().(*[]uint32)
	ids := s.Encoder.Encode((*buf)[:0], doc.Text)
	doc.Tokens = append(doc.Tokens[:0], ids...)
	if doc.Tokens == nil {
		doc.Tokens = []uint32{} // nil says that a document was not encoded
	}
	if cap(ids) <= keepBuffer {
		*buf = ids
		idBuffers.Put(buf)
	}
	count(ctx, s.Encoder, doc)
	return textmill.Keep, nil
}
