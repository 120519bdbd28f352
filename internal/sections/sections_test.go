package sections

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// A file of sections as a test wants it.
type testFile struct {
	kind     string
	sections [][]string
}

func (f testFile) header() Header {
	return Header{Kind: f.kind, Settings: []byte(`{"format":1}`), Of: "it", Digests: []Digest{1 << 63, 2}, Numbered: 3}
}

func (f testFile) all() []Section {
	all := make([]Section, len(f.sections))
	for i, records := range f.sections {
		for _, r := range records {
			all[i].Add([]byte(r))
		}
	}
	return all
}

func (f testFile) write(ctx context.Context, store storage.Store) error {
	w, err := Create(ctx, store, "file", f.header(), f.all())
	if err != nil {
		return err
	}
	defer w.Close()
	for i, records := range f.sections {
		for _, r := range records {
			if err := w.Add(i, []byte(r)); err != nil {
				return err
			}
		}
	}
	if n := int64(len(slices.Concat(f.sections...))); w.Records() != n {
		return fmt.Errorf("%d records were added, it says %d", n, w.Records())
	}
	return w.Commit(ctx, int64(len(f.sections)))
}

func (f testFile) bytes(t testing.TB) []byte {
	var store storage.Memory
	if err := f.write(t.Context(), &store); err != nil {
		t.Fatal(err)
	}
	return object(t, &store)
}

func object(t testing.TB, store storage.Store) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), "file")
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

