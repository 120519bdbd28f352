package dedup

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestIDs(t *testing.T) {
	tests := []struct {
		id   string
		size int // stored
	}{
		{"<urn:uuid:0123abcd-4567-89ab-cdef-0123456789ab>", 17},
		{"0123abcd-4567-89ab-cdef-0123456789ab", 17},
		{"0123ABCD-4567-89ab-cdef-0123456789ab", 2 + 36}, // must come back as it was
		{"<urn:uuid:0123ABCD-4567-89ab-cdef-0123456789ab>", 2 + 47},
		{"<urn:uuid:0123abcd-4567-89ab-cdef-0123456789ab", 2 + 46},
		{"urn:uuid:0123abcd-4567-89ab-cdef-0123456789ab>", 2 + 46},
		{"0123abcd+4567-89ab-cdef-0123456789ab", 2 + 36},
		{"0123abcd-4567-89ab-cdef-0123456789ag", 2 + 36},
		{"0123abcd456789abcdef0123456789ab----", 2 + 36},
		{"<urn:uuid:>", 2 + 11},
		{"shard.wet.gz#17", 2 + 15},
		{"é\x00", 2 + 3},
		{"", 2},
		{strings.Repeat("x", 127), 2 + 127},
		{strings.Repeat("x", 128), 3 + 128},
		{strings.Repeat("x", maxID), 4 + maxID},
	}
	for _, tt := range tests {
		b := appendID([]byte("before"), tt.id)[len("before"):]
		if len(b) != tt.size {
			t.Errorf("%.60q takes %d bytes, want %d", tt.id, len(b), tt.size)
		}
		if storedIDSize(tt.id) < len(b) {
			t.Errorf("%.60q takes %d bytes, more than storedIDSize says", tt.id, len(b))
		}
		stored, rest, err := cutID(append(b, "after"...))
		if err != nil || string(rest) != "after" || idString(stored) != tt.id {
			t.Errorf("%.60q came back as %.60q, %q, %v", tt.id, stored, rest, err)
		}
		for i := range b {
			if _, _, err := cutID(b[:i]); err == nil {
				t.Errorf("%.60q cut to %d bytes was taken", tt.id, i)
			}
		}
	}
}

func TestIDList(t *testing.T) {
	var l idList
	var ats []uint64
	var ids []string
	for i := range 3000 {
		id := fmt.Sprintf("%d-%s", i, strings.Repeat("x", i%200))
		if i%1000 == 7 {
			id = strings.Repeat("y", maxID)
		}
		ids, ats = append(ids, id), append(ats, l.add(id))
	}
	for i, id := range ids {
		if got := l.get(ats[i]); got != id {
			t.Fatalf("%d: %.40q, want %.40q", i, got, id)
		}
	}
}

// The bytes of numbers sort as the numbers do.
func TestOrdered(t *testing.T) {
	var numbers []uint64
	for shift := range 64 {
		for d := range uint64(3) {
			numbers = append(numbers, 1<<shift+d-1)
		}
	}
	numbers = append(numbers, 0, ^uint64(0))
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var last []byte
	for _, n := range numbers {
		b := appendOrdered(nil, n)
		if bytes.Compare(b, last) <= 0 {
			t.Errorf("%d does not sort after the one before", n)
		}
		last = b
		got, rest, err := cutOrdered(append(b, 'x'))
		if err != nil || got != n || string(rest) != "x" {
			t.Errorf("%d came back as %d, %q, %v", n, got, rest, err)
		}
	}
	for _, bad := range [][]byte{nil, {1}, {9, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {2, 0, 1}, {8, 1}} {
		if _, _, err := cutOrdered(bad); err == nil {
			t.Errorf("%x was taken", bad)
		}
	}
	last = nil
	for _, p := range []int64{1<<63 - 1, 5, 1, 0, -1, -5, -1 << 63} { // the greatest first
		b := appendPriority(nil, p)
		if bytes.Compare(b, last) <= 0 {
			t.Errorf("priority %d does not sort after the one before", p)
		}
		last = b
	}
}

func TestPositions(t *testing.T) {
	for _, p := range []position{{0, 0}, {0, 5}, {5, 0}, {1 << 40, 1<<40 + 3}, {7, 1<<62 - 1}, {1 << 40, 0}, {3, -1}} {
		got, rest, err := cutPosition(append(appendPosition(nil, p), 'x'))
		if err != nil || got != p || string(rest) != "x" {
			t.Errorf("%v came back as %v, %q, %v", p, got, rest, err)
		}
	}
}

// Parts of the hash space are in its order and about equal.
func TestPartitionOf(t *testing.T) {
	for _, n := range []int{1, 2, 3, 64, 1000, maxPartitions} {
		counts := make([]int, n)
		last := 0
		const steps = 1 << 18
		for i := range steps {
			k := []byte{byte(i >> 10), byte(i >> 2), byte(i << 6), 0, 0, 0, 0, 0}
			p := partitionOf(k, n)
			if p < last || p >= n {
				t.Fatalf("of %d: %d after %d", n, p, last)
			}
			last = p
			counts[p]++
		}
		if slices.Min(counts) < steps/n || slices.Max(counts) > steps/n+1 {
			t.Errorf("of %d: %d to %d", n, slices.Min(counts), slices.Max(counts))
		}
		if partitionOf(bytes.Repeat([]byte{255}, 16), n) != n-1 {
			t.Errorf("of %d: the last key is not in the last part", n)
		}
	}
}

func FuzzRecords(f *testing.F) {
	k := bytes.Repeat([]byte{7}, keySize)
	where := appendID(appendPosition(nil, position{5, 9}), "some id")
	f.Add(append(bytes.Clone(k), where...), false)
	f.Add(append(appendPriority(bytes.Clone(k), -3), where...), true)
	f.Add(appendID(bytes.Clone(where), "0123abcd-4567-89ab-cdef-0123456789ab"), false)
	f.Add(appendClusterSize(appendID(bytes.Clone(where), "some other id"), 1<<63-1, true), false)
	f.Fuzz(func(t *testing.T, b []byte, priority bool) {
		if s, err := parseSignature(b, priority); err == nil {
			if !bytes.Equal(slices.Concat(s.key, s.where), b) {
				t.Errorf("%x was taken apart as %x", b, s)
			}
			p, id, err := cutPosition(s.where)
			if err != nil {
				t.Fatal(err)
			}
			_ = idString(id)
			if again, _, err := cutPosition(appendPosition(nil, p)); err != nil || again != p {
				t.Errorf("%v came back as %v, %v", p, again, err)
			}
		}
		for _, clusters := range []bool{false, true} {
			d, err := parseDropped(b, clusters)
			if err != nil {
				continue
			}
			again := appendID(appendID(appendPosition(nil, d.position), idString(d.id)), idString(d.survivor))
			if clusters {
				again = appendClusterSize(again, d.size, d.stays)
			}
			e, err := parseDropped(again, clusters)
			if err != nil || e.position != d.position || idString(e.id) != idString(d.id) || idString(e.survivor) != idString(d.survivor) || e.size != d.size || e.stays != d.stays {
				t.Errorf("%x came back as %+v, %v", b, e, err)
			}
		}
	})
}
