package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
)

// A job of all operations: it replaces an object, writes a large one, reads both
// and lists them, and removes the small one.
func job(s *s3.Store, small, large []byte) error {
	for name, data := range map[string][]byte{"small": small, "dir/large": large} {
		if err := write(s, name, data); err != nil {
			return err
		}
		got, err := read(s, name)
		if err == nil && !bytes.Equal(got, data) {
			err = fmt.Errorf("%w: read %d bytes of %s, which are not the %d written", errWrong, len(got), name, len(data))
		}
		if err != nil {
			return err
		}
		if info, err := s.Stat(context.Background(), name); err != nil {
			return err
		} else if info.Size != int64(len(data)) {
			return fmt.Errorf("%w: stat %+v", errWrong, info)
		}
	}
	n := 0
	for _, err := range s.List(context.Background(), "") {
		if err != nil {
			return err
		}
		n++
	}
	if n != 2 {
		return fmt.Errorf("%w: listed %d objects", errWrong, n)
	}
	return s.Remove(context.Background(), "small")
}

var errWrong = errors.New("wrong result")

// Whatever goes wrong with whichever request, it is tried again.
func TestEachRequestTriedAgain(t *testing.T) {
	small, large := random(1000), random(150<<10)
	site := newSite(t)
	site.MinPart = 1
	f := &faults{}
	if err := job(site.open(t, f, (*s3.Options).Shrink), small, large); err != nil {
		t.Fatal(err)
	}
	requests := f.requests()
	for kind := reset; kind < faultKinds; kind++ {
		for n := 1; n <= requests; n++ {
			site.AddBucket(bucket, false)
			s := site.open(t, only(n, kind), (*s3.Options).Shrink)
			if err := job(s, small, large); err != nil {
				t.Errorf("%s of request %d: %v", faultNames[kind], n, err)
			}
			// An upload whose beginning was not heard of stays.
			if left := site.Uploads(bucket); left > 0 && kind != lost && kind != truncated && kind != short {
				t.Errorf("%s of request %d leaves %d uploads", faultNames[kind], n, left)
			}
			if s.Slots() > 0 {
				t.Errorf("%s of request %d: slots stay taken", faultNames[kind], n)
			}
		}
		noLeaks(t)
	}
	t.Logf("%d requests, %d ways to fail", requests, faultKinds-1)
}

// Without another try, each failure is an error or of no effect, and nothing is
// ever there by halves.
func TestEachRequestFailing(t *testing.T) {
	older, small, large := random(10), random(1000), random(150<<10)
	for kind := reset; kind < faultKinds; kind++ {
		for n := 1; ; n++ {
			site := newSite(t)
			site.MinPart = 1
			put(t, site.open(t, nil, nil), "small", older)
			f := only(n, kind)
			s := site.open(t, f, func(o *s3.Options) { o.Shrink(); o.MaxRetries = -1 })
			err := job(s, small, large)
			if errors.Is(err, errWrong) {
				t.Errorf("%s of request %d: %v", faultNames[kind], n, err)
			}
			if s.Slots() > 0 {
				t.Errorf("%s of request %d: slots stay taken", faultNames[kind], n)
			}
			check := site.open(t, nil, nil)
			if got, err := read(check, "small"); err == nil && !bytes.Equal(got, older) && !bytes.Equal(got, small) || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s of request %d: small has %d bytes, error %v", faultNames[kind], n, len(got), err)
			}
			if got, err := read(check, "dir/large"); err == nil && !bytes.Equal(got, large) || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s of request %d: dir/large has %d bytes, error %v", faultNames[kind], n, len(got), err)
			}
			if _, err := check.RemoveLeftovers(t.Context(), time.Now().Add(time.Minute)); err != nil || site.Uploads(bucket) != 0 {
				t.Errorf("%s of request %d: %d uploads stay; error %v", faultNames[kind], n, site.Uploads(bucket), err)
			}
			if f.requests() < n {
				break
			}
		}
		noLeaks(t)
	}
}

// Every n-th request goes wrong, in one way all the time.
func TestEveryNthRequest(t *testing.T) {
	small, large := random(1000), random(300<<10)
	for kind := reset; kind < faultKinds; kind++ {
		for n := 2; n <= 4; n++ {
			site := newSite(t)
			site.MinPart = 1
			s := site.open(t, every(n, kind), (*s3.Options).Shrink)
			if err := job(s, small, large); err != nil {
				t.Errorf("%s of every %d. request: %v", faultNames[kind], n, err)
			}
			noLeaks(t, s)
		}
	}
}

// When all requests fail, it ends, and says why.
func TestAllRequestsFail(t *testing.T) {
	for kind := reset; kind <= internal200; kind++ {
		f := every(1, kind)
		s := newSite(t).open(t, f, func(o *s3.Options) { o.MaxRetries = 2 })
		if _, err := s.Open(t.Context(), "a"); err == nil || f.requests() != 3 {
			t.Errorf("%s: open: error %v after %d requests, want 3", faultNames[kind], err, f.requests())
		}
		if err := write(s, "a", random(6<<20)); err == nil {
			t.Errorf("%s: write: no error", faultNames[kind])
		}
		for _, err := range s.List(t.Context(), "") {
			if err == nil {
				t.Errorf("%s: list: no error", faultNames[kind])
			}
		}
		noLeaks(t, s)
	}
}

