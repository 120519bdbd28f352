package extsort

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/storage"
)

// A run is a file of sorted records:
//
//	magic    8 bytes
//	blocks   length (4 bytes), checksum (8), then so many bytes: records, each
//	         with its length before it (uvarint); none spans two blocks
//	end      0 (4 bytes), checksum (8), number of records (8)
//
// Numbers are little-endian. The checksum of a block is the xxh3 of its contents
// seeded with its number, so that blocks cannot trade places.

const (
	runMagic    = "tmrun\x00\x00\x01"
	blockHeader = 4 + 8
	endSize     = 8

	// maxBlock bounds what a reader believes: the largest block, or the largest
	// record.
	maxBlock = MaxRecord + binary.MaxVarintLen32
)

var errDamaged = errors.New("damaged: remove it and sort again")

// A runWriter writes a run.
type runWriter struct {
	name   string
	w      storage.Writer
	block  []byte // what is to be written next, from its header on
	limit  int    // of a block
	count  int64
	number uint64 // of blocks
}

func createRun(ctx context.Context, store storage.Store, name string, blockSize int) (*runWriter, error) {
	w, err := store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &runWriter{name: name, w: w, limit: blockSize}
	if _, err := io.WriteString(w, runMagic); err != nil {
		return nil, errors.Join(r.wrap(err), w.Close())
	}
	r.block = make([]byte, blockHeader, blockHeader+blockSize)
	return r, nil
}

func (r *runWriter) wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("extsort: write %s: %w", r.name, err)
	}
	return err
}

func (r *runWriter) add(record []byte) error {
	need := len(record) + binary.MaxVarintLen32
	if len(r.block) > blockHeader && len(r.block)-blockHeader+need > r.limit {
		if err := r.flush(); err != nil {
			return err
		}
	}
	r.block = binary.AppendUvarint(r.block, uint64(len(record)))
	r.block = append(r.block, record...)
	r.count++
	return nil
}

// flush writes the block at hand.
func (r *runWriter) flush() error {
	payload := r.block[blockHeader:]
	binary.LittleEndian.PutUint32(r.block, uint32(len(payload)))
	binary.LittleEndian.PutUint64(r.block[4:], xxh3.HashSeed(payload, r.number))
	r.number++
	_, err := r.w.Write(r.block)
	r.block = r.block[:blockHeader]
	return r.wrap(err)
}

func (r *runWriter) commit(ctx context.Context) error {
	if len(r.block) > blockHeader {
		if err := r.flush(); err != nil {
			return err
		}
	}
	end := make([]byte, blockHeader+endSize)
	binary.LittleEndian.PutUint64(end[blockHeader:], uint64(r.count))
	binary.LittleEndian.PutUint64(end[4:], xxh3.HashSeed(end[blockHeader:], r.number))
	if _, err := r.w.Write(end); err != nil {
		return r.wrap(err)
	}
	return r.wrap(r.w.Commit(ctx))
}

func (r *runWriter) close() error { return r.w.Close() }

// A runReader reads a run.
type runReader struct {
	name   string
	r      io.ReadCloser
	block  []byte
	left   []byte // of block
	count  int64
	number uint64
	ended  bool
}

func openRun(ctx context.Context, store storage.Store, name string) (*runReader, error) {
	f, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &runReader{name: name, r: f}
	magic := make([]byte, len(runMagic))
	err = r.fill(magic)
	if err == nil && string(magic) != runMagic {
		err = r.wrap(errDamaged)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

func (r *runReader) wrap(err error) error {
	return fmt.Errorf("extsort: read %s: %w", r.name, err)
}

// fill reads p, all of it.
func (r *runReader) fill(p []byte) error {
	_, err := io.ReadFull(r.r, p)
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return r.wrap(fmt.Errorf("cut short: %w", errDamaged))
	case err != nil:
		return r.wrap(err)
	}
	return nil
}

func (r *runReader) next(ctx context.Context) ([]byte, error) {
	if len(r.left) == 0 {
		if err := r.nextBlock(ctx); err != nil {
			return nil, err
		}
	}
	n, k := binary.Uvarint(r.left)
	if k <= 0 || n > uint64(len(r.left)-k) {
		return nil, r.wrap(errDamaged)
	}
	record := r.left[k : k+int(n) : k+int(n)]
	r.left = r.left[k+int(n):]
	r.count++
	return record, nil
}

// nextBlock reads a block that is not empty, or returns io.EOF.
func (r *runReader) nextBlock(ctx context.Context) error {
	if r.ended {
		return io.EOF
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var header [blockHeader]byte
	if err := r.fill(header[:]); err != nil {
		return err
	}
	n := int(binary.LittleEndian.Uint32(header[:]))
	if n > maxBlock {
		return r.wrap(errDamaged)
	}
	end := n == 0
	if end {
		n = endSize
	}
	if cap(r.block) < n {
		r.block = make([]byte, n)
	}
	r.block = r.block[:n]
	if err := r.fill(r.block); err != nil {
		return err
	}
	if xxh3.HashSeed(r.block, r.number) != binary.LittleEndian.Uint64(header[4:]) {
		return r.wrap(errDamaged)
	}
	r.number++
	if !end {
		r.left = r.block
		return nil
	}
	if int64(binary.LittleEndian.Uint64(r.block)) != r.count {
		return r.wrap(errDamaged)
	}
	r.ended = true
	return io.EOF
}

func (r *runReader) close() error { return r.r.Close() }
