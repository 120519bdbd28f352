package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
)

func openObject(t *testing.T, s storage.Store, name string) io.ReadSeekCloser {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r.(io.ReadSeekCloser)
}

// Seeks and reads at random are those of a file.
func TestSeek(t *testing.T) {
	data := random(9<<20 + 17)
	site := newSite(t)
	put(t, site.open(t, nil, nil), "a", data)
	for name, set := range map[string]func(*s3.Options){
		"ReadAhead":   nil,
		"NoReadAhead": func(o *s3.Options) { o.ReadAhead = -1 },
		"OneSlot":     func(o *s3.Options) { o.ReadAhead = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := site.open(t, every(7, truncated), set)
			r, want := openObject(t, s, "a"), bytes.NewReader(data)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range 300 {
				whence, to := rng.IntN(3), rng.Int64N(int64(len(data))+1000)
				switch rng.IntN(4) {
				case 0:
					whence, to = io.SeekCurrent, rng.Int64N(400_000)-200_000
				case 1:
					whence, to = io.SeekEnd, -rng.Int64N(1000)
				case 2:
					whence, to = io.SeekCurrent, 0
				}
				a, errA := r.Seek(to, whence)
				b, errB := want.Seek(to, whence)
				if errA == nil != (errB == nil) || errA == nil && a != b {
					t.Fatalf("seek %d: to %d from %d: %d, %v, want %d, %v", i, to, whence, a, errA, b, errB)
				}
				n := rng.IntN(3 << (rng.IntN(20)))
				got, exp := make([]byte, n), make([]byte, n)
				k, err1 := io.ReadFull(r, got)
				m, err2 := io.ReadFull(want, exp)
				if k != m || err1 != err2 || !bytes.Equal(got, exp) {
					t.Fatalf("read %d: of %d at %d: %d, %v, want %d, %v", i, n, b, k, err1, m, err2)
				}
			}
			r.Close()
			noLeaks(t, s)
		})
	}
}

func TestReaderIsOne(t *testing.T) {
	data := random(2<<20 + 1)
	s := newSite(t).open(t, nil, nil)
	put(t, s, "a", data)
	if err := iotest.TestReader(openObject(t, s, "a"), data); err != nil {
		t.Error(err)
	}
}

// What a seek skips is not downloaded.
func TestSeekIsNoDownload(t *testing.T) {
	const size = 32 << 20
	site := newSite(t)
	put(t, site.open(t, nil, nil), "a", random(size))
	f := &faults{}
	s := site.open(t, f, nil)
	r := openObject(t, s, "a")
	for _, off := range []int64{size - 10, 20 << 20, 5, 10 << 20} {
		if _, err := r.Seek(off, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
	if n, b := f.requests(), f.received(); n != 5 || b > 64<<10 {
		t.Errorf("%d requests, %d bytes read from the network, want 5 and not much", n, b)
	}
	// A short way ahead is read over, within what was asked for anyhow.
	if _, err := r.Seek(1000, io.SeekCurrent); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil || f.requests() != 5 {
		t.Errorf("%d requests, error %v, want 5", f.requests(), err)
	}
}

// Requests for what comes next run beside each other.
func TestReadAhead(t *testing.T) {
	site := newSite(t)
	put(t, site.open(t, nil, nil), "a", random(20<<20))
	var mu sync.Mutex
	var now, most int
	transport := (*faults)(nil).over(t)
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return transport.RoundTrip(r)
	})}
	for slots, want := range map[int]int{-1: 1, 1: 2, 3: 4} { // beside the one that is read
		most = 0
		s := site.open(t, nil, func(o *s3.Options) { o.ReadAhead, o.Client = slots, client })
		if b, err := read(s, "a"); err != nil || !bytes.Equal(b, random(20<<20)) {
			t.Errorf("%d bytes, error %v", len(b), err)
		}
		if most > want || most < want-1 {
			t.Errorf("%d slots: %d requests at once, want %d", slots, most, want)
		}
		noLeaks(t, s)
	}
}

