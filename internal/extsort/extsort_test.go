package extsort

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
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// sorted returns all records of s.
func sorted(ctx context.Context, s *Sorter) (out [][]byte, err error) {
	for {
		r, err := s.Next(ctx)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, bytes.Clone(r))
	}
}

// sortAll sorts records with a new Sorter and closes it.
func sortAll(ctx context.Context, store storage.Store, memory int64, records [][]byte) (out [][]byte, runs int, err error) {
	s := New(store, "tmp", memory)
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	for _, r := range records {
		if err := s.Add(ctx, r); err != nil {
			return nil, 0, err
		}
	}
	out, err = sorted(ctx, s)
	return out, s.Runs(), err
}

func objects(t *testing.T, store storage.Store) (names []string) {
	t.Helper()
	for o, err := range store.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, o.Name)
	}
	return names
}

// someRecords returns n records of about the given length, with many equal
// prefixes and some equal records.
func someRecords(seed uint64, n, length int) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([][]byte, n)
	for i := range out {
		r := make([]byte, rng.IntN(2*length+1))
		for k := range r {
			r[k] = byte(rng.IntN(3)) * 0x7f
		}
		if len(r) > 4 && rng.IntN(2) == 0 {
			for k := range r {
				r[k] = byte(rng.Uint32())
			}
		}
		out[i] = r
	}
	return out
}

