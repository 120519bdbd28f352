package tokenize

import (
	"fmt"
	"sync"

	"github.com/textmill/textmill/tokenize/internal/bpe"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A BPE is a byte-pair encoder. It is made by [Tiktoken] or [ReadTiktoken]. It is
// safe for concurrent use.
//
// Memory: o200k_base, the largest, takes 14 MB, which o200k_harmony shares. Each
// goroutine that encodes takes 11 MB more, nearly all of it to remember words,
// which the next one uses again; and, while it encodes a word of more than 4 KB,
// an eighth of the size of the word.
type BPE struct {
	name      string
	size      int
	endOfText uint32
	special   *specials
	pattern   *pretokenize.Pattern
	vocab     *bpe.Vocabulary
	highBytes []uint64  // a bit for each id: the tokens that are one byte from 0x80 on
	workers   sync.Pool // of *worker
}

var _ Encoder = (*BPE)(nil)

// A worker is what a goroutine needs to encode.
type worker struct {
	words *bpe.Encoder
	ends  [128]int
	ids   []uint32 // for Count
}

func newBPE(name string, size int, endOfText uint32, special *specials, pattern *pretokenize.Pattern, vocab *bpe.Vocabulary) *BPE {
	b := &BPE{
		name: name, size: size, endOfText: endOfText, special: special, pattern: pattern, vocab: vocab,
		highBytes: make([]uint64, size/64+1),
		workers:   sync.Pool{New: func() any { return &worker{words: vocab.NewEncoder()} }},
	}
	for c := 0x80; c <= 0xff; c++ {
		id := vocab.Find(string([]byte{byte(c)}))
		b.highBytes[id/64] |= 1 << (id % 64)
	}
	return b
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

// Encode implements [Encoder]. It takes time in proportion to the size of text,
// whatever is in it, and allocates nothing beyond growing dst, unless a word has
// more than 4 KB.
func (b *BPE) Encode(dst []uint32, text string) []uint32 {
	w := b.workers.Get().(*worker)
	for i := 0; i < len(text); {
		n := b.pattern.Ends(text, i, w.ends[:])
		dst = w.words.Append(dst, text, i, w.ends[:n])
		i = w.ends[n-1]
	}
	b.workers.Put(w)
	return dst
}

// Count returns the number of ids that Encode appends, without making a slice of
// them.
func (b *BPE) Count(text string) int {
	w := b.workers.Get().(*worker)
	count := 0
	for i := 0; i < len(text); {
		n := b.pattern.Ends(text, i, w.ends[:])
		w.ids = w.words.Append(w.ids[:0], text, i, w.ends[:n])
		count += len(w.ids)
		i = w.ends[n-1]
	}
	if cap(w.ids) > keepBuffer {
		w.ids = nil
	}
	b.workers.Put(w)
	return count
}

// Cut returns the last place up to at, in bytes, at which text may be divided:
// the ids of both parts, one after the other, are those of the whole. It is 0 if
// there is none. So a document of gigabytes can be encoded by many goroutines.
// It is between a letter, a digit or another visible character and a space, or
// between a letter and a sign such as a comma; in an ordinary text that is a few
// bytes before at.
func (b *BPE) Cut(text string, at int) int { return pretokenize.Cut(text, at) }

// Decode appends the bytes that ids stand for to dst. Special tokens are written
// as tiktoken spells them. The error is about an id that is not in use; dst then
// holds what came before it. The ids of a part of a text may stand for bytes
// that are not valid UTF-8.
func (b *BPE) Decode(dst []byte, ids []uint32) ([]byte, error) {
	for i, id := range ids {
		s := ""
		if int64(id) < int64(b.vocab.Len()) {
			s = b.vocab.Text(id)
		}
		if s == "" {
			s = b.special.texts[id]
		}
		if s == "" {
			return dst, fmt.Errorf("tokenize: id %d at index %d is not in use in %s", id, i, b.name)
		}
		dst = append(dst, s...)
	}
	return dst, nil
}

// CountFallback returns how many of ids stand for no text that was there, which
// is 0 always, and how many for a single byte that is not ASCII: the vocabulary
// has no token for the character that it is a part of, or none that byte-pair
// encoding led to.
func (b *BPE) CountFallback(ids []uint32) (unknown, byteFallback int) {
	for _, id := range ids {
		if i := int(id / 64); i < len(b.highBytes) {
			byteFallback += int(b.highBytes[i] >> (id % 64) & 1)
		}
	}
	return 0, byteFallback
}
