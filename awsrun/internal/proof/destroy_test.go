package proof

import (
	"os"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// The command destroy takes down what was made, when it is told to.
func TestDestroy(t *testing.T) {
	environ := append(os.Environ(), terraformEnv(t)...)
	c := &commands{program: build(t, "./testprogram"), environ: environ}
	dir := t.TempDir()
	c.run(t, spec.ExitDone, "synth", "-image", "sha256:"+strings.Repeat("0", 64), dir)
	made := len(Resources(t, dir))
	if made < 40 {
		t.Fatalf("%d resources were made", made)
	}
	c.run(t, spec.ExitRetry, "destroy", "-dir", dir) // nobody says yes
	if left := len(Made(t, dir)); left != made {
		t.Errorf("without a yes, %d of %d resources are left", left, made)
	}
	c.run(t, spec.ExitDone, "destroy", "-yes", "-data", "-dir", dir)
	if left := Made(t, dir); len(left) > 0 {
		t.Errorf("%d resources are left, such as %s.%s", len(left), left[0].Type, left[0].Name)
	}
	c.run(t, spec.ExitDone, "destroy", "-yes", "-dir", dir) // there is nothing any more
}