func TestSortsLikeSlices(t *testing.T) {
	tests := []struct {
		n, length int
		memory    int64
		spills    bool
	}{
		{0, 0, 0, false},
		{1, 10, 0, false},
		{1000, 0, 0, false}, // empty ones
		{1000, 4, 1 << 20, false},
		{1000, 20, 1 << 20, false},
		{20_000, 20, MinMemory, true},
		{20_000, 3, MinMemory, true},
		{300, 2000, MinMemory, true}, // larger than a chunk
		{100, 20_000, MinMemory, true},
		{50_000, 40, 300 << 10, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%dx%d/%d", tt.n, tt.length, tt.memory), func(t *testing.T) {
			records := someRecords(uint64(tt.n), tt.n, tt.length)
			store := &storage.Memory{}
			got, runs, err := sortAll(t.Context(), store, tt.memory, records)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(records)
			slices.SortFunc(want, bytes.Compare)
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%d records sorted otherwise than by slices.SortFunc, which has %d", len(got), len(want))
			}
			if spilled := runs > 0; spilled != tt.spills {
				t.Errorf("%d runs", runs)
			}
			if left := objects(t, store); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A sorter with a budget for few merges at once has to merge in several passes,
// whatever number of runs there is.
func TestMergesInPasses(t *testing.T) {
	for want := 1; want <= 24; want++ {
		s := New(&storage.Memory{}, "tmp", MinMemory)
		if s.fanIn != 4 {
			t.Fatalf("merges %d at once", s.fanIn)
		}
		var all [][]byte
		for s.Runs() < want {
			r := fmt.Appendf(nil, "%x", rand.Uint64())
			all = append(all, r)
			if err := s.Add(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		got, err := sorted(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(all, bytes.Compare)
		if !slices.EqualFunc(got, all, bytes.Equal) {
			t.Errorf("%d runs: not sorted", want)
		}
		if open := len(s.runs); open > 4 {
			t.Errorf("%d runs: %d were open at once", want, open)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// opens counts how many objects are open at once.
type opens struct {
	storage.Store
	open, most int
}

type openReader struct {
	io.ReadCloser
	o *opens
}

func (o *opens) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := o.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	o.open++
	o.most = max(o.most, o.open)
	return &openReader{r, o}, nil
}

func (r *openReader) Close() error {
	r.o.open--
	return r.ReadCloser.Close()
}

// What a Sorter holds depends on its budget, not on what it sorts.
func TestMemoryAndOpenObjectsAreBounded(t *testing.T) {
	const memory = 1 << 20
	store := &opens{Store: storage.Dir(t.TempDir())}
	s := New(store, "tmp", memory)
	rng := rand.New(rand.NewPCG(1, 2))
	record := make([]byte, 64)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	base := heap()
	var most, held int64
	const n = 120_000 // 4 MB
	for i := range n {
		for k := range record {
			record[k] = byte(rng.Uint32())
		}
		if err := s.Add(t.Context(), record[:rng.IntN(64)]); err != nil {
			t.Fatal(err)
		}
		held = max(held, s.buf.used())
		if i%12_000 == 0 {
			most = max(most, heap()-base)
		}
	}
	if held > memory/4*3 {
		t.Errorf("the buffer held %d bytes of a budget of %d", held, memory)
	}
	var last []byte
	got := 0
	for ; ; got++ {
		r, err := s.Next(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Compare(r, last) < 0 {
			t.Fatal("out of order")
		}
		last = append(last[:0], r...)
		if got%12_000 == 0 {
			most = max(most, heap()-base)
		}
	}
	if got != n || s.Len() != n {
		t.Errorf("%d records came back of %d (Len is %d)", got, n, s.Len())
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("%d runs, at most %d open, heap %d KB", s.Runs(), store.most, most>>10)
	if most > memory+memory/4 {
		t.Errorf("%d bytes of heap in use with a budget of %d", most, memory)
	}
	if store.most > s.fanIn || store.open != 0 {
		t.Errorf("%d objects were open at once, %d still are", store.most, store.open)
	}
}

// Whichever call of the store fails, the sorter says so and sorts nothing
// wrongly, and what it could not remove does not disturb the next one.
func TestEveryFailure(t *testing.T) {
	records := someRecords(3, 6000, 20)
	want := slices.Clone(records)
	slices.SortFunc(want, bytes.Compare)
	store := &storage.Memory{}
	for n := 1; ; n++ {
		failing := storagetest.FailNth(store, n)
		got, _, err := sortAll(t.Context(), failing, MinMemory, records)
		if !failing.Failed() {
			if err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
				t.Fatalf("without failure: %v", err)
			}
			t.Logf("%d calls", n-1)
			break
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			t.Fatalf("call %d: %v", n, err)
		}
		if left := objects(t, store); len(left) > 1 {
			t.Fatalf("call %d: left behind: %v", n, left)
		}
		again, _, err := sortAll(t.Context(), store, MinMemory, records)
		if err != nil || !slices.EqualFunc(again, want, bytes.Equal) {
			t.Fatalf("after call %d: %v", n, err)
		}
		for _, name := range objects(t, store) {
			store.Remove(t.Context(), name)
		}
	}
}

// A sorter that is cancelled stops, and still removes its runs.
func TestCancel(t *testing.T) {
	store := &storage.Memory{}
	ctx, cancel := context.WithCancel(t.Context())
	s := New(store, "tmp", MinMemory)
	for s.Runs() < 3 {
		if err := s.Add(ctx, []byte("some record")); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	var err error
	for err == nil {
		_, err = s.Next(ctx)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v", err)
	}
	if _, again := s.Next(t.Context()); again != err {
		t.Errorf("after an error, Next returned %v", again)
	}
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left := objects(t, store); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestMisuse(t *testing.T) {
	s := New(&storage.Memory{}, "tmp", 0)
	if err := s.Add(t.Context(), make([]byte, MaxRecord)); err != nil {
		t.Errorf("the longest record: %v", err)
	}
	if err := s.Add(t.Context(), make([]byte, MaxRecord+1)); err == nil {
		t.Error("a longer record was taken")
	}
	if _, err := s.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), nil); err == nil {
		t.Error("Add after Next")
	}
	for range 2 {
		if _, err := s.Next(t.Context()); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
	}
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := s.Add(t.Context(), nil); err == nil {
		t.Error("Add after Close")
	}
	if _, err := s.Next(t.Context()); err == nil || err == io.EOF {
		t.Errorf("Next after Close: %v", err)
	}
}

// Two sorters in the same folder do not meet.
func TestSameFolder(t *testing.T) {
	store := &storage.Memory{}
	a, b := New(store, "tmp", 0), New(store, "tmp", 0)
	for i := range 5000 {
		if err := errors.Join(a.Add(t.Context(), fmt.Appendf(nil, "a%05d", i)), b.Add(t.Context(), fmt.Appendf(nil, "b%05d", i))); err != nil {
			t.Fatal(err)
		}
	}
	got, err := sorted(t.Context(), a)
	if err != nil || len(got) != 5000 || string(got[4999]) != "a04999" {
		t.Errorf("%d records, %v", len(got), err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got, err = sorted(t.Context(), b)
	if err != nil || len(got) != 5000 || string(got[4999]) != "b04999" {
		t.Errorf("%d records, %v", len(got), err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// makeRun returns the bytes of a run.
func makeRun(t testing.TB, records []string) []byte {
	var store storage.Memory
	w, err := createRun(t.Context(), &store, "run", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.add([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	f, err := store.Open(t.Context(), "run")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readRun reads the bytes of a run.
func readRun(t testing.TB, b []byte) (out []string, err error) {
	var store storage.Memory
	w, _ := store.Create(t.Context(), "run")
	w.Write(b)
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := openRun(t.Context(), &store, "run")
	if err != nil {
		return nil, err
	}
	defer r.close()
	for {
		b, err := r.next(t.Context())
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, string(b))
	}
}

var runRecords = []string{"", "a", "b", strings.Repeat("c", 95), strings.Repeat("d", 300), "e", "f"}

// Every bit of a run counts, and every byte has to be there.
func TestDamagedRun(t *testing.T) {
	b := makeRun(t, runRecords)
	if got, err := readRun(t, b); err != nil || !slices.Equal(got, runRecords) {
		t.Fatalf("%q, %v", got, err)
	}
	for i := range b {
		if _, err := readRun(t, b[:i]); !errors.Is(err, errDamaged) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
		for bit := range 8 {
			c := bytes.Clone(b)
			c[i] ^= 1 << bit
			if _, err := readRun(t, c); !errors.Is(err, errDamaged) {
				t.Errorf("bit %d of byte %d: %v", bit, i, err)
			}
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add(makeRun(f, nil))
	f.Add(makeRun(f, runRecords))
	f.Add([]byte(runMagic))
	f.Add([]byte(runMagic + "\xff\xff\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readRun(t, b)
		if err == nil && len(makeRun(t, got)) < len(runMagic)+blockHeader+endSize {
			t.Error("accepted less than a run")
		}
	})
}

func FuzzSort(f *testing.F) {
	f.Add([]byte("b\x00a\x00c"), uint8(0))
	f.Add(bytes.Repeat([]byte("some thing\x00other\x00"), 50), uint8(200))
	f.Fuzz(func(t *testing.T, data []byte, times uint8) {
		if len(data) > 4096 {
			return
		}
		var records [][]byte
		for range int(times) + 1 {
			records = append(records, bytes.Split(data, []byte{0})...)
		}
		got, _, err := sortAll(t.Context(), &storage.Memory{}, 0, records)
		slices.SortFunc(records, bytes.Compare)
		if err != nil || !slices.EqualFunc(got, records, bytes.Equal) {
			t.Errorf("not sorted: %v", err)
		}
	})
}

func benchmark(b *testing.B, memory int64) {
	const n, length = 500_000, 40
	rng := rand.New(rand.NewPCG(1, 2))
	records := make([]byte, n*length)
	for i := range records {
		records[i] = byte(rng.Uint32())
	}
	store := storage.Dir(b.TempDir())
	b.SetBytes(int64(len(records)))
	b.ReportAllocs()
	for b.Loop() {
		s := New(store, "tmp", memory)
		for i := 0; i < len(records); i += length {
			if err := s.Add(b.Context(), records[i:i+length]); err != nil {
				b.Fatal(err)
			}
		}
		for {
			if _, err := s.Next(b.Context()); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(s.Runs()), "runs")
		if err := s.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkInMemory(b *testing.B)  { benchmark(b, 64<<20) }
func BenchmarkSpilling(b *testing.B)  { benchmark(b, 4<<20) }
func BenchmarkTwoPasses(b *testing.B) { benchmark(b, 256<<10) }

// Rewind begins again, in the middle and at the end, from memory and from runs.
func TestRewind(t *testing.T) {
	for _, n := range []int{0, 1, 100, 20_000} {
		records := someRecords(3, n, 20)
		want := slices.SortedFunc(slices.Values(records), bytes.Compare)
		s := New(&storage.Memory{}, "tmp", MinMemory)
		for _, r := range records {
			if err := s.Add(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Rewind(t.Context()); err != nil { // before the first: nothing to do
			t.Fatal(err)
		}
		for range n / 2 {
			if _, err := s.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := s.Rewind(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := sorted(t.Context(), s)
			if err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%d records, after Rewind: %d, %v", n, len(got), err)
			}
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if s.Rewind(t.Context()) == nil {
			t.Error("Rewind after Close")
		}
	}
}
