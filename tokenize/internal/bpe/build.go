package bpe

import (
	"fmt"
	"slices"
)

// build finds, for every token, the two that it is joined from, and makes the trie
// of them.
//
// Tokens are taken in the order of their ids, and each is encoded by those before
// it. Two tokens are left in the end, and this is the one way in which joining
// ever leads to it: whatever is joined within the bytes of a token that comes up
// in a longer word is what would be joined if it were alone, up to the last two.
//
// Or more than two are left. Then joining does not lead there (as to some of the
// runs of spaces that were added to p50k_base), unless it is through a token with
// a higher id, in which case this package has no way to encode; no vocabulary
// that was made by counting pairs is like that.
func (v *Vocabulary) build(used int) (*builder, error) {
	v.tokens = make([]token, v.Len())
	b := newBuilder(3*used + 1)
	ends := make([]uint32, v.Len()) // the node of each token
	for id := range v.tokens {
		v.tokens[id] = token{left: None, right: None, shorter: None}
		if s := v.Text(uint32(id)); s != "" {
			n := b.add(s)
			if b.nodes[n].token != None {
				return nil, &TokenError{uint32(id), fmt.Sprintf("token %q has another id, %d", s, b.nodes[n].token)}
			}
			b.nodes[n].token = uint32(id)
			v.tokens[id].size = uint32(len(s))
			ends[id] = n
		}
	}
	for c := range v.ofByte {
		k := b.children[b.place(0, byte(c))]
		if k == 0 || b.nodes[k].token == None {
			return nil, fmt.Errorf("byte %#02x is no token", c)
		}
		v.ofByte[c] = b.nodes[k].token
	}
	for i := range v.ofBytes {
		v.ofBytes[i] = None
	}
	m := merger{v: v}
	var rest, stuck []uint32
	for id := range uint32(v.Len()) {
		s := v.Text(id)
		if len(s) < 2 {
			continue
		}
		if rest = m.mergeAny(rest[:0], s); len(rest) > 2 {
			stuck = append(stuck, id)
			continue
		}
		if max(rest[0], rest[1]) > id {
			return nil, &TokenError{id, fmt.Sprintf("token %q is made of %d and %d, of which one has a higher id", s, rest[0], rest[1])}
		}
		v.setJoin(rest[0], rest[1], id)
		if len(s) == 2 {
			v.ofBytes[int(s[0])<<8|int(s[1])] = id
		}
	}
	v.whole = make(map[string]uint32, len(stuck))
	for _, id := range stuck {
		s := v.Text(id)
		if rest = m.mergeAny(rest[:0], s); len(rest) == 2 {
			return nil, &TokenError{id, fmt.Sprintf("token %q is made of tokens with higher ids", s)}
		}
		v.whole[s] = id
		b.nodes[ends[id]].token = None
	}
	for id := range v.tokens {
		if v.tokens[id].size == 0 {
			continue
		}
		for n := b.nodes[ends[id]].parent; n != 0; n = b.nodes[n].parent {
			if t := b.nodes[n].token; t != None {
				v.tokens[id].shorter = t
				break
			}
		}
	}
	return b, nil
}

// mergeAny is merge for words of any size. It takes time in proportion to the
// square of it.
func (m *merger) mergeAny(dst []uint32, word string) []uint32 {
	if len(word) <= len(m.tokens) {
		return m.merge(dst, word)
	}
	for i := range len(word) {
		dst = append(dst, m.v.ofByte[word[i]])
	}
	for {
		lowest, at := uint32(None), 0
		for i := range dst[1:] {
			if t := m.v.join(dst[i], dst[i+1]); t < lowest {
				lowest, at = t, i
			}
		}
		if lowest == None {
			return dst
		}
		dst[at] = lowest
		dst = slices.Delete(dst, at+1, at+2)
	}
}

// A TokenError is about one token.
type TokenError struct {
	ID      uint32
	Problem string
}

func (e *TokenError) Error() string { return fmt.Sprintf("id %d: %s", e.ID, e.Problem) }
