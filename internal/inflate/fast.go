package inflate

import "encoding/binary"

// What the fast loop may read or write at most in one turn.
const (
	fastSrc = 16
	fastDst = 3 + 258 + 16
)

// fast decodes the contents of a block as long as neither src nor dst comes near
// its end, so that it need not look for that more than once a turn.
//
// This is where the time goes. It keeps everything in local variables, decodes
// up to three literals for one refill, and copies matches by words, beyond their
// end if need be: what is there has not been written yet.
func (r *run) fast() (ended bool, err error) {
	var (
		src, dst    = r.src, r.dst
		ip, op, low = r.ip, r.op, r.low
		bits, nbits = r.bits, r.nbits
		lit, dist   = &r.lit, &r.dist
		lastIn      = len(src) - fastSrc
		lastOut     = len(dst) - fastDst
	)
loop:
	for ip <= lastIn && op <= lastOut {
		bits |= binary.LittleEndian.Uint64(src[ip:]) << (nbits & 63)
		ip += int((63 - nbits) >> 3)
		nbits |= 56
		e := lit[bits&(1<<litBits-1)]
		if e&isLiteral != 0 {
			out := (*[3]byte)(dst[op:]) // so that there is one check of bounds
			bits >>= e & 63
			nbits -= uint(e & 0xff)
			out[0] = byte(e >> 16)
			op++
			e = lit[bits&(1<<litBits-1)]
			if e&isLiteral != 0 {
				bits >>= e & 63
				nbits -= uint(e & 0xff)
				out[1] = byte(e >> 16)
				op++
				e = lit[bits&(1<<litBits-1)]
				if e&isLiteral != 0 {
					bits >>= e & 63
					nbits -= uint(e & 0xff)
					out[2] = byte(e >> 16)
					op++
					continue
				}
			}
		}
		// At least 36 bits are left, of which a length takes up to 20.
		if e&isOther != 0 {
			if e&isSub == isSub {
				bits >>= litBits
				nbits -= litBits
				e = lit[e.sub(bits)]
				if e&isLiteral != 0 {
					bits >>= e & 63
					nbits -= uint(e & 0xff)
					dst[op] = byte(e >> 16)
					op++
					continue
				}
			}
			if e&isInvalid == isInvalid {
				err = ErrCorrupt
				break loop
			}
			if e&isEnd == isEnd {
				bits >>= e & 63
				nbits -= uint(e & 0xff)
				r.endBlock()
				ended = true
				break loop
			}
		}
		length := e.withExtra(bits)
		bits >>= e & 63
		nbits -= uint(e & 0xff)

		if nbits < maxBits+13 {
			bits |= binary.LittleEndian.Uint64(src[ip:]) << (nbits & 63)
			ip += int((63 - nbits) >> 3)
			nbits |= 56
		}
		e = dist[bits&(1<<distBits-1)]
		if e&isOther != 0 {
			if e&isSub == isSub {
				bits >>= distBits
				nbits -= distBits
				e = dist[e.sub(bits)]
			}
			if e&isInvalid == isInvalid {
				err = ErrCorrupt
				break loop
			}
		}
		distance := e.withExtra(bits)
		bits >>= e & 63
		nbits -= uint(e & 0xff)

		from := op - distance
		if from < low {
			err = ErrCorrupt
			break loop
		}
		end := op + length
		switch {
		case distance >= 16:
			for {
				*(*[16]byte)(dst[op:]) = *(*[16]byte)(dst[from:])
				op += 16
				from += 16
				if op >= end {
					break
				}
			}
			op = end
		case distance >= 8:
			for op < end {
				*(*[8]byte)(dst[op:]) = *(*[8]byte)(dst[from:])
				op += 8
				from += 8
			}
			op = end
		default:
			for op < end {
				dst[op] = dst[from]
				op++
				from++
			}
		}
	}
	r.ip, r.op, r.bits, r.nbits = ip, op, bits, nbits
	return ended, err
}
