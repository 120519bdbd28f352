package image_test

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/pem"
	"io"
	"strings"
	"syscall"
	"testing"
)

// gunzip is the standard library's, not the package that compressed.
func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// subjects returns who the certificates are of, one a line.
func subjects(t *testing.T, b []byte) string {
	t.Helper()
	var out strings.Builder
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(c.Subject.String() + "\n")
	}
	return out.String()
}

// setUmask sets the umask of the process and returns what restores it.
func setUmask(mask int) (restore func()) {
	old := syscall.Umask(mask)
	return func() { syscall.Umask(old) }
}
