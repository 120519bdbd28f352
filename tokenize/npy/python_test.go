package npy_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/npy"
)

//go:embed testdata/read.py
var readScript string

// What NumPy makes of a file.
type peerView struct {
	DType     string
	Shape     []int
	Documents [][]uint32
	Same      bool // whether it writes the same bytes itself
}

// NumPy reads what is written, at once and mapped into memory, and writes the same
// bytes.
func TestNumPyReads(t *testing.T) {
	const window = 64
	store := storage.Dir(t.TempDir())
	var args []string
	var want []peerView
	for _, v := range []vocabulary{50257, 65536, 65537, 200019} {
		add := func(name string, f npy.Format, seqs []tokenize.Sequence) {
			name = fmt.Sprintf("%s-%d", name, v)
			write(t, store, name, f, v, seqs...)
			view := peerView{DType: "uint16", Documents: [][]uint32{}, Same: true}
			if v > 65536 {
				view.DType = "uint32"
			}
			tokens := 0
			for _, s := range seqs {
				tokens += len(s.Tokens)
				for part := range s.Parts() {
					view.Documents = append(view.Documents, append([]uint32{}, part...))
				}
			}
			view.Shape = []int{tokens}
			if f.Window > 0 {
				view.Shape = []int{len(seqs), f.Window}
			}
			args, want = append(args, string(store)+"/"+name), append(want, view)
		}
		add("none", npy.Format{}, nil)
		add("no-windows", npy.Format{Window: window}, nil)
		rng := rand.New(rand.NewPCG(1, uint64(v)))
		ids := func(n int) []uint32 {
			out := []uint32{uint32(v - 1)}
			for range n {
				out = append(out, uint32(rng.IntN(int(v))))
			}
			return out[:n]
		}
		var alone, packed []tokenize.Sequence
		for i := range 500 {
			alone = append(alone, doc(ids(i%300)...))
			packed = append(packed, tokenize.Sequence{
				Tokens:   ids(window),
				Segments: []tokenize.Segment{{ID: "a", Len: 1 + i%30}, {ID: "b", Len: i % 34}},
			})
		}
		add("alone", npy.Format{}, alone)
		add("packed", npy.Format{}, packed)
		add("windows", npy.Format{Window: window}, packed)
	}
	d := json.NewDecoder(bytes.NewReader(peers.Run(t, readScript, args, nil)))
	for i, want := range want {
		var got peerView
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %.1000s, want %.1000s", args[i], fmt.Sprint(got), fmt.Sprint(want))
		}
	}
}
