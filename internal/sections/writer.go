package sections

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// A Writer writes a file. How much there is in each section is known before the
// first record is written. It is used by one goroutine.
type Writer struct {
	out     *storage.Output
	all     []Section
	seed    uint64
	current int     // section
	written Section // of it
	chunk   []byte
	chunks  uint64 // of the section that are written
	records int64  // in all
	err     error  // of an earlier call
}

// Create starts a file with the given sections, whose number goes into head. Close
// the Writer in any case.
func Create(ctx context.Context, store storage.Store, name string, head Header, all []Section) (*Writer, error) {
	head.Sections = len(all)
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	if len(text) > maxHeader || len(all) > MaxSections {
		return nil, fmt.Errorf("%s would have %d sections and a header of %d bytes, at most %d and %d can be stored: divide the run into fewer parts", name, len(all), len(text), MaxSections, maxHeader)
	}
	top := append([]byte(magic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(top[len(magic):], uint32(len(text)))
	top = append(top, text...)
	seed := xxh3.Hash(top)
	top = binary.LittleEndian.AppendUint64(top, seed)
	top = appendTable(top, seed, all)

	out, err := storage.NewOutput(ctx, store, name)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(top); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return &Writer{out: out, all: all, seed: seed, chunk: make([]byte, 0, chunkSize+sumSize)}, nil
}

// Add writes a record into the given section, which is that of the record before
// or a later one.
func (w *Writer) Add(to int, record []byte) error {
	if w.err == nil {
		w.err = w.add(to, record)
	}
	return w.err
}

func (w *Writer) add(to int, record []byte) error {
	if to < w.current || to >= len(w.all) {
		return fmt.Errorf("sections: record for section %d of %d after one for %d", to, len(w.all), w.current)
	}
	if len(record) > MaxRecord {
		return fmt.Errorf("sections: record of %d bytes; the most is %d", len(record), MaxRecord)
	}
	if err := w.moveTo(to); err != nil {
		return err
	}
	var size [binary.MaxVarintLen64]byte
	if err := w.write(size[:binary.PutUvarint(size[:], uint64(len(record)))]); err != nil {
		return err
	}
	w.written.Add(record)
	w.records++
	return w.write(record)
}

// Records returns how many records were added.
func (w *Writer) Records() int64 { return w.records }

// moveTo ends sections until the given one is the current one.
func (w *Writer) moveTo(to int) error {
	for w.current < to {
		if err := w.flush(); err != nil {
			return err
		}
		if w.written != w.all[w.current] {
			return fmt.Errorf("sections: section %d has %+v, but was announced as %+v", w.current, w.written, w.all[w.current])
		}
		w.current++
		w.written, w.chunks = Section{}, 0
	}
	return nil
}

func (w *Writer) write(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), chunkSize-len(w.chunk))
		w.chunk = append(w.chunk, p[:n]...)
		p = p[n:]
		if len(w.chunk) == chunkSize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes the chunk at hand.
func (w *Writer) flush() error {
	if len(w.chunk) == 0 {
		return nil
	}
	sum := chunkSum(w.seed, w.current, w.chunks, w.chunk)
	w.chunks++
	_, err := w.out.Write(binary.LittleEndian.AppendUint64(w.chunk, sum))
	w.chunk = w.chunk[:0]
	return err
}

// Commit makes the file and puts it into the report of the shard being done, as
// one with so many documents.
func (w *Writer) Commit(ctx context.Context, documents int64) error {
	if w.err == nil {
		w.err = w.moveTo(len(w.all))
	}
	if w.err != nil {
		return w.err
	}
	return w.out.Commit(ctx, documents)
}

// Object describes the committed file.
func (w *Writer) Object() textmill.Object { return w.out.Object() }

// Close discards what was not committed.
func (w *Writer) Close() error { return w.out.Close() }
