// Package image makes container images of programs, without Docker: one layer with
// the program and the few files that it needs. The same program makes the same
// image, with the same digest, wherever and whenever that is done.
package image

import (
	"context"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Where things are in the image.
const (
	Program      = "/textmill/program"
	Certificates = "/etc/ssl/certs/ca-certificates.crt"
	Temp         = "/tmp" // the working directory; anybody may write there
)

// User runs the program: its number and that of its group.
const User = "65532:65532"

// Architectures of processors.
const (
	AMD64 = "amd64"
	ARM64 = "arm64"
)

// Options are what an image says about itself.
type Options struct {
	Arch     string // AMD64 or ARM64; if "", AMD64
	Title    string // of the program
	Revision string // of its sources
	Source   string // URL of its sources
}

// Build returns the image of a program: a file that must be a statically linked
// Linux executable for the architecture. The image does not hold the program, but
// reads the file whenever it is pushed or written; until then it must stay as it is,
// or that fails.
func Build(ctx context.Context, file string, o Options) (v1.Image, error) {
	if o.Arch == "" {
		o.Arch = AMD64
	}
	if err := checkProgram(file, o.Arch); err != nil {
		return nil, err
	}
	l, err := newLayer(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	img, err = mutate.Append(img, mutate.Addendum{Layer: l, History: v1.History{Created: epoch, CreatedBy: "textmill"}})
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", o.Arch, epoch
	config.Config = v1.Config{
		Entrypoint: []string{Program},
		User:       User,
		Env:        []string{"SSL_CERT_FILE=" + Certificates, "TMPDIR=" + Temp},
		WorkingDir: Temp,
		// Where Fargate mounts a volume on a folder, only root may write, unless the
		// image says that it is to be one: then it keeps owner and mode.
		Volumes: map[string]struct{}{Temp: {}},
		Labels:  o.labels(),
	}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return img, nil
}

// epoch is the time of everything in an image.
var epoch = v1.Time{Time: time.Unix(0, 0).UTC()}

func (o Options) labels() map[string]string {
	labels := map[string]string{}
	for name, value := range map[string]string{"title": o.Title, "revision": o.Revision, "source": o.Source} {
		if value != "" {
			labels["org.opencontainers.image."+name] = value
		}
	}
	return labels
}
