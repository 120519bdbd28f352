package s3_test

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/textmill/textmill/storage/s3"
)

// A hollow server takes any upload and keeps nothing of it, and serves an object
// of the given size that it has not got: byte i of it is byte i of pattern,
// repeated.
type hollow struct {
	size     int64
	received atomic.Int64
}

var pattern = random(1 << 16)

func (h *hollow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && r.URL.Query().Has("uploads"):
		io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
	case r.Method == http.MethodPost:
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
	case r.Method == http.MethodPut:
		n, _ := io.Copy(io.Discard, r.Body)
		h.received.Add(n)
		w.Header().Set("ETag", `"p"`)
	case r.Method == http.MethodGet:
		var start, last int64
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &start, &last)
		last = min(last, h.size-1)
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, last, h.size))
		w.Header().Set("Content-Length", fmt.Sprint(last+1-start))
		w.WriteHeader(http.StatusPartialContent)
		for off := start; off <= last; {
			piece := pattern[off%int64(len(pattern)):]
			piece = piece[:min(int64(len(piece)), last+1-off)]
			if _, err := w.Write(piece); err != nil {
				return
			}
			off += int64(len(piece))
		}
	}
}

// peak returns the most that the heap holds while f runs, in bytes, beyond what
// it held before.
func peak(f func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // little garbage in the figure
	runtime.GC()
	heap := func() int64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return int64(s[0].Value.Uint64())
	}
	before, most := heap(), int64(0)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			most = max(most, heap())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	f()
	close(done)
	wg.Wait()
	return most - before
}

// An object of 200 MB takes no more memory than the settings say.
func TestMemory(t *testing.T) {
	const size = 200_000_000
	h := &hollow{size: size}
	server := httptest.NewServer(h)
	defer server.Close()
	site := newSite(t)
	site.endpoint = server.URL
	const slack = 12 << 20 // of HTTP and the garbage collector, on both sides of the connection
	for name, set := range map[string]func(*s3.Options){
		"small":    func(o *s3.Options) { o.PartSize, o.Uploads, o.ReadSize, o.ReadAhead = 5<<20, 2, 1<<20, 4 },
		"defaults": func(o *s3.Options) { o.PartSize, o.ReadSize = 0, 0 },
	} {
		bounds := map[string][2]int64{"small": {3 * 5 << 20, 4 << 20}, "defaults": {5 * 16 << 20, 8 * 8 << 20}}[name]
		s := site.open(t, nil, set)
		h.received.Store(0)
		writing := peak(func() {
			w, err := s.Create(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			for left := int64(size); left > 0; {
				n, err := w.Write(pattern[:min(left, int64(len(pattern)))])
				if err != nil {
					t.Fatal(err)
				}
				left -= int64(n)
			}
			if err := w.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		if n := h.received.Load(); n != size {
			t.Errorf("the server received %d bytes", n)
		}
		crc, want := crc32.NewIEEE(), crc32.NewIEEE()
		reading := peak(func() {
			r, err := s.Open(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if n, err := io.Copy(crc, struct{ io.Reader }{r}); n != size || err != nil {
				t.Errorf("read %d bytes, error %v", n, err)
			}
		})
		for left := size; left > 0; left -= len(pattern) {
			want.Write(pattern[:min(left, len(pattern))])
		}
		if crc.Sum32() != want.Sum32() {
			t.Error("what was read is something else")
		}
		if writing > bounds[0]+slack || reading > bounds[1]+slack {
			t.Errorf("%s: writing took %d bytes and reading %d, want at most %d and %d", name, writing, reading, bounds[0]+slack, bounds[1]+slack)
		}
		t.Logf("%s: writing took %.1f MiB and reading %.1f MiB", name, float64(writing)/(1<<20), float64(reading)/(1<<20))
	}
}

// Many small objects being written at a time take little.
func TestMemoryOfSmallObjects(t *testing.T) {
	site := newSite(t)
	s := site.open(t, nil, func(o *s3.Options) { o.PartSize = 0 })
	took := peak(func() {
		for i := range 300 {
			w, err := s.Create(t.Context(), fmt.Sprint(i))
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if _, err := w.Write(pattern[:1000]); err != nil {
				t.Fatal(err)
			}
		}
	})
	if took > 300*(64<<10)+(4<<20) {
		t.Errorf("%d bytes", took)
	}
}

func BenchmarkWrite(b *testing.B) {
	h := &hollow{}
	server := httptest.NewServer(h)
	defer server.Close()
	site := newSite(b)
	site.endpoint = server.URL
	s := site.open(b, nil, func(o *s3.Options) { o.PartSize, o.ReadSize = 0, 0 })
	data := random(64 << 20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		put(b, s, "a", data)
	}
}

func BenchmarkRead(b *testing.B) {
	h := &hollow{size: 64 << 20}
	server := httptest.NewServer(h)
	defer server.Close()
	site := newSite(b)
	site.endpoint = server.URL
	s := site.open(b, nil, func(o *s3.Options) { o.PartSize, o.ReadSize = 0, 0 })
	b.SetBytes(h.size)
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Open(b.Context(), "a")
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, struct{ io.Reader }{r}); n != h.size || err != nil {
			b.Fatal(n, err)
		}
		r.Close()
	}
}
