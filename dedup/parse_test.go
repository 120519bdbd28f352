package dedup

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/textmill/textmill/internal/sections"
)

// What a parser takes, written again, is taken as the same.

func FuzzMembership(f *testing.F) {
	f.Add(appendMembership(nil, membership{7, 3, 2}))
	f.Add(appendMembership(nil, membership{maxOrdinal, maxOrdinal, 1 << 62}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMembership(b)
		if err != nil {
			return
		}
		if m.label > m.ordinal || m.ordinal > maxOrdinal || m.size < 2 {
			t.Errorf("%x was taken as %v", b, m)
		}
		if again, err := parseMembership(appendMembership(nil, m)); err != nil || again != m {
			t.Errorf("%v came back as %v, %v", m, again, err)
		}
	})
}

// testLayout has 3 shards, the first of which is of an earlier run, in as many groups.
func testLayout(t testing.TB, numbered ...int64) *corpusLayout {
	l := newLayout([]string{"@0/a", "a", "b"}, 1, 3)
	for i, n := range numbered {
		if err := l.add(sections.Header{Of: l.names[i], Numbered: n, Digests: []sections.Digest{1}}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func FuzzEdge(f *testing.F) {
	l := testLayout(f, 10, 20, 30)
	edge := func(from, to uint64) []byte { return appendOrdinal(appendOrdinal(nil, from), to) }
	f.Add(edge(10, 9), uint8(1))
	f.Add(edge(29, 0), uint8(1))
	f.Add(edge(59, 58), uint8(2))
	f.Add(edge(60, 58), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, group uint8) {
		g := int(group % 3)
		from, to, err := l.parseEdge(b, g)
		if err != nil {
			return
		}
		if !bytes.Equal(edge(from, to), b) || from <= to || l.groupOf(from) != g || g == 0 {
			t.Errorf("%x in group %d was taken as %d, %d", b, g, from, to)
		}
	})
}

// At, just below and just above each bound.
func TestEdges(t *testing.T) {
	l := testLayout(t, 10, 20, 30)
	tests := []struct {
		from, to uint64
		group    int
		ok       bool
	}{
		{9, 8, 0, false}, // between earlier documents
		{9, 8, 1, false}, {10, 9, 1, true}, {29, 0, 1, true}, {30, 0, 1, false},
		{29, 0, 2, false}, {30, 0, 2, true}, {59, 58, 2, true}, {59, 59, 2, false}, {58, 59, 2, false}, {60, 0, 2, false},
		{maxOrdinal, 0, 2, false},
	}
	for _, tt := range tests {
		b := appendOrdinal(appendOrdinal(nil, tt.from), tt.to)
		if _, _, err := l.parseEdge(b, tt.group); (err == nil) != tt.ok {
			t.Errorf("%d, %d in group %d: %v", tt.from, tt.to, tt.group, err)
		}
	}
	for _, n := range []int{0, edgeSize - 1, edgeSize + 1} {
		if _, _, err := l.parseEdge(make([]byte, n), 1); err == nil {
			t.Errorf("an edge of %d bytes was taken", n)
		}
	}
}

// As many as there can be ordinals, and one more.
func TestLayoutBounds(t *testing.T) {
	l := testLayout(t, maxOrdinal-2, 1, 1)
	if l.total() != maxOrdinal || l.old() != maxOrdinal-2 {
		t.Errorf("%d, %d of earlier runs", l.total(), l.old())
	}
	for _, n := range []int64{2, maxOrdinal, 1<<63 - 1} {
		l := testLayout(t, maxOrdinal-2, 1)
		if err := l.add(sections.Header{Of: "b", Numbered: n, Digests: []sections.Digest{1}}); err == nil {
			t.Errorf("%d more were taken", n)
		}
	}
}

func FuzzSignedDocument(f *testing.F) {
	record := func(place uint64, d signedDocument) []byte {
		b := append(bytes.Clone(d.priority), binary.AppendVarint(nil, int64(d.index)-int64(place))...)
		return append(b, d.id...)
	}
	f.Add(record(5, signedDocument{index: 9, id: appendID(nil, "some id")}), uint64(5), false)
	f.Add(record(5, signedDocument{appendPriority(nil, -3), -1, appendID(nil, "")}), uint64(5), true)
	f.Add(record(1<<40, signedDocument{index: 0, id: appendID(nil, "0123abcd-4567-89ab-cdef-0123456789ab")}), uint64(1<<40), false)
	f.Fuzz(func(t *testing.T, b []byte, place uint64, priority bool) {
		d, err := parseSignedDocument(b, place, priority)
		if err != nil {
			return
		}
		if (len(d.priority) == prioritySize) != priority {
			t.Errorf("%x was taken as %v", b, d)
		}
		_ = idString(d.id)
		again, err := parseSignedDocument(record(place, d), place, priority)
		if err != nil || again.index != d.index || !bytes.Equal(again.id, d.id) || !bytes.Equal(again.priority, d.priority) {
			t.Errorf("%v came back as %v, %v", d, again, err)
		}
	})
}

func FuzzSpanDocument(f *testing.F) {
	record := func(p position, id string, spans uint64) []byte {
		return binary.AppendUvarint(appendID(appendPosition(nil, p), id), spans)
	}
	f.Add(record(position{5, 9}, "some id", 1))
	f.Add(record(position{1 << 40, -1}, "", maxOrdinal))
	f.Add(record(position{0, 0}, "0123abcd-4567-89ab-cdef-0123456789ab", maxOrdinal+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseSpanDocument(b)
		if err != nil {
			return
		}
		if d.spans == 0 || d.spans > maxOrdinal || !bytes.HasPrefix(b, d.stored) {
			t.Errorf("%x was taken as %v", b, d)
		}
		again, err := parseSpanDocument(binary.AppendUvarint(bytes.Clone(d.stored), d.spans))
		if err != nil || again.spans != d.spans || !bytes.Equal(again.stored, d.stored) {
			t.Errorf("%v came back as %v, %v", d, again, err)
		}
	})
}

func FuzzRemoval(f *testing.F) {
	record := func(e removal) []byte {
		b := append(appendPosition(nil, e.position), e.id...)
		b = binary.AppendUvarint(b, e.spans)
		last := uint64(0)
		for _, n := range e.numbers {
			b = binary.AppendUvarint(b, n-last)
			last = n
		}
		return b
	}
	f.Add(record(removal{position{5, 9}, appendID(nil, "some id"), 10, []uint64{0, 1, 9}}))
	f.Add(record(removal{position{5, 9}, appendID(nil, "some id"), 10, []uint64{10}}))
	f.Add(record(removal{position{1 << 40, -1}, appendID(nil, ""), maxOrdinal, []uint64{3, maxOrdinal - 1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseRemoval(b, nil)
		if err != nil {
			return
		}
		if len(e.numbers) == 0 || !slices.IsSorted(e.numbers) || len(slices.Compact(slices.Clone(e.numbers))) != len(e.numbers) || e.numbers[len(e.numbers)-1] >= e.spans {
			t.Errorf("%x was taken as %v", b, e)
		}
		again, err := parseRemoval(record(e), make([]uint64, 3))
		if err != nil || again.position != e.position || again.spans != e.spans || !bytes.Equal(again.id, e.id) || !slices.Equal(again.numbers, e.numbers) {
			t.Errorf("%v came back as %v, %v", e, again, err)
		}
	})
}
