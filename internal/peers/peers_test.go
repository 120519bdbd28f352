package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	out := Run(t, "import sys\nsys.stdout.write(sys.argv[1] + sys.stdin.read())", []string{"a b\n"}, strings.NewReader("ü"))
	if string(out) != "a b\nü" {
		t.Errorf("%q", out)
	}
	if out := Run(t, "", nil, nil); len(out) != 0 {
		t.Errorf("%q", out)
	}
}

// All that requirements.txt lists can be imported together.
func TestRequirements(t *testing.T) {
	Run(t, "import tiktoken, tokenizers, numpy, pyarrow.parquet, duckdb, datatrove.pipeline.tokens.merger", nil, nil)
}

// More goes through the pipes than they hold, in both directions.
func TestTalk(t *testing.T) {
	const n = 100_000
	Talk(t, "import sys\nfor line in sys.stdin: print(2 * int(line))", nil, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		for i := range n {
			fmt.Fprintln(b, i)
		}
		return b.Flush()
	}, func(r io.Reader) error {
		s := bufio.NewScanner(r)
		for i := range n {
			if !s.Scan() || s.Text() != fmt.Sprint(2*i) {
				return fmt.Errorf("line %d is %q, %v", i, s.Text(), s.Err())
			}
		}
		return nil
	})
}

// What goes wrong fails the test, and says where.
func TestFailures(t *testing.T) {
	python := Python(t)
	maxOutput = 1 << 20
	t.Cleanup(func() { maxOutput = 256 << 20 })
	nothing := func(io.Writer) error { return nil }
	for name, c := range map[string]struct {
		script string
		write  func(io.Writer) error
		read   func(io.Reader) error
		want   string
	}{
		"the script": {"import sys\nprint('x' * 100_000, file=sys.stderr)\n1/0", nothing, func(io.Reader) error { return nil }, "ZeroDivisionError"},
		"the reader": {"import sys\nsys.stdin.read()", func(w io.Writer) error {
			_, err := io.Copy(w, endless{})
			return err
		}, func(io.Reader) error { return errors.New("not what I read") }, "not what I read"},
		"the writer": {"import sys\nsys.stdin.read()", func(io.Writer) error { return errors.New("nothing to say") },
			func(io.Reader) error { return nil }, "nothing to say"},
		"too much": {"import sys\nwhile True: sys.stdout.write('x' * (1 << 20))", nothing, nil, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{TB: t}
			done := make(chan struct{})
			go func() { // ends by runtime.Goexit
				defer close(done)
				if c.read == nil {
					Run(f, c.script, nil, nil)
				} else {
					Talk(f, c.script, nil, c.write, c.read)
				}
			}()
			<-done
			if !strings.Contains(f.message, c.want) || len(f.message) > 2*tailSize {
				t.Errorf("%d bytes: %.500s", len(f.message), f.message)
			}
		})
	}
	if _, err := Start(t.Context(), python+"-not-there", ""); err == nil {
		t.Error("an interpreter that is not there starts")
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, python, "import time\ntime.sleep(600)")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.Wait(); err == nil {
		t.Error("cancelled, and no error")
	}
}

func TestPythonMissing(t *testing.T) {
	for ci, want := range map[string]string{"": "skipped: needs TEXTMILL_PYTHON", "true": "failed: needs TEXTMILL_PYTHON"} {
		t.Setenv("CI", ci)
		t.Setenv(Variable, "")
		f := &fake{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			Python(f)
		}()
		<-done
		if !strings.HasPrefix(f.message, want) {
			t.Errorf("CI=%q: %q", ci, f.message)
		}
	}
}

// A fake is a test that tells how it ended.
type fake struct {
	testing.TB
	message string
}

func (f *fake) Fatal(args ...any) { f.end("failed: ", args) }
func (f *fake) Skip(args ...any)  { f.end("skipped: ", args) }

func (f *fake) end(how string, args []any) {
	f.message = how + fmt.Sprint(args...)
	runtime.Goexit()
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
