package hf

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A Tokenizer encodes texts as a tokenizer.json says. It is made by [Read]. It is
// safe for concurrent use; each goroutine that encodes takes 6 MB of buffers,
// which are used again, and while it encodes a text that is normalized, twice the
// size of the text.
//
// Text that is not valid UTF-8, which the library does not take, is encoded as if
// every byte that is no part of a character were U+FFFD.
type Tokenizer struct {
	name      string
	size      int
	endOfText uint32

	normalizers []normalizer
	added       *added
	steps       []step
	direct      *pattern // does what the steps do, if it is not nil
	model       model
	templates   []template
	decoder     decoder
	contents    map[uint32]string // of added tokens, as they are decoded
	tokens      *tokenTexts

	scratch sync.Pool // of *scratch
}

// A model makes tokens of words.
type model interface {
	// append appends the ids of a word, which is not empty.
	append(dst []uint32, word string, s *scratch) []uint32
	// kind tells unknown tokens and tokens for bytes of unknown characters from
	// others.
	kind(id uint32) (unknown, fallback bool)
}

// Name returns the name that was given to [Read].
func (t *Tokenizer) Name() string { return t.name }

// MarshalText returns the name. It makes an encoder appear by its name in the
// record of a run.
func (t *Tokenizer) MarshalText() ([]byte, error) { return []byte(t.name), nil }

// VocabSize returns one more than the highest id, of added tokens too. Not every
// id below it need be in use.
func (t *Tokenizer) VocabSize() int { return t.size }

// EndOfText returns the id of the token that was named in [Config].
func (t *Tokenizer) EndOfText() uint32 { return t.endOfText }

// AddedTokens returns the tokens that are found in a text before anything else is
// done with it, by ids; special ones are among them.
func (t *Tokenizer) AddedTokens() []AddedToken { return slices.Clone(t.added.tokens) }

// ID returns the id of a token, spelled as in the file, and whether there is one.
func (t *Tokenizer) ID(token string) (id uint32, ok bool) {
	for _, a := range t.added.tokens {
		if a.Content == token {
			return a.ID, true
		}
	}
	return t.tokens.find(token)
}

// Encode implements tokenize.Encoder. Special tokens in the text are encoded like
// any other text, and no template is applied: it does what the library does with
// encode_special_tokens set to True, and add_special_tokens to False. With a
// byte-level vocabulary, it allocates nothing beyond growing dst, unless the text
// is not in the normal form that the file asks for.
//
// A special token that is also an ordinary token of a Unigram model, such as
// "</s>", may still be found in a text by the model, in the library as here.
func (t *Tokenizer) Encode(dst []uint32, text string) []uint32 {
	return t.encode(dst, text, false)
}

// EncodeSpecial is Encode with special tokens in the text encoded as what they
// are: the library's encode with add_special_tokens set to False. Do not use it for
// texts from strangers.
func (t *Tokenizer) EncodeSpecial(dst []uint32, text string) []uint32 {
	return t.encode(dst, text, true)
}

// EncodeTemplate is EncodeSpecial with the tokens that the file's post-processor
// puts around a text: the library's encode as it is without options.
func (t *Tokenizer) EncodeTemplate(dst []uint32, text string) []uint32 {
	if len(t.templates) == 0 {
		return t.encode(dst, text, true)
	}
	ids := t.encode(nil, text, true)
	for _, p := range t.templates {
		ids = p.apply(ids)
	}
	return append(dst, ids...)
}

// Count returns the number of ids that Encode returns.
func (t *Tokenizer) Count(text string) int { return len(t.Encode(nil, text)) }

// CountFallback returns how many of the ids are the unknown token, and how many
// stand for a byte of a character that is no token. Byte-level vocabularies have
// neither.
func (t *Tokenizer) CountFallback(ids []uint32) (unknown, byteFallback int) {
	for _, id := range ids {
		u, b := t.model.kind(id)
		if u {
			unknown++
		}
		if b {
			byteFallback++
		}
	}
	return unknown, byteFallback
}

func (t *Tokenizer) encode(dst []uint32, text string, special bool) []uint32 {
	if text == "" {
		return dst
	}
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	s := t.scratch.Get().(*scratch)
	s.raw = t.added.raw.appendParts(s.raw[:0], text, special)
	for _, p := range s.raw {
		if p.token != none {
			dst = append(dst, p.token)
			continue
		}
		s.normal = normal{text: text[p.start:p.end]}
		if p.start == 0 {
			_, s.normal.origin = utf8.DecodeRuneInString(text)
		}
		dst = t.encodeRaw(dst, s, special)
	}
	s.normal, s.cutting.text = normal{}, ""
	t.scratch.Put(s)
	return dst
}

