package dedup

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// Records are sorted by their bytes, so what decides the order comes first, in
// forms whose bytes sort as their values do. From step to step a record only
// loses or gains a field at the front or at the end:
//
//	sign      key, priority?,       place, index, ID
//	match     key, priority?, rank, place, index, ID
//	drop                      rank, place, index, ID, survivor's ID
//	list                            place, index, ID, survivor's ID
//
// and, where there are clusters, at the end of the last two: the size of the cluster,
// and whether the document stays.
//
//	key       16 bytes: the hash of the text
//	priority  8 bytes, only if Exact.Priority is set: less is better
//	rank      ordered: of the shard, by name
//	place     ordered: how many documents of the shard came before
//	index     uvarint: Document.Index - place, zigzag
//	ID        see appendID

const (
	keySize      = 16
	prioritySize = 8
)

var errBadRecord = errors.New("a record cannot be read")

// appendOrdered appends n in a form that sorts like n: the number of its bytes,
// then these, big-endian.
func appendOrdered(dst []byte, n uint64) []byte {
	size := (bits.Len64(n) + 7) / 8
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return append(append(dst, byte(size)), b[8-size:]...)
}

// cutOrdered splits what appendOrdered has made off the front of b.
func cutOrdered(b []byte) (n uint64, rest []byte, err error) {
	if len(b) == 0 || b[0] > 8 || len(b) <= int(b[0]) {
		return 0, nil, errBadRecord
	}
	size := int(b[0])
	for _, c := range b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	if size > 0 && b[1] == 0 { // there is a shorter form
		return 0, nil, errBadRecord
	}
	return n, b[1+size:], nil
}

// appendPriority appends a priority so that the greatest sorts first.
func appendPriority(dst []byte, p int64) []byte {
	return binary.BigEndian.AppendUint64(dst, ^(uint64(p) ^ 1<<63))
}

// A position says where in its shard a document is.
type position struct {
	place uint64 // how many documents came before it in the first pipeline
	index int    // Document.Index
}

func appendPosition(dst []byte, p position) []byte {
	dst = appendOrdered(dst, p.place)
	return binary.AppendVarint(dst, int64(p.index)-int64(p.place))
}

func cutPosition(b []byte) (p position, rest []byte, err error) {
	if p.place, rest, err = cutOrdered(b); err != nil {
		return p, nil, err
	}
	d, n := binary.Varint(rest)
	if n <= 0 {
		return p, nil, errBadRecord
	}
	p.index = int(d + int64(p.place))
	return p, rest[n:], nil
}

// A signature is a parsed record of the step sign.
type signature struct {
	key   []byte // and priority
	where []byte // place, index, ID
}

// parseSignature checks and splits a record of a signature file.
func parseSignature(b []byte, priority bool) (s signature, err error) {
	head := keySize
	if priority {
		head += prioritySize
	}
	if len(b) < head {
		return s, errBadRecord
	}
	s.key, s.where = b[:head:head], b[head:]
	_, rest, err := cutPosition(s.where)
	if err != nil {
		return s, err
	}
	if _, rest, err = cutID(rest); err == nil && len(rest) > 0 {
		err = errBadRecord
	}
	return s, err
}

// A dropped is a parsed entry of a drop list.
type dropped struct {
	position
	id, survivor []byte // stored
	size         uint64 // of the cluster, if there are clusters
	stays        bool   // it is the survivor
}

func appendClusterSize(dst []byte, size uint64, stays bool) []byte {
	size *= 2
	if stays {
		size++
	}
	return binary.AppendUvarint(dst, size)
}

func parseDropped(b []byte, clusters bool) (d dropped, err error) {
	if d.position, b, err = cutPosition(b); err != nil {
		return d, err
	}
	if d.id, b, err = cutID(b); err != nil {
		return d, err
	}
	if d.survivor, b, err = cutID(b); err != nil {
		return d, err
	}
	if clusters {
		n := 0
		if d.size, n = binary.Uvarint(b); n <= 0 || d.size < 4 {
			return d, errBadRecord
		}
		d.size, d.stays = d.size/2, d.size%2 == 1
		b = b[n:]
	}
	if len(b) > 0 {
		err = errBadRecord
	}
	return d, err
}

// partitionOf returns in which of n equal parts of the hash space a key lies.
func partitionOf(k []byte, n int) int {
	p, _ := bits.Mul64(binary.BigEndian.Uint64(k), uint64(n))
	return int(p)
}
