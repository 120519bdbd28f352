package image_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/textmill/textmill/awsrun/internal/image"
)

// only returns the name of the only file of a directory.
func only(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	return strings.Join(names, " ")
}

func TestWriteTarball(t *testing.T) {
	img := build(t, fake{size: 200_000}.write(t), image.Options{Title: "x"})
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, []byte("an older one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := image.WriteTarball(t.Context(), path, "team/program:v1", img); err != nil {
		t.Fatal(err)
	}
	if got := only(t, filepath.Dir(path)); got != "image.tar" {
		t.Errorf("left: %s", got)
	}
	tag, err := name.NewTag("team/program:v1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tarball.ImageFromPath(path, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readAll(t, layer(t, got).Uncompressed), readAll(t, layer(t, img).Uncompressed)) {
		t.Error("another layer was loaded")
	}
	a, err := got.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := img.ConfigName(); a != b {
		t.Errorf("config %s was loaded, not %s", a, b)
	}
	// The same image, the same file.
	again := filepath.Join(t.TempDir(), "image.tar")
	if err := image.WriteTarball(t.Context(), again, "team/program:v1", img); err != nil {
		t.Fatal(err)
	}
	if readFile(t, path) != readFile(t, again) {
		t.Error("two files of one image differ")
	}
}

// What fails leaves nothing, and an older file as it was.
func TestWriteTarballFails(t *testing.T) {
	img := build(t, fake{size: 200_000}.write(t), image.Options{})
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, []byte("an older one"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if err := image.WriteTarball(ctx, path, "x", img); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
	if err := image.WriteTarball(t.Context(), path, "X Y", img); err == nil || !strings.Contains(err.Error(), "NAME:TAG") {
		t.Errorf("error %v", err)
	}
	if err := image.WriteTarball(t.Context(), filepath.Join(path, "x"), "x", img); err == nil {
		t.Error("written below a file")
	}
	if got := only(t, filepath.Dir(path)); got != "image.tar" {
		t.Errorf("left: %s", got)
	}
	if got := readFile(t, path); got != "an older one" {
		t.Errorf("the file holds %q", got)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
