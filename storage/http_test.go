package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// A pipeListener is a network of pipes, which works under synctest's clock.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	a, b := net.Pipe()
	select {
	case l.conns <- a:
		return b, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// serve returns a store that reads from handler, to be used in a bubble.
func serve(t *testing.T, handler http.HandlerFunc) storage.HTTP {
	l := &pipeListener{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: handler, ErrorLog: nil}
	go server.Serve(l)
	transport := &http.Transport{DialContext: l.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return storage.HTTP{Base: "http://example.com/base", Client: &http.Client{Transport: transport}}
}

// online runs f in a bubble in which time is free.
func online(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func readAll(h storage.HTTP, ctx context.Context, name string) ([]byte, error) {
	r, err := h.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func testData(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// cutWriter lets n bytes of the body through and then breaks the connection.
type cutWriter struct {
	http.ResponseWriter
	n int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if len(p) <= w.n {
		w.n -= len(p)
		return w.ResponseWriter.Write(p)
	}
	w.ResponseWriter.Write(p[:w.n])
	http.NewResponseController(w.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// object serves data as a good server does.
func object(w http.ResponseWriter, r *http.Request, data []byte, etag string) {
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func TestHTTPCutOnceAtEveryOffset(t *testing.T) {
	data := testData(150)
	validators := map[string]func(http.ResponseWriter, *http.Request){
		"etag": func(w http.ResponseWriter, r *http.Request) { object(w, r, data, `"v1"`) },
		"modified": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(data))
		},
		"weak etag and modified": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `W/"v1"`)
			http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(data))
		},
		"chunked": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				object(w, r, data, `"v1"`)
				return
			}
			w.Header().Set("ETag", `"v1"`)
			http.NewResponseController(w).Flush()
			w.Write(data)
		},
		"no ranges": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(data)
		},
	}
	for name, answer := range validators {
		t.Run(name, func(t *testing.T) {
			online(t, func(t *testing.T) {
				for cut := 0; cut <= len(data); cut++ {
					requests := 0
					h := serve(t, func(w http.ResponseWriter, r *http.Request) {
						if requests++; requests == 1 {
							w = &cutWriter{w, cut}
						}
						answer(w, r)
					})
					got, err := readAll(h, t.Context(), "x")
					if err != nil || !bytes.Equal(got, data) {
						t.Fatalf("cut at %d: got %d bytes, error %v", cut, len(got), err)
					}
					if want := 1 + min(len(data)-cut, 1); requests != want {
						t.Fatalf("cut at %d: %d requests, want %d", cut, requests, want)
					}
				}
			})
		})
	}
}

// Every connection breaks after a few bytes: as long as there is progress,
// reading goes on, and at once.
func TestHTTPCutAlways(t *testing.T) {
	data := testData(500)
	for _, n := range []int{1, 7, 499} {
		online(t, func(t *testing.T) {
			h := serve(t, func(w http.ResponseWriter, r *http.Request) { object(&cutWriter{w, n}, r, data, `"v1"`) })
			start := time.Now()
			got, err := readAll(h, t.Context(), "x")
			if err != nil || !bytes.Equal(got, data) || time.Since(start) != 0 {
				t.Errorf("%d a time: got %d bytes after %v, error %v", n, len(got), time.Since(start), err)
			}
		})
	}
}

// A server that answers but never sends a byte of the body is given up.
func TestHTTPNoProgress(t *testing.T) {
	online(t, func(t *testing.T) {
		requests := 0
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			n := 0
			if requests == 1 {
				n = 100
			}
			object(&cutWriter{w, n}, r, testData(500), `"v1"`)
		})
		h.MaxRetries = 3
		got, err := readAll(h, t.Context(), "x")
		if err == nil || len(got) != 100 || requests != 1+1+3 {
			t.Errorf("got %d bytes after %d requests, error %v", len(got), requests, err)
		}
		t.Log(err)
	})
}

