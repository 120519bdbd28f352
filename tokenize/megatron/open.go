package megatron

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/textmill/textmill/storage"
)

// A Dataset is a stored shard of tokens: that of [Format], or one that
// Megatron-LM's own tools made.
type Dataset struct {
	Index

	store storage.Store
	name  string
}

// Open reads the index of a shard; name is that of its files without ".bin"
// and ".idx". The error is [fs.ErrNotExist] if there is no such shard.
func Open(ctx context.Context, store storage.Store, name string) (*Dataset, error) {
	r, err := store.Open(ctx, name+".idx")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x, err := ReadIndex(r)
	if err != nil {
		return nil, fmt.Errorf("read %s.idx: %w", name, err)
	}
	return &Dataset{Index: *x, store: store, name: name}, nil
}

// Sequences returns the tokens of each sequence, in order, as a single-use
// iterator. A slice it yields is good until the next one. An error is the last
// it yields; one is that the .bin file is shorter or longer than the index says.
// It holds one sequence in memory.
func (s *Dataset) Sequences(ctx context.Context) iter.Seq2[[]uint32, error] {
	return func(yield func([]uint32, error) bool) {
		if err := s.sequences(ctx, func(ids []uint32) bool { return yield(ids, nil) }); err != nil {
			yield(nil, fmt.Errorf("read %s.bin: %w", s.name, err))
		}
	}
}

func (s *Dataset) sequences(ctx context.Context, yield func([]uint32) bool) error {
	f, err := s.store.Open(ctx, s.name+".bin")
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	var ids []uint32
	for i, length := range s.Lengths {
		if err := ctx.Err(); err != nil {
			return err
		}
		ids, err = readIDs(r, ids[:0], int(length), s.DType)
		switch {
		case err == io.EOF:
			return fmt.Errorf("the file ends in sequence %d of %d", i, len(s.Lengths))
		case err != nil:
			return fmt.Errorf("sequence %d: %w", i, err)
		}
		if !yield(ids) {
			return nil
		}
	}
	switch _, err := r.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return errors.New("the file goes on after the last sequence of its index")
	default:
		return err
	}
}

// readIDs appends n ids of type t. It reads in steps, so that a length that is
// not true costs no more memory than there are bytes.
func readIDs(r *bufio.Reader, ids []uint32, n int, t DType) ([]uint32, error) {
	size := t.Size()
	for n > 0 {
		k := min(n, 4<<10)
		b, err := r.Peek(k * size)
		if err != nil {
			return ids, err
		}
		for ; len(b) > 0; b = b[size:] {
			if t == Uint16 {
				ids = append(ids, uint32(binary.LittleEndian.Uint16(b)))
				continue
			}
			id := binary.LittleEndian.Uint32(b)
			if id > math.MaxInt32 {
				return ids, fmt.Errorf("id %d is negative", int32(id))
			}
			ids = append(ids, id)
		}
		r.Discard(k * size)
		n -= k
	}
	return ids, nil
}
