package image

import (
	"archive/tar"
	"bytes"
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// entries are what is in the layer besides the program, which comes last, in order.
func entries() []entry {
	return []entry{
		dir("etc/", 0o755),
		file("etc/passwd", passwd),
		dir("etc/ssl/", 0o755),
		dir("etc/ssl/certs/", 0o755),
		file(Certificates[1:], certificates()),
		dir("textmill/", 0o755),
		dir(Temp[1:]+"/", 0o1777),
	}
}

// An entry of a layer.
type entry struct {
	name string // of a directory if it ends in a slash
	mode int64
	data []byte
}

func dir(name string, mode int64) entry       { return entry{name: name, mode: mode} }
func file(name string, contents []byte) entry { return entry{name: name, mode: 0o644, data: contents} }

// header returns the header of an entry of the given size. Owner and group are root.
func (e entry) header(size int64) *tar.Header {
	h := &tar.Header{Name: e.name, Mode: e.mode, Size: size, ModTime: epoch.Time, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
	if e.name[len(e.name)-1] == '/' {
		h.Typeflag = tar.TypeDir
	}
	return h
}

// passwd makes names and a home of the numbers, which some libraries ask for.
var passwd = []byte("root:x:0:0:root:/:/sbin/nologin\n" +
	"nonroot:x:" + User + ":nonroot:" + Temp + ":/sbin/nologin\n")

// certificates returns the roots that programs trust, as PEM: Mozilla's, as of the
// version of the module, and not this machine's. Those that Mozilla trusts with
// restrictions are left out, as PEM has no way to say that.
func certificates() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // into memory: no error
		}
	}
	return b.Bytes()
}
