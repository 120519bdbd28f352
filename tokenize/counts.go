package tokenize

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/textmill/textmill"
)

// The names of what a [Stage] counts.
const (
	countDocuments    = "tokenize.documents"
	countTokens       = "tokenize.tokens"
	countBytes        = "tokenize.bytes"
	countUnknown      = "tokenize.unknown"
	countByteFallback = "tokenize.byte_fallback"
)

// count counts a document that was encoded by enc. It is one lock for each name, a
// quarter of a microsecond in all.
func count(ctx context.Context, enc Encoder, doc *textmill.Document) {
	textmill.Count(ctx, countDocuments, 1)
	textmill.Count(ctx, countTokens, int64(len(doc.Tokens)))
	textmill.Count(ctx, countBytes, int64(len(doc.Text)))
	textmill.Count(ctx, lengthNames[lengthClass(len(doc.Tokens))], 1)
	if c, ok := enc.(FallbackCounter); ok {
		unknown, byteFallback := c.CountFallback(doc.Tokens)
		textmill.Count(ctx, countUnknown, int64(unknown))
		textmill.Count(ctx, countByteFallback, int64(byteFallback))
	}
}

// Documents are counted by length in classes: no tokens, 1, 2, 3 to 4, 5 to 8 and so on
// up to 2^30, and more. The names of their counters end in the most tokens that a
// document of the class has: tokenize.length_to_8, for instance.
const lengthClasses = 33

var lengthNames = func() (names [lengthClasses]string) {
	for class := range lengthClasses - 1 {
		names[class] = fmt.Sprintf("tokenize.length_to_%d", lengthMax(class))
	}
	names[lengthClasses-1] = fmt.Sprintf("tokenize.length_over_%d", lengthMax(lengthClasses-2))
	return names
}()

// lengthClass returns the class of documents of n tokens.
func lengthClass(n int) int {
	if n == 0 {
		return 0
	}
	return min(1+bits.Len(uint(n-1)), lengthClasses-1)
}

// lengthMax returns how many tokens a document of a class has at most.
func lengthMax(class int) int64 {
	switch class {
	case 0:
		return 0
	case lengthClasses - 1:
		return math.MaxInt64
	}
	return 1 << (class - 1)
}

// A packed is what [Shards] counts of a [Packing], for one shard.
type packed struct {
	taken     int64 // tokens given to the packer
	windows   int64
	documents int64
	tokens    int64
	padding   int64
	divided   int64
}

// The names of what it counts.
const (
	countWindows   = "pack.windows"
	countPacked    = "pack.documents"
	countInWindows = "pack.tokens"
	countPadding   = "pack.padding"
	countDivided   = "pack.divided"
	countLeftOut   = "pack.left_out"
)

// take counts a document that is given to the packer.
func (p *packed) take(tokens []uint32) { p.taken += int64(len(tokens)) }

// add counts what the packer made.
func (p *packed) add(seq Sequence) {
	p.windows++
	p.documents += seq.Documents()
	padding := len(seq.Tokens)
	for _, s := range seq.Segments {
		padding -= s.Len
		// Of the pieces of a document, this is the second: the first is no longer than
		// a window, and those between the first and the last are as long as one.
		if 0 < s.Start && s.Start <= len(seq.Tokens) {
			p.divided++
		}
	}
	p.padding += int64(padding)
	p.tokens += int64(len(seq.Tokens) - padding)
}

// report adds to the counts of the shard, when all is packed.
func (p *packed) report(ctx context.Context) {
	textmill.Count(ctx, countWindows, p.windows)
	textmill.Count(ctx, countPacked, p.documents)
	textmill.Count(ctx, countInWindows, p.tokens)
	textmill.Count(ctx, countPadding, p.padding)
	textmill.Count(ctx, countDivided, p.divided)
	textmill.Count(ctx, countLeftOut, p.taken-p.tokens)
}
