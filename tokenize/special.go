package tokenize

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Special says what [BPE.EncodeSpecial] does where a text spells a special token,
// such as "<|endoftext|>". The zero value takes all of them for ordinary text, as
// Encode does. tiktoken's encode, if nothing is said, does what
// Special{DisallowAll: true} does.
type Special struct {
	Allow       []string `json:",omitempty"` // become their ids
	AllowAll    bool     `json:",omitempty"` // all become their ids
	Disallow    []string `json:",omitempty"` // are an error, even those in Allow
	DisallowAll bool     `json:",omitempty"` // all that are not allowed are an error
}

// EncodeSpecial appends the ids of text to dst as Encode does, but for the special
// tokens in it. Text between two of them is encoded as if it were alone. Where
// several special tokens begin at one place, the longest counts.
//
// It returns an error and dst as it was if the text has a special token that is
// disallowed, which it names with its place, or if a name in special is not that
// of a special token.
func (b *BPE) EncodeSpecial(dst []uint32, text string, special Special) ([]uint32, error) {
	for _, name := range slices.Concat(special.Allow, special.Disallow) {
		if _, ok := b.special.ids[name]; !ok {
			return dst, fmt.Errorf("tokenize: %q is not a special token of %s", name, b.name)
		}
	}
	allowed := func(name string) bool { return special.AllowAll || slices.Contains(special.Allow, name) }
	disallowed := func(name string) bool {
		return special.DisallowAll && !allowed(name) || slices.Contains(special.Disallow, name)
	}
	if name, at := b.special.find(text, 0, disallowed); name != "" {
		return dst, fmt.Errorf("tokenize: special token %q at byte %d of the text: allow it, or do not disallow it to encode it as text", name, at)
	}
	for start := 0; ; {
		// The next special token of any kind, and only then whether it is allowed:
		// one that is not hides an allowed one that begins with the same bytes.
		name, at := b.special.find(text, start, nil)
		for name != "" && !allowed(name) {
			name, at = b.special.find(text, at+1, nil)
		}
		if name == "" {
			return b.Encode(dst, text[start:]), nil
		}
		dst = append(b.Encode(dst, text[start:at]), b.special.ids[name])
		start = at + len(name)
	}
}

// SpecialTokens yields the special tokens and their ids, in the order of the ids.
// Two may have one id, as <|endofprompt|> and <|reserved_200018|> of
// o200k_harmony; the one that comes first is what the id is decoded to.
func (b *BPE) SpecialTokens() iter.Seq2[string, uint32] {
	return func(yield func(string, uint32) bool) {
		for _, t := range b.special.list {
			if !yield(t.text, t.id) {
				return
			}
		}
	}
}

type specialToken struct {
	text string
	id   uint32
}

// specials are the special tokens of a vocabulary.
type specials struct {
	list    []specialToken // in the order of the ids, and of text
	ids     map[string]uint32
	texts   map[uint32]string
	prefix  string // what all of them begin with
	lengths []int  // the longest first
}

func newSpecials(ids map[string]uint32) *specials {
	s := &specials{ids: ids, texts: map[uint32]string{}}
	lengths := map[int]bool{}
	for text, id := range ids {
		s.list = append(s.list, specialToken{text, id})
		if !lengths[len(text)] {
			lengths[len(text)] = true
			s.lengths = append(s.lengths, len(text))
		}
	}
	slices.SortFunc(s.list, func(a, b specialToken) int {
		return cmp.Or(cmp.Compare(a.id, b.id), strings.Compare(a.text, b.text))
	})
	slices.SortFunc(s.lengths, func(a, b int) int { return b - a })
	for i, t := range s.list {
		if s.texts[t.id] == "" {
			s.texts[t.id] = t.text
		}
		if i == 0 {
			s.prefix = t.text
		}
		for !strings.HasPrefix(t.text, s.prefix) {
			s.prefix = s.prefix[:len(s.prefix)-1]
		}
	}
	return s
}

// find returns the first special token that text spells at from or after it and
// that is wanted, the longest if there are several, and its place; or "". All are
// wanted if wanted is nil.
func (s *specials) find(text string, from int, wanted func(string) bool) (name string, at int) {
	for at = from; at < len(text); at++ {
		next := strings.Index(text[at:], s.prefix)
		if next < 0 {
			break
		}
		at += next
		for _, n := range s.lengths {
			if n > len(text)-at {
				continue
			}
			if name := text[at : at+n]; s.has(name) && (wanted == nil || wanted(name)) {
				return name, at
			}
		}
	}
	return "", 0
}

func (s *specials) has(name string) bool {
	_, ok := s.ids[name]
	return ok
}