func TestHTTPShortBody(t *testing.T) {
	online(t, func(t *testing.T) {
		data := testData(500)
		requests := 0
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			if r.Header.Get("Range") == "" {
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", "500")
				w.Write(data[:123]) // and return: net/http closes the connection
				return
			}
			object(w, r, data, `"v1"`)
		})
		got, err := readAll(h, t.Context(), "x")
		if err != nil || !bytes.Equal(got, data) || requests != 2 {
			t.Errorf("got %d bytes, %d requests, error %v", len(got), requests, err)
		}
	})
}

// The object is another one when reading is to go on.
func TestHTTPChanged(t *testing.T) {
	older, newer := testData(500), bytes.Repeat([]byte("new"), 200)
	modified := func(w http.ResponseWriter, r *http.Request, data []byte, sec int64) {
		http.ServeContent(w, r, "", time.Unix(sec, 0), bytes.NewReader(data))
	}
	tests := map[string]struct{ first, then http.HandlerFunc }{
		"etag": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `"v1"`) },
			func(w http.ResponseWriter, r *http.Request) { object(w, r, newer, `"v2"`) },
		},
		"last-modified": {
			func(w http.ResponseWriter, r *http.Request) { modified(w, r, older, 1e9) },
			func(w http.ResponseWriter, r *http.Request) { modified(w, r, newer, 1e9+10) },
		},
		"if-range not honoured": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `"v1"`) },
			func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("If-Range")
				object(w, r, newer, `"v2"`)
			},
		},
		"no ranges, same length": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `"v1"`) },
			func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("Range")
				object(w, r, newer[:500], `"v2"`)
			},
		},
		"same etag, other length": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `"v1"`) },
			func(w http.ResponseWriter, r *http.Request) { object(w, r, newer, `"v1"`) },
		},
		"shorter now": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `"v1"`) },
			func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("If-Range")
				object(w, r, newer[:50], `"v2"`)
			},
		},
		"precondition failed": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `"v1"`) },
			func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusPreconditionFailed) },
		},
		"nothing to tell by": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, "") },
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, "") },
		},
		"weak etag only": {
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `W/"v1"`) },
			func(w http.ResponseWriter, r *http.Request) { object(w, r, older, `W/"v1"`) },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			online(t, func(t *testing.T) {
				requests := 0
				h := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if requests++; requests == 1 {
						tt.first(&cutWriter{w, 100}, r)
						return
					}
					tt.then(w, r)
				})
				got, err := readAll(h, t.Context(), "x")
				if !errors.Is(err, storage.ErrChanged) || !bytes.Equal(got, older[:100]) {
					t.Errorf("got %d bytes, error %v", len(got), err)
				}
			})
		})
	}
}

// Where nothing was read yet, there is nothing to compare with.
func TestHTTPCutBeforeFirstByteWithoutValidator(t *testing.T) {
	online(t, func(t *testing.T) {
		requests := 0
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if requests++; requests < 4 {
				w = &cutWriter{w, 0}
			}
			object(w, r, testData(10), "")
		})
		if got, err := readAll(h, t.Context(), "x"); err != nil || !bytes.Equal(got, testData(10)) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// An object of unknown size breaks after its last byte, before its end is known.
func TestHTTPCutAtUnknownEnd(t *testing.T) {
	for _, real := range []int{300, 301} {
		online(t, func(t *testing.T) {
			data := testData(real)
			h := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") != "" {
					object(w, r, data, `"v1"`)
					return
				}
				w.Header().Set("ETag", `"v1"`)
				http.NewResponseController(w).Flush()
				w.Write(data[:300])
				http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			})
			got, err := readAll(h, t.Context(), "x")
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("got %d bytes, want %d; error %v", len(got), real, err)
			}
		})
	}
}

