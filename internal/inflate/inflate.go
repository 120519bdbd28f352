// Package inflate decompresses DEFLATE streams (RFC 1951) from one slice into
// another, about twice as fast as the standard library's reader can: there is no
// call per byte, the bit buffer takes eight bytes at a time, and matches are
// copied in words. A stream may be decoded piece by piece, with bounded memory.
//
// It accepts the same streams as compress/flate, and no others.
package inflate

import (
	"encoding/binary"
	"errors"
)

// Window is how far back a stream may refer to what it has produced, in bytes.
const Window = 32 << 10

// How much must be there for a call of [Decoder.Decode] to get on, in bytes.
const (
	MinSrc = 1 << 10 // unread input, unless the input ends before
	MinDst = 258     // room for output
)

var (
	// ErrShortSrc says that the stream goes on beyond the end of src.
	ErrShortSrc = errors.New("inflate: the stream is cut short")

	// ErrShortDst says that what comes next does not fit into dst.
	ErrShortDst = errors.New("inflate: no room for the output")

	// ErrCorrupt says that src is not a DEFLATE stream.
	ErrCorrupt = errors.New("inflate: the stream is damaged")
)

// A Decoder decodes one stream after another. The zero Decoder is ready for the
// first. It takes 9 KB and allocates nothing.
type Decoder struct {
	lit  [litSize]entry
	dist [distSize]entry
	pre  [1 << preBits]entry
	lens [maxLit + maxDist]uint8

	state   state
	final   bool   // this is the last block
	fixed   bool   // lit and dist are those of a fixed block
	bits    uint64 // input taken but not decoded …
	nbits   uint   // … less than 8 bits, between calls
	stored  int    // bytes to come of a stored block
	history int    // bytes produced, counted up to Window
}

type state uint8

const (
	atBlock  state = iota // before the header of a block
	inStored              // within a stored block
	inCodes               // within a block of codes
	atEnd
)

// Reset makes d ready for another stream.
func (d *Decoder) Reset() {
	d.state, d.final = atBlock, false
	d.bits, d.nbits = 0, 0
	d.stored, d.history = 0, 0
}

// Decode goes on decoding the stream from src into dst[pos:], and returns where
// in dst the output now ends and how many bytes of src are done with.
//
// The bytes before dst[pos] must be the latest of what the stream has produced:
// at least Window of them, or all if it has not produced that much.
//
// The error is nil at the end of the stream; src may hold more than that. It is
// [ErrShortSrc] if the next call must get more input after what was left of
// src, [ErrShortDst] if it must get more room, and [ErrCorrupt] if the stream is
// damaged, which only Reset gets d out of.
func (d *Decoder) Decode(dst []byte, pos int, src []byte) (end, read int, err error) {
	run := run{
		Decoder: d, dst: dst, op: pos, low: pos - min(d.history, pos),
		src: src, bits: d.bits, nbits: d.nbits,
	}
	for err == nil && d.state != atEnd {
		switch d.state {
		case atBlock:
			err = run.blockHeader()
		case inStored:
			err = run.storedBlock()
		case inCodes:
			err = run.codes()
		}
	}
	read = run.suspend()
	d.history = min(d.history+run.op-pos, Window)
	return run.op, read, err
}

// A run is one call of Decode. The input bits that come next are the low nbits
// of bits, then src[ip:]. Above them, bits may hold a copy of some of src[ip:].
type run struct {
	*Decoder
	dst   []byte
	op    int // where the next byte of output goes
	low   int // dst[low:op] is output of this stream
	src   []byte
	ip    int
	bits  uint64
	nbits uint
}

// suspend gives whole bytes back to src, saves the rest, and returns how much of
// src was used.
func (r *run) suspend() int {
	r.ip -= int(r.nbits / 8)
	r.nbits %= 8
	r.bits &= 1<<r.nbits - 1
	if r.state == atEnd {
		r.bits, r.nbits = 0, 0 // padding
	}
	r.Decoder.bits, r.Decoder.nbits = r.bits, r.nbits
	return r.ip
}

