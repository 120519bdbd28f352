package bpe

import "fmt"

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
	v.parts = make([]parts, v.Len())
	v.shorter = make([]uint32, v.Len())
	b := newBuilder(3 * used)
	ends := make([]uint32, v.Len()) // the node of each token
	for id := range v.parts {
		v.parts[id] = parts{None, None}
		if s := v.Text(uint32(id)); s != "" {
			n := b.add(s)
			if b.nodes[n].token != None {
				return nil, &TokenError{uint32(id), fmt.Sprintf("token %q has another id, %d", s, b.nodes[n].token)}
			}
			b.nodes[n].token = uint32(id)
			ends[id] = n
		}
	}
	var ofByte [256]uint32
	for c := range ofByte {
		k := b.children[b.place(0, byte(c))]
		if k == 0 || b.nodes[k].token == None {
			return nil, fmt.Errorf("byte %#02x is no token", c)
		}
		ofByte[c] = b.nodes[k].token
	}
	var m merger
	var stuck []uint32
	for id := range uint32(v.Len()) {
		s := v.Text(id)
		if len(s) < 2 {
			continue
		}
		rest := m.merge(v, s, &ofByte)
		if len(rest) > 2 {
			stuck = append(stuck, id)
			continue
		}
		if max(rest[0], rest[1]) > id {
			return nil, &TokenError{id, fmt.Sprintf("token %q is made of %d and %d, of which one has a higher id", s, rest[0], rest[1])}
		}
		v.setJoin(rest[0], rest[1], id)
	}
	v.whole = make(map[string]uint32, len(stuck))
	for _, id := range stuck {
		s := v.Text(id)
		if rest := m.merge(v, s, &ofByte); len(rest) == 2 {
			return nil, &TokenError{id, fmt.Sprintf("token %q is made of tokens with higher ids", s)}
		}
		v.whole[s] = id
		b.nodes[ends[id]].token = None
	}
	for id := range v.shorter {
		v.shorter[id] = None
		if v.Text(uint32(id)) == "" {
			continue
		}
		for n := b.nodes[ends[id]].parent; n != 0; n = b.nodes[n].parent {
			if t := b.nodes[n].token; t != None {
				v.shorter[id] = t
				break
			}
		}
	}
	return b, nil
}

// A merger joins neighbours one by one.
type merger struct {
	tokens, ranks [MaxToken]uint32
}

// merge joins neighbours, the lowest first and of equals the leftmost, until no
// two can be joined, and returns what is left.
func (m *merger) merge(v *Vocabulary, s string, ofByte *[256]uint32) []uint32 {
	n := len(s)
	tokens, ranks := m.tokens[:n], m.ranks[:n] // ranks[i] is of joining i and i+1
	for i := range tokens {
		tokens[i] = ofByte[s[i]]
	}
	ranks[n-1] = None
	for i := range n - 1 {
		ranks[i] = v.join(tokens[i], tokens[i+1])
	}
	for {
		lowest, at := uint32(None), 0
		for i, r := range ranks {
			if r < lowest {
				lowest, at = r, i
			}
		}
		if lowest == None {
			return tokens
		}
		tokens[at] = lowest
		copy(tokens[at+1:], tokens[at+2:])
		copy(ranks[at+1:], ranks[at+2:])
		n--
		tokens, ranks = tokens[:n], ranks[:n]
		ranks[at] = None
		if at+1 < n {
			ranks[at] = v.join(lowest, tokens[at+1])
		}
		if at > 0 {
			ranks[at-1] = v.join(tokens[at-1], lowest)
		}
	}
}

// A TokenError is about one token.
type TokenError struct {
	ID      uint32
	Problem string
}

func (e *TokenError) Error() string { return fmt.Sprintf("id %d: %s", e.ID, e.Problem) }
