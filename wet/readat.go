package wet

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/textmill/textmill"
)

// ErrNoRecord is returned by ReadAt if no record begins at the given place.
var ErrNoRecord = errors.New("wet: no record begins there")

// ReadAt reads one record again: the one for which a Reader of the whole file
// gave this Offset and InMember. If the record is in a gzip member with others,
// ReadAt must inflate those before it as well.
//
// The record is the same but for its Index, which is -1. It is not overwritten
// by anything.
func ReadAt(file io.ReaderAt, offset, inMember int64, options *Options) (*Record, error) {
	if offset < 0 || inMember < 0 {
		return nil, fmt.Errorf("%w: offset %d, %d bytes into the member", ErrNoRecord, offset, inMember)
	}
	r := newReaderAt(io.NewSectionReader(file, offset, math.MaxInt64-offset), offset, options)
	var last error
	for rec, err := range r.Records() {
		if e, damaged := errors.AsType[*textmill.RecordError](err); damaged && e.Offset > offset {
			break
		} else if damaged {
			last = err
			continue
		}
		if err != nil {
			return nil, err
		}
		if rec.Offset == offset && rec.InMember == inMember {
			rec = rec.Clone()
			rec.Index = -1
			return rec, nil
		}
		if rec.Offset > offset || rec.InMember > inMember {
			break
		}
	}
	if last == nil {
		last = ErrNoRecord
	}
	return nil, fmt.Errorf("offset %d, %d bytes into the member: %w", offset, inMember, last)
}