func TestHTTPBadRange(t *testing.T) {
	for _, header := range []string{"", "bytes 0-499/500", "bytes 101-499/500", "bytes 100-99/500", "bytes 100-499/400", "bytes 100-/500", "bytes -1-499/500", "100-499/500", "bytes 100-499", "bytes 100-499/x"} {
		online(t, func(t *testing.T) {
			h := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") == "" {
					object(&cutWriter{w, 100}, r, testData(500), `"v1"`)
					return
				}
				w.Header()["Content-Range"] = []string{header}
				w.Header().Set("ETag", `"v1"`)
				w.WriteHeader(http.StatusPartialContent)
				w.Write(testData(500)[100:])
			})
			if got, err := readAll(h, t.Context(), "x"); err == nil || len(got) != 100 || !strings.Contains(err.Error(), "Content-Range") {
				t.Errorf("Content-Range %q: got %d bytes, error %v", header, len(got), err)
			}
		})
	}
}

// Storms of errors: as many as MaxRetries are survived, one more is not.
func TestHTTPRetries(t *testing.T) {
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	storms := map[string]http.HandlerFunc{
		"408": status(408), "425": status(425), "429": status(429), "500": status(500), "502": status(502),
		"503": status(503), "504": status(504), "599": status(599), "broken": abort,
	}
	for name, storm := range storms {
		for _, max := range []int{0, 1, 3, -1} {
			limit := max
			switch max {
			case 0:
				limit = 8
			case -1:
				limit = 0
			}
			for _, failures := range []int{limit, limit + 1} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, max, failures), func(t *testing.T) {
					online(t, func(t *testing.T) {
						requests := 0
						h := serve(t, func(w http.ResponseWriter, r *http.Request) {
							if requests++; requests <= failures {
								storm(w, r)
								return
							}
							object(w, r, []byte("hello"), "")
						})
						h.MaxRetries = max
						start := time.Now()
						_, err := h.Stat(t.Context(), "x")
						if (err == nil) != (failures == limit) || requests != limit+1 {
							t.Errorf("stat: %d requests, error %v", requests, err)
						}
						requests = 0
						_, err = readAll(h, t.Context(), "x")
						if (err == nil) != (failures == limit) || requests != limit+1 {
							t.Errorf("open: %d requests, error %v", requests, err)
						}
						// 1+2+4+8+16+32+60+60 s at most, twice.
						if took := time.Since(start); took > 2*183*time.Second || limit > 0 && took == 0 {
							t.Errorf("took %v", took)
						}
					})
				})
			}
		}
	}
}

func TestHTTPNotRetried(t *testing.T) {
	tests := []struct {
		code int
		want error
		text string
	}{
		{404, fs.ErrNotExist, "404"},
		{410, fs.ErrNotExist, "410"},
		{403, fs.ErrPermission, "check its name"},
		{401, fs.ErrPermission, "set Header"},
		{400, nil, "400"},
		{416, nil, "416"},
		{501, nil, "501"},
		{204, nil, "204"},
		{206, nil, "206"},
		{304, nil, "304"},
	}
	for _, tt := range tests {
		online(t, func(t *testing.T) {
			requests := 0
			h := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				w.WriteHeader(tt.code)
			})
			_, err := h.Open(t.Context(), "x")
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || requests != 1 {
				t.Errorf("%d: %d requests, error %v", tt.code, requests, err)
			}
			if tt.want == nil && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
				t.Errorf("%d: error %v", tt.code, err)
			}
		})
	}
}

func TestHTTPRetryAfter(t *testing.T) {
	tests := []struct {
		header   string
		min, max time.Duration // of waiting
		fails    bool
	}{
		{"7", 7 * time.Second, 8 * time.Second, false},
		{" 600 ", 600 * time.Second, 601 * time.Second, false},
		{"601", 0, 0, true},
		{"99999999999999999999", 0, time.Second, false}, // not a number of ours
		{"0", 0, time.Second, false},
		{"-5", 0, time.Second, false},
		{"soon", 0, time.Second, false},
		{"DATE+30s", 29 * time.Second, 31 * time.Second, false},
		{"DATE-30s", 0, time.Second, false},
		{"DATE+2h", 0, 0, true},
	}
	for _, tt := range tests {
		online(t, func(t *testing.T) {
			requests := 0
			h := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if requests++; requests > 1 {
					object(w, r, []byte("hello"), "")
					return
				}
				header := tt.header
				if offset, ok := strings.CutPrefix(header, "DATE"); ok {
					d, err := time.ParseDuration(offset)
					if err != nil {
						t.Error(err)
					}
					header = time.Now().Add(d).UTC().Format(http.TimeFormat)
				}
				w.Header().Set("Retry-After", header)
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			start := time.Now()
			_, err := readAll(h, t.Context(), "x")
			if took := time.Since(start); (err != nil) != tt.fails || took < tt.min || took > tt.max {
				t.Errorf("Retry-After %q: took %v, error %v", tt.header, took, err)
			}
		})
	}
}

