package megatron

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A DType is the type of the numbers in a file of tokens, by the code that
// Megatron-LM has for it.
type DType uint8

// The types that token ids are stored in. Numbers are little-endian.
const (
	Int32  DType = 4
	Uint16 DType = 8
)

// Size returns the number of bytes of a token, or 0 for a type not listed above.
func (t DType) Size() int {
	switch t {
	case Int32:
		return 4
	case Uint16:
		return 2
	}
	return 0
}

// String returns the name that NumPy has for t.
func (t DType) String() string {
	switch t {
	case Int32:
		return "int32"
	case Uint16:
		return "uint16"
	}
	return fmt.Sprintf("dtype %d", uint8(t))
}

// dtypeFor returns the type for ids below size. Megatron-LM takes uint16 for
// vocabularies of fewer than 65,500 tokens, and so do we, to fit its readers.
func dtypeFor(size int) DType {
	if size < 65500 {
		return Uint16
	}
	return Int32
}

// An .idx file is this, all little-endian:
//
//	"MMIDIDX\x00\x00"
//	uint64 1                the version
//	uint8                   the DType
//	uint64 n                sequences
//	uint64 m                document boundaries: one more than documents
//	int32  × n              length of each sequence in tokens
//	int64  × n              where it begins in the .bin file, in bytes
//	int64  × m              the first sequence of each document, then n
const (
	indexMagic   = "MMIDIDX\x00\x00"
	indexVersion = 1
)

// An Index is what an .idx file says about the .bin file next to it. Unless
// [Format] has Segments, the files it writes have a document for each sequence.
type Index struct {
	DType     DType
	Lengths   []int32 // of each sequence, in tokens
	Documents []int64 // the first sequence of each document, and len(Lengths) at the end
}

// Tokens returns the number of tokens.
func (x *Index) Tokens() int64 {
	var n int64
	for _, l := range x.Lengths {
		n += int64(l)
	}
	return n
}

// ReadIndex reads an .idx file to its end. An index is an error that is cut
// short, has more after its end, or does not agree with itself; so is one whose
// tokens are not of a [DType] or whose sequences are not stored one after
// another. Memory grows with what is read, whatever the header promises.
func ReadIndex(r io.Reader) (*Index, error) {
	x, err := readIndex(bufio.NewReaderSize(r, 64<<10))
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return nil, errors.New("megatron: index is cut short")
	case err != nil:
		return nil, fmt.Errorf("megatron: index: %w", err)
	}
	return x, nil
}

func readIndex(r *bufio.Reader) (*Index, error) {
	var head [len(indexMagic) + 8 + 1 + 8 + 8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if string(head[:len(indexMagic)]) != indexMagic {
		return nil, errors.New("does not begin with MMIDIDX")
	}
	fields := head[len(indexMagic):]
	if v := binary.LittleEndian.Uint64(fields); v != indexVersion {
		return nil, fmt.Errorf("version %d is not %d", v, indexVersion)
	}
	x := &Index{DType: DType(fields[8])}
	if x.DType.Size() == 0 {
		return nil, fmt.Errorf("tokens of %v are not read, only int32 and uint16", x.DType)
	}
	sequences, boundaries := binary.LittleEndian.Uint64(fields[9:]), binary.LittleEndian.Uint64(fields[17:])
	if err := x.readLengths(r, sequences); err != nil {
		return nil, err
	}
	if err := x.checkPointers(r); err != nil {
		return nil, err
	}
	if err := x.readDocuments(r, boundaries); err != nil {
		return nil, err
	}
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return x, nil
	case nil:
		return nil, errors.New("goes on after its end")
	default:
		return nil, err
	}
}

func (x *Index) readLengths(r *bufio.Reader, n uint64) error {
	for i := range n {
		b, err := r.Peek(4)
		if err != nil {
			return err
		}
		length := int32(binary.LittleEndian.Uint32(b))
		if length < 0 {
			return fmt.Errorf("sequence %d has length %d", i, length)
		}
		x.Lengths = append(x.Lengths, length)
		r.Discard(4)
	}
	return nil
}

func (x *Index) checkPointers(r *bufio.Reader) error {
	var at int64
	for i, length := range x.Lengths {
		p, err := readInt64(r)
		if err != nil {
			return err
		}
		if p != at {
			return fmt.Errorf("sequence %d is said to begin at byte %d, but the one before it ends at %d", i, p, at)
		}
		size := int64(length) * int64(x.DType.Size())
		if at > math.MaxInt64-size {
			return errors.New("lengths add up to too much")
		}
		at += size
	}
	return nil
}

func (x *Index) readDocuments(r *bufio.Reader, n uint64) error {
	sequences := int64(len(x.Lengths))
	var before int64
	for i := range n {
		d, err := readInt64(r)
		if err != nil {
			return err
		}
		if d < before || d > sequences || i == 0 && d != 0 {
			return fmt.Errorf("document %d is said to begin with sequence %d of %d", i, d, sequences)
		}
		before = d
		x.Documents = append(x.Documents, d)
	}
	if n == 0 || before != sequences {
		return errors.New("the last document does not end with the last sequence")
	}
	return nil
}

func readInt64(r *bufio.Reader) (int64, error) {
	b, err := r.Peek(8)
	if err != nil {
		return 0, err
	}
	n := int64(binary.LittleEndian.Uint64(b))
	r.Discard(8)
	return n, nil
}
