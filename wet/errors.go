package wet

import (
	"errors"

	"github.com/textmill/textmill"
)

// What can be wrong with a record. A Reader yields these within a
// [textmill.RecordError] and goes on with the next record.
var (
	// ErrTruncated says that a record, or the gzip member it is in, is cut short.
	ErrTruncated = errors.New("wet: record is cut short")

	// ErrCorrupt says that a gzip member cannot be decompressed.
	ErrCorrupt = errors.New("wet: gzip member is damaged")

	// ErrChecksum says that a gzip member inflates to something else than was
	// compressed.
	ErrChecksum = errors.New("wet: checksum of the gzip member does not match")

	// ErrHeader says that the header of a record is endless, cut short, or
	// without WARC-Type.
	ErrHeader = errors.New("wet: header of the record is damaged")

	// ErrTooLarge says that a record is larger than [Options.MaxRecord].
	ErrTooLarge = errors.New("wet: record is larger than MaxRecord")

	// ErrGarbage says that there are bytes that belong to no record.
	ErrGarbage = errors.New("wet: bytes that belong to no record")
)

// ErrNotWARC says that the whole input is something else than a WARC file. It
// ends the reading, and is a [textmill.BadInput].
var ErrNotWARC = textmill.BadInput(errors.New("wet: not a WARC file"))
