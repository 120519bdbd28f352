package image_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/textmill/textmill/awsrun/internal/image"
)

// A server is a registry in memory that a test can get in the way of.
type server struct {
	*httptest.Server
	repository string

	mu       sync.Mutex
	requests []string // methods and paths
	// before may answer the n-th request, counted from 0, and then returns true.
	before func(w http.ResponseWriter, r *http.Request, n int) bool
}

func newServer(t *testing.T, options ...registry.Option) *server {
	t.Helper()
	s := &server{}
	h := registry.New(append(options, registry.Logger(log.New(io.Discard, "", 0)))...)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		before := s.before
		s.mu.Unlock()
		if before == nil || !before(w, r, n) {
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	s.repository = strings.TrimPrefix(s.URL, "http://") + "/team/program"
	return s
}

// count returns how many requests had one of the methods, or any if none is given.
func (s *server) count(methods ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		method, _, _ := strings.Cut(r, " ")
		if len(methods) == 0 || slices.Contains(methods, method) {
			n++
		}
	}
	return n
}

func (s *server) reset(before func(w http.ResponseWriter, r *http.Request, n int) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.before = nil, before
}

// check pulls an image by its digest and compares it with what was pushed. The
// library compares what it reads with the digests.
func (s *server) check(t *testing.T, digest string, want v1.Image) {
	t.Helper()
	s.reset(nil)
	ref, err := name.NewDigest(s.repository + "@" + digest)
	if err != nil {
		t.Fatal(err)
	}
	got, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readAll(t, layer(t, got).Compressed), readAll(t, layer(t, want).Compressed)) {
		t.Error("another layer was pulled")
	}
	a, err := got.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := want.RawConfigFile(); !bytes.Equal(a, b) {
		t.Errorf("another config was pulled: %s", a)
	}
	tag, err := remote.Head(ref.Context().Tag(strings.ReplaceAll(digest, ":", "-")))
	if err != nil || tag.Digest.String() != digest {
		t.Errorf("the tag is of %v, %v", tag, err)
	}
}

func TestPush(t *testing.T) {
	s := newServer(t)
	img := build(t, fake{size: 300_000}.write(t), image.Options{})
	var last, total int64
	got, err := image.Push(t.Context(), img, s.repository, nil, func(done, of int64) {
		if done < last || of < done || total != 0 && of != total {
			t.Errorf("%d of %d bytes are done after %d of %d", done, of, last, total)
		}
		last, total = done, of
	})
	if err != nil {
		t.Fatal(err)
	}
	if got != digest(t, img) {
		t.Errorf("digest %s, want %s", got, digest(t, img))
	}
	if last == 0 || last != total {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	s.check(t, got, img)

	// Once more: nothing is sent.
	s.reset(nil)
	again, err := image.Push(t.Context(), img, s.repository, nil, nil)
	if err != nil || again != got {
		t.Errorf("again: %s, %v", again, err)
	}
	if s.count(http.MethodGet, http.MethodHead) != s.count() {
		t.Errorf("again: requests that write: %q", s.requests)
	}
}

// Whichever request fails, and however, the image is there in the end.
func TestPushAfterFailures(t *testing.T) {
	image.SetWaits(t, 0)
	img := build(t, fake{}.write(t), image.Options{})
	status := func(code int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { http.Error(w, body, code) }
	}
	for kind, fail := range map[string]func(http.ResponseWriter){
		"500":         status(500, ""),
		"503":         status(503, `{"errors":[{"code":"UNAVAILABLE"}]}`),
		"429":         status(429, `{"errors":[{"code":"TOOMANYREQUESTS"}]}`),
		"cut":         func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"short reply": func(w http.ResponseWriter) { w.Header().Set("Content-Length", "10"); w.WriteHeader(500) },
	} {
		for n := 0; ; n++ {
			s := newServer(t)
			var failed atomic.Bool
			s.reset(func(w http.ResponseWriter, r *http.Request, i int) bool {
				if i != n {
					return false
				}
				failed.Store(true)
				fail(w)
				return true
			})
			got, err := image.Push(t.Context(), img, s.repository, nil, nil)
			if err != nil {
				t.Errorf("%s for request %d (%s): %v", kind, n, s.requests[n], err)
			} else {
				s.check(t, got, img)
			}
			s.Close()
			if !failed.Load() {
				if n < 6 { // ping, two HEADs, POST, PATCH, PUT at least
					t.Errorf("%s: only %d requests", kind, n)
				}
				break
			}
		}
	}
}

// A registry that never answers is given up.
func TestPushGivesUp(t *testing.T) {
	image.SetWaits(t, 0, 0)
	s := newServer(t)
	s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool {
		http.Error(w, "", 500)
		return true
	})
	_, err := image.Push(t.Context(), build(t, fake{}.write(t), image.Options{}), s.repository, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "image: push to "+s.repository) || !strings.Contains(err.Error(), "500") {
		t.Errorf("error %v", err)
	}
	if s.count() != 3 {
		t.Errorf("want a request for each attempt: %q", s.requests)
	}
}