// encodeRaw encodes s.normal, a text between added tokens.
func (t *Tokenizer) encodeRaw(dst []uint32, s *scratch, special bool) []uint32 {
	for _, n := range t.normalizers {
		n.apply(&s.normal)
	}
	text, origin := s.normal.text, s.normal.origin
	s.normalized = t.added.normal.appendParts(s.normalized[:0], text, special)
	for _, p := range s.normalized {
		if p.token != none {
			dst = append(dst, p.token)
			continue
		}
		part := text[p.start:p.end]
		if t.direct != nil {
			dst = t.encodeDirect(dst, part, s)
			continue
		}
		c := &s.cutting
		c.text, c.origin = part, min(max(origin-p.start, 0), len(part))
		c.spans = append(c.spans[:0], span{0, len(part)})
		for _, step := range t.steps {
			step.apply(c)
		}
		for _, w := range c.spans {
			dst = t.model.append(dst, c.text[w.start:w.end], s)
		}
	}
	return dst
}

// encodeDirect encodes a text of which every byte is part of a word.
func (t *Tokenizer) encodeDirect(dst []uint32, text string, s *scratch) []uint32 {
	if t.direct.fast != nil {
		for i := 0; i < len(text); {
			n := t.direct.fast.Ends(text, i, s.ends[:])
			for _, end := range s.ends[:n] {
				dst = t.model.append(dst, text[i:end], s)
				i = end
			}
		}
		return dst
	}
	classes := pretokenize.Load()
	for i := 0; i < len(text); {
		end := t.direct.match(classes, text, i)
		dst = t.model.append(dst, text[i:end], s)
		i = end
	}
	return dst
}

// Decode appends the text that ids stand for to dst, as the library's decode does
// with skip_special_tokens set to False. Of a byte-level vocabulary it appends the
// bytes, which for a part of a text need not be valid UTF-8; the library replaces
// what is not. The error is about an id that is not in use, which the library
// leaves out.
func (t *Tokenizer) Decode(dst []byte, ids []uint32) ([]byte, error) {
	tokens := make([]string, len(ids))
	for i, id := range ids {
		s, ok := t.token(id)
		if !ok {
			return dst, fmt.Errorf("tokenize/hf: id %d at index %d is not in use in %s", id, i, t.name)
		}
		tokens[i] = s
	}
	if t.decoder == nil {
		return append(dst, strings.Join(tokens, " ")...), nil
	}
	for _, s := range t.decoder.decode(tokens) {
		dst = append(dst, s...)
	}
	return dst, nil
}

// token returns how an id is written before it is decoded.
func (t *Tokenizer) token(id uint32) (string, bool) {
	if s, ok := t.contents[id]; ok {
		return s, true
	}
	return t.tokens.of(id)
}

// A tokenTexts holds the tokens of a model as they are spelled in the file.
type tokenTexts struct {
	blob   string
	starts []uint32 // by id; one more at the end
	used   []uint64 // a bit for every id
	ids    *vocabulary
}

func newTokenTexts(tokens map[string]uint32) *tokenTexts {
	size := 0
	for _, id := range tokens {
		size = max(size, int(id)+1)
	}
	byID := make([]string, size)
	t := &tokenTexts{starts: make([]uint32, 1, size+1), used: make([]uint64, size/64+1), ids: newVocabulary(tokens)}
	for s, id := range tokens {
		byID[id] = s
		t.used[id>>6] |= 1 << (id & 63)
	}
	var blob strings.Builder
	for _, s := range byID {
		blob.WriteString(s)
		t.starts = append(t.starts, uint32(blob.Len()))
	}
	t.blob = blob.String()
	return t
}

func (t *tokenTexts) of(id uint32) (string, bool) {
	if uint64(id)+1 >= uint64(len(t.starts)) || t.used[id>>6]>>(id&63)&1 == 0 {
		return "", false
	}
	return t.blob[t.starts[id]:t.starts[id+1]], true
}

func (t *tokenTexts) find(token string) (uint32, bool) {
	id := t.ids.find(token)
	return id, id != none
}
