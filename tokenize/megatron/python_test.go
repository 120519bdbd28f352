package megatron_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
)

//go:embed testdata/read.py
var readScript string

// What NumPy makes of a data prefix by Megatron-LM's rules.
type peerView struct {
	DType     string
	Sequences [][]uint32
	Documents [][][]uint32
	Order     []int
	Samples   [][]uint32
}

// NumPy reads what is written by the rules of Megatron-LM's reader; windows stay whole
// in its samples.
func TestMegatronRules(t *testing.T) {
	const window = 32
	store := storage.Dir(t.TempDir())
	args := []string{strconv.Itoa(window)}
	var want []peerView
	for _, size := range []int{50257, 65499, 65500, 200019} {
		rng := rand.New(rand.NewPCG(1, uint64(size)))
		ids := func(n int) []uint32 {
			out := []uint32{uint32(size - 1)}
			for range n {
				out = append(out, uint32(rng.IntN(size)))
			}
			return out[:n]
		}
		var alone, windows []tokenize.Sequence
		for i := range 400 {
			alone = append(alone, tokenize.Sequence{Tokens: ids(i % 90), Segments: []tokenize.Segment{{ID: "d", Len: i % 90}}})
			windows = append(windows, tokenize.Sequence{
				Tokens:   ids(window),
				Segments: []tokenize.Segment{{ID: "a", Len: 1 + i%15}, {ID: "b", Len: i % 17}},
			})
		}
		for _, f := range []struct {
			name   string
			format megatron.Format
			seqs   []tokenize.Sequence
		}{{"alone", megatron.Format{}, alone}, {"windows", megatron.Format{}, windows}, {"segments", megatron.Format{Segments: true}, windows}} {
			name := fmt.Sprintf("%s-%d", f.name, size)
			writeFile(t, store, name, f.format, size, f.seqs)
			view := peerView{DType: "uint16"}
			if size >= 65500 {
				view.DType = "int32"
			}
			for _, s := range f.seqs {
				parts := [][]uint32{append([]uint32{}, s.Tokens...)}
				if f.format.Segments {
					parts = slices.Collect(s.Parts())
				}
				for i := range parts {
					parts[i] = append([]uint32{}, parts[i]...)
				}
				view.Sequences = append(view.Sequences, parts...)
				view.Documents = append(view.Documents, parts)
			}
			args, want = append(args, string(store)+"/"+name), append(want, view)
		}
	}
	d := json.NewDecoder(bytes.NewReader(peers.Run(t, readScript, args, nil)))
	for i, want := range want {
		var got peerView
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Samples != nil && len(got.Samples) != len(want.Sequences)-1 {
			t.Errorf("%s: %d samples of %d windows", args[i+1], len(got.Samples), len(want.Sequences))
		}
		for j, sample := range got.Samples {
			if !slices.Equal(sample[:window], want.Sequences[got.Order[j]]) {
				t.Errorf("%s: sample %d is no window", args[i+1], j)
			}
		}
		got.Order, got.Samples = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %.1000s, want %.1000s", args[i+1], fmt.Sprint(got), fmt.Sprint(want))
		}
	}
}
