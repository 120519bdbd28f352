package s3_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/storage/s3/internal/s3test"
)

// The fake behaves like the real server that package conformance runs this
// against.
func TestFake(t *testing.T) {
	site := newSite(t)
	s3test.Behaviour(t, s3test.Server{
		Client: site.client(),
		NewBucket: func(t *testing.T, versioned bool) string {
			name := "b-" + strings.ToLower(filepath.Base(t.Name()))
			site.AddBucket(name, versioned)
			return name
		},
	})
}

// Over TLS, checksums come behind the data. The client is the SDK's, which takes
// certificates from the environment.
func TestTLS(t *testing.T) {
	site := newSite(t)
	server := httptest.NewTLSServer(site.Server)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, certificate(server.Certificate()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", file)
	site.endpoint = server.URL
	s := site.open(t, nil, func(o *s3.Options) { o.Client = nil })
	if err := job(s, random(1000), random(11<<20)); err != nil {
		t.Error(err)
	}
}

func certificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
