package pack

import "github.com/textmill/textmill/tokenize"

// Positions appends the position of each token of seq to dst and returns the extended
// slice. Positions count from 0 and begin again with each segment, also with one that
// continues a divided document: what came before it is not in the window, and positions
// stay below its length. So does padding, as if it were a segment of its own.
func Positions(dst []int32, seq tokenize.Sequence) []int32 {
	for part := range seq.Parts() {
		for i := range part {
			dst = append(dst, int32(i))
		}
	}
	return dst
}

// Boundaries appends the index at which each segment of seq begins to dst, then
// len(seq.Tokens), and returns the extended slice: the cu_seqlens of attention kernels
// for sequences of several lengths, such as flash_attn_varlen_func. Padding, if there
// is any, is the last segment, so that its tokens do not see a document, or are
// seen by one. Segments without tokens are left out: boundaries increase. They begin
// again at every 0 of [Positions].
func Boundaries(dst []int32, seq tokenize.Sequence) []int32 {
	at := int32(0)
	dst = append(dst, at)
	for part := range seq.Parts() {
		if len(part) > 0 {
			at += int32(len(part))
			dst = append(dst, at)
		}
	}
	return dst
}