// Many readers share the slots, and none waits for another.
func TestManyReaders(t *testing.T) {
	site := newSite(t)
	s := site.open(t, nil, func(o *s3.Options) { o.ReadAhead = 2 })
	data := random(4 << 20)
	put(t, s, "a", data)
	idle := openObject(t, s, "a") // takes all slots, and keeps them
	if _, err := io.ReadFull(idle, make([]byte, 1<<20+1)); err != nil || s.Slots() != 2 {
		t.Fatalf("error %v, %d slots", err, s.Slots())
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if b, err := read(s, "a"); err != nil || !bytes.Equal(b, data) {
				t.Errorf("%d bytes, error %v", len(b), err)
			}
		})
	}
	wg.Wait()
	idle.Close()
	noLeaks(t, s)
}

// A reader whose object is replaced or removed goes on with the one it opened, or
// fails.
func TestReadWhileReplaced(t *testing.T) {
	data := random(4 << 20)
	for _, versioned := range []bool{false, true} {
		for name, change := range map[string]func(*testing.T, *s3.Store){
			"replace": func(t *testing.T, s *s3.Store) { put(t, s, "a", random(5<<20)) },
			"same size": func(t *testing.T, s *s3.Store) {
				put(t, s, "a", bytes.Repeat([]byte{1}, len(data)))
			},
			"remove": func(t *testing.T, s *s3.Store) { s.Remove(t.Context(), "a") },
		} {
			site := newSite(t)
			site.AddBucket(bucket, versioned)
			s := site.open(t, nil, nil)
			put(t, s, "a", data)
			r := openObject(t, s, "a")
			head := make([]byte, 1000)
			if _, err := io.ReadFull(r, head); err != nil {
				t.Fatal(err)
			}
			change(t, s)
			rest, err := io.ReadAll(r)
			switch {
			case versioned && (err != nil || !bytes.Equal(append(head, rest...), data)):
				t.Errorf("%s with versions: %d bytes, error %v", name, len(rest), err)
			case !versioned && !errors.Is(err, storage.ErrChanged):
				t.Errorf("%s without versions: %d bytes, error %v, want storage.ErrChanged", name, len(rest), err)
			case !bytes.Equal(rest, data[1000:1000+len(rest)]):
				t.Errorf("%s: a mixture", name)
			}
			if again, err2 := r.Read(head); !versioned && (again != 0 || err2 != err) {
				t.Errorf("%s: read after an error: %d, %v", name, again, err2)
			}
			r.Close()
			noLeaks(t, s)
		}
	}
}

// The role may read objects, but not their versions.
func TestOlderVersionDenied(t *testing.T) {
	site := newSite(t)
	site.AddBucket(bucket, true)
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Has("versionId") {
			return canned(r, http.StatusForbidden, "AccessDenied"), nil
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	s := site.open(t, nil, func(o *s3.Options) { o.Client = client })
	put(t, s, "a", random(4<<20))
	r := openObject(t, s, "a")
	put(t, s, "a", random(5<<20))
	if _, err := io.ReadAll(r); !errors.Is(err, storage.ErrChanged) || !strings.Contains(err.Error(), "s3:GetObjectVersion") {
		t.Errorf("error %v", err)
	}
}

// Answers that are not what was asked for are errors.
func TestWrongAnswers(t *testing.T) {
	site := newSite(t)
	put(t, site.open(t, nil, nil), "a", random(4<<20))
	for name, change := range map[string]func(first bool, h http.Header) int{
		"no ETag": func(first bool, h http.Header) int { h.Del("ETag"); return 206 },
		"other ETag": func(first bool, h http.Header) int {
			h.Set("ETag", map[bool]string{true: `"a"`, false: `"b"`}[first])
			return 206
		},
		"other size": func(first bool, h http.Header) int {
			if !first {
				h.Set("Content-Range", "bytes 1048576-2097151/9999999")
			}
			return 206
		},
		"other start": func(first bool, h http.Header) int {
			if !first {
				h.Set("Content-Range", "bytes 0-1048575/4194304")
			}
			return 206
		},
		"first is not first": func(first bool, h http.Header) int { h.Set("Content-Range", "bytes 1-1048576/4194304"); return 206 },
		"bad Content-Range":  func(first bool, h http.Header) int { h.Set("Content-Range", "bytes 1-0/4194304"); return 206 },
		"no ranges later on": func(first bool, h http.Header) int {
			if !first {
				h.Del("Content-Range")
				return 200
			}
			return 206
		},
		"range without bytes": func(first bool, h http.Header) int { h.Set("Content-Range", "bytes */4194304"); return 206 },
	} {
		first := true
		s := site.open(t, nil, func(o *s3.Options) {
			o.ReadAhead = -1
			o.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err == nil && resp.StatusCode == http.StatusPartialContent {
					resp.StatusCode = change(first, resp.Header)
					first = false
				}
				return resp, err
			})}
		})
		if b, err := read(s, "a"); err == nil {
			t.Errorf("%s: %d bytes, no error", name, len(b))
		}
	}
}