// What will not pass is not tried again, and the error says what to do.
func TestPushErrors(t *testing.T) {
	image.SetWaits(t, 0, 0)
	for _, test := range []struct {
		status     int
		body, want string
	}{
		{404, `{"errors":[{"code":"NAME_UNKNOWN","message":"no repository"}]}`, "make it first"},
		{401, "", "look at your credentials"},
		{403, "", "look at your credentials"},
		{400, `{"errors":[{"code":"DENIED"}]}`, "look at your credentials"},
		{413, "", "413"},
	} {
		s := newServer(t)
		s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.Method != http.MethodPost {
				return false
			}
			http.Error(w, test.body, test.status)
			return true
		})
		img := build(t, fake{}.write(t), image.Options{})
		_, err := image.Push(t.Context(), img, s.repository, nil, nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d %s: error %v, want one with %q", test.status, test.body, err, test.want)
		}
		if s.count(http.MethodPost) > 2 { // of the layer and of the config
			t.Errorf("%d %s: tried again: %q", test.status, test.body, s.requests)
		}
	}
	for _, repository := range []string{"", "program", "team/program", "Example.org/Team", "example.org/a b"} {
		if _, err := image.Push(t.Context(), build(t, fake{}.write(t), image.Options{}), repository, nil, nil); err == nil || !strings.Contains(err.Error(), "HOST/NAME") {
			t.Errorf("repository %q: error %v", repository, err)
		}
	}
}

// Repositories may not allow a tag to be put twice. It is no error to be overtaken.
func TestPushImmutableTag(t *testing.T) {
	image.SetWaits(t, 0)
	s := newServer(t)
	img := build(t, fake{}.write(t), image.Options{})
	want, err := image.Push(t.Context(), img, s.repository, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var hidden, refused atomic.Bool
	s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool {
		if !strings.Contains(r.URL.Path, "/manifests/") {
			return false
		}
		switch {
		case r.Method == http.MethodPut:
			refused.Store(true)
			http.Error(w, `{"errors":[{"code":"TAG_INVALID","message":"the tag exists"}]}`, 400)
			return true
		case !hidden.Swap(true): // not there when it was asked for, but there when it was put
			http.NotFound(w, r)
			return true
		}
		return false
	})
	got, err := image.Push(t.Context(), img, s.repository, nil, nil)
	if err != nil || got != want || !refused.Load() {
		t.Errorf("%s, %v; refused: %v", got, err, refused.Load())
	}
}

func TestPushCredentials(t *testing.T) {
	s := newServer(t)
	s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool {
		if user, password, _ := r.BasicAuth(); user == "AWS" && password == "token" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(401)
		return true
	})
	img := build(t, fake{}.write(t), image.Options{})
	if _, err := image.Push(t.Context(), img, s.repository, &authn.Basic{Username: "AWS", Password: "token"}, nil); err != nil {
		t.Error(err)
	}
	for _, auth := range []authn.Authenticator{nil, &authn.Basic{Username: "AWS", Password: "old"}} {
		_, err := image.Push(t.Context(), img, s.repository, auth, nil)
		if err == nil || !strings.Contains(err.Error(), "look at your credentials") {
			t.Errorf("error %v", err)
		}
	}
}

// A program that has changed is not tried again, and not pushed.
func TestPushChangedProgram(t *testing.T) {
	image.SetWaits(t, 0, 0)
	s := newServer(t)
	program := fake{size: 300_000}.write(t)
	img := build(t, program, image.Options{})
	if err := os.WriteFile(program, bytes.Repeat([]byte("x"), 300_000), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := image.Push(t.Context(), img, s.repository, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "build the image again") {
		t.Errorf("error %v", err)
	}
	if s.count(http.MethodPatch) > 2 { // of the layer and of the config
		t.Errorf("tried again: %q", s.requests)
	}
}

func TestPushStops(t *testing.T) {
	image.SetWaits(t, time.Hour)
	img := build(t, fake{}.write(t), image.Options{})
	why := errors.New("enough")
	for _, when := range []string{"before", "while sending", "while waiting"} {
		s := newServer(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		switch when {
		case "before":
			cancel(why)
		case "while sending":
			s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool {
				if r.Method != http.MethodPatch {
					return false
				}
				cancel(why)
				io.Copy(io.Discard, r.Body) // the server sees nobody leave before that
				<-r.Context().Done()
				return true
			})
		case "while waiting":
			s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool {
				http.Error(w, "", 500)
				w.(http.Flusher).Flush()
				go cancel(why)
				return true
			})
		}
		_, err := image.Push(ctx, img, s.repository, nil, nil)
		if !errors.Is(err, why) {
			t.Errorf("%s: error %v", when, err)
		}
		cancel(nil)
	}
}

// What is allocated for pushing does not grow with the program.
func TestPushMemory(t *testing.T) {
	allocated := func(size int64) uint64 {
		s := newServer(t)
		var sent atomic.Int64
		s.reset(func(w http.ResponseWriter, r *http.Request, n int) bool { // a registry that keeps nothing
			switch r.Method {
			case http.MethodPatch:
				n, _ := io.Copy(io.Discard, r.Body)
				sent.Add(n)
				w.Header().Set("Location", r.URL.Path)
				w.WriteHeader(202)
				return true
			case http.MethodPut:
				w.WriteHeader(201)
				return true
			}
			return false
		})
		img := build(t, dense(t, size), image.Options{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := image.Push(t.Context(), img, s.repository, nil, nil); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if sent.Load() < size {
			t.Errorf("%d bytes were sent of %d", sent.Load(), size)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := allocated(1<<20), allocated(64<<20)
	t.Logf("1 MiB: %d bytes allocated, 64 MiB: %d", small, large)
	if large > small+4<<20 {
		t.Errorf("%d bytes allocated for 1 MiB, %d for 64 MiB", small, large)
	}
}
