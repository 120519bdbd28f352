package bpe

// knownBits gives the number of pairs of tokens that an encoder remembers.
const knownBits = 16 // 512 KB

// append appends the tokens of a word, which is not empty. tiktoken looks up the
// whole word before anything else; that matters only for the tokens that joining
// does not lead to.
func (c *Encoder) append(dst []uint32, word string) []uint32 {
	if len(c.v.whole) > 0 {
		if t, ok := c.v.whole[word]; ok {
			return append(dst, t)
		}
	}
	if len(word) <= mergeLimit {
		return c.merge(dst, word)
	}
	return c.search(dst, word)
}

// search finds the tokens of a word from left to right, in time in proportion to
// its size.
//
// The encoding of a word is the one way to divide it into tokens of which every
// two neighbours are what joining makes of the two of them. So the next token is
// the longest that may follow the one before it; and when there is none, a
// shorter one takes the place of the one before it. What is before a place has
// one encoding only, so a place that was left in this way need not be tried again.
//
// The method is that of the crate bpe by GitHub.
func (c *Encoder) search(dst []uint32, word string) []uint32 {
	v := c.v
	token, end := v.trie.longest(word, 0)
	if end == len(word) {
		return append(dst, token)
	}
	dead := c.dead[:] // a bit for each place that no encoding goes through
	if n := len(word)/64 + 1; n <= len(dead) {
		dead = dead[:n]
		clear(dead)
	} else {
		dead = make([]uint64, n)
	}
	first, at, last := len(dst), 0, uint32(None)
	for {
		if dead[end>>6]>>(end&63)&1 == 0 && (last == None || c.mayFollow(last, token)) {
			dst = append(dst, token)
			if end == len(word) {
				return dst
			}
			at, last = end, token
			token, end = v.trie.longest(word, at)
			continue
		}
		token = v.tokens[token].shorter
		for token == None {
			dead[at>>6] |= 1 << (at & 63)
			at -= int(v.tokens[last].size)
			token = v.tokens[last].shorter
			dst = dst[:len(dst)-1]
			last = None
			if len(dst) > first {
				last = dst[len(dst)-1]
			}
		}
		end = at + int(v.tokens[token].size)
	}
}

// mayFollow reports whether joining leaves left and right as they are when they
// are the whole word. It remembers the answer: the two tokens, above one bit, with
// one added so that it is not 0.
func (c *Encoder) mayFollow(left, right uint32) bool {
	pair := uint64(left)<<idBits | uint64(right)
	known := &c.known[(pair*mix1)>>(64-knownBits)]
	if e := *known; e>>1 == pair+1 {
		return e&1 != 0
	}
	e := (pair + 1) << 1
	may := c.v.mayFollow(left, right)
	if may {
		e |= 1
	}
	*known = e
	return may
}

// mayFollow takes left and right apart again, the last joining first, and looks
// at each step whether the two that are then neighbours would have been joined
// instead. They would if that makes a token that is lower than the one which was
// made of one of them, or the same and further to the left.
func (v *Vocabulary) mayFollow(left, right uint32) bool {
	limit := uint32(None) // what is lower would have been joined
	for {
		if v.join(left, right) < limit {
			return false
		}
		l, r := &v.tokens[left], &v.tokens[right]
		switch {
		case l.right != None && (left > right || r.left == None):
			limit, left = left, l.right
		case r.left != None:
			limit, right = right+1, r.left
		default:
			return true
		}
	}
}