// refill fills bits as far as src has bytes: to at least 56 before its end.
func (r *run) refill() {
	if len(r.src)-r.ip >= 8 {
		r.bits |= binary.LittleEndian.Uint64(r.src[r.ip:]) << (r.nbits & 63)
		r.ip += int((63 - r.nbits) >> 3)
		r.nbits |= 56
		return
	}
	for r.nbits < 56 && r.ip < len(r.src) {
		r.bits |= uint64(r.src[r.ip]) << r.nbits
		r.ip++
		r.nbits += 8
	}
}

// take removes n <= 16 bits, for which there must be enough.
func (r *run) take(n uint) uint {
	v := uint(r.bits & (1<<n - 1))
	r.bits >>= n
	r.nbits -= n
	return v
}

// blockHeader reads what comes before the contents of a block. If src ends in
// the middle of it, it leaves all of it for the next call.
func (r *run) blockHeader() error {
	r.refill()
	before := *r
	err := r.readHeader()
	if err == ErrShortSrc {
		r.ip, r.bits, r.nbits, r.final = before.ip, before.bits, before.nbits, false
	}
	return err
}

func (r *run) readHeader() error {
	if r.nbits < 3 {
		return ErrShortSrc
	}
	r.final = r.take(1) != 0
	switch r.take(2) {
	case 0:
		return r.storedHeader()
	case 1:
		r.useFixed()
		r.state = inCodes
		return nil
	case 2:
		return r.dynamicHeader()
	}
	return ErrCorrupt
}

func (r *run) storedHeader() error {
	r.take(r.nbits % 8)
	r.ip -= int(r.nbits / 8)
	r.bits, r.nbits = 0, 0
	if len(r.src)-r.ip < 4 {
		return ErrShortSrc
	}
	n := binary.LittleEndian.Uint16(r.src[r.ip:])
	if n != ^binary.LittleEndian.Uint16(r.src[r.ip+2:]) {
		return ErrCorrupt
	}
	r.ip += 4
	r.stored = int(n)
	r.state = inStored
	return nil
}

func (r *run) storedBlock() error {
	n := copy(r.dst[r.op:], r.src[r.ip:min(len(r.src), r.ip+r.stored)])
	r.op += n
	r.ip += n
	r.stored -= n
	switch {
	case r.stored == 0:
		r.endBlock()
		return nil
	case r.ip == len(r.src):
		return ErrShortSrc
	}
	return ErrShortDst
}

func (r *run) endBlock() {
	r.state = atBlock
	if r.final {
		r.state = atEnd
	}
}

// preOrder is the order in which the lengths of the codes for code lengths come.
var preOrder = [maxPre]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicHeader reads the codes of a block.
func (r *run) dynamicHeader() error {
	if r.nbits < 14 {
		return ErrShortSrc
	}
	nlit, ndist, npre := int(r.take(5))+257, int(r.take(5))+1, int(r.take(4))+4
	if nlit > 286 || ndist > 30 {
		return ErrCorrupt
	}
	var pre [maxPre]uint8
	for _, i := range preOrder[:npre] {
		if r.nbits < 3 {
			if r.refill(); r.nbits < 3 {
				return ErrShortSrc
			}
		}
		pre[i] = uint8(r.take(3))
	}
	if !build(r.pre[:], pre[:], preEntries[:], preBits) {
		return ErrCorrupt
	}
	if err := r.codeLengths(nlit + ndist); err != nil {
		return err
	}
	r.fixed = false
	if !build(r.lit[:], r.lens[:nlit], litEntries[:], litBits) ||
		!build(r.dist[:], r.lens[nlit:nlit+ndist], distEntries[:], distBits) {
		return ErrCorrupt
	}
	r.state = inCodes
	return nil
}

