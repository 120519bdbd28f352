package awsrun

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/image"
	"github.com/textmill/textmill/manifest"
)

// imageFlags say which program goes into the image.
type imageFlags struct{ binary, pkg string }

func (f *imageFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&f.binary, "binary", "", "a static Linux `program` for x86-64, instead of compiling one")
	fs.StringVar(&f.pkg, "package", "", "the main `package` to compile, from its module's folder (default: that of this program)")
}

// An imageFile is an image whose program lies in a folder until it is closed.
type imageFile struct {
	v1.Image
	digest string
	close  func() error
}

// makeImage compiles the program and makes its image.
func (p *program) makeImage(ctx context.Context, f imageFlags) (*imageFile, error) {
	dir, err := os.MkdirTemp("", "textmill-image-")
	if err != nil {
		return nil, err
	}
	out := &imageFile{close: func() error { return os.RemoveAll(dir) }}
	if err := p.makeImageIn(ctx, dir, f, out); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

func (p *program) makeImageIn(ctx context.Context, dir string, f imageFlags, out *imageFile) error {
	binary := f.binary
	if binary == "" {
		pkg := cmp.Or(f.pkg, mainPackage())
		if pkg == "" {
			return usageError("which package is to be compiled is not known: say -package, or -binary")
		}
		binary = filepath.Join(dir, "program")
		fmt.Fprintf(p.stderr, "compiling %s for linux/amd64\n", pkg)
		if err := image.Compile(ctx, image.CompileOptions{Package: pkg, Output: binary}); err != nil {
			return err
		}
	}
	img, err := image.Build(ctx, binary, image.Options{Title: p.Name, Revision: manifest.ThisProgram().Revision})
	if err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	out.Image, out.digest = img, digest.String()
	return nil
}

// mainPackage returns the path of the package that this program was compiled from.
func mainPackage() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Path == "command-line-arguments" {
		return ""
	}
	return info.Path
}

// image makes the image, and does with it what is asked for.
func (p *program) image(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var f imageFlags
	f.add(fs)
	file := fs.String("o", "", "write the image to a `file`, for docker load")
	push := fs.Bool("push", false, "push it to the deployment's repository")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	img, err := p.makeImage(ctx, f)
	if err != nil {
		return err
	}
	defer img.close()
	if *file != "" {
		if err := image.WriteTarball(ctx, *file, p.Name+":latest", img); err != nil {
			return err
		}
	}
	if *push {
		if err := p.push(ctx, img); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(p.stdout, img.digest)
	return err
}

// push sends an image to the deployment's repository.
func (p *program) push(ctx context.Context, img *imageFile) error {
	c, err := p.cloud(ctx)
	if err != nil {
		return err
	}
	r, err := c.RegistryAuth(ctx)
	if err != nil {
		return err
	}
	repository := p.repository(r)
	fmt.Fprintf(p.stderr, "pushing %s to %s\n", img.digest, repository)
	auth := authn.FromConfig(authn.AuthConfig{Username: r.User, Password: r.Password})
	got, err := image.Push(ctx, img, repository, auth, nil)
	if err == nil && got != img.digest {
		err = fmt.Errorf("pushed as %s, but it is %s", got, img.digest)
	}
	return err
}

// envRegistry names another registry than the account's, for tests on one machine.
const envRegistry = "TEXTMILL_REGISTRY"

func (p *program) repository(r cloud.Registry) string {
	return cmp.Or(p.getenv(envRegistry), r.Host) + "/" + p.Name
}
