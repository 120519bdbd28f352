package s3

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3/internal/fakes3"
	"github.com/textmill/textmill/storage/storagetest"
)

// A site is a fake server under test.
type site struct {
	*fakes3.Server
	endpoint string
}

const testBucket = "test-bucket"

// newSite starts a fake server with an empty bucket.
func newSite(t testing.TB) *site {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	s := &site{Server: &fakes3.Server{}}
	s.AddBucket(testBucket, false)
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	s.endpoint = server.URL
	return s
}

// open opens a store on it.
func (s *site) open(t testing.TB, prefix string, set func(*Options)) *Store {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	o := Options{Endpoint: s.endpoint, PartSize: minPartSize, ReadSize: firstRead, maxPause: time.Millisecond, Client: &http.Client{Transport: transport}}
	if set != nil {
		set(&o)
	}
	store, err := Open(context.Background(), "s3://"+testBucket+prefix, o)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestStore(t *testing.T) {
	for name, set := range map[string]struct {
		versioned bool
		prefix    string
		set       func(*Options)
	}{
		"Defaults":    {false, "", func(o *Options) { o.PartSize, o.ReadSize = 0, 0 }},
		"Prefix":      {false, "/a prefix/ü/", nil},
		"Versioned":   {true, "/p", nil},
		"NoReadAhead": {false, "/p", func(o *Options) { o.ReadAhead = -1 }},
		"NoChecksums": {false, "", func(o *Options) { o.NoChecksums = true }},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Test(t, func(t *testing.T) storage.Store {
				site := newSite(t)
				site.PageSize = 7
				site.AddBucket(testBucket, set.versioned)
				return site.open(t, set.prefix, set.set)
			})
		})
	}
}
