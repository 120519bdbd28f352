// Package peers runs the Python programs that textmill is held against: tiktoken
// and tokenizers, and the readers of the formats that it writes.
//
// They are in a virtual environment that the script setup makes of
// requirements.txt, in the user's cache, the first time it is run; then it only
// prints the path of the interpreter, which the tests are told by an environment
// variable:
//
//	TEXTMILL_PYTHON=$(internal/peers/setup) go test ./...
//
// Without the variable the tests that need Python are skipped, and in CI they fail.
package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Variable is the environment variable that names the Python interpreter.
const Variable = "TEXTMILL_PYTHON"

// Python returns the path of the Python interpreter that has the peers. Without
// one it skips the test, or fails it in CI.
func Python(t testing.TB) string {
	t.Helper()
	python := os.Getenv(Variable)
	if python == "" {
		const needs = "needs " + Variable + ": set it to what internal/peers/setup prints"
		if os.Getenv("CI") == "true" {
			t.Fatal(needs)
		}
		t.Skip(needs)
	}
	return python
}

// maxOutput is how many bytes a script run by Run may write. Less in a test.
var maxOutput = 256 << 20

// Run runs a Python script, given as its text, and returns what it wrote to its
// standard output, at most 256 MB. The arguments are sys.argv[1:]; stdin may be
// nil. If the script fails, so does the test, with what it wrote to its standard
// error.
func Run(t testing.TB, script string, args []string, stdin io.Reader) []byte {
	t.Helper()
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	var out []byte
	Talk(t, script, args, func(w io.Writer) error {
		_, err := io.Copy(w, stdin)
		return err
	}, func(r io.Reader) (err error) {
		out, err = io.ReadAll(io.LimitReader(r, int64(maxOutput)+1))
		if len(out) > maxOutput {
			return fmt.Errorf("the script wrote more than %d bytes", maxOutput)
		}
		return err
	})
	return out
}

// Talk runs a Python script, given as its text, while write writes to its standard
// input and read reads its standard output, each in a goroutine of its own. What
// read leaves is thrown away. If one of the three fails, so does the test.
func Talk(t testing.TB, script string, args []string, write func(io.Writer) error, read func(io.Reader) error) {
	t.Helper()
	p, err := Start(t.Context(), Python(t), script, args...)
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- errors.Join(write(p.Stdin), p.Stdin.Close()) }()
	failed := read(p.Stdout)
	if failed != nil {
		p.Kill() // or write would never end
	}
	_, rest := io.Copy(io.Discard, p.Stdout)
	ended := p.Wait()
	if err := <-written; err != nil && ended == nil && failed == nil {
		failed = err // else it says no more than that the script is gone
	}
	if err := errors.Join(failed, ended, rest); err != nil {
		t.Fatal(err)
	}
}

// A Process is a Python script that is running.
type Process struct {
	Stdin  io.WriteCloser
	Stdout io.Reader

	cmd    *exec.Cmd
	stderr tail
	killed bool
}

// Start runs a Python script, given as its text, with the interpreter that has
// the peers. It ends with ctx at the latest. The caller closes Stdin, reads all of
// Stdout, and then waits.
func Start(ctx context.Context, python, script string, args ...string) (*Process, error) {
	// -I: no settings or packages of the user's.
	cmd := exec.CommandContext(ctx, python, append([]string{"-I", "-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "TOKENIZERS_PARALLELISM=false", "RAYON_NUM_THREADS=1", "OMP_NUM_THREADS=1")
	cmd.WaitDelay = 10 * time.Second
	p := &Process{cmd: cmd}
	cmd.Stderr = &p.stderr
	var err error
	if p.Stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.Stdout, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("peers: %w; internal/peers/setup makes the interpreter that %s names", err, Variable)
	}
	return p, nil
}

// Kill ends the script; Wait does not report it.
func (p *Process) Kill() {
	p.killed = true
	p.cmd.Process.Kill()
}

// Wait waits for the end of the script. The error holds the last 16 KB of its
// standard error.
func (p *Process) Wait() error {
	if err := p.cmd.Wait(); err != nil && !p.killed {
		return fmt.Errorf("peers: the script failed: %w\n%s", err, bytes.TrimSpace(p.stderr.buf))
	}
	return nil
}

// A tail keeps the end of what is written to it.
type tail struct{ buf []byte }

const tailSize = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.buf = append(t.buf, b...)
	if n := len(t.buf) - tailSize; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(b), nil
}
