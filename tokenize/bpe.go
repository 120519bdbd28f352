package tokenize

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A BPE is a byte-pair encoder. It is made by [Tiktoken]. It is safe for
// concurrent use; each goroutine that encodes takes 1.2 MB of buffers, which
// are used again, and up to 4 MB more for words of tens of kilobytes.
type BPE struct {
	name      string
	size      int
	endOfText uint32
	special   map[uint32]string
	split     pretokenize.Splitter
	vocab     *vocabulary
	classes   *pretokenize.Classes
	scratch   sync.Pool // of *scratch
}

var _ Encoder = (*BPE)(nil)

func newBPE(e *encoding, v *vocabulary, special map[uint32]string) *BPE {
	return &BPE{
		name:      e.name,
		size:      e.size,
		endOfText: e.endOfText,
		special:   special,
		split:     e.split,
		vocab:     v,
		classes:   pretokenize.Load(),
		scratch:   sync.Pool{New: func() any { return new(scratch) }},
	}
}

// Name returns the name of the vocabulary, such as "cl100k_base".
func (b *BPE) Name() string { return b.name }

// VocabSize returns one more than the highest id, as tiktoken's n_vocab does.
// Not every id below it is in use.
func (b *BPE) VocabSize() int { return b.size }

// EndOfText returns the id of "<|endoftext|>".
func (b *BPE) EndOfText() uint32 { return b.endOfText }

// MarshalText returns the name of the vocabulary. It makes an encoder appear by
// its name in the record of a run.
func (b *BPE) MarshalText() ([]byte, error) { return []byte(b.name), nil }

// UnicodeVersion is the version of Unicode by which characters are classified.
const UnicodeVersion = pretokenize.UnicodeVersion

// maxWord is the size in bytes above which a word is encoded in parts. See the
// package comment.
const maxWord = 128 << 10

// Encode implements [Encoder]. It allocates nothing beyond growing dst.
func (b *BPE) Encode(dst []uint32, text string) []uint32 {
	s := b.scratch.Get().(*scratch)
	for i := 0; i < len(text); {
		end := b.split(b.classes, text, i)
		word := text[i:end]
		for len(word) > maxWord {
			cut := maxWord
			for cut > maxWord-utf8.UTFMax && !utf8.RuneStart(word[cut]) {
				cut--
			}
			dst = b.vocab.appendWord(dst, word[:cut], s)
			word = word[cut:]
		}
		dst = b.vocab.appendWord(dst, word, s)
		i = end
	}
	b.scratch.Put(s)
	return dst
}

// Decode appends the bytes that ids stand for to dst. Special tokens are written
// as tiktoken spells them. The error is about an id that is not in use; dst then
// holds what came before it. The ids of a part of a text may stand for bytes
// that are not valid UTF-8.
func (b *BPE) Decode(dst []byte, ids []uint32) ([]byte, error) {
	for i, id := range ids {
		s := b.special[id]
		if s == "" && int64(id) < int64(len(b.vocab.starts)-1) {
			s = b.vocab.text(id)
		}
		if s == "" {
			return dst, fmt.Errorf("tokenize: id %d at index %d is not in use in %s", id, i, b.name)
		}
		dst = append(dst, s...)
	}
	return dst, nil
}
