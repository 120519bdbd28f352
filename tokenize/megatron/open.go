package megatron

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize/internal/ids"
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

// Sequences returns the tokens of each sequence, in order. A slice it yields is good until the next one. An error is the last
// it yields; one is that the .bin file is shorter or longer than the index says.
// It holds one sequence in memory.
func (s *Dataset) Sequences(ctx context.Context) iter.Seq2[[]uint32, error] {
	return func(yield func([]uint32, error) bool) {
		if err := s.sequences(ctx, func(seq []uint32) bool { return yield(seq, nil) }); err != nil {
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
	r := ids.NewReader(f)
	var seq []uint32
	for i, length := range s.Lengths {
		if err := ctx.Err(); err != nil {
			return err
		}
		seq, err = ids.Read(seq[:0], r, int64(length), s.DType.Size())
		if err == nil {
			err = checkSigns(seq)
		}
		switch {
		case err == io.EOF:
			return fmt.Errorf("the file ends in sequence %d of %d", i, len(s.Lengths))
		case err != nil:
			return fmt.Errorf("sequence %d: %w", i, err)
		}
		if !yield(seq) {
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

// checkSigns returns an error if an id of a dataset of int32 is negative.
func checkSigns(seq []uint32) error {
	for _, id := range seq {
		if id > math.MaxInt32 {
			return fmt.Errorf("id %d is negative", int32(id))
		}
	}
	return nil
}