func put(t testing.TB, store storage.Store, b []byte) {
	t.Helper()
	w, err := store.Create(t.Context(), "file")
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

// read reads one section of a file that should be as want says.
func read(ctx context.Context, store storage.Store, want Header, number int) (out []string, err error) {
	r, err := Open(ctx, store, "file", want)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s, err := r.Seek(number)
	if err != nil {
		return nil, err
	}
	for {
		b, err := r.Next()
		if err == io.EOF {
			if s.Records != int64(len(out)) {
				err = fmt.Errorf("%d records, announced were %d", len(out), s.Records)
				return out, err
			}
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
	numbered := func(n int) (all [][]string) { // with gaps
		for i := range n {
			all = append(all, nil)
			if i%3 != 1 {
				all[i] = []string{fmt.Sprint("section ", i), random(rng.IntN(100))}
			}
		}
		return all
	}
	files := []testFile{
		{"none", nil},
		{"empty", [][]string{nil, nil}},
		{"small", [][]string{{"a", "", "b"}, nil, {"c"}}},
		{"an exact chunk", [][]string{{random(chunkSize - 3)}, {random(chunkSize - 2)}, {random(chunkSize - 4)}, {"x"}}},
		{"long", [][]string{{random(MaxRecord)}, {"x", random(MaxRecord), "y"}}},
		{"many", [][]string{nil, many, many[:10], many[:4000], nil}},
		{"a block", numbered(blockSections)},
		{"a block and one", numbered(blockSections + 1)},
		{"blocks", numbered(3*blockSections - 1)},
	}
	for _, f := range files {
		dir := storage.Dir(t.TempDir())
		if err := f.write(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		for _, store := range []storage.Store{dir, unseekable{dir}} {
			for i, want := range f.sections {
				got, err := read(t.Context(), store, f.header(), i)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s, section %d: %d records, want %d, error %v", f.kind, i, len(got), len(want), err)
				}
			}
			for _, i := range []int{-1, len(f.sections)} {
				if _, err := read(t.Context(), store, f.header(), i); !errors.Is(err, ErrDamaged) {
					t.Errorf("%s: section %d of %d: %v", f.kind, i, len(f.sections), err)
				}
			}
		}
		if !bytes.Equal(f.bytes(t), object(t, dir)) {
			t.Errorf("%s: written again, it differs", f.kind)
		}
	}
}

// readCounter counts the bytes that are read.
type readCounter struct {
	storage.Store
	n int
}

type countedFile struct {
	io.ReadSeekCloser
	c *readCounter
}

func (c *readCounter) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := c.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &countedFile{r.(io.ReadSeekCloser), c}, nil
}

func (f *countedFile) Read(p []byte) (int, error) {
	n, err := f.ReadSeekCloser.Read(p)
	f.c.n += n
	return n, err
}

// Of a large file with many sections, a reader reads little more than its own.
func TestReadsLittle(t *testing.T) {
	f := testFile{"kind", make([][]string, 5000)}
	for i := range f.sections {
		f.sections[i] = []string{strings.Repeat("x", 1000)}
	}
	store := &readCounter{Store: &storage.Memory{}}
	if err := f.write(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 300, 2500, 4999} {
		store.n = 0
		if got, err := read(t.Context(), store, f.header(), i); err != nil || len(got) != 1 {
			t.Fatal(err)
		}
		if store.n > 4*readAhead {
			t.Errorf("section %d: %d bytes were read", i, store.n)
		}
	}
}

// The writer sees to it that what is written is what was announced.
func TestAsAnnounced(t *testing.T) {
	f := testFile{"short", [][]string{{"a", "b"}, {"c"}}}
	tests := map[string][]struct {
		section int
		record  string
	}{
		"one is missing":       {{0, "a"}, {1, "c"}},
		"the last is missing":  {{0, "a"}, {0, "b"}},
		"one is longer":        {{0, "a"}, {0, "bb"}, {1, "c"}},
		"one too many":         {{0, "a"}, {0, "b"}, {1, "c"}, {1, "d"}},
		"back":                 {{0, "a"}, {0, "b"}, {1, "c"}, {0, "a"}},
		"a section too many":   {{0, "a"}, {0, "b"}, {1, "c"}, {2, "d"}},
		"a record is too long": {{0, strings.Repeat("x", MaxRecord+1)}},
	}
	for what, records := range tests {
		var store storage.Memory
		w, err := Create(t.Context(), &store, "file", f.header(), f.all())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			w.Add(r.section, []byte(r.record))
		}
		if err := w.Commit(t.Context(), 0); err == nil {
			t.Errorf("%s: committed", what)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, err := store.Stat(t.Context(), "file"); err == nil {
			t.Errorf("%s: it is there", what)
		}
	}
	if _, err := Create(t.Context(), &storage.Memory{}, "file", f.header(), make([]Section, MaxSections+1)); err == nil {
		t.Error("too many sections")
	}
	if _, err := Create(t.Context(), &storage.Memory{}, "file", Header{Of: strings.Repeat("x", maxHeader)}, nil); err == nil {
		t.Error("a header that is too long")
	}
}

func TestHeaderIsChecked(t *testing.T) {
	var store storage.Memory
	f := testFile{"kind", [][]string{{"a"}}}
	if err := f.write(t.Context(), &store); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		change func(*Header)
		want   string
	}{
		{func(h *Header) { h.Kind = "other" }, "read file: it holds kind, not other: give every run a folder of its own"},
		{func(h *Header) { h.Settings = []byte(`{"format":2}`) }, `read file: it was made with the settings {"format":1}, this run has {"format":2}: do all steps again`},
		{func(h *Header) { h.Of = "that" }, "read file: it is of it, not of that: the file is damaged: do the step that made it again"},
	}
	for _, tt := range tests {
		h := f.header()
		tt.change(&h)
		if _, err := read(t.Context(), &store, h, 0); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	r, err := Open(t.Context(), &store, "file", f.header())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Sections != 1 || r.Numbered != 3 || !slices.Equal(r.Digests, f.header().Digests) {
		t.Errorf("%+v", r.Header)
	}
}

// A header is bounded, and has room for what package dedup puts there at most.
func TestHeaderBounds(t *testing.T) {
	f := testFile{"kind", [][]string{{"a"}}}
	open := func(h Header) error {
		var store storage.Memory
		w, err := Create(t.Context(), &store, "file", h, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.Commit(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), &store, "file", h)
		if err == nil {
			r.Close()
		}
		return err
	}
	h := f.header()
	h.Digests = slices.Repeat([]Digest{math.MaxUint64}, 65_536)
	if err := open(h); err != nil {
		t.Error(err)
	}
	h = f.header()
	h.Numbered = -1
	if err := open(h); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// No file with a bit flipped or cut short is read as anything but what was
// written, and what is wrong is always said of the file.
func TestDamagedFiles(t *testing.T) {
	f := testFile{"kind", [][]string{{"a", "bc"}, nil, {"def", strings.Repeat("g", 200)}}}
	b := f.bytes(t)
	try := func(what string, b []byte) {
		var store storage.Memory
		put(t, &store, b)
		failed := false
		for i, want := range f.sections {
			got, err := read(t.Context(), &store, f.header(), i)
			switch {
			case err == nil && !slices.Equal(got, want):
				t.Errorf("%s: section %d is read as %q", what, i, got)
			case err != nil:
				failed = true
				if !strings.HasPrefix(err.Error(), "read file: ") {
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

// Chunks and blocks of the table that are whole but in another place are not
// accepted.
func TestExchangedPieces(t *testing.T) {
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
	try := func(what string, f testFile, b []byte, section int) {
		var store storage.Memory
		put(t, &store, b)
		if _, err := read(t.Context(), &store, f.header(), section); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range 4 {
		for k := range i {
			c := bytes.Clone(b)
			copy(c[start+i*stored:], b[start+k*stored:start+(k+1)*stored])
			try(fmt.Sprintf("chunk %d in place of %d", k, i), f, c, i/2)
		}
	}
	g := testFile{"kind", make([][]string, 2*blockSections)}
	b = g.bytes(t)
	table := len(b) - int(tableLen(2*blockSections))
	c := bytes.Clone(b)
	copy(c[table+blockLen(blockSections):], b[table:table+blockLen(blockSections)])
	try("a block of the table in place of another", g, c, blockSections)
}

// A damaged length must not make the reader ask for memory.
func TestHugeLengths(t *testing.T) {
	for _, b := range []string{
		magic + "\xff\xff\xff\xff",
		magic + "\x00\x00\x0f\x00" + "{}",
	} {
		var store storage.Memory
		put(t, &store, []byte(b))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(t.Context(), &store, Header{}, 0)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrDamaged) {
			t.Error(err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%d bytes for a file of %d", n, len(b))
		}
	}
	// Tables whose checksums are right.
	for _, s := range []Section{{-1, 5}, {5, -1}, {5, 4}, {0, 1}, {1, maxSection + 1}, {1 << 62, 1 << 62}} {
		block := appendTable(nil, 1, []Section{s, {1, 5}})
		if _, _, err := find(1, 0, block, 1); !errors.Is(err, ErrDamaged) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	block := appendTable(nil, 1, []Section{{1, maxSection}, {1, maxSection}, {1, 5}})
	if _, _, err := find(1, 0, block, 2); !errors.Is(err, ErrDamaged) {
		t.Errorf("too much in all sections together: %v", err)
	}
}

// Whichever call fails, the error is told, and nothing is there or all.
func TestEveryFailure(t *testing.T) {
	f := testFile{"kind", [][]string{{strings.Repeat("x", 3*chunkSize)}, {"y"}}}
	for n := 1; ; n++ {
		store := &storage.Memory{}
		failing := storagetest.FailNth(store, n)
		err := f.write(t.Context(), failing)
		if !failing.Failed() {
			got, e := read(t.Context(), failing, f.header(), 1)
			if failing.Failed() {
				if !errors.Is(e, storagetest.ErrInjected) {
					t.Fatalf("call %d: %v", n, e)
				}
				continue
			}
			if err != nil || e != nil || !slices.Equal(got, f.sections[1]) {
				t.Fatal(err, e)
			}
			t.Logf("%d calls", n-1)
			return
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			t.Fatalf("call %d: %v", n, err)
		}
		if _, err := store.Stat(t.Context(), "file"); err == nil && !bytes.Equal(object(t, store), f.bytes(t)) {
			t.Fatalf("call %d: a part of a file", n)
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
func TestAhead(t *testing.T) {
	f := testFile{"kind", nil}
	for _, n := range []int{0, 1, 5, 30} {
		for stop := range n + 1 {
			for _, fail := range []int{-1, 0, 3, 20} {
				synctest.Test(t, func(t *testing.T) { testAhead(t, f, n, stop, fail) })
			}
		}
	}
}

// testAhead opens n files, of which one fails, and stops after some (0: never).
func testAhead(t *testing.T, f testFile, n, stop, fail int) {
	store := &counting{Store: &storage.Memory{}}
	if err := f.write(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	seen := 0
	for r, err := range Ahead(n, func(i int) (*Reader, error) {
		time.Sleep(time.Duration(i*7%5) * time.Second) // they are not opened in order
		if i == fail {
			return nil, broken
		}
		r, err := Open(t.Context(), store, "file", f.header())
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
		r.Close()
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
}

func FuzzReader(f *testing.F) {
	file := testFile{"kind", [][]string{{"a", "bc"}, nil, {"def", strings.Repeat("g", 200)}}}
	whole := file.bytes(f)
	top := bytes.Index(whole, []byte("}")) + 1
	top = top + bytes.Index(whole[top:], []byte("}")) + 1 + sumSize
	f.Add(whole, uint8(0))
	f.Add(whole, uint8(2))
	f.Add(whole[:len(whole)-5], uint8(2))
	f.Add([]byte(magic), uint8(0))
	f.Add(testFile{"kind", nil}.bytes(f), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, number uint8) {
		var store storage.Memory
		put(t, &store, b)
		got, err := read(t.Context(), &store, file.header(), int(number))
		if err != nil || !bytes.HasPrefix(b, whole[:top]) {
			return // what has another header, with its checksum, may hold other records
		}
		if int(number) >= len(file.sections) || !slices.Equal(got, file.sections[number]) {
			t.Errorf("section %d is read as %q", number, got)
		}
	})
}

// Whatever a block of the table says, where a section is, is in bounds.
func FuzzFind(f *testing.F) {
	f.Add(appendTable(nil, 1, []Section{{1, 5}, {2, 7}}), 1)
	f.Fuzz(func(t *testing.T, block []byte, i int) {
		n := (len(block) - 8) / entrySize
		if n < 1 || n > blockSections || i < 0 || i >= n {
			return
		}
		block = block[:8+n*entrySize] // and the right checksum behind it
		block = append(bytes.Clone(block), make([]byte, sumSize)...)
		end := len(block) - sumSize
		binary.LittleEndian.PutUint64(block[end:], blockSum(1, 0, block[:end]))
		offset, s, err := find(1, 0, block, i)
		if err == nil && (offset < 0 || offset > maxSection || s.Records < 0 || s.Bytes < s.Records || s.Bytes > maxSection) {
			t.Errorf("offset %d, section %+v", offset, s)
		}
	})
}
