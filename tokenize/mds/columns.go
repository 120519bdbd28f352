package mds

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/textmill/textmill/tokenize"
)

// The columns of a sample, in the order they have there: that of their names.
var columnNames = []string{"doc_ids", "doc_starts", "seq_lengths", "tokens"}

// columnEncodings returns the encodings of columnNames.
func columnEncodings(t dtype) []string {
	return []string{"json", int32s.encoding(), int32s.encoding(), t.encoding()}
}

// A dtype is a NumPy type of numbers in an array, by name.
type dtype string

const (
	uint16s dtype = "uint16"
	int32s  dtype = "int32"
	uint32s dtype = "uint32" // only read
)

func (t dtype) encoding() string { return "ndarray:" + string(t) }

// size returns the number of bytes of a number.
func (t dtype) size() int {
	if t == uint16s {
		return 2
	}
	return 4
}

// An array, where its column says the type but not the shape, is a byte with the
// number of dimensions × 4 + the width w of the dimensions, of 1, 2, 4 or 8 bytes
// for w of 0 to 3; then the dimensions; then the values. Ours have one dimension,
// in as few bytes as it fits.
const maxShape = 1 + 4

func appendShape(b []byte, n int) []byte {
	switch {
	case n <= math.MaxUint8:
		return append(b, 1<<2, byte(n))
	case n <= math.MaxUint16:
		return binary.LittleEndian.AppendUint16(append(b, 1<<2|1), uint16(n))
	}
	return binary.LittleEndian.AppendUint32(append(b, 1<<2|2), uint32(n))
}

// arraySize returns the size in bytes of an array of n elements.
func arraySize(n int, t dtype) int64 {
	shape := maxShape
	switch {
	case n <= math.MaxUint8:
		shape = 2
	case n <= math.MaxUint16:
		shape = 3
	}
	return int64(shape) + int64(n)*int64(t.size())
}

// appendIDs appends the IDs of segments as Python's json.dumps writes a list.
func appendIDs(b []byte, segments []tokenize.Segment) []byte {
	b = append(b, '[')
	for i, s := range segments {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendString(b, s.ID)
	}
	return append(b, ']')
}

// appendString appends s as Python's json.dumps writes it, in ASCII.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = appendEscaped(b, r)
		i += size
	}
	return append(b, '"')
}

func appendEscaped(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if r >= 1<<16 {
		r -= 1 << 16
		return appendHex(appendHex(b, 0xd800|r>>10), 0xdc00|r&0x3ff)
	}
	return appendHex(b, r)
}

func appendHex(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
