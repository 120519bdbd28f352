package shuffle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/textmill/textmill"
)

// Records are sorted by their bytes:
//
//	hash    8 bytes, big-endian: of seed and ID
//	fields  8 bytes: the hash of the document's fields
//	place   8 bytes: the hash of these and its place
//	part    3 bytes, big-endian: 0 for the first part of a document
//	length  uvarint, of the whole body; only in part 0
//	data    16 KiB of the body, or what is left
//
// The body is a byte that says how, and the stored document. A large document is
// in several parts, so that sorters and files deal with small pieces only. The
// parts of one come together, since no others have the same key; other than those
// of documents that are the same in every field, see [joiner].

const (
	hashSize   = 8
	keySize    = hashSize + 8 + 8
	headSize   = keySize + 3
	partSize   = 16 << 10
	maxBody    = 1 + maxDocument
	keepBuffer = 1 << 20 // larger ones are not kept for the next document
)

// How a document is stored.
const (
	plain = iota
	compressed
)

// hashOf returns the hash in a record.
func hashOf(record []byte) uint64 { return binary.BigEndian.Uint64(record) }

// An encoder makes records of documents. It is used by one goroutine.
type encoder struct {
	hash   func(id string) uint64
	lz     compressor
	doc    []byte
	body   []byte
	record []byte
}

// encode calls add for each part of d.
func (e *encoder) encode(d *textmill.Document, add func(record []byte) error) error {
	e.doc = appendPlace(e.doc[:0], d)
	place := len(e.doc)
	var err error
	if e.doc, err = appendFields(e.doc, d); err != nil {
		return err
	}
	if len(e.doc) > maxDocument {
		return fmt.Errorf("it takes %d bytes; at most %d can be stored", len(e.doc), maxDocument)
	}
	s := sumsOf(e.doc[:place], e.doc[place:])
	e.body = e.lz.compress(append(e.body[:0], compressed), e.doc)
	if len(e.body) > len(e.doc) {
		e.body = append(append(e.body[:0], plain), e.doc...)
	}
	r := binary.BigEndian.AppendUint64(e.record[:0], e.hash(d.ID))
	r = binary.BigEndian.AppendUint64(r, s.fields)
	r = binary.BigEndian.AppendUint64(r, s.place)
	for part, data := 0, e.body; part == 0 || len(data) > 0; part++ {
		n := min(len(data), partSize)
		r = append(r[:keySize], byte(part>>16), byte(part>>8), byte(part))
		if part == 0 {
			r = binary.AppendUvarint(r, uint64(len(e.body)))
		}
		r = append(r, data[:n]...)
		if err := add(r); err != nil {
			return err
		}
		data = data[n:]
	}
	e.record = r
	if cap(e.doc)+cap(e.body) > keepBuffer {
		e.doc, e.body = nil, nil
	}
	return nil
}

// A part is a parsed record.
type part struct {
	key    []byte
	number int
	length int // of the body; in part 0
	data   []byte
}

func parsePart(b []byte) (p part, err error) {
	if len(b) < headSize {
		return p, errBadDocument
	}
	p.key, p.data = b[:keySize:keySize], b[headSize:]
	p.number = int(b[keySize])<<16 | int(b[keySize+1])<<8 | int(b[keySize+2])
	if p.number == 0 {
		n, k := binary.Uvarint(p.data)
		if k <= 0 || n == 0 || n > maxBody {
			return p, errBadDocument
		}
		p.length, p.data = int(n), p.data[k:]
	}
	return p, nil
}

// A joiner makes bodies of the parts that next returns in order, until that
// returns io.EOF.
//
// Where several documents are the same in every field, first come the parts 0 of
// all, then the parts 1, and so on. As it does not matter which is whose, one body
// is put together, and counted.
type joiner struct {
	next func() ([]byte, error)
	key  [keySize]byte
	body []byte
}

// join returns the next body, valid until the next call, and how many documents it
// stands for.
func (j *joiner) join() (body []byte, copies int, err error) {
	p, err := j.part()
	if err != nil {
		return nil, 0, err
	}
	if p.number != 0 || len(p.data) != min(p.length, partSize) {
		return nil, 0, errBadDocument
	}
	copy(j.key[:], p.key)
	if p.length <= partSize {
		return p.data, 1, nil
	}
	if cap(j.body) > keepBuffer {
		j.body = nil
	}
	j.body = append(j.body[:0], p.data...)
	copies, length := 1, p.length
	for number := 1; len(j.body) < length; number++ {
		if copies, err = j.joinPart(number, length, copies); err != nil {
			return nil, 0, err
		}
	}
	return j.body, copies, nil
}

// joinPart adds the part of the given number to the body, and returns of how many
// documents it is.
func (j *joiner) joinPart(number, length, copies int) (int, error) {
	start := len(j.body)
	size := min(length-start, partSize)
	for got := 0; got < copies; {
		p, err := j.part()
		switch {
		case err == io.EOF:
			return 0, errBadDocument
		case err != nil:
			return 0, err
		case !bytes.Equal(p.key, j.key[:]):
			return 0, errBadDocument
		case number == 1 && got == 0 && p.number == 0 && p.length == length && bytes.Equal(p.data, j.body):
			copies++
			continue
		case p.number != number || len(p.data) != size:
			return 0, errBadDocument
		case got == 0:
			j.body = append(j.body, p.data...)
		case !bytes.Equal(p.data, j.body[start:]):
			return 0, errBadDocument
		}
		got++
	}
	return copies, nil
}

func (j *joiner) part() (part, error) {
	b, err := j.next()
	if err != nil {
		return part{}, err
	}
	return parsePart(b)
}

// A decoder makes documents of bodies. It is used by one goroutine.
type decoder struct {
	hash func(id string) uint64
	doc  []byte
}

// decode returns the document of a body, which must be the one with the given key.
func (d *decoder) decode(key, body []byte) (*textmill.Document, error) {
	doc := body[1:]
	switch body[0] {
	case plain:
	case compressed:
		if cap(d.doc) > keepBuffer {
			d.doc = nil
		}
		var err error
		if d.doc, err = decompress(d.doc, doc); err != nil {
			return nil, err
		}
		doc = d.doc
	default:
		return nil, errBadDocument
	}
	out, s, err := parseDocument(doc)
	if err != nil {
		return nil, err
	}
	var want [keySize]byte
	binary.BigEndian.PutUint64(want[:], d.hash(out.ID))
	binary.BigEndian.PutUint64(want[hashSize:], s.fields)
	binary.BigEndian.PutUint64(want[hashSize+8:], s.place)
	if !slices.Equal(key, want[:]) {
		return nil, errBadDocument
	}
	return out, nil
}