// A server that knows no ranges is read from the start.
func TestNoRanges(t *testing.T) {
	data := random(3 << 20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Content-Length", "3145728")
		w.Write(data)
	}))
	defer server.Close()
	site := newSite(t)
	site.endpoint = server.URL
	if b, err := read(site.open(t, nil, nil), "a"); err != nil || !bytes.Equal(b, data) {
		t.Errorf("%d bytes, error %v", len(b), err)
	}
}

// A server that says nothing for long is asked again.
func TestStall(t *testing.T) {
	site := newSite(t)
	data := random(7 << 20)
	hang := make(chan struct{})
	seen := map[string]bool{}
	var mu sync.Mutex
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		request := r.Method + r.URL.String()
		stall := !seen[request]
		seen[request] = true
		mu.Unlock()
		if !stall {
			site.Server.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodGet { // in the middle of the answer
			answer := httptest.NewRecorder()
			site.Server.ServeHTTP(answer, r)
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
			w.(http.Flusher).Flush()
		}
		select {
		case <-r.Context().Done():
		case <-hang:
		}
	}))
	defer proxy.Close()
	defer close(hang)
	site.endpoint = proxy.URL
	s := site.open(t, nil, func(o *s3.Options) { o.Timeout = 300 * time.Millisecond })
	if err := write(s, "a", data); err != nil {
		t.Errorf("write: %v", err)
	}
	if got, err := read(s, "a"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes, error %v", len(got), err)
	}
	if info, err := s.Stat(t.Context(), "a"); err != nil || info.Size != 7<<20 {
		t.Errorf("stat: %+v, %v", info, err)
	}
	noLeaks(t, s)
}

// Whatever waits for a server that says nothing ends when its context does.
func TestCancel(t *testing.T) {
	hang := make(chan struct{})
	asked := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-hang:
		}
	}))
	defer server.Close()
	defer close(hang)
	site := newSite(t)
	site.endpoint = server.URL
	s := site.open(t, nil, nil)
	why := errors.New("enough")
	for name, call := range map[string]func(context.Context) error{
		"open":   func(ctx context.Context) error { _, err := s.Open(ctx, "a"); return err },
		"stat":   func(ctx context.Context) error { _, err := s.Stat(ctx, "a"); return err },
		"remove": func(ctx context.Context) error { return s.Remove(ctx, "a") },
		"list": func(ctx context.Context) (last error) {
			for _, last = range s.List(ctx, "") {
			}
			return last
		},
		"leftovers": func(ctx context.Context) error { _, err := s.RemoveLeftovers(ctx, time.Now()); return err },
		"commit": func(ctx context.Context) error {
			w, err := s.Create(context.Background(), "a")
			if err != nil {
				return err
			}
			defer w.Close()
			return w.Commit(ctx)
		},
		"write": func(ctx context.Context) error {
			w, err := s.Create(ctx, "a")
			if err != nil {
				return err
			}
			defer w.Close()
			_, err = w.Write(make([]byte, 6<<20))
			return err
		},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() { <-asked; cancel(why) }()
		if err := call(ctx); !errors.Is(err, why) {
			t.Errorf("%s: error %v, want %v", name, err, why)
		}
	}
	noLeaks(t, s)
}

// Reading ends with the context, at any moment, and leaves nothing behind.
func TestCancelReading(t *testing.T) {
	site := newSite(t)
	put(t, site.open(t, nil, nil), "a", random(8<<20))
	for _, after := range []int{0, 1, 1 << 20, 3 << 20, 5 << 20} {
		s := site.open(t, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		r, err := s.Open(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, after)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if n, err := io.Copy(io.Discard, r); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("after %d and %d: error %v", after, n, err)
		}
		r.Close()
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Error("read after close: no error")
		}
		noLeaks(t, s)
	}
}
