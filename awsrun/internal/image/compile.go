package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// CompileOptions say what [Compile] compiles.
type CompileOptions struct {
	Dir     string // in the module; if "", the working directory
	Package string // a main package; if "", the one in Dir
	Arch    string // AMD64 or ARM64; if "", AMD64
	Output  string // file that is written
}

// Compile compiles a Go program for an image: for Linux, without C, and with
// nothing in it of where and when that was done. It needs the go command, and what
// that needs. GOFLAGS and the like are heeded, the processor's variant (GOAMD64,
// GOARM64) is not, so that the program runs on every machine of the architecture.
func Compile(ctx context.Context, o CompileOptions) error {
	if o.Arch == "" {
		o.Arch = AMD64
	}
	if _, ok := machines[o.Arch]; !ok {
		return fmt.Errorf("image: architecture %q is not known: use %s or %s", o.Arch, AMD64, ARM64)
	}
	if o.Package == "" {
		o.Package = "."
	}
	if strings.HasPrefix(o.Package, "-") {
		return fmt.Errorf("image: %q is an option, not a package", o.Package)
	}
	output, err := filepath.Abs(o.Output) // not below Dir
	if err != nil || o.Output == "" {
		return fmt.Errorf("image: compile: no file to write: %q", o.Output)
	}
	out, err := o.run(ctx, "list", "-f", "{{.Name}}", o.Package)
	if err != nil {
		return fmt.Errorf("image: package %s: %w", o.Package, err)
	}
	switch packages := strings.Fields(out); {
	case len(packages) != 1:
		return fmt.Errorf("image: %s stands for %d packages: give the one that is the program", o.Package, len(packages))
	case packages[0] != "main":
		return fmt.Errorf("image: package %s is a library, called %s: give the one that is the program, package main", o.Package, packages[0])
	}
	if _, err := o.run(ctx, "build", "-trimpath", "-ldflags", "-s -w -buildid=", "-o", output, o.Package); err != nil {
		return fmt.Errorf("image: compile %s: %w", o.Package, err)
	}
	return nil
}

// run runs the go command and returns what it prints.
func (o CompileOptions) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = o.Dir
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+o.Arch, "GOAMD64=v1", "GOARM64=v8.0")
	var out bytes.Buffer
	var complaints tail
	cmd.Stdout, cmd.Stderr = &out, &complaints
	// Interrupted, it ends its compilers and removes what it has made in part.
	cmd.Cancel = func() error {
		if cmd.Process.Signal(os.Interrupt) != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	switch {
	case err == nil:
		return out.String(), nil
	case context.Cause(ctx) != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("the go command is not there: install it from https://go.dev/dl, or give a program that is compiled (%w)", err)
	}
	return "", fmt.Errorf("go %s: %w\n%s", args[0], err, complaints.String())
}

// tail keeps the last of what is written to it, where compilers say what went wrong.
type tail struct{ kept []byte }

const maxTail = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - maxTail; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.kept)) }
