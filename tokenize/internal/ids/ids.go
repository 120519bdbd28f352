// Package ids stores token ids as little-endian numbers of 2 or 4 bytes, and lists
// of lengths, as formats of token files need them.
package ids

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Append appends ids as numbers of the given size in bytes, 2 or 4, into which
// they have to fit.
func Append(b []byte, ids []uint32, size int) []byte {
	at := len(b)
	b = slices.Grow(b, len(ids)*size)[:at+len(ids)*size]
	if size == 2 {
		for i, id := range ids {
			binary.LittleEndian.PutUint16(b[at+2*i:], uint16(id))
		}
		return b
	}
	for i, id := range ids {
		binary.LittleEndian.PutUint32(b[at+4*i:], id)
	}
	return b
}

// step is how many ids are read at once: 16 KB at most.
const step = 4 << 10

// Read appends n ids of the given size to dst. It reads in steps, so that an n
// that is not true costs no more memory than there are bytes. The error is
// [io.EOF], if r ends before that, or r's. The buffer of r has to have 16 KB.
func Read(dst []uint32, r *bufio.Reader, n int64, size int) ([]uint32, error) {
	for n > 0 {
		k := int(min(n, step))
		b, err := r.Peek(k * size)
		if err != nil {
			return dst, err
		}
		dst = slices.Grow(dst, k)
		if size == 2 {
			for ; len(b) > 0; b = b[2:] {
				dst = append(dst, uint32(binary.LittleEndian.Uint16(b)))
			}
		} else {
			for ; len(b) > 0; b = b[4:] {
				dst = append(dst, binary.LittleEndian.Uint32(b))
			}
		}
		r.Discard(k * size)
		n -= int64(k)
	}
	return dst, nil
}

// NewReader returns a reader with the buffer that Read wants.
func NewReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 64<<10) }

// ReadUint64s reads little-endian numbers of 8 bytes to the end of r and calls f
// with each. That r ends in the middle of one is an error.
func ReadUint64s(r io.Reader, f func(uint64) error) error {
	in := NewReader(r)
	for i := 0; ; i++ {
		b, err := in.Peek(8)
		switch {
		case err == io.EOF && len(b) == 0:
			return nil
		case err == io.EOF:
			return fmt.Errorf("the file ends in number %d", i)
		case err != nil:
			return err
		}
		if err := f(binary.LittleEndian.Uint64(b)); err != nil {
			return err
		}
		in.Discard(8)
	}
}
