package dedup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill/storage"
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

// A file of sections as a test wants it.
type testFile struct {
	kind     string
	sections [][]string
}

func (f testFile) header() header {
	h := header{Kind: f.kind, Settings: []byte(`{"format":1}`), Of: "it", Digests: []digest{1 << 63, 2}}
	for _, records := range f.sections {
		var s section
		for _, r := range records {
			s.add([]byte(r))
		}
		h.Sections = append(h.Sections, s)
	}
	return h
}

func (f testFile) write(t testing.TB, store storage.Store) {
	t.Helper()
	w, err := createSections(t.Context(), store, "file", f.header())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for i, records := range f.sections {
		for _, r := range records {
			if err := w.add(i, []byte(r)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f testFile) bytes(t testing.TB) []byte {
	var store storage.Memory
	f.write(t, &store)
	return object(t, &store, "file")
}

func object(t testing.TB, store storage.Store, name string) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, store storage.Store, name string, b []byte) {
	t.Helper()
	w, err := store.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// readSection reads one section of a file that should be as want says.
func readSection(t testing.TB, store storage.Store, want header, number int) (out []string, err error) {
	r, err := openSections(t.Context(), store, "file", want)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.seek(number); err != nil {
		return nil, err
	}
	for {
		b, err := r.next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, string(b))
	}
}

// unseekable is a store whose readers can only read.
type unseekable struct{ storage.Store }

func (u unseekable) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := u.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return struct{ io.ReadCloser }{r}, nil
}

func TestSections(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return string(b)
	}
	many := make([]string, 5000)
	for i := range many {
		many[i] = random(rng.IntN(60))
	}
	files := []testFile{
		{"none", nil},
		{"empty", [][]string{nil, nil}},
		{"small", [][]string{{"a", "", "b"}, nil, {"c"}}},
		{"an exact chunk", [][]string{{random(chunkSize - 3)}, {random(chunkSize - 2)}, {random(chunkSize - 4)}, {"x"}}},
		{"long", [][]string{{random(maxRecord)}, {"x", random(maxRecord), "y"}}},
		{"many", [][]string{nil, many, many[:10], many[:4000], nil}},
	}
	for _, f := range files {
		dir := storage.Dir(t.TempDir())
		f.write(t, dir)
		for _, store := range []storage.Store{dir, unseekable{dir}} {
			for i, want := range f.sections {
				got, err := readSection(t, store, f.header(), i)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s, section %d: %d records, want %d, error %v", f.kind, i, len(got), len(want), err)
				}
			}
			if _, err := readSection(t, store, f.header(), len(f.sections)); !errors.Is(err, errDamaged) {
				t.Errorf("%s: a section too many: %v", f.kind, err)
			}
		}
		if a, b := f.bytes(t), object(t, dir, "file"); !bytes.Equal(a, b) {
			t.Errorf("%s: written again, it differs", f.kind)
		}
	}
}