// The answer to a commit is lost, and the next attempt is told that there is such
// an object or no such upload. It is our own.
func TestLostCommit(t *testing.T) {
	for _, size := range []int{10, 6 << 20} {
		for _, isNew := range []bool{false, true} {
			method := "PUT"
			if size > 10 {
				method = "POST" // and not that which begins the upload
			}
			site := newSite(t)
			f := &faults{}
			gone := false
			f.choose = func(_ int, r *http.Request) fault {
				if !gone && r.Method == method && !r.URL.Query().Has("uploads") {
					gone = true
					return lost
				}
				return none
			}
			s := site.open(t, f, nil)
			data := random(size)
			create := s.Create
			if isNew {
				create = s.CreateNew
			}
			w, err := create(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			w.Write(data)
			if err := w.Commit(t.Context()); err != nil || !gone {
				t.Errorf("%d bytes, new %v: error %v", size, isNew, err)
			}
			w.Close()
			if got, err := read(s, "a"); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes, new %v: read %d bytes, error %v", size, isNew, len(got), err)
			}
			if site.Uploads(bucket) > 0 {
				t.Errorf("%d bytes, new %v: an upload stays", size, isNew)
			}
		}
	}
}

func TestCreateNew(t *testing.T) {
	for _, size := range []int{10, 6 << 20} {
		site := newSite(t)
		s := site.open(t, nil, nil)
		create := func(data []byte) storage.Writer {
			w, err := s.CreateNew(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			return w
		}
		first, second := create(random(size)), create(random(size+1))
		if err := first.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		if err := second.Commit(t.Context()); !errors.Is(err, fs.ErrExist) {
			t.Errorf("second of %d bytes: error %v, want fs.ErrExist", size, err)
		}
		if err := errors.Join(first.Close(), second.Close()); err != nil {
			t.Error(err)
		}
		if got, err := read(s, "a"); err != nil || !bytes.Equal(got, random(size)) {
			t.Errorf("read %d bytes, error %v", len(got), err)
		}
		if site.Uploads(bucket) > 0 {
			t.Error("an upload stays")
		}
	}
}

// The beginning of an upload is done twice when the first answer is lost. What
// that leaves is removed by age and prefix.
func TestRemoveLeftovers(t *testing.T) {
	site := newSite(t)
	site.PageSize = 2
	s := site.open(t, onceFor("POST", "uploads", lost), nil)
	put(t, s, "a b+%", random(6<<20))
	if n := site.Uploads(bucket); n != 1 {
		t.Fatalf("%d uploads stay, want 1", n)
	}
	clean := site.open(t, nil, nil)
	before := time.Now().Add(-time.Minute)
	if n, err := clean.RemoveLeftovers(t.Context(), before); n != 0 || err != nil {
		t.Errorf("removed %d that are young, error %v", n, err)
	}
	other := site.openURL(t, "s3://"+bucket+"/px", nil, nil)
	for i := range 4 {
		w, err := other.Create(t.Context(), fmt.Sprint(i/2))
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if _, err := w.Write(random(6 << 20)); err != nil {
			t.Fatal(err)
		}
	}
	after := time.Now().Add(time.Minute)
	if n, err := clean.RemoveLeftovers(t.Context(), after); n != 1 || err != nil {
		t.Errorf("removed %d, want 1; error %v", n, err)
	}
	if n, err := other.RemoveLeftovers(t.Context(), after); n != 4 || err != nil {
		t.Errorf("removed %d, want 4; error %v", n, err)
	}
	if n := site.Uploads(bucket); n != 0 {
		t.Errorf("%d uploads stay", n)
	}
	if got, err := read(s, "a b+%"); err != nil || len(got) != 6<<20 {
		t.Errorf("read %d bytes, error %v", len(got), err)
	}
}

// An upload that is aborted from outside fails to commit.
func TestUploadAbortedByOthers(t *testing.T) {
	site := newSite(t)
	s := site.open(t, nil, nil)
	w, err := s.Create(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(random(6 << 20))
	if n, err := s.RemoveLeftovers(t.Context(), time.Now().Add(time.Minute)); n != 1 || err != nil {
		t.Errorf("removed %d, error %v", n, err)
	}
	if err := w.Commit(t.Context()); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("commit: error %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// No more parts than there may be.
func TestTooManyParts(t *testing.T) {
	s := newSite(t).open(t, nil, nil)
	for n, ok := range map[int]bool{9_999: true, 10_000: false} {
		w, err := s.Create(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		s3.PretendParts(w, n)
		if _, err := w.Write(random(5<<20 + 1)); ok != (err == nil) {
			t.Errorf("part %d: error %v", n+1, err)
		}
		w.Close()
	}
}

func TestCloseAfterCancel(t *testing.T) {
	site := newSite(t)
	s := site.open(t, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(random(16 << 20)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Write(random(16 << 20)); !errors.Is(err, context.Canceled) {
		t.Errorf("write: error %v", err)
	}
	if err := w.Commit(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: error %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if site.Uploads(bucket) > 0 {
		t.Error("an upload stays")
	}
	noLeaks(t, s)
}
