//go:build unix

package awsrun

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A child is the program in a process of its own.
type child struct {
	*exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr buffer
}

func start(t *testing.T, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(self, args...)}
	c.Env = append(os.Environ(), "AWSRUN_TEST_PROGRAM=1", "TEXTMILL_STORE=", "TEXTMILL_SETTINGS=", "TEXTMILL_TIME_LIMIT=", "AWS_BATCH_JOB_ID=")
	c.Stderr = &c.stderr
	if c.stdin, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdout = bufio.NewReader(out)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() }) // if the test failed before its end
	return c
}

// says returns when the child has said so: "waiting" in the middle of the shard, "told"
// when it was told to stop.
func (c *child) says(t *testing.T, what string) {
	t.Helper()
	if line, err := c.stdout.ReadString('\n'); line != what+"\n" {
		t.Fatalf("%q, %v, want %s\n%s", line, err, what, c.stderr.String())
	}
}

func (c *child) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// goOn ends the waiting.
func (c *child) goOn(t *testing.T) {
	t.Helper()
	if _, err := c.stdin.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
}

// end returns the exit status, or -1 if the child was killed.
func (c *child) end() int {
	io.Copy(io.Discard, c.stdout)
	c.Wait()
	return c.ProcessState.ExitCode()
}

// Stopped or killed in the middle of a shard, the program leaves nothing by halves, says
// so by its status, and when started again goes on to the same files.
func TestSignals(t *testing.T) {
	whole := t.TempDir()
	must(t, nil, "-store", whole, "run")
	want := tree(t, whole)
	for _, tt := range []struct {
		name   string
		how    func(*testing.T, *child)
		status int
		done   string // shards of clean that are there afterwards
	}{
		{"TERM, and the shard ends", func(t *testing.T, c *child) {
			c.signal(t, syscall.SIGTERM)
			c.says(t, "told")
			c.goOn(t)
		}, 75, "a b"},
		{"TERM twice", func(t *testing.T, c *child) {
			c.signal(t, syscall.SIGTERM)
			c.says(t, "told")
			c.signal(t, syscall.SIGTERM)
		}, 75, "a"},
		{"INT", func(t *testing.T, c *child) { c.signal(t, os.Interrupt) }, 75, "a"},
		{"KILL", func(t *testing.T, c *child) { c.signal(t, os.Kill) }, -1, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := []string{"-in=testdata/in", "-wait=b-1", "-store", dir}
			c := start(t, append(args, "run")...)
			c.says(t, "waiting")
			tt.how(t, c)
			if status := c.end(); status != tt.status {
				t.Errorf("status %d, want %d\n%s", status, tt.status, c.stderr.String())
			}
			if said := c.stderr.String(); (tt.status == 75) != strings.HasSuffix(said, "\nrun the same command again to go on from here\n") {
				t.Errorf("%s", said)
			}
			if got := shardsIn(t, dir, "clean"); got != tt.done {
				t.Errorf("clean/ holds %s, want %s", got, tt.done)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*", ".tmp-*")); tt.status == 75 && len(left) > 0 {
				t.Errorf("left: %v", left)
			}

			again := start(t, append(args, "run")...)
			if tt.done == "a" {
				again.says(t, "waiting")
				again.goOn(t)
			}
			if status := again.end(); status != 0 {
				t.Fatalf("again: status %d\n%s", status, again.stderr.String())
			}
			if !strings.Contains(again.stderr.String(), "done before") {
				t.Errorf("again: %s", again.stderr.String())
			}
			checkManifest(t, dir)
			for line := range strings.Lines(tree(t, dir)) {
				// The manifest has the settings, and they say where to wait.
				if !strings.Contains(want, line) && !strings.HasPrefix(line, "manifest.json ") {
					t.Errorf("again: not as in a run that was left alone: %s", line)
				}
			}
		})
	}
}

// shardsIn returns the names of the shards of which there is a file in a folder.
func shardsIn(t *testing.T, dir, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, folder, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".jsonl")
	}
	return strings.Join(files, " ")
}

// The same for one job of many, which is told to stop when a container is taken away.
func TestSignalToContainer(t *testing.T) {
	dir := t.TempDir()
	args := []string{"-in=testdata/in", "-wait=b-1", "-store", dir}
	must(t, nil, append(args, "list", "clean")...)
	c := start(t, append(args, "shards", "clean", "0..2")...)
	c.says(t, "waiting")
	c.signal(t, syscall.SIGTERM)
	c.says(t, "told")
	c.goOn(t)
	if status := c.end(); status != 75 {
		t.Errorf("status %d", status)
	}
	if said := c.stderr.String(); !strings.Contains(said, "done=2 restored=0 quarantined=0 failed=0 left=1\n") {
		t.Errorf("%s", said)
	}
	if out := call(t, nil, append(args, "shards", "clean", "0..2")...); out.status != 0 || !strings.Contains(out.stderr, "done=3 restored=2 quarantined=0 failed=0 left=0\n") {
		t.Errorf("again: %+v", out)
	}
}
