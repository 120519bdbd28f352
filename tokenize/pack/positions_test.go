package pack_test

import (
	"slices"
	"testing"

	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/pack"
)

func TestPositionsAndBoundaries(t *testing.T) {
	tests := []struct {
		name       string
		tokens     int
		segments   []tokenize.Segment
		positions  []int32
		boundaries []int32
	}{
		{"nothing", 0, nil, nil, []int32{0}},
		{"one", 3, []tokenize.Segment{{ID: "a", Len: 3}}, []int32{0, 1, 2}, []int32{0, 3}},
		{"two", 3, []tokenize.Segment{{ID: "a", Len: 2}, {ID: "b", Len: 1}}, []int32{0, 1, 0}, []int32{0, 2, 3}},
		{"padding", 5, []tokenize.Segment{{ID: "a", Len: 2}, {ID: "b", Len: 1}}, []int32{0, 1, 0, 0, 1}, []int32{0, 2, 3, 5}},
		{"continued", 4, []tokenize.Segment{{ID: "a", Start: 100, Len: 3}, {ID: "b", Len: 1}}, []int32{0, 1, 2, 0}, []int32{0, 3, 4}},
		{"no tokens", 3, []tokenize.Segment{{ID: "a"}, {ID: "b", Len: 2}, {ID: "c"}, {ID: "d"}}, []int32{0, 1, 0}, []int32{0, 2, 3}},
		{"all padding", 2, nil, []int32{0, 1}, []int32{0, 2}},
	}
	for _, tt := range tests {
		seq := tokenize.Sequence{Tokens: make([]uint32, tt.tokens), Segments: tt.segments}
		if got := pack.Positions([]int32{9}, seq); !slices.Equal(got[1:], tt.positions) || got[0] != 9 {
			t.Errorf("%s: positions %d, want %d", tt.name, got[1:], tt.positions)
		}
		if got := pack.Boundaries([]int32{9}, seq); !slices.Equal(got[1:], tt.boundaries) || got[0] != 9 {
			t.Errorf("%s: boundaries %d, want %d", tt.name, got[1:], tt.boundaries)
		}
	}
}