func TestHTTPStalled(t *testing.T) {
	data := testData(500)
	for _, timeout := range []time.Duration{0, 5 * time.Second} {
		online(t, func(t *testing.T) {
			requests := 0
			h := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				switch requests {
				case 1: // no answer
					<-r.Context().Done()
				case 2: // no more after a while
					w.Header().Set("ETag", `"v1"`)
					w.Header().Set("Content-Length", "500")
					w.Write(data[:200])
					http.NewResponseController(w).Flush()
					<-r.Context().Done()
				default:
					object(w, r, data, `"v1"`)
				}
			})
			h.Timeout = timeout
			want := timeout
			if want == 0 {
				want = time.Minute
			}
			start := time.Now()
			got, err := readAll(h, t.Context(), "x")
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("got %d bytes, error %v", len(got), err)
			}
			if took := time.Since(start); took < 2*want || took > 2*want+time.Second {
				t.Errorf("took %v, want 2 * %v and a pause", took, want)
			}
		})
	}
}

// The time that the reader's user takes does not count.
func TestHTTPSlowUser(t *testing.T) {
	online(t, func(t *testing.T) {
		data, requests := testData(1<<20), 0
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			object(w, r, data, `"v1"`)
		})
		h.Timeout = time.Second
		r, err := h.Open(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var got []byte
		for buf := make([]byte, 100_000); err == nil; {
			var n int
			time.Sleep(time.Hour)
			n, err = r.Read(buf)
			got = append(got, buf[:n]...)
		}
		if err != io.EOF || !bytes.Equal(got, data) || requests != 1 {
			t.Errorf("got %d bytes, %d requests, error %v", len(got), requests, err)
		}
	})
}

func TestHTTPStalledForGood(t *testing.T) {
	online(t, func(t *testing.T) {
		h := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		h.MaxRetries, h.Timeout = 2, time.Second
		for call, f := range map[string]func() error{
			"open": func() error { _, err := h.Open(t.Context(), "x"); return err },
			"stat": func() error { _, err := h.Stat(t.Context(), "x"); return err },
		} {
			if err := f(); err == nil || !strings.Contains(err.Error(), "Timeout") {
				t.Errorf("%s: %v", call, err)
			}
		}
	})
}

func TestHTTPCancelled(t *testing.T) {
	online(t, func(t *testing.T) {
		h := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		h.MaxRetries = 1 << 30
		for call, f := range map[string]func(context.Context) error{
			"open": func(ctx context.Context) error { _, err := h.Open(ctx, "x"); return err },
			"stat": func(ctx context.Context) error { _, err := h.Stat(ctx, "x"); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 1000*time.Second)
			if err := f(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", call, err)
			}
			cancel()
		}
	})
	online(t, func(t *testing.T) { // in the middle of a body
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Write(testData(100))
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, err := readAll(h, ctx, "x"); !errors.Is(err, context.DeadlineExceeded) || len(got) != 100 {
			t.Errorf("got %d bytes, error %v", len(got), err)
		}
	})
}