// The writer sees to it that what is written is what was announced.
func TestSectionsAsAnnounced(t *testing.T) {
	f := testFile{"short", [][]string{{"a", "b"}, {"c"}}}
	w, err := createSections(t.Context(), &storage.Memory{}, "file", f.header())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.add(0, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := w.add(1, []byte("c")); err == nil {
		t.Error("a record is missing, and no error")
	}
	if err := w.commit(t.Context()); err == nil {
		t.Error("committed")
	}
}

func TestHeaderIsChecked(t *testing.T) {
	var store storage.Memory
	f := testFile{"kind", [][]string{{"a"}}}
	f.write(t, &store)
	tests := []struct {
		change func(*header)
		want   string
	}{
		{func(h *header) { h.Kind = "other" }, "dedup: read file: it holds kind, not other: give every run a folder of its own"},
		{func(h *header) { h.Settings = []byte(`{"format":2}`) }, `dedup: read file: it was made with the settings {"format":1}, this run has {"format":2}: do all steps again`},
		{func(h *header) { h.Of = "that" }, "dedup: read file: it is of it, not of that: the file is damaged: do the step that made it again"},
	}
	for _, tt := range tests {
		h := f.header()
		tt.change(&h)
		if _, err := readSection(t, &store, h, 0); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// No file with a bit flipped or cut short is read as anything but what was
// written, and what is wrong is always said of the file.
func TestDamagedSections(t *testing.T) {
	f := testFile{"kind", [][]string{{"a", "bc"}, nil, {"def", strings.Repeat("g", 200)}}}
	b := f.bytes(t)
	try := func(what string, b []byte) {
		var store storage.Memory
		put(t, &store, "file", b)
		failed := false
		for i, want := range f.sections {
			got, err := readSection(t, &store, f.header(), i)
			switch {
			case err == nil && !slices.Equal(got, want):
				t.Errorf("%s: section %d is read as %q", what, i, got)
			case err != nil:
				failed = true
				if !strings.HasPrefix(err.Error(), "dedup: read file: ") {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		if !failed {
			t.Errorf("%s: no section could tell", what)
		}
	}
	for i := range b {
		try(fmt.Sprintf("cut to %d", i), b[:i])
		for bit := range 8 {
			c := bytes.Clone(b)
			c[i] ^= 1 << bit
			try(fmt.Sprintf("bit %d of byte %d", bit, i), c)
		}
	}
}

// Chunks that are whole but in another place are not accepted.
func TestExchangedChunks(t *testing.T) {
	var big [2][]string
	for i := range big {
		for range 2 {
			big[i] = append(big[i], strings.Repeat("x", chunkSize-3)) // with its length, a chunk
		}
	}
	f := testFile{"kind", big[:]}
	b := f.bytes(t)
	const stored = chunkSize + sumSize
	start := len(b) - 4*stored
	for i := range 4 {
		for k := range i {
			c := bytes.Clone(b)
			copy(c[start+i*stored:], b[start+k*stored:start+(k+1)*stored])
			var store storage.Memory
			put(t, &store, "file", c)
			if _, err := readSection(t, &store, f.header(), i/2); !errors.Is(err, errDamaged) {
				t.Errorf("chunk %d in place of %d: %v", k, i, err)
			}
		}
	}
}

// A damaged length must not make the reader ask for memory.
func TestHugeLengths(t *testing.T) {
	for _, b := range []string{
		sectionsMagic + "\xff\xff\xff\xff",
		sectionsMagic + "\x00\x00\xff\x00" + "{}",
	} {
		var store storage.Memory
		put(t, &store, "file", []byte(b))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readSection(t, &store, header{}, 0)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, errDamaged) {
			t.Error(err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%d bytes for a file of %d", n, len(b))
		}
	}
}

// counting counts the readers that are open.
type counting struct {
	storage.Store
	open, most atomic.Int64
}

type countingReader struct {
	io.ReadCloser
	c *counting
}

func (c *counting) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := c.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	c.most.Store(max(c.most.Load(), c.open.Add(1)))
	return &countingReader{r, c}, nil
}

func (r *countingReader) Close() error {
	r.c.open.Add(-1)
	return r.ReadCloser.Close()
}

// Files are opened in advance, but few, and all are closed wherever one stops.
func TestOpenAhead(t *testing.T) {
	f := testFile{"kind", nil}
	for _, n := range []int{0, 1, 5, 30} {
		for stop := range n + 1 {
			for _, fail := range []int{-1, 0, 3, 20} {
				synctest.Test(t, func(t *testing.T) {
					store := &counting{Store: &storage.Memory{}}
					f.write(t, store)
					broken := errors.New("broken")
					seen := 0
					for r, err := range openAhead(n, func(i int) (*sectionReader, error) {
						time.Sleep(time.Duration(i*7%5) * time.Second) // they are not opened in order
						if i == fail {
							return nil, broken
						}
						r, err := openSections(t.Context(), store, "file", f.header())
						if err == nil {
							r.name = fmt.Sprint(i)
						}
						return r, err
					}) {
						if seen == fail {
							if err != broken {
								t.Errorf("%d: %v", seen, err)
							}
							seen++
							continue // it ends by itself
						}
						if err != nil || r.name != fmt.Sprint(seen) {
							t.Fatalf("%d: %v", seen, err)
						}
						seen++
						r.close()
						if seen == stop {
							break
						}
					}
					want := n
					if stop > 0 {
						want = stop
					}
					if fail >= 0 && fail < want {
						want = fail + 1
					}
					if seen != want {
						t.Errorf("%d of %d, stopping at %d, failing at %d: saw %d", want, n, stop, fail, seen)
					}
					if store.open.Load() != 0 || store.most.Load() > aheadBy+1 {
						t.Errorf("%d open, at most %d", store.open.Load(), store.most.Load())
					}
				})
			}
		}
	}
}

func FuzzSections(f *testing.F) {
	file := testFile{"kind", [][]string{{"a", "bc"}, nil, {"def", strings.Repeat("g", 200)}}}
	whole := file.bytes(f)
	top := bytes.Index(whole, []byte("}]}")) + len("}]}") + sumSize
	f.Add(whole, uint8(0))
	f.Add(whole, uint8(2))
	f.Add(whole[:len(whole)-5], uint8(2))
	f.Add([]byte(sectionsMagic), uint8(0))
	f.Add(testFile{"kind", nil}.bytes(f), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, number uint8) {
		var store storage.Memory
		put(t, &store, "file", b)
		got, err := readSection(t, &store, file.header(), int(number))
		if err != nil || !bytes.HasPrefix(b, whole[:top]) {
			return // what has another header, with its checksum, may hold other records
		}
		if int(number) >= len(file.sections) || !slices.Equal(got, file.sections[number]) {
			t.Errorf("section %d is read as %q", number, got)
		}
	})
}

func FuzzRecords(f *testing.F) {
	k := bytes.Repeat([]byte{7}, keySize)
	where := appendID(appendPosition(nil, position{5, 9}), "some id")
	f.Add(append(bytes.Clone(k), where...), false)
	f.Add(append(appendPriority(bytes.Clone(k), -3), where...), true)
	f.Add(appendID(bytes.Clone(where), "0123abcd-4567-89ab-cdef-0123456789ab"), false)
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
		if d, err := parseDropped(b, false); err == nil {
			again := appendID(appendID(appendPosition(nil, d.position), idString(d.id)), idString(d.survivor))
			if e, err := parseDropped(again, false); err != nil || e.position != d.position || idString(e.id) != idString(d.id) || idString(e.survivor) != idString(d.survivor) {
				t.Errorf("%x came back as %+v, %v", b, e, err)
			}
		}
	})
}
