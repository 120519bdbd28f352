package datatrove_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

//go:embed testdata/read.py
var readScript string

// What datatrove itself makes of a file.
type peerView struct {
	Documents [][]uint32
	Items     [][]uint32 // seqLen + 1 tokens each
	Positions [][]int    // of the tokens of Items, counted by the index
	Same      bool       // whether it writes the same bytes itself
}

// datatrove reads what is written, and writes the same bytes: documents, and
// windows of packed ones with padding.
func TestDatatroveReads(t *testing.T) {
	const window = 16
	store := storage.Dir(t.TempDir())
	args := []string{strconv.Itoa(window - 1)}
	var want []peerView
	for _, size := range []int{50257, 65536, 65537, 200019} {
		for name, seqs := range map[string][]tokenize.Sequence{"alone": alone(size), "packed": packed(size, window), "none": nil} {
			name = fmt.Sprintf("%s-%d", name, size)
			write(t, store, name, named{"some|name", size}, seqs...)
			tokenSize := 2
			if size > 65536 {
				tokenSize = 4
			}
			args = append(args, fmt.Sprintf("%s/%s.ds:%d", store, name, tokenSize))
			want = append(want, view(seqs, window))
		}
	}
	d := json.NewDecoder(bytes.NewReader(peers.Run(t, readScript, args, nil)))
	for i, want := range want {
		var got peerView
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		what := args[i+1]
		if !reflect.DeepEqual(got.Documents, want.Documents) {
			t.Errorf("%s: documents %.500v, want %.500v", what, fmt.Sprint(got.Documents), fmt.Sprint(want.Documents))
		}
		if !reflect.DeepEqual(got.Items, want.Items) {
			t.Errorf("%s: items %.500v, want %.500v", what, fmt.Sprint(got.Items), fmt.Sprint(want.Items))
		}
		if !reflect.DeepEqual(got.Positions, want.Positions) {
			t.Errorf("%s: positions %.500v, want %.500v", what, fmt.Sprint(got.Positions), fmt.Sprint(want.Positions))
		}
		if !got.Same {
			t.Errorf("%s: datatrove writes other bytes", what)
		}
	}
}

// alone returns sequences of a document each.
func alone(size int) (seqs []tokenize.Sequence) {
	for i := range 300 {
		seqs = append(seqs, doc(randomIDs(i, 1+i%57, size)...))
	}
	return seqs
}

// packed returns sequences of two documents and padding.
func packed(size, window int) (seqs []tokenize.Sequence) {
	for i := range 100 {
		seqs = append(seqs, tokenize.Sequence{
			Tokens:   randomIDs(i, window, size),
			Segments: []tokenize.Segment{{ID: "a", Len: 1 + i%5}, {ID: "b", Len: 1 + i%9}},
		})
	}
	return seqs
}

// randomIDs returns n ids of a vocabulary, the last of it among them.
func randomIDs(seed, n, size int) []uint32 {
	rng := rand.New(rand.NewPCG(uint64(seed), uint64(size)))
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(rng.IntN(size))
	}
	out[n-1] = uint32(size - 1)
	return out
}

// view is what there is to see in seqs.
func view(seqs []tokenize.Sequence, window int) peerView {
	v := peerView{Documents: [][]uint32{}, Items: [][]uint32{}, Positions: [][]int{}, Same: true}
	var tokens []uint32
	begins := map[int]bool{} // of parts
	for _, s := range seqs {
		for part := range s.Parts() {
			v.Documents = append(v.Documents, append([]uint32{}, part...))
			begins[len(tokens)] = true
			tokens = append(tokens, part...)
		}
	}
	for at := 0; at+window <= len(tokens); at += window {
		v.Items = append(v.Items, tokens[at:at+window])
		var positions []int
		for i := range window {
			if i > 0 && !begins[at+i] {
				positions = append(positions, positions[i-1]+1)
			} else {
				positions = append(positions, 0)
			}
		}
		v.Positions = append(v.Positions, positions)
	}
	return v
}
