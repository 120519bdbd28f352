package mds_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/mds"
)

// sequences reads a dataset back.
func sequences(ctx context.Context, store storage.Store, dir string) (out []tokenize.Sequence, err error) {
	d, err := mds.Open(ctx, store, dir)
	if err != nil {
		return nil, err
	}
	for seq, err := range d.Sequences(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, tokenize.Sequence{Tokens: slices.Clone(seq.Tokens), Segments: slices.Clone(seq.Segments)})
	}
	if int64(len(out)) != d.Samples() {
		return nil, fmt.Errorf("%d sequences, but %d samples", len(out), d.Samples())
	}
	return out, nil
}

func TestContract(t *testing.T) {
	for _, limit := range []int64{0, 700} {
		err := formattest.Check(mds.Format{ShardBytes: limit}, func(ctx context.Context, store storage.Store, name string) ([][]uint32, error) {
			seqs, err := sequences(ctx, store, name)
			var out [][]uint32
			for _, s := range seqs {
				out = append(out, s.Tokens)
			}
			return out, err
		})
		if err != nil {
			t.Errorf("ShardBytes %d: %v", limit, err)
		}
	}
}
var _ = io.EOF
