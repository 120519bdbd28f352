package wet

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/textmill/textmill/internal/inflate"
)

// What begins a gzip file, and a member that is compressed by DEFLATE, the only
// method there is.
const (
	gzipMagic = "\x1f\x8b"
	gzipStart = gzipMagic + "\x08"
)

// maxName bounds the optional fields of a gzip header, in bytes each.
const maxName = 4 << 10

// Flags in the header of a gzip member (RFC 1952, section 2.3.1).
const (
	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagsReserved = 0xe0
)

// gzipHeader returns the length of the gzip header that is next in the input,
// or the reason why there is none.
func (in *input) gzipHeader() (int, error) {
	in.need(10)
	b := in.unread()
	if n := min(len(b), len(gzipStart)); string(b[:n]) != gzipStart[:n] || len(b) > 3 && b[3]&flagsReserved != 0 {
		return 0, ErrCorrupt
	}
	if len(b) < 10 {
		return 0, in.short()
	}
	flags := b[3]
	n := 10
	if flags&flagExtra != 0 {
		if !in.need(n + 2) {
			return 0, in.short()
		}
		n += 2 + int(binary.LittleEndian.Uint16(in.unread()[n:]))
	}
	for _, f := range [...]byte{flagName, flagComment} {
		if flags&f != 0 {
			length, err := in.untilNUL(n)
			if err != nil {
				return 0, err
			}
			n += length
		}
	}
	if flags&flagHeaderCRC != 0 {
		n += 2
	}
	if !in.need(n) {
		return 0, in.short()
	}
	return n, nil
}

// untilNUL returns how many bytes it is to behind the next NUL, from the given
// place on.
func (in *input) untilNUL(from int) (int, error) {
	for {
		b := in.unread()
		b = b[min(from, len(b)):]
		if i := bytes.IndexByte(b[:min(len(b), maxName)], 0); i >= 0 {
			return i + 1, nil
		}
		if len(b) >= maxName {
			return 0, ErrCorrupt
		}
		if !in.more() {
			return 0, in.short()
		}
	}
}

// short returns why the input ended: that it did, or the error of reading it.
func (in *input) short() error {
	if in.err == io.EOF {
		return ErrTruncated
	}
	return &readError{in.base + int64(in.n), in.err}
}

// A member inflates one gzip member after another.
type member struct {
	z    inflate.Decoder
	crc  uint32
	size uint32 // modulo 2³²
}

// begin reads the header of the member that is next in the input.
func (m *member) begin(in *input) error {
	n, err := in.gzipHeader()
	if err != nil {
		return err
	}
	in.i += n
	m.z.Reset()
	m.crc, m.size = 0, 0
	return nil
}

// inflate appends to win[:end], which must hold the last 32 KiB of the member as
// far as there are so many, and returns the new end. It returns io.EOF at the
// end of the member, if its checksum matches.
func (m *member) inflate(win []byte, end int, in *input) (int, error) {
	for {
		n, read, err := m.z.Decode(win, end, in.unread())
		in.i += read
		m.crc = crc32.Update(m.crc, crc32.IEEETable, win[end:n])
		m.size += uint32(n - end)
		end = n
		switch err {
		case nil:
			return end, m.trailer(in)
		case inflate.ErrShortDst:
			return end, nil
		case inflate.ErrShortSrc:
			if !in.more() {
				return end, in.short()
			}
		default:
			return end, ErrCorrupt
		}
	}
}

// trailer reads and checks what comes after the compressed data.
func (m *member) trailer(in *input) error {
	if !in.need(8) {
		return in.short()
	}
	b := in.unread()
	in.i += 8
	if binary.LittleEndian.Uint32(b) != m.crc || binary.LittleEndian.Uint32(b[4:]) != m.size {
		return ErrChecksum
	}
	return io.EOF
}

// resync moves the input to the next gzip member that begins with a record. It
// returns false if there is none.
func (m *member) resync(in *input) bool {
	for {
		b := in.unread()
		i := bytes.Index(b, []byte(gzipMagic))
		if i < 0 {
			i = max(len(b)-1, 0) // the last byte may be the first of the magic
			in.i += i
			if !in.more() {
				in.i = in.n
				return false
			}
			continue
		}
		in.i += i
		if m.holdsRecord(in) {
			return true
		}
		in.i++
	}
}

// holdsRecord reports whether a gzip member is next in the input that begins
// with a record. It reads nothing.
func (m *member) holdsRecord(in *input) bool {
	n, err := in.gzipHeader()
	if err != nil {
		return false
	}
	var out [len(versionPrefix) + inflate.MinDst]byte
	m.z.Reset()
	for end := 0; ; {
		k, read, err := m.z.Decode(out[:], end, in.unread()[n:])
		end, n = k, n+read
		if end >= len(versionPrefix) || err != inflate.ErrShortSrc || !in.more() {
			return bytes.HasPrefix(out[:end], []byte(versionPrefix))
		}
	}
}
