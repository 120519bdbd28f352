package parquet_test

import (
	"context"
	"slices"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/parquet"
)

// sequences reads a file back.
func sequences(ctx context.Context, store storage.Store, name string) (out []tokenize.Sequence, err error) {
	d, err := parquet.Open(ctx, store, name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for seq, err := range d.Sequences(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, tokenize.Sequence{Tokens: slices.Clone(seq.Tokens), Segments: slices.Clone(seq.Segments)})
	}
	return out, nil
}

func TestContract(t *testing.T) {
	err := formattest.Check(parquet.Format{}, func(ctx context.Context, store storage.Store, name string) ([][]uint32, error) {
		seqs, err := sequences(ctx, store, name)
		var out [][]uint32
		for _, s := range seqs {
			out = append(out, s.Tokens)
		}
		return out, err
	})
	if err != nil {
		t.Error(err)
	}
}
