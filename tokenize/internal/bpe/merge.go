package bpe

import "math/bits"

// mergeLimit is the size in bytes up to which a word is encoded by joining its
// bytes: that takes time in proportion to the square of the size, but few
// look-ups, and these in what is used most.
const mergeLimit = 15

// A merger joins neighbours one by one, in words of up to 64 bytes.
type merger struct {
	v      *Vocabulary
	tokens [64]uint32
	ranks  [64]uint64 // of joining a token to the next, and the place in 6 bits
}

const noRank = None << 6

// merge joins neighbours, the lowest first and of equals the leftmost, until no
// two can be joined, and appends what is left. The word is not empty.
func (m *merger) merge(dst []uint32, word string) []uint32 {
	v := m.v
	n := len(word)
	tokens, ranks := m.tokens[:n], m.ranks[:n]
	for i := range n - 1 {
		tokens[i] = v.ofByte[word[i]]
		ranks[i] = uint64(v.ofBytes[int(word[i])<<8|int(word[i+1])])<<6 | uint64(i)
	}
	tokens[n-1] = v.ofByte[word[n-1]]
	ranks[n-1] = noRank
	there := ^uint64(0) >> (64 - n) // a bit for each place at which a token begins
	for {
		lowest := ranks[0]
		for _, r := range ranks[1:] {
			lowest = min(lowest, r)
		}
		if lowest >= noRank {
			break
		}
		i, token := lowest&63, uint32(lowest>>6)
		after := there &^ (2<<i - 1)
		ranks[bits.TrailingZeros64(after)] = noRank
		there &^= after & -after
		after &= after - 1
		tokens[i], ranks[i] = token, noRank
		if after != 0 {
			ranks[i] = uint64(v.join(token, tokens[bits.TrailingZeros64(after)]))<<6 | i
		}
		if before := there & (1<<i - 1); before != 0 {
			k := 63 - bits.LeadingZeros64(before)
			ranks[k] = uint64(v.join(tokens[k], token))<<6 | uint64(k)
		}
	}
	for ; there != 0; there &= there - 1 {
		dst = append(dst, tokens[bits.TrailingZeros64(there)])
	}
	return dst
}
