package mds

import (
	"math"
	"strings"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

type anEncoder struct{}

func (anEncoder) Encode(dst []uint32, _ string) []uint32 { return dst }
func (anEncoder) VocabSize() int                         { return 10 }
func (anEncoder) EndOfText() uint32                      { return 9 }
func (anEncoder) Name() string                           { return "ten" }

// An offset has 32 bits. The sizes of gigabytes are made up.
func TestOffsetsFit(t *testing.T) {
	seq := tokenize.Sequence{Tokens: []uint32{1}, Segments: []tokenize.Segment{{ID: "a", Len: 1}}}
	for _, tt := range []struct {
		over int64
		ok   bool
	}{{0, true}, {1, false}} {
		f, err := Format{ShardBytes: math.MaxUint32}.Create(t.Context(), tokenize.File{Store: &storage.Memory{}, Name: "x", Encoder: anEncoder{}})
		if err != nil {
			t.Fatal(err)
		}
		w := f.(*writer)
		w.ids = appendIDs(nil, seq.Segments)
		w.data.n = math.MaxUint32 - w.shardSize() - 4 - w.sampleSize(seq) + tt.over
		switch err := w.Write(seq); {
		case tt.ok && (err != nil || w.shardSize() != math.MaxUint32):
			t.Errorf("%v; %d bytes", err, w.shardSize())
		case !tt.ok && (err == nil || !strings.Contains(err.Error(), "divide it, with a tokenize.Packing")):
			t.Error(err)
		}
	}
}
