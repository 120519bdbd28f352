package shuffle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
)

// A stored document is its place, then its fields:
//
//	shard, index
//	ID, URL, language, date, metadata, tokens, text
//
// Strings have their length before them (uvarint). Signed numbers are zigzag
// varints. A count is that plus one, or 0 for nil.
//
//	date      0 for the zero time; else 1, seconds since 1970 (varint),
//	          nanoseconds (uvarint), offset from UTC in seconds (varint)
//	metadata  count, then keys in order, each with a byte for the type of the
//	          value, and that
//	tokens    count, then ids (uvarint)

// Types of values in the metadata.
const (
	typeString = iota
	typeFalse
	typeTrue
	typeInt
	typeInt64
	typeFloat64
)

// maxDocument is how many bytes a stored document can have.
const maxDocument = 1 << 30

var errBadDocument = errors.New("a document does not hold what was written: the file is damaged, do the step scatter again")

// appendPlace appends the first part of a stored document.
func appendPlace(dst []byte, d *textmill.Document) []byte {
	return binary.AppendVarint(appendString(dst, d.Shard), int64(d.Index))
}

// appendFields appends the second part of a stored document.
func appendFields(dst []byte, d *textmill.Document) ([]byte, error) {
	dst = appendString(dst, d.ID)
	dst = appendString(dst, d.URL)
	dst = appendString(dst, d.Language)
	dst = appendDate(dst, d.Date)
	dst, err := appendMeta(dst, d.Meta)
	if err != nil {
		return dst, err
	}
	dst = appendTokens(dst, d.Tokens)
	return appendString(dst, d.Text), nil
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendDate(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	_, offset := t.Zone()
	dst = binary.AppendVarint(append(dst, 1), t.Unix())
	dst = binary.AppendUvarint(dst, uint64(t.Nanosecond()))
	return binary.AppendVarint(dst, int64(offset))
}

func appendMeta(dst []byte, meta map[string]any) ([]byte, error) {
	if meta == nil {
		return append(dst, 0), nil
	}
	var space [16]string // on the stack
	keys := space[:0]
	for k := range meta {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = binary.AppendUvarint(dst, uint64(len(keys))+1)
	for _, k := range keys {
		dst = appendString(dst, k)
		switch v := meta[k].(type) {
		case string:
			dst = appendString(append(dst, typeString), v)
		case bool:
			if v {
				dst = append(dst, typeTrue)
			} else {
				dst = append(dst, typeFalse)
			}
		case int:
			dst = binary.AppendVarint(append(dst, typeInt), int64(v))
		case int64:
			dst = binary.AppendVarint(append(dst, typeInt64), v)
		case float64:
			dst = binary.LittleEndian.AppendUint64(append(dst, typeFloat64), math.Float64bits(v))
		default:
			return dst, fmt.Errorf("metadata %q is a %T: use a string, bool, int, int64 or float64", k, v)
		}
	}
	return dst, nil
}

func appendTokens(dst []byte, tokens []uint32) []byte {
	if tokens == nil {
		return append(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(tokens))+1)
	for _, id := range tokens {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	return dst
}

// Sums of a stored document, which decide the order of those with the same ID.
type sums struct {
	fields uint64 // of its fields
	place  uint64 // of these and its place
}

func sumsOf(place, fields []byte) sums {
	f := xxh3.Hash(fields)
	return sums{f, xxh3.HashSeed(place, f)}
}

// parseDocument reads a stored document. It shares no memory with b.
func parseDocument(b []byte) (*textmill.Document, sums, error) {
	c := cutter{b: b}
	d := &textmill.Document{Shard: c.string(), Index: c.int()}
	fields := c.b
	d.ID = c.string()
	d.URL = c.string()
	d.Language = c.string()
	d.Date = c.date()
	d.Meta = c.meta()
	d.Tokens = c.tokens()
	d.Text = c.string()
	if c.bad || len(c.b) > 0 {
		return nil, sums{}, errBadDocument
	}
	return d, sumsOf(b[:len(b)-len(fields)], fields), nil
}

// A cutter takes a stored document apart. Once bad, it returns zeros.
type cutter struct {
	b   []byte
	bad bool
}

func (c *cutter) fail() {
	c.b, c.bad = nil, true
}

func (c *cutter) byte() byte {
	if len(c.b) == 0 {
		c.fail()
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cutter) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cutter) varint() int64 {
	v, n := binary.Varint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cutter) int() int {
	v := c.varint()
	if int64(int(v)) != v {
		c.fail()
		return 0
	}
	return int(v)
}

func (c *cutter) string() string {
	n := c.uvarint()
	if n > uint64(len(c.b)) {
		c.fail()
		return ""
	}
	s := string(c.b[:n])
	c.b = c.b[n:]
	return s
}

func (c *cutter) date() time.Time {
	switch c.byte() {
	case 0:
		return time.Time{}
	case 1:
	default:
		c.fail()
	}
	seconds, nanos, offset := c.varint(), c.uvarint(), c.varint()
	if c.bad || nanos >= 1e9 || int64(int32(offset)) != offset {
		c.fail()
		return time.Time{}
	}
	t := time.Unix(seconds, int64(nanos))
	if offset == 0 {
		return t.UTC()
	}
	return t.In(time.FixedZone("", int(offset)))
}

// count returns a count of things of at least so many bytes each, and whether
// they are not nil.
func (c *cutter) count(size int) (n int, ok bool) {
	v := c.uvarint()
	if v == 0 {
		return 0, false
	}
	if v-1 > uint64(len(c.b)/size) {
		c.fail()
		return 0, false
	}
	return int(v - 1), true
}

func (c *cutter) meta() map[string]any {
	n, ok := c.count(2)
	if !ok {
		return nil
	}
	m := make(map[string]any, n)
	for range n {
		k := c.string()
		m[k] = c.value()
	}
	if len(m) != n { // a key came twice, or there was less than was announced
		c.fail()
	}
	return m
}

func (c *cutter) value() any {
	switch c.byte() {
	case typeString:
		return c.string()
	case typeFalse:
		return false
	case typeTrue:
		return true
	case typeInt:
		return c.int()
	case typeInt64:
		return c.varint()
	case typeFloat64:
		if len(c.b) >= 8 {
			v := binary.LittleEndian.Uint64(c.b)
			c.b = c.b[8:]
			return math.Float64frombits(v)
		}
	}
	c.fail()
	return nil
}

func (c *cutter) tokens() []uint32 {
	n, ok := c.count(1)
	if !ok {
		return nil
	}
	tokens := make([]uint32, n)
	for i := range tokens {
		v := c.uvarint()
		if v > math.MaxUint32 {
			c.fail()
			return nil
		}
		tokens[i] = uint32(v)
	}
	return tokens
}