func TestHTTPMaxBytes(t *testing.T) {
	online(t, func(t *testing.T) {
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if path.Base(r.URL.Path) == "known" {
				object(w, r, testData(1001), "")
				return
			}
			for {
				if _, err := w.Write(testData(100)); err != nil {
					return
				}
			}
		})
		h.MaxBytes = 1000
		if _, err := h.Open(t.Context(), "known"); err == nil || !strings.Contains(err.Error(), "MaxBytes") {
			t.Errorf("known size: error %v", err)
		}
		if got, err := readAll(h, t.Context(), "endless"); err == nil || !strings.Contains(err.Error(), "MaxBytes") || len(got) > 1<<20 {
			t.Errorf("endless: %d bytes, error %v", len(got), err)
		}
		for _, max := range []int64{1001, -1} {
			h.MaxBytes = max
			if got, err := readAll(h, t.Context(), "known"); err != nil || len(got) != 1001 {
				t.Errorf("limit %d: %d bytes, error %v", max, len(got), err)
			}
		}
	})
}

// What is sent: compressed objects must arrive as they are stored.
func TestHTTPRequest(t *testing.T) {
	online(t, func(t *testing.T) {
		var seen []http.Header
		h := serve(t, func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Clone())
			w.Header().Set("Content-Encoding", "gzip") // as misconfigured servers do
			object(w, r, []byte("\x1f\x8b not unpacked"), "")
		})
		got, err := readAll(h, t.Context(), "x.gz")
		if err != nil || string(got) != "\x1f\x8b not unpacked" {
			t.Errorf("got %q, error %v", got, err)
		}
		h.Header = http.Header{"Authorization": {"Bearer abc"}, "User-Agent": {"me"}}
		if _, err := h.Stat(t.Context(), "x.gz"); err != nil {
			t.Error(err)
		}
		for i, want := range []map[string]string{
			{"Accept-Encoding": "identity", "User-Agent": "textmill", "Authorization": "", "Range": ""},
			{"Accept-Encoding": "identity", "User-Agent": "me", "Authorization": "Bearer abc"},
		} {
			for k, v := range want {
				if got := seen[i].Get(k); got != v {
					t.Errorf("request %d: %s is %q, want %q", i, k, got, v)
				}
			}
		}
	})
}

func TestHTTPNames(t *testing.T) {
	online(t, func(t *testing.T) {
		var got string
		h := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r.URL.Path + "?" + r.URL.RawQuery })
		for _, base := range []string{"http://example.com/base", "http://example.com/base/", "http://example.com", "http://example.com/", "http://example.com/a%2Fb?sig=x%3D"} {
			h.Base = base
			for _, name := range []string{"a", "crawl-data/CC-MAIN-2024-10/x.warc.wet.gz", "a b", "a?b", "a#b", "a%2Fb", "100%", "é/🙂", "a:b", "a+b", "...", "a&b=c;d"} {
				if _, err := h.Open(t.Context(), name); err != nil {
					t.Errorf("%s %s: %v", base, name, err)
					continue
				}
				prefix, query := "/", ""
				switch {
				case strings.Contains(base, "sig"):
					prefix, query = "/a/b/", "sig=x%3D"
				case strings.Contains(base, "base"):
					prefix = "/base/"
				}
				if want := prefix + name + "?" + query; got != want {
					t.Errorf("%s %s: asked for %s, want %s", base, name, got, want)
				}
			}
		}
	})
}

func TestHTTPBadBase(t *testing.T) {
	for _, base := range []string{"", "example.com", "ftp://example.com", "http://", "/a", "http://[::1", "s3://bucket/key"} {
		h := storage.HTTP{Base: base}
		if _, err := h.Open(t.Context(), "x"); err == nil {
			t.Errorf("%q: no error", base)
		}
		if _, err := h.Stat(t.Context(), "x"); err == nil {
			t.Errorf("%q: no error", base)
		}
	}
}