// codeLengths reads n code lengths, coded by pre, into lens.
func (r *run) codeLengths(n int) error {
	for i := 0; i < n; {
		if r.nbits < preBits+7 {
			r.refill()
		}
		e := r.pre[r.bits&(1<<preBits-1)]
		if e&isOther != 0 {
			return r.corrupt(0)
		}
		s := e.value()
		if s < 16 {
			if e.bits() > r.nbits {
				return ErrShortSrc
			}
			r.take(e.bits())
			r.lens[i] = uint8(s)
			i++
			continue
		}
		rep := &repeats[s-16]
		if e.bits()+rep.extra > r.nbits {
			return ErrShortSrc
		}
		r.take(e.bits())
		count := rep.base + int(r.take(rep.extra))
		if i+count > n || s == 16 && i == 0 {
			return ErrCorrupt
		}
		length := uint8(0)
		if s == 16 {
			length = r.lens[i-1]
		}
		for ; count > 0; count-- {
			r.lens[i] = length
			i++
		}
	}
	return nil
}

// repeats are the code lengths 16 to 18, which stand for a number of others.
var repeats = [3]struct {
	base  int
	extra uint
}{{3, 2}, {3, 3}, {11, 7}}

// corrupt returns the error for bits that are no code, which come after the
// given number of bits: there may be too few of them.
func (r *run) corrupt(used uint) error {
	if r.nbits < used+maxBits && r.ip == len(r.src) {
		return ErrShortSrc
	}
	return ErrCorrupt
}

func (r *run) useFixed() {
	if r.fixed {
		return
	}
	for i := range maxLit {
		switch {
		case i < 144:
			r.lens[i] = 8
		case i < 256:
			r.lens[i] = 9
		case i < 280:
			r.lens[i] = 7
		default:
			r.lens[i] = 8
		}
	}
	for i := range maxDist {
		r.lens[maxLit+i] = 5
	}
	build(r.lit[:], r.lens[:maxLit], litEntries[:], litBits)
	build(r.dist[:], r.lens[maxLit:], distEntries[:], distBits)
	r.fixed = true
}

// codes decodes the contents of a block of codes.
func (r *run) codes() error {
	if ended, err := r.fast(); ended || err != nil {
		return err
	}
	for {
		if ended, err := r.symbol(); ended || err != nil {
			return err
		}
	}
}

// symbol decodes one literal or match, or the end of the block. It takes
// nothing if that, or the room for it, is not there entirely.
func (r *run) symbol() (ended bool, err error) {
	r.refill()
	bits, used := r.bits, uint(0)
	e := r.lit[bits&(1<<litBits-1)]
	if e&isSub == isSub {
		bits >>= litBits
		used = litBits
		e = r.lit[e.sub(bits)]
	}
	used += e.bits()
	switch {
	case e&isInvalid == isInvalid:
		return false, r.corrupt(0)
	case used > r.nbits:
		return false, ErrShortSrc
	case e&isLiteral != 0:
		if r.op >= len(r.dst) {
			return false, ErrShortDst
		}
		r.dst[r.op] = byte(e.value())
		r.op++
		r.bits >>= used
		r.nbits -= used
		return false, nil
	case e&isOther != 0: // the end
		r.bits >>= used
		r.nbits -= used
		r.endBlock()
		return true, nil
	}
	length := e.withExtra(bits)
	return false, r.match(length, used)
}

// match decodes the distance of a match, which comes after used bits of its
// length, and copies the match.
func (r *run) match(length int, used uint) error {
	// The length took up to 20 of at least 56 bits; the distance takes up to 28.
	bits, before := r.bits>>used, used
	e := r.dist[bits&(1<<distBits-1)]
	if e&isSub == isSub {
		bits >>= distBits
		used += distBits
		e = r.dist[e.sub(bits)]
	}
	if e&isInvalid == isInvalid {
		return r.corrupt(before)
	}
	used += e.bits()
	if used > r.nbits {
		return ErrShortSrc
	}
	from := r.op - e.withExtra(bits)
	if from < r.low {
		return ErrCorrupt
	}
	if length > len(r.dst)-r.op {
		return ErrShortDst
	}
	for range length {
		r.dst[r.op] = r.dst[from]
		r.op++
		from++
	}
	r.bits >>= used
	r.nbits -= used
	return nil
}
