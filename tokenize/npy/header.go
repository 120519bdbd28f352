package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A Header says what is in a .npy file: an array in C order.
type Header struct {
	DType string  // NumPy's descr: "<u2", "<u4" or "<i8"
	Shape []int64 // one dimension or two
}

// headerSize is the size in bytes of all headers that are written: what NumPy gives
// an array of one or two dimensions, with room for the first to grow.
const headerSize = 128

// magic stands at the beginning; then come two bytes of a version, and the length of
// the rest of the header.
const magic = "\x93NUMPY"

// append appends the header in NumPy's version 1.0.
func (h Header) append(b []byte) []byte {
	var shape strings.Builder
	for i, n := range h.Shape {
		if i > 0 {
			shape.WriteByte(' ')
		}
		fmt.Fprintf(&shape, "%d,", n)
	}
	dims := shape.String()
	if len(h.Shape) > 1 {
		dims = strings.TrimSuffix(dims, ",")
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", h.DType, dims)
	const rest = headerSize - (len(magic) + 2 + 2)
	b = append(b, magic...)
	b = append(b, 1, 0, byte(rest), 0)
	b = append(b, dict...)
	b = append(b, strings.Repeat(" ", rest-1-len(dict))...)
	return append(b, '\n')
}

// Size returns the bytes of an element.
func (h Header) Size() int {
	switch h.DType {
	case "<u2":
		return 2
	case "<u4":
		return 4
	}
	return 8
}

// Len returns the number of elements.
func (h Header) Len() int64 {
	n := int64(1)
	for _, d := range h.Shape {
		n *= d
	}
	return n
}

// maxHeader is the longest header read, in bytes: more than NumPy reads without
// being told to.
const maxHeader = 16 << 10

// ReadHeader reads the header of a .npy file of version 1.0 to 3.0 and leaves r at
// the first element. What is not an array of a type and shape named at [Header], in
// C order, is an error.
func ReadHeader(r io.Reader) (Header, error) {
	h, err := readHeader(r)
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return Header{}, errors.New("npy: header is cut short")
	case err != nil:
		return Header{}, fmt.Errorf("npy: header: %w", err)
	}
	return h, nil
}

func readHeader(r io.Reader) (Header, error) {
	var b [len(magic) + 2 + 4]byte
	head := b[:len(magic)+2+2]
	if _, err := io.ReadFull(r, head); err != nil {
		return Header{}, err
	}
	if string(head[:len(magic)]) != magic {
		return Header{}, errors.New(`does not begin with \x93NUMPY`)
	}
	major, minor := head[len(magic)], head[len(magic)+1]
	if major < 1 || major > 3 || minor != 0 {
		return Header{}, fmt.Errorf("version %d.%d is none of 1.0, 2.0 and 3.0", major, minor)
	}
	n := uint32(binary.LittleEndian.Uint16(head[len(magic)+2:]))
	if major > 1 {
		if _, err := io.ReadFull(r, b[len(head):]); err != nil {
			return Header{}, err
		}
		n = binary.LittleEndian.Uint32(b[len(magic)+2:])
	}
	if n > maxHeader {
		return Header{}, fmt.Errorf("it has %d bytes, more than %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return Header{}, err
	}
	return parseHeader(string(text))
}

// parseHeader parses a dict as Python writes it.
func parseHeader(text string) (Header, error) {
	var h Header
	p := &parser{rest: text}
	seen := map[string]bool{}
	p.want("{")
	for p.err == nil && !p.take("}") {
		key := p.quoted()
		p.want(":")
		if seen[key] {
			p.fail("%s is there twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			h.DType = p.quoted()
		case "fortran_order":
			if p.take("True") {
				p.fail("the array is in Fortran order")
			} else {
				p.want("False")
			}
		case "shape":
			h.Shape = p.shape()
		default:
			p.fail("unknown key %q", key)
		}
		if !p.take(",") {
			p.want("}")
			break
		}
	}
	if p.err == nil && strings.TrimSpace(p.rest) != "" {
		p.fail("it goes on after its end")
	}
	switch {
	case p.err != nil:
		return Header{}, p.err
	case len(seen) != 3:
		return Header{}, errors.New("descr, fortran_order or shape is missing")
	case h.DType != "<u2" && h.DType != "<u4" && h.DType != "<i8":
		return Header{}, fmt.Errorf("elements of %q are not read, only <u2, <u4 and <i8", h.DType)
	}
	return h, h.check()
}

// check returns an error if the shape is none that is read.
func (h Header) check() error {
	if len(h.Shape) != 1 && len(h.Shape) != 2 {
		return fmt.Errorf("arrays of %d dimensions are not read", len(h.Shape))
	}
	left := int64(math.MaxInt64) / 8
	for _, n := range h.Shape {
		if n > 0 {
			left /= n
		}
	}
	if left == 0 {
		return fmt.Errorf("shape %v is too large", h.Shape)
	}
	return nil
}

// A parser takes apart what Python writes. Its first error stays.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// take skips space and then s, if that follows.
func (p *parser) take(s string) bool {
	p.rest = strings.TrimLeft(p.rest, " \n")
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *parser) want(s string) {
	if !p.take(s) {
		p.fail("want %s at %.20q", s, p.rest)
	}
}

// quoted reads a string without escapes.
func (p *parser) quoted() string {
	quote := "'"
	if !p.take(quote) {
		quote = `"`
		p.want(quote)
	}
	s, rest, ok := strings.Cut(p.rest, quote)
	if !ok {
		p.fail("a string does not end")
		return ""
	}
	p.rest = rest
	return s
}

// shape reads a tuple of numbers that are not negative.
func (p *parser) shape() (dims []int64) {
	p.want("(")
	for p.err == nil && !p.take(")") {
		p.take("") // space
		digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		n, err := strconv.ParseInt(p.rest[:digits], 10, 64)
		if err != nil {
			p.fail("want a size at %.20q", p.rest)
		}
		p.rest = p.rest[digits:]
		dims = append(dims, n)
		if !p.take(",") {
			if len(dims) == 1 {
				p.fail("want a tuple as the shape") // (3) is a number
			}
			p.want(")")
			break
		}
	}
	return dims
}
