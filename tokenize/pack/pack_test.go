package pack_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/pack"
)

// padding is an id that no document of these tests has.
const padding = 1 << 30

// A doc is a document whose tokens are all different from all others.
type doc struct {
	id     string
	tokens []uint32
}

// docs makes documents of the given lengths.
func docs(lengths ...int) []doc {
	var out []doc
	token := uint32(0)
	for i, n := range lengths {
		d := doc{id: fmt.Sprint("d", i)}
		for range n {
			d.tokens = append(d.tokens, token)
			token++
		}
		out = append(out, d)
	}
	return out
}

// run packs documents and returns copies of the windows.
func run(p tokenize.Packing, in []doc) ([]tokenize.Sequence, error) {
	var out []tokenize.Sequence
	packer := p.NewPacker(func(seq tokenize.Sequence) error {
		out = append(out, tokenize.Sequence{Tokens: slices.Clone(seq.Tokens), Segments: slices.Clone(seq.Segments)})
		return nil
	})
	for _, d := range in {
		tokens := slices.Clone(d.tokens)
		if err := packer.Add(d.id, tokens); err != nil {
			return out, err
		}
		for i := range tokens {
			tokens[i] = padding + 1 // they are not the packer's
		}
	}
	return out, packer.Flush()
}

func mustRun(t testing.TB, p tokenize.Packing, in []doc) []tokenize.Sequence {
	t.Helper()
	out, err := run(p, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// show writes windows as text: "d0:3 d1@2:1 +4" is three tokens of d0, one of d1 from
// its third on, and four of padding.
func show(windows []tokenize.Sequence) string {
	var lines []string
	for _, w := range windows {
		var parts []string
		n := len(w.Tokens)
		for _, s := range w.Segments {
			n -= s.Len
			if s.Start > 0 {
				parts = append(parts, fmt.Sprintf("%s@%d:%d", s.ID, s.Start, s.Len))
			} else {
				parts = append(parts, fmt.Sprintf("%s:%d", s.ID, s.Len))
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("+%d", n))
		}
		lines = append(lines, strings.Join(parts, " "))
	}
	return strings.Join(lines, "\n")
}

// check returns an error if windows are not what every packing promises. It returns
// how many tokens of the documents are in none.
func check(windows []tokenize.Sequence, size int, in []doc) (lost int, err error) {
	byID := map[string][]uint32{}
	for _, d := range in {
		byID[d.id] = d.tokens
		lost += len(d.tokens)
	}
	done := map[string][]bool{} // the tokens of each document
	for i, w := range windows {
		if len(w.Tokens) != size {
			return 0, fmt.Errorf("window %d has %d tokens, want %d", i, len(w.Tokens), size)
		}
		if len(w.Segments) == 0 {
			return 0, fmt.Errorf("window %d is all padding", i)
		}
		rest := w.Tokens
		for _, s := range w.Segments {
			if s.Len < 1 || s.Len > len(rest) {
				return 0, fmt.Errorf("window %d: segment %+v of %d tokens", i, s, len(rest))
			}
			if whole := byID[s.ID]; s.Start+s.Len > len(whole) || !slices.Equal(whole[s.Start:s.Start+s.Len], rest[:s.Len]) {
				return 0, fmt.Errorf("window %d: the tokens of segment %+v are not the document's", i, s)
			}
			if done[s.ID] == nil {
				done[s.ID] = make([]bool, len(byID[s.ID]))
			}
			for j := s.Start; j < s.Start+s.Len; j++ {
				if done[s.ID][j] {
					return 0, fmt.Errorf("window %d: token %d of document %s came before", i, j, s.ID)
				}
				done[s.ID][j] = true
			}
			lost -= s.Len
			rest = rest[s.Len:]
		}
		for _, id := range rest {
			if id != padding {
				return 0, fmt.Errorf("window %d: %d in the padding", i, id)
			}
		}
	}
	return lost, nil
}

// checkWhole returns an error if a document is divided that need not be.
func checkWhole(windows []tokenize.Sequence, size int, in []doc) error {
	length := map[string]int{}
	for _, d := range in {
		length[d.id] = len(d.tokens)
	}
	for i, w := range windows {
		for _, s := range w.Segments {
			if s.Start%size != 0 || s.Len != min(size, length[s.ID]-s.Start) {
				return fmt.Errorf("window %d: segment %+v of a document of %d tokens", i, s, length[s.ID])
			}
		}
	}
	return nil
}

// Worked out by hand, for windows of 4.
func TestWindows(t *testing.T) {
	tests := []struct {
		name                 string
		lengths              []int
		concat, bestFit, pad string
	}{
		{"nothing", nil, "", "", ""},
		{"an empty document", []int{0}, "", "", ""},
		{"one token", []int{1}, "d0:1 +3", "d0:1 +3", "d0:1 +3"},
		{"one less than a window", []int{3}, "d0:3 +1", "d0:3 +1", "d0:3 +1"},
		{"a window", []int{4}, "d0:4", "d0:4", "d0:4"},
		{"one more than a window", []int{5}, "d0:4\nd0@4:1 +3", "d0:4\nd0@4:1 +3", "d0:4\nd0@4:1 +3"},
		{"two windows", []int{8}, "d0:4\nd0@4:4", "d0:4\nd0@4:4", "d0:4\nd0@4:4"},
		{"more than two", []int{9}, "d0:4\nd0@4:4\nd0@8:1 +3", "d0:4\nd0@4:4\nd0@8:1 +3", "d0:4\nd0@4:4\nd0@8:1 +3"},
		{
			"empty ones between", []int{0, 2, 0, 0, 2, 0},
			"d1:2 d4:2", "d1:2 d4:2", "d1:2 +2\nd4:2 +2",
		},
		{
			"cut or moved", []int{3, 3, 1, 1},
			"d0:3 d1:1\nd1@1:2 d2:1 d3:1",
			"d0:3 d2:1\nd1:3 d3:1",
			"d0:3 +1\nd1:3 +1\nd2:1 +3\nd3:1 +3",
		},
		{
			"the rest of a long one is a piece as any other", []int{1, 6, 3, 2},
			"d0:1 d1:3\nd1@3:3 d2:1\nd2@1:2 d3:2",
			"d1:4\nd1@4:2 d3:2\nd0:1 d2:3",
			"d0:1 +3\nd1:4\nd1@4:2 +2\nd2:3 +1\nd3:2 +2",
		},
		{
			"a window of several pieces of one", []int{2, 2, 2, 1, 1},
			"d0:2 d1:2\nd2:2 d3:1 d4:1",
			"d0:2 d1:2\nd2:2 d3:1 d4:1",
			"d0:2 +2\nd1:2 +2\nd2:2 +2\nd3:1 +3\nd4:1 +3",
		},
		{
			// 3 3 2 2 1: the windows of the 3s are fullest, the first has been so for longest.
			"the fullest that has room", []int{2, 3, 1, 3},
			"d0:2 d1:2\nd1@2:1 d2:1 d3:2\nd3@2:1 +3",
			"d0:2 +2\nd1:3 d2:1\nd3:3 +1",
			"d0:2 +2\nd1:3 +1\nd2:1 +3\nd3:3 +1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := docs(tt.lengths...)
			for _, p := range []struct {
				packing tokenize.Packing
				want    string
			}{
				{pack.Concat{Window: 4, Padding: new(uint32(padding))}, tt.concat},
				{pack.BestFit{Window: 4, Padding: new(uint32(padding))}, tt.bestFit},
				{pack.Pad{Window: 4, Padding: new(uint32(padding))}, tt.pad},
			} {
				windows := mustRun(t, p.packing, in)
				if got := show(windows); got != p.want {
					t.Errorf("%T:\n%s\nwant\n%s", p.packing, got, p.want)
				}
				if lost, err := check(windows, 4, in); err != nil || lost != 0 {
					t.Errorf("%T: %d lost, %v", p.packing, lost, err)
				}
			}
		})
	}
}

// The lengths of the first figure of the paper: five documents and windows of 8 make
// four, and only the first document is divided.
func TestBestFitFigure(t *testing.T) {
	windows := mustRun(t, pack.BestFit{Window: 8, Padding: new(uint32(padding))}, docs(14, 7, 5, 2, 3))
	if got, want := show(windows), "d0:8\nd0@8:6 d3:2\nd1:7 +1\nd2:5 d4:3"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestDropLast(t *testing.T) {
	for _, tt := range []struct {
		lengths []int
		want    string
		lost    int
	}{
		{nil, "", 0},
		{[]int{3}, "", 3},
		{[]int{3, 1}, "d0:3 d1:1", 0},
		{[]int{3, 2}, "d0:3 d1:1", 1},
		{[]int{3, 5, 2, 1}, "d0:3 d1:1\nd1@1:4", 3},
	} {
		in := docs(tt.lengths...)
		windows := mustRun(t, pack.Concat{Window: 4, DropLast: true}, in)
		lost, err := check(windows, 4, in)
		if got := show(windows); got != tt.want || lost != tt.lost || err != nil {
			t.Errorf("%d: %d lost, %v\n%s\nwant\n%s", tt.lengths, lost, err, got, tt.want)
		}
	}
}

func TestSettings(t *testing.T) {
	id := new(uint32(padding))
	tests := []struct {
		packing interface {
			tokenize.Packing
			Validate() error
		}
		want string
	}{
		{pack.Concat{Window: 1, Padding: id}, ""},
		{pack.Concat{Window: 1, DropLast: true}, ""},
		{pack.Concat{Window: 1 << 24, DropLast: true}, ""},
		{pack.Concat{Padding: id}, "pack: Concat needs a Window from 1 to 16777216 tokens, not 0"},
		{pack.Concat{Window: 4}, "pack: Concat needs Padding, the id that fills windows, such as new(encoder.EndOfText())"},
		{pack.Pad{Window: 1, Padding: id}, ""},
		{pack.Pad{Window: -1, Padding: id}, "pack: Pad needs a Window from 1 to 16777216 tokens, not -1"},
		{pack.Pad{Window: 1}, "pack: Pad needs Padding, the id that fills windows, such as new(encoder.EndOfText())"},
		{pack.BestFit{Window: 4, Padding: id}, ""},
		{pack.BestFit{Window: 4, Padding: id, Buffer: 4}, ""},
		{pack.BestFit{Window: 4, Padding: id, Buffer: 1 << 30}, ""},
		{pack.BestFit{Window: 4}, "pack: BestFit needs Padding, the id that fills windows, such as new(encoder.EndOfText())"},
		{pack.BestFit{Window: 1<<24 + 1, Padding: id}, "pack: BestFit needs a Window from 1 to 16777216 tokens, not 16777217"},
		{pack.BestFit{Window: 4, Padding: id, Buffer: 3}, "pack: BestFit needs a Buffer from 4, its Window, to 1073741824 tokens, not 3"},
		{pack.BestFit{Window: 4, Padding: id, Buffer: -1}, "pack: BestFit needs a Buffer from 4, its Window, to 1073741824 tokens, not -1"},
		{pack.BestFit{Window: 4, Padding: id, Buffer: 1<<30 + 1}, "pack: BestFit needs a Buffer from 4, its Window, to 1073741824 tokens, not 1073741825"},
	}
	for _, tt := range tests {
		got := ""
		if err := tt.packing.Validate(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.packing, got, tt.want)
		}
		if tt.want == "" {
			continue
		}
		packer := tt.packing.NewPacker(func(tokenize.Sequence) error { t.Error("emitted"); return nil })
		if err := packer.Add("a", []uint32{1}); err == nil || err.Error() != tt.want {
			t.Errorf("%+v: Add: %v, want %s", tt.packing, err, tt.want)
		}
		if err := packer.Flush(); err == nil || err.Error() != tt.want {
			t.Errorf("%+v: Flush: %v, want %s", tt.packing, err, tt.want)
		}
	}
}

// An error from emit, whichever window it is for, comes back, and nothing is emitted
// after it.
func TestEmitFails(t *testing.T) {
	in := docs(3, 9, 2, 4, 1, 13, 2, 2)
	boom := errors.New("no space left")
	for _, p := range packings(4, 64) {
		whole := len(mustRun(t, p, in))
		for n := 1; n <= whole; n++ {
			calls := 0
			packer := p.NewPacker(func(tokenize.Sequence) error {
				if calls++; calls >= n {
					return boom
				}
				return nil
			})
			var err error
			for _, d := range in { // even if the caller does not stop
				if e := packer.Add(d.id, d.tokens); err == nil {
					err = e
				} else if e != err {
					t.Fatalf("%T, window %d: Add after an error: %v", p, n, e)
				}
			}
			if e := packer.Flush(); e != boom || calls != n {
				t.Fatalf("%T, window %d: %v, %d calls", p, n, e, calls)
			}
		}
	}
}

// packings are one of each kind.
func packings(window, buffer int) []tokenize.Packing {
	id := new(uint32(padding))
	return []tokenize.Packing{
		pack.Concat{Window: window, Padding: id},
		pack.Concat{Window: window, DropLast: true},
		pack.BestFit{Window: window, Padding: id, Buffer: buffer},
		pack.Pad{Window: window, Padding: id},
	}
}
