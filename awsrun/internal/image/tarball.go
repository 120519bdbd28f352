package image

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// WriteTarball writes an image to a file that "docker load" and the like read, which
// then call it by the given tag, such as textmill:latest. The file is there whole or
// not at all, and replaces an older one.
func WriteTarball(ctx context.Context, path, tag string, img v1.Image) error {
	t, err := name.NewTag(tag)
	if err != nil {
		return fmt.Errorf("image: tag %q is not of the form NAME or NAME:TAG: %w", tag, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return fmt.Errorf("image: %w", err)
	}
	defer os.Remove(f.Name()) // does nothing once it is renamed
	defer f.Close()
	if err := tarball.Write(t, img, writer{ctx, f}); err != nil {
		return fmt.Errorf("image: write %s: %w", path, err)
	}
	if err := commit(f, path); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	return nil
}

// commit gives a file its name, once it is on the disk.
func commit(f *os.File, path string) error {
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// writer stops writing when the context is done.
type writer struct {
	ctx context.Context
	w   io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}
