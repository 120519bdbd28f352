// Package sections stores records in files that are divided into sections, of
// which a reader wants one: what one step of a plan leaves for the shards of the
// next. A file for each pair of shards would be millions.
//
// A file is
//
//	magic     8 bytes
//	length    of the header, 4 bytes
//	header    JSON, see [Header]: what the file is
//	checksum  of all that, 8 bytes
//	table     for each 256 sections: where the first begins (8), records (8) and
//	          bytes (8) of each, checksum (8)
//	sections  records, each with its length before it (uvarint)
//
// After every 32 KiB of a section and at its end there is a checksum of 8 bytes:
// xxh3 seeded with the header's, the section's number and the chunk's, so that
// nothing passes for what it is not. Numbers are little-endian.
//
// A reader takes from a file the header, one block of the table and one section.
// It skips what lies between if the store's readers are [io.Seeker]s, and reads it
// otherwise.
package sections

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/zeebo/xxh3"
)

// MaxRecord is the longest record, in bytes.
const MaxRecord = 1 << 20

// MaxSections is how many sections a file can have.
const MaxSections = 1 << 20

const (
	magic      = "tmsect\x00\x01"
	chunkSize  = 32 << 10
	sumSize    = 8
	maxHeader  = 2 << 20 // room for 65,536 digests
	maxSection = 1 << 48 // bytes, of all sections

	blockSections = 256 // sections in a block of the table
	entrySize     = 8 + 8
)

// A Header says what a file is.
type Header struct {
	Kind     string          `json:"kind"`              // which of our files it is
	Settings json.RawMessage `json:"settings"`          // of the run; those of files that are used together agree
	Of       string          `json:"of"`                // which part of the input it is of
	Digests  []Digest        `json:"digests,omitempty"` // of what is in it, or of what it was made from
	Sections int             `json:"sections"`          // how many there are

	// Numbered is how many documents or other things there are that records know by
	// number, from 0 on: what reads several such files numbers those of all from
	// their headers alone.
	Numbered int64 `json:"numbered,omitempty"`
}

// A Section says how much there is in a section.
type Section struct {
	Records int64
	Bytes   int64 // of the records and their lengths, without checksums
}

// Add counts a record in.
func (s *Section) Add(record []byte) {
	s.Records++
	s.Bytes += int64(uvarintLen(len(record)) + len(record))
}

// stored returns how long the section is with its checksums.
func (s Section) stored() int64 {
	return s.Bytes + (s.Bytes+chunkSize-1)/chunkSize*sumSize
}

// check returns an error if there is no such section.
func (s Section) check() error {
	if s.Records < 0 || s.Bytes < s.Records || s.Records == 0 && s.Bytes > 0 || s.Bytes > maxSection {
		return ErrDamaged
	}
	return nil
}

func uvarintLen(n int) int {
	k := 1
	for ; n >= 0x80; n >>= 7 {
		k++
	}
	return k
}

// A Digest is a 64-bit hash, in hexadecimal where it is stored.
type Digest uint64

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(d)), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	*d = Digest(n)
	return err
}

// ErrDamaged says that a file does not hold what was written.
var ErrDamaged = errors.New("the file is damaged: do the step that made it again")

func chunkSum(seed uint64, section int, number uint64, chunk []byte) uint64 {
	return xxh3.HashSeed(chunk, seed+uint64(section)<<32+number)
}

func blockSum(seed uint64, number int, block []byte) uint64 {
	return xxh3.HashSeed(block, ^(seed + uint64(number)))
}

// blocks returns how many blocks the table for n sections has.
func blocks(n int) int { return (n + blockSections - 1) / blockSections }

// blockLen returns how long a block for n sections is.
func blockLen(n int) int { return 8 + n*entrySize + sumSize }

// tableLen returns how long the table for n sections is.
func tableLen(n int) int64 { return int64(blocks(n))*(8+sumSize) + int64(n)*entrySize }

// appendTable appends the table of sections.
func appendTable(dst []byte, seed uint64, all []Section) []byte {
	var offset int64
	for b := range blocks(len(all)) {
		start := len(dst)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(offset))
		for _, s := range all[b*blockSections : min((b+1)*blockSections, len(all))] {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Records))
			dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Bytes))
			offset += s.stored()
		}
		dst = binary.LittleEndian.AppendUint64(dst, blockSum(seed, b, dst[start:]))
	}
	return dst
}

// find reads in a block of the table where its i-th section begins and how much
// there is in it.
func find(seed uint64, number int, block []byte, i int) (offset int64, s Section, err error) {
	end := len(block) - sumSize
	if blockSum(seed, number, block[:end]) != binary.LittleEndian.Uint64(block[end:]) {
		return 0, s, ErrDamaged
	}
	offset = int64(binary.LittleEndian.Uint64(block))
	for k := range i + 1 {
		offset += s.stored()
		e := block[8+k*entrySize:]
		s = Section{int64(binary.LittleEndian.Uint64(e)), int64(binary.LittleEndian.Uint64(e[8:]))}
		if err := s.check(); err != nil {
			return 0, s, err
		}
		if offset < 0 || offset > maxSection {
			return 0, s, ErrDamaged
		}
	}
	return offset, s, nil
}
