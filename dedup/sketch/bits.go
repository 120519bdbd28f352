package sketch

// appendBits appends eight bits of a hash of each lane to dst (b-bit minwise hashing,
// Li, König, WWW 2010, with b = 8).
func appendBits(dst []byte, lanes []uint64) []byte {
	for _, v := range lanes {
		dst = append(dst, byte(v*keyBits>>56))
	}
	return dst
}

// Similarity estimates the Jaccard similarity of two texts from their [Sketcher.Bits],
// which must be of the same length. If m is the fraction of the bytes that are equal,
// it is (m-1/256)/(1-1/256), since of the lanes that differ one in 256 has the same
// byte by chance; and 0 if that is negative. So it is 1 only if all bytes are equal.
// Its standard error is √((J+(1-J)/256)(1-J)·256/255/lanes), for 112 lanes at most
// 0.047. It is 0 if a or b is empty.
func Similarity(a, b []byte) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return 0
	}
	equal := 0
	b = b[:len(a)]
	for i, c := range a {
		if c == b[i] {
			equal++
		}
	}
	return max(0, (float64(equal)/float64(len(a))-1./256)*(256./255))
}
