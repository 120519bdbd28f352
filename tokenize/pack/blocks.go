package pack

// blockSize is 64 KB of ids.
const blockSize = 1 << 14

// blocks is a long list of tokens. Unlike a slice, it takes no more memory than they
// do, and copies nothing to grow.
type blocks struct {
	all [][]uint32 // of blockSize each
	n   int        // tokens in them
}

// append adds tokens and returns where they are.
func (b *blocks) append(tokens []uint32) (at int) {
	at = b.n
	for len(tokens) > 0 {
		i, j := b.n/blockSize, b.n%blockSize
		if i == len(b.all) {
			b.all = append(b.all, make([]uint32, blockSize))
		}
		n := copy(b.all[i][j:], tokens)
		tokens, b.n = tokens[n:], b.n+n
	}
	return at
}

// appendTo appends the n tokens from at on to dst and returns the extended slice.
func (b *blocks) appendTo(dst []uint32, at, n int) []uint32 {
	for n > 0 {
		i, j := at/blockSize, at%blockSize
		k := min(n, blockSize-j)
		dst = append(dst, b.all[i][j:j+k]...)
		at, n = at+k, n-k
	}
	return dst
}

// reset forgets the tokens and keeps the memory.
func (b *blocks) reset() { b.n = 0 }
