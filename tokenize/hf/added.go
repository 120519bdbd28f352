package hf

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// An AddedToken is a token that is looked for in a text before anything else is
// done, so that it is never divided.
type AddedToken struct {
	ID         uint32
	Content    string
	SingleWord bool // only where it is not part of a longer word
	LStrip     bool // with the white space before it
	RStrip     bool // with the white space after it
	Normalized bool // looked for in the normalized text, as its normalized form
	Special    bool // such as the end of a text: not part of what is encoded
}

const maxAddedTokens = 1 << 20

func readAddedTokens(raw []byte) ([]AddedToken, error) {
	var list []AddedToken
	err := elements(raw, func(value []byte) error {
		if len(list) == maxAddedTokens {
			return fmt.Errorf("are more than %d", maxAddedTokens)
		}
		f := open(fmt.Sprintf("entry %d", len(list)), value)
		t := AddedToken{
			ID:         f.id("id", maxTokens-1),
			Content:    f.text("content"),
			SingleWord: f.requiredFlag("single_word"),
			LStrip:     f.requiredFlag("lstrip"),
			RStrip:     f.requiredFlag("rstrip"),
			Normalized: f.requiredFlag("normalized"),
			Special:    f.requiredFlag("special"),
		}
		if len(t.Content) > maxTokenLength {
			f.fail("content", fmt.Errorf("has %d bytes; there may be %d", len(t.Content), maxTokenLength))
		}
		list = append(list, t)
		return f.close()
	})
	if err != nil {
		err = fmt.Errorf("added_tokens: %w", err)
	}
	return list, err
}

// An added finds added tokens in a text.
type added struct {
	tokens  []AddedToken    // sorted by id
	special map[string]bool // contents of those that were ever called special
	raw     *matcher        // those that are looked for in the text as it is
	normal  *matcher        // and in the normalized text
}

// assignIDs gives the tokens the ids that the library gives them: that which the
// content has in the model's vocabulary or, from size on, the next that is free.
// The ids in the file are not asked. Of tokens with the same content, the last is
// kept.
func assignIDs(list []AddedToken, size int, find func(string) (uint32, bool)) []AddedToken {
	next := uint32(size)
	at := map[string]int{}
	var out []AddedToken
	for _, t := range list {
		if t.Content == "" {
			continue
		}
		if i, ok := at[t.Content]; ok {
			t.ID = out[i].ID
			out[i] = t
			continue
		}
		id, ok := find(t.Content)
		if !ok {
			id = next
			next++
		}
		t.ID = id
		at[t.Content] = len(out)
		out = append(out, t)
	}
	return out
}

// newAdded makes the tables. The normalizer may be nil.
func newAdded(list []AddedToken, size int, find func(string) (uint32, bool), normalize func(string) string) (*added, error) {
	a := &added{special: map[string]bool{}}
	for _, t := range list {
		if t.Special {
			a.special[t.Content] = true
		}
	}
	a.tokens = assignIDs(list, size, find)
	slices.SortFunc(a.tokens, func(s, t AddedToken) int { return int(s.ID) - int(t.ID) })
	raw, normal := map[string]uint32{}, map[string]uint32{}
	for i, t := range a.tokens {
		if i > 0 && a.tokens[i-1].ID == t.ID {
			return nil, fmt.Errorf("added_tokens: %q and %q get the same id %d", a.tokens[i-1].Content, t.Content, t.ID)
		}
		patterns, key := raw, t.Content
		if t.Normalized {
			patterns, key = normal, normalize(t.Content)
		}
		if key == "" {
			return nil, fmt.Errorf("added_tokens: nothing is left of %q after the normalizer", t.Content)
		}
		if _, ok := patterns[key]; ok {
			return nil, fmt.Errorf("added_tokens: two tokens are the same as %q after the normalizer", t.Content)
		}
		patterns[key] = uint32(i)
	}
	a.raw, a.normal = a.newMatcher(raw), a.newMatcher(normal)
	return a, nil
}

// A matcher finds the added tokens of one kind.
type matcher struct {
	trie     *trie
	tokens   []AddedToken
	special  map[string]bool
	first    [256]bool // bytes that a token begins with
	ordinary bool      // some of them are not special
}

func (a *added) newMatcher(patterns map[string]uint32) *matcher {
	if len(patterns) == 0 {
		return nil
	}
	m := &matcher{trie: newTrie(patterns), tokens: a.tokens, special: a.special}
	for p, i := range patterns {
		m.first[p[0]] = true
		m.ordinary = m.ordinary || !a.special[a.tokens[i].Content]
	}
	return m
}

// A found is a part of a text: an added token, or what is between two.
type found struct {
	start, end int
	token      uint32 // or none
}

// next returns the leftmost match at or after i, of those that begin there the
// longest; or false.
func (m *matcher) next(s string, i int) (start, end int, t *AddedToken, ok bool) {
	for ; i < len(s); i++ {
		if !m.first[s[i]] {
			continue
		}
		if end, k := m.trie.longest(s, i); k != none {
			return i, end, &m.tokens[k], true
		}
	}
	return 0, 0, nil, false
}

// appendParts appends the parts of a text. Unless special is set, special tokens
// are left alone; as in the library, a token is not looked for inside of one.
func (m *matcher) appendParts(dst []found, s string, special bool) []found {
	begin := 0
	if m != nil && (special || m.ordinary) {
		for i := 0; ; {
			start, end, t, ok := m.next(s, i)
			if !ok {
				break
			}
			i = end
			if !special && m.special[t.Content] {
				continue
			}
			if t.SingleWord && !aloneIn(s, start, end) {
				continue
			}
			if t.LStrip {
				// What the token before has taken is not taken twice.
				start = begin + len(trimRightSpace(s[begin:max(begin, start)]))
			}
			if t.RStrip {
				end = len(s) - len(trimLeftSpace(s[end:]))
			}
			if begin < start {
				dst = append(dst, found{begin, start, none})
			}
			dst = append(dst, found{start, end, t.ID})
			begin = end
		}
	}
	if begin < len(s) {
		dst = append(dst, found{begin, len(s), none})
	}
	return dst
}

// aloneIn reports whether s[start:end] is not part of a longer word.
func aloneIn(s string, start, end int) bool {
	before, n := utf8.DecodeLastRuneInString(s[:start])
	if n > 0 && isWord(before) {
		return false
	}
	after, n := utf8.DecodeRuneInString(s[end:])
	return n == 0 || !isWord(after)
}

func trimLeftSpace(s string) string  { return strings.TrimLeftFunc(s, isSpace) }
func trimRightSpace(s string) string { return strings.TrimRightFunc(s, isSpace) }
