package image_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/image"
)

// module writes a module of the given files and returns its directory.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.org/m\n\ngo 1.26\n"
	for name, contents := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(contents), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A program that imports nothing is compiled, becomes an image and runs; compiled in
// another directory, it is the same image.
func TestCompile(t *testing.T) {
	t.Setenv("GOFLAGS", "")
	compile := func(variant string) string {
		t.Setenv("GOAMD64", variant) // which the image must not depend on
		dir := module(t, map[string]string{"cmd/main.go": "package main\n\nfunc main() { println(\"it runs\") }\n"})
		out := filepath.Join(t.TempDir(), "program")
		if err := image.Compile(t.Context(), image.CompileOptions{Dir: dir, Package: "./cmd", Output: out}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	one, two := compile("v1"), compile("v3")
	if a, b := digest(t, build(t, one, image.Options{})), digest(t, build(t, two, image.Options{})); a != b {
		t.Errorf("digest %s, then %s", a, b)
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return
	}
	if out, err := exec.Command(one).CombinedOutput(); err != nil || string(out) != "it runs\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// The output is where the caller means it, not below Dir.
func TestCompileOtherArchitecture(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the runtime")
	}
	t.Setenv("GOFLAGS", "")
	dir := module(t, map[string]string{"main.go": "package main\n\nfunc main() {}\n"})
	t.Chdir(t.TempDir())
	if err := image.Compile(t.Context(), image.CompileOptions{Dir: dir, Arch: image.ARM64, Output: "program"}); err != nil {
		t.Fatal(err)
	}
	build(t, "program", image.Options{Arch: image.ARM64})
}

func TestCompileErrors(t *testing.T) {
	t.Setenv("GOFLAGS", "")
	dir := module(t, map[string]string{
		"lib/lib.go":      "package lib\n",
		"bad/main.go":     "package main\n\nfunc main() { undefined() }\n",
		"windows/main.go": "//go:build windows\n\npackage main\n\nfunc main() {}\n",
	})
	for _, test := range []struct{ pkg, arch, output, want string }{
		{"./missing", "", "x", "missing: directory not found"},
		{"example.com/nowhere", "", "x", "example.com/nowhere"},
		{"./lib", "", "x", "is a library, called lib"},
		{"./lib", "", "", "no file to write"},
		{"./...", "", "x", "give the one that is the program"},
		{"./bad", "", "x", "undefined: undefined"},
		{"./windows", "", "x", "build constraints exclude all Go files"},
		{"-toolexec=x", "", "x", "is an option"},
		{"./bad", "mips", "x", "use amd64 or arm64"},
	} {
		output := test.output
		if output != "" {
			output = filepath.Join(t.TempDir(), output)
		}
		err := image.Compile(t.Context(), image.CompileOptions{Dir: dir, Package: test.pkg, Arch: test.arch, Output: output})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "image: ") {
			t.Errorf("%s: error %v, want one with %q", test.pkg, err, test.want)
		}
		if _, err := os.Stat(output); output != "" && err == nil {
			t.Errorf("%s: something was written", test.pkg)
		}
	}
}

func TestCompileWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := image.Compile(t.Context(), image.CompileOptions{Output: "x"})
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "https://go.dev/dl") {
		t.Errorf("error %v", err)
	}
}

// A go command that does not end is interrupted.
func TestCompileStops(t *testing.T) {
	bin := t.TempDir()
	began := filepath.Join(bin, "began")
	script := "#!/bin/sh\n: >" + began + "\nexec sleep 600\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(began); err == nil {
				cancel(why)
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := image.Compile(ctx, image.CompileOptions{Output: "x"}); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
}

// Of an endless complaint the end is kept.
func TestCompileComplaints(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\ni=0\nwhile [ $i -lt 5000 ]; do echo \"complaint $i\" >&2; i=$((i+1)); done\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	err := image.Compile(t.Context(), image.CompileOptions{Output: "x"})
	if err == nil || len(err.Error()) > 10_000 || !strings.HasSuffix(err.Error(), "complaint 4999") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("error %.300v…", err)
	}
}
