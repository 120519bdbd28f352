package image_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/textmill/textmill/awsrun/internal/image"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func build(t *testing.T, file string, o image.Options) v1.Image {
	t.Helper()
	img, err := image.Build(t.Context(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func digest(t *testing.T, img v1.Image) string {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

// layer returns the only layer of an image.
func layer(t *testing.T, img v1.Image) v1.Layer {
	t.Helper()
	layers, err := img.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	return layers[0]
}

func readAll(t *testing.T, open func() (io.ReadCloser, error)) []byte {
	t.Helper()
	r, err := open()
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

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// All there is in the layer, in order.
func TestLayer(t *testing.T) {
	program := fake{size: 1000}.write(t)
	l := layer(t, build(t, program, image.Options{}))
	contents, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	files := map[string][]byte{}
	archive := readAll(t, l.Uncompressed)
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" || !h.ModTime.Equal(time.Unix(0, 0)) || len(h.PAXRecords) != 0 || h.Format != tar.FormatUSTAR {
			t.Errorf("header of %s: %+v", h.Name, h)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%c %04o %s\n", h.Typeflag, h.Mode, h.Name)
	}
	want := `5 0755 etc/
0 0644 etc/passwd
5 0755 etc/ssl/
5 0755 etc/ssl/certs/
0 0644 etc/ssl/certs/ca-certificates.crt
5 0755 textmill/
5 1777 tmp/
0 0755 textmill/program
`
	if got.String() != want {
		t.Errorf("the layer holds\n%swant\n%s", got.String(), want)
	}
	if !bytes.Equal(files["textmill/program"], contents) {
		t.Error("the program is not that of the file")
	}
	if want := "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n"; string(files["etc/passwd"]) != want {
		t.Errorf("passwd is %q", files["etc/passwd"])
	}
	if len(archive)%512 != 0 || !bytes.Equal(archive[len(archive)-1024:], make([]byte, 1024)) {
		t.Error("the archive does not end as tar wants it")
	}
}

// Of programs whose size is around a block of tar, or of compression, what was said of
// the layer is what it holds.
func TestLayerDigests(t *testing.T) {
	for _, size := range []int64{511, 512, 513, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20} {
		l := layer(t, build(t, fake{size: size}.write(t), image.Options{}))
		packed, plain := readAll(t, l.Compressed), readAll(t, l.Uncompressed)
		d, _ := l.Digest()
		id, _ := l.DiffID()
		n, _ := l.Size()
		if d.Hex != sha(packed) || id.Hex != sha(plain) || n != int64(len(packed)) {
			t.Errorf("%d bytes: digest %s, diff %s, size %d, but read %s, %s, %d", size, d.Hex, id.Hex, n, sha(packed), sha(plain), len(packed))
		}
		unpacked := gunzip(t, packed)
		if !bytes.Equal(unpacked, plain) {
			t.Errorf("%d bytes: what was compressed is something else", size)
		}
	}
}

// Programs trust who can vouch for Amazon, by certificates that Go reads.
func TestCertificates(t *testing.T) {
	l := layer(t, build(t, fake{}.write(t), image.Options{}))
	r := tar.NewReader(bytes.NewReader(readAll(t, l.Uncompressed)))
	for {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if "/"+h.Name == image.Certificates {
			break
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	n := bytes.Count(b, []byte("BEGIN CERTIFICATE"))
	if n < 100 || !x509.NewCertPool().AppendCertsFromPEM(b) {
		t.Fatalf("%d certificates, or one that cannot be read", n)
	}
	if !strings.Contains(subjects(t, b), "CN=Amazon Root CA 1,") {
		t.Error("Amazon's is not among them")
	}
}

func TestConfig(t *testing.T) {
	img := build(t, fake{machine: elf.EM_AARCH64}.write(t), image.Options{
		Arch: image.ARM64, Title: "commoncrawl", Revision: "0123abc", Source: "https://example.org/repo",
	})
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "config.json", indent(t, config))
	golden(t, "manifest.json", indent(t, manifest))
}

// Without this a program that is not root cannot write temporary files on Fargate, if
// the rest of the file system is read-only.
func TestTempIsAVolume(t *testing.T) {
	c, err := build(t, fake{}.write(t), image.Options{}).ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Config.Volumes[image.Temp]; !ok || c.Config.WorkingDir != image.Temp {
		t.Errorf("volumes %v, working directory %s", c.Config.Volumes, c.Config.WorkingDir)
	}
}

func TestNoLabelsIfNothingIsSaid(t *testing.T) {
	c, err := build(t, fake{}.write(t), image.Options{}).ConfigFile()
	if err != nil || len(c.Config.Labels) != 0 || c.Architecture != "amd64" {
		t.Errorf("%+v, %v", c, err)
	}
}

// The digest does not depend on where, when, by whom or how the file lies there.
func TestSameDigest(t *testing.T) {
	o := image.Options{Title: "x"}
	want := digest(t, build(t, fake{size: 100_000}.write(t), o))
	other := fake{size: 100_000}.write(t)
	if err := os.Chmod(other, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, time.Unix(1, 0), time.Unix(1e9, 1)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TZ", "Asia/Kathmandu")
	t.Setenv("SSL_CERT_FILE", "/dev/null")
	t.Chdir(filepath.Dir(other))
	restore := setUmask(0o077)
	defer restore()
	if got := digest(t, build(t, "program", o)); got != want {
		t.Errorf("digest %s, then %s", want, got)
	}
	if got := digest(t, build(t, "program", image.Options{Title: "y"})); got == want {
		t.Error("another title, the same digest")
	}
	if got := digest(t, build(t, fake{size: 100_001}.write(t), o)); got == want {
		t.Error("another program, the same digest")
	}
}

func TestNotAProgram(t *testing.T) {
	write := func(contents string) string {
		name := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(name, []byte(contents), 0o755); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, test := range []struct{ name, file, arch, want string }{
		{"missing", filepath.Join(t.TempDir(), "program"), "", "no such file"},
		{"directory", t.TempDir(), "", "not a regular file"},
		{"device", "/dev/null", "", "not a regular file"},
		{"empty", write(""), "", "build it with GOOS=linux"},
		{"script", write("#!/bin/sh\n"), "", "build it with GOOS=linux"},
		{"Mach-O", write("\xcf\xfa\xed\xfe\x07\x00\x00\x01"), "", "build it with GOOS=linux"},
		{"cut short", write(string(fake{}.bytes(t)[:70])), "", "build it with GOOS=linux"},
		{"FreeBSD", fake{abi: elf.ELFOSABI_FREEBSD}.write(t), "", "build it with GOOS=linux"},
		{"other architecture", fake{machine: elf.EM_AARCH64}.write(t), "", "build it with GOARCH=amd64"},
		{"other architecture", fake{}.write(t), "arm64", "build it with GOARCH=arm64"},
		{"no architecture", fake{}.write(t), "riscv64", "use amd64 or arm64"},
		{"object", fake{kind: elf.ET_REL}.write(t), "", "build a main package"},
		{"dynamic", fake{interp: true}.write(t), "", "build it with CGO_ENABLED=0"},
		{"position-independent, dynamic", fake{kind: elf.ET_DYN, interp: true, needs: []string{"libc.so.6"}}.write(t), "", "build it with CGO_ENABLED=0"},
		{"library", fake{kind: elf.ET_DYN, needs: []string{"libc.so.6"}}.write(t), "", "build it with CGO_ENABLED=0"},
	} {
		_, err := image.Build(t.Context(), test.file, image.Options{Arch: test.arch})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "image: ") {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
	for name, f := range map[string]fake{
		"GNU":                          {abi: elf.ELFOSABI_LINUX},
		"position-independent, static": {kind: elf.ET_DYN},
	} {
		if _, err := image.Build(t.Context(), f.write(t), image.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that is replaced, cut or gone is not sent as something it is not.
func TestProgramChanges(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(file string) error
		want   string
	}{
		{"same size", func(f string) error { return os.WriteFile(f, bytes.Repeat([]byte("x"), 100_000), 0o755) }, "it has changed"},
		{"shorter", func(f string) error { return os.Truncate(f, 50_000) }, "has become shorter"},
		{"gone", os.Remove, "no such file"},
	} {
		program := fake{size: 100_000}.write(t)
		img := build(t, program, image.Options{})
		if err := test.change(program); err != nil {
			t.Fatal(err)
		}
		l := layer(t, img)
		for _, open := range []func() (io.ReadCloser, error){l.Compressed, l.Uncompressed} {
			r, err := open()
			if err == nil {
				_, err = io.Copy(io.Discard, r)
				r.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
			}
		}
		if err := image.WriteTarball(t.Context(), filepath.Join(t.TempDir(), "x.tar"), "x", img); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: tarball: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestBuildStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := image.Build(ctx, fake{size: 1 << 20}.write(t), image.Options{}); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
}

// What is allocated does not grow with the program.
func TestMemory(t *testing.T) {
	allocated := func(size int64) uint64 {
		program := dense(t, size)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		img := build(t, program, image.Options{})
		r, err := layer(t, img).Compressed()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := allocated(1<<20), allocated(64<<20)
	t.Logf("1 MiB: %d bytes allocated, 64 MiB: %d", small, large)
	if large > small+4<<20 {
		t.Errorf("%d bytes allocated for 1 MiB, %d for 64 MiB", small, large)
	}
}

func indent(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%swant\n%s", name, got, want)
	}
}
