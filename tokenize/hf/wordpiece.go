package hf

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// A wordPiece is a model of type WordPiece, as BERT has: of a word it takes the
// longest token that it begins with, and so on. A word that is not all tokens is
// unknown.
type wordPiece struct {
	initial *trie // tokens at the beginning of a word
	inner   *trie // and after it, without their prefix
	unknown uint32
	limit   int // characters in a word above which it is unknown
}

func readWordPiece(f *fields) (map[string]uint32, *wordPiece, error) {
	unknown, prefix := f.text("unk_token"), f.text("continuing_subword_prefix")
	w := &wordPiece{limit: int(f.id("max_input_chars_per_word", 1<<30))}
	raw := f.required("vocab")
	if f.err != nil {
		return nil, nil, f.err
	}
	tokens, err := readVocab(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: vocab %w", f.part, err)
	}
	id, ok := tokens[unknown]
	if !ok {
		f.fail("unk_token", fmt.Errorf("%q is not in the vocabulary", unknown))
	}
	w.unknown = id
	inner := map[string]uint32{}
	for t, id := range tokens {
		if len(t) > len(prefix) && t[:len(prefix)] == prefix {
			inner[t[len(prefix):]] = id
		}
	}
	w.initial, w.inner = newTrie(tokens), newTrie(inner)
	return tokens, w, f.close()
}

func (w *wordPiece) append(dst []uint32, word string, s *scratch) []uint32 {
	return s.cache.appendWord(dst, word, w, s)
}

// encodeWord implements wordEncoder.
func (w *wordPiece) encodeWord(dst []uint32, word string, _ uint64, _ *scratch) []uint32 {
	if len(word) > w.limit && utf8.RuneCountInString(word) > w.limit {
		return append(dst, w.unknown)
	}
	before := len(dst)
	tokens := w.initial
	for i := 0; i < len(word); tokens = w.inner {
		end, id := tokens.longest(word, i)
		if id == none {
			return append(dst[:before], w.unknown)
		}
		dst = append(dst, id)
		i = end
	}
	return dst
}

func (w *wordPiece) kind(id uint32) (unknown, fallback bool) { return id == w.unknown, false }

// A wordLevel is a model of type WordLevel: a word is a token or unknown.
type wordLevel struct {
	vocab   *vocabulary
	unknown uint32
}

func readWordLevel(f *fields) (map[string]uint32, *wordLevel, error) {
	unknown := f.text("unk_token")
	raw := f.required("vocab")
	if f.err != nil {
		return nil, nil, f.err
	}
	tokens, err := readVocab(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: vocab %w", f.part, err)
	}
	id, ok := tokens[unknown]
	if !ok {
		f.fail("unk_token", errors.New("is not in the vocabulary"))
	}
	return tokens, &wordLevel{newVocabulary(tokens), id}, f.close()
}

func (w *wordLevel) append(dst []uint32, word string, _ *scratch) []uint32 {
	if id := w.vocab.find(word); id != none {
		return append(dst, id)
	}
	return append(dst, w.unknown)
}

func (w *wordLevel) kind(id uint32) (unknown, fallback bool) { return id == w.unknown, false }
