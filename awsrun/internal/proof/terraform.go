package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/infra"
)

// A Resource is one that Terraform has made, with all its attributes as the provider
// has them, also what AWS would have answered.
type Resource struct {
	Type, Name string
	Index      string // of for_each or count; "" if there is none
	Values     map[string]any
}

// Resources applies the module that infra.Write has written into dir, with the
// provider of stubprov, and returns what was made, in the order of the addresses. It
// skips the test if there is no terraform, and fails it in CI.
func Resources(t testing.TB, dir string) []Resource {
	t.Helper()
	tf := Terraform(t, dir)
	if err := tf.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tf.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return Made(t, dir)
}

// Made returns what the state in dir has.
func Made(t testing.TB, dir string) []Resource {
	t.Helper()
	var state struct {
		Values struct {
			Root rootModule `json:"root_module"`
		}
	}
	showJSON(t, dir, &state)
	return state.Values.Root.resources()
}

type rootModule struct {
	Resources []struct {
		Mode, Type, Name string
		Index            any
		Values           map[string]any
	}
}

func (m rootModule) resources() (all []Resource) {
	for _, r := range m.Resources {
		if r.Mode != "managed" {
			continue
		}
		one := Resource{Type: r.Type, Name: r.Name, Values: r.Values}
		if r.Index != nil {
			one.Index = fmt.Sprint(r.Index)
		}
		all = append(all, one)
	}
	return all
}

// showJSON decodes what terraform show says of the state, or of a plan in a file.
func showJSON(t testing.TB, dir string, to any, plan ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", append([]string{"show", "-json"}, plan...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), terraformEnv(t)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("terraform show: %v\n%s", err, stderr(err))
	}
	if err := json.Unmarshal(out, to); err != nil {
		t.Fatal(err)
	}
}

func stderr(err error) []byte {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.Stderr
	}
	return nil
}

// Terraform returns a terraform that has the provider of stubprov and no other, and
// whose changes are approved. What it says is logged if the test fails. It skips the
// test if there is no terraform, and fails it in CI.
func Terraform(t testing.TB, dir string) *infra.Terraform {
	t.Helper()
	said := new(bytes.Buffer)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(said)
		}
	})
	return &infra.Terraform{Dir: dir, Stdout: said, Stderr: said, Approve: yes, Env: terraformEnv(t)}
}

func terraformEnv(t testing.TB) []string {
	t.Helper()
	if _, err := exec.LookPath("terraform"); err != nil {
		missing(t, "terraform")
	}
	config, err := stubConfig()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"TF_CLI_CONFIG_FILE=" + config}
}

// missing skips a test for which a program is missing, or fails it in CI.
func missing(t testing.TB, program string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("needs %s", program)
	}
	t.Skipf("needs %s", program)
}

// stubVersion is what the provider says it is: the version that its schema is of.
const stubVersion = "6.25.0"

// stubConfig builds the provider, unless it is there, and returns the path of a
// configuration of terraform's that has it take the provider from there.
var stubConfig = sync.OnceValues(func() (string, error) {
	source, err := sourceOfStub()
	if err != nil {
		return "", err
	}
	digest, err := digest(source)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "textmill", "stubprov-"+digest)
	config := filepath.Join(dir, "terraformrc")
	if _, err := os.Stat(config); err == nil {
		return config, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "stubprov-new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	if err := buildStub(source, temp, dir); err != nil {
		return "", err
	}
	// It appears whole. If somebody else was faster, theirs is the same.
	if err := os.Rename(temp, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return config, nil
})

// sourceOfStub returns the folder of the provider's sources, from wherever in the module.
func sourceOfStub() (string, error) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/textmill/textmill/awsrun/internal/proof/stubprov").Output()
	if err != nil {
		return "", fmt.Errorf("find stubprov: %w\n%s", err, stderr(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// buildStub builds the provider in a directory that is to become the directory final.
func buildStub(source, dir, final string) error {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	file := filepath.Join(dir, "registry.terraform.io", "hashicorp", "aws", stubVersion, platform, "terraform-provider-aws_v"+stubVersion)
	cmd := exec.Command("go", "build", "-trimpath", "-o", file, ".")
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build stubprov: %w\n%s", err, out)
	}
	config := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", final)
	return os.WriteFile(filepath.Join(dir, "terraformrc"), []byte(config), 0o644)
}

// digest returns hexadecimal digits that change with the sources of stubprov and the
// toolchain.
func digest(source string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	files, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range append(files, filepath.Join(source, "schema.json")) {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(h, len(b))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

func yes(context.Context) (bool, error) { return true, nil }