func TestHTTPStat(t *testing.T) {
	tests := []struct {
		name     string
		answer   http.HandlerFunc
		want     int64
		requests []string
		err      error
	}{
		{"head", func(w http.ResponseWriter, r *http.Request) { object(w, r, testData(10), "") }, 10, []string{"HEAD"}, nil},
		{"empty", func(w http.ResponseWriter, r *http.Request) { object(w, r, nil, "") }, 0, []string{"HEAD"}, nil},
		{"missing", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) }, 0, []string{"HEAD"}, fs.ErrNotExist},
		{"no head", noHead(405, testData(10), true), 10, []string{"HEAD", "GET"}, nil},
		{"head not implemented", noHead(501, testData(10), true), 10, []string{"HEAD", "GET"}, nil},
		{"signed for GET", noHead(403, testData(10), true), 10, []string{"HEAD", "GET"}, nil},
		{"no head, empty", noHead(405, nil, true), 0, []string{"HEAD", "GET"}, nil},
		{"no head, no ranges", noHead(405, testData(10), false), 10, []string{"HEAD", "GET"}, nil},
		{"forbidden", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) }, 0, []string{"HEAD", "GET"}, fs.ErrPermission},
		{"unknown size", func(w http.ResponseWriter, r *http.Request) { http.NewResponseController(w).Flush() }, -1, []string{"HEAD"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			online(t, func(t *testing.T) {
				var requests []string
				h := serve(t, func(w http.ResponseWriter, r *http.Request) {
					requests = append(requests, r.Method)
					tt.answer(w, r)
				})
				info, err := h.Stat(t.Context(), "x")
				if !errors.Is(err, tt.err) || err == nil && info != (storage.Info{Name: "x", Size: tt.want}) {
					t.Errorf("%+v, error %v", info, err)
				}
				if !slices.Equal(requests, tt.requests) {
					t.Errorf("requests %q, want %q", requests, tt.requests)
				}
			})
		})
	}
}

func noHead(code int, data []byte, ranges bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(code)
			return
		}
		if !ranges {
			r.Header.Del("Range")
		}
		object(w, r, data, "")
	}
}

// Signed URLs are secret.
func TestHTTPErrorsHideQuery(t *testing.T) {
	online(t, func(t *testing.T) {
		h := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) })
		h.Base = "http://user:secret@example.com/dir?sig=secret"
		_, openErr := h.Open(t.Context(), "a b")
		_, statErr := h.Stat(t.Context(), "a b")
		for _, err := range []error{openErr, statErr, h.Remove(t.Context(), "a b")} {
			if s := err.Error(); strings.Contains(s, "sig") || !strings.Contains(s, "example.com/dir/a") {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestHTTPCannotWrite(t *testing.T) {
	h := storage.HTTP{Base: "http://example.com"}
	var listErr error
	for _, err := range h.List(t.Context(), "a") {
		listErr = err
	}
	_, createErr := h.Create(t.Context(), "a")
	for _, err := range []error{listErr, createErr, h.Remove(t.Context(), "a")} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("error %v", err)
		}
	}
}

func TestHTTPReadAfterClose(t *testing.T) {
	online(t, func(t *testing.T) {
		h := serve(t, func(w http.ResponseWriter, r *http.Request) { object(w, r, testData(1<<20), "") })
		r, err := h.Open(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, fs.ErrClosed) {
			t.Errorf("read after close: %d, %v", n, err)
		}
	})
}

// The reading half of the contract, over a real network.
func TestHTTPOverTCP(t *testing.T) {
	dir := storage.Dir(t.TempDir())
	server := httptest.NewServer(http.FileServer(http.Dir(string(dir))))
	defer server.Close()
	storagetest.Test(t, func(t *testing.T) storage.Store {
		sub := storage.Dir(path.Join(string(dir), t.Name()))
		return readOver{sub, storage.HTTP{Base: server.URL + "/" + t.Name(), Client: server.Client()}}
	})
}

// readOver reads over HTTP what it writes to a directory.
type readOver struct {
	storage.Dir
	http storage.HTTP
}

func (s readOver) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if !s.file(ctx, name) {
		return s.Dir.Open(ctx, name) // the file server shows folders as pages
	}
	return s.http.Open(ctx, name)
}

func (s readOver) Stat(ctx context.Context, name string) (storage.Info, error) {
	if !s.file(ctx, name) {
		return s.Dir.Stat(ctx, name)
	}
	return s.http.Stat(ctx, name)
}

func (s readOver) file(ctx context.Context, name string) bool {
	_, err := s.Dir.Stat(ctx, name)
	return err == nil
}
