package awsrun

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

var update = flag.Bool("update", false, "write the golden files")

// The test binary is the program when it is told to be, so that it can be sent signals.
func TestMain(m *testing.M) {
	if os.Getenv("AWSRUN_TEST_PROGRAM") != "" {
		s, c := mill()
		life := listen()
		go func() {
			<-life.stop
			fmt.Println("told")
		}()
		os.Exit(live(life, s.plan, c))
	}
	os.Exit(m.Run())
}

// settings are those of the plan of the tests.
type settings struct {
	in    string   // directory of JSON lines
	least int      // bytes of a text
	lists []string // given one by one
	upper bool

	// IDs of documents:
	wait   string // at which to wait for a byte on standard input
	panics string // that a stage makes a mistake about
	wrong  string // that show that the settings are wrong
	down   string // at which a server is down
}

// mill returns the program of the tests: documents are filtered, repeated ones are
// dropped, and what stays is published.
func mill() (*settings, Config) {
	s := &settings{}
	fs := flag.NewFlagSet("mill", flag.ContinueOnError)
	fs.StringVar(&s.in, "in", "testdata/in", "a `directory` of JSON lines")
	fs.IntVar(&s.least, "least", 10, "the fewest bytes of a text")
	fs.Func("list", "one of several `names`", func(v string) error {
		if v == "" {
			return errors.New("it is empty")
		}
		s.lists = append(s.lists, v)
		return nil
	})
	fs.BoolVar(&s.upper, "upper", false, "shout")
	for name, v := range map[string]*string{"wait": &s.wait, "panics": &s.panics, "wrong": &s.wrong, "down": &s.down} {
		fs.StringVar(v, name, "", "an `ID`, for the tests")
	}
	return s, Config{
		Name: "testmill", Flags: fs, Version: "1",
		Temporary: map[string]int{"clean/": 14, "exact/": 14},
	}
}

func (s *settings) plan(ctx context.Context, store storage.Store) (textmill.Plan, error) {
	src := Inputs(&jsonl.Source{Store: storage.Dir(s.in)})
	exact := &dedup.Exact{Store: store, Dir: "exact", Scratch: new(storage.Memory), Partitions: 2}
	return slices.Concat(
		textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{
			Source: src,
			Stages: []textmill.Stage{
				textmill.Named("trouble", textmill.StageFunc(s.trouble)),
				textmill.Filter("short", func(d *textmill.Document) bool { return len(d.Text) >= s.least }),
			},
			Sink:    textmill.Tee(jsonl.Sink{Store: store, Dir: "clean", Suffix: ".jsonl"}, exact.Signatures()),
			Rejects: jsonl.Sink{Store: store, Dir: "rejects/clean", Suffix: ".jsonl"},
			Workers: 1,
		}}},
		exact.Steps(src),
		textmill.Plan{{Name: "publish", Job: &textmill.Pipeline{
			Source: folder{src, jsonl.Source{Store: store, Dir: "clean"}},
			Stages: []textmill.Stage{exact.Filter(), textmill.Map("shout", func(d *textmill.Document) {
				if s.upper {
					d.Text = strings.ToUpper(d.Text)
				}
			})},
			Sink:    jsonl.Sink{Store: store, Dir: "documents", Suffix: ".jsonl"},
			Rejects: jsonl.Sink{Store: store, Dir: "rejects/publish", Suffix: ".jsonl"},
			Workers: 1,
		}}},
	), nil
}

// A folder holds what a step has left of each shard of src.
type folder struct {
	src textmill.Source
	jsonl.Source
}

func (f folder) Shards(ctx context.Context) ([]textmill.Shard, error) { return f.src.Shards(ctx) }

// trouble is what stages have.
func (s *settings) trouble(ctx context.Context, d *textmill.Document) (textmill.Verdict, error) {
	switch d.ID {
	case s.wait:
		fmt.Println("waiting")
		went := make(chan struct{})
		go func() {
			os.Stdin.Read(make([]byte, 1))
			close(went)
		}()
		select {
		case <-went:
		case <-ctx.Done():
			return textmill.Keep, context.Cause(ctx)
		}
	case s.panics:
		panic("ouch")
	case s.wrong:
		return textmill.Keep, BadSettings(errors.New("no such model"))
	case s.down:
		return textmill.Keep, textmill.Fatal(errors.New("the server is down"))
	}
	return textmill.Keep, nil
}

// planOf returns a function that returns a plan.
func planOf(plan textmill.Plan, err error) func(context.Context, storage.Store) (textmill.Plan, error) {
	return func(context.Context, storage.Store) (textmill.Plan, error) { return plan, err }
}

// A console is what a command printed, and how it ended.
type console struct {
	status         int
	stdout, stderr string
}

// env are environment variables.
type env map[string]string

// container is the environment of a job on AWS.
var container = env{
	"AWS_BATCH_JOB_ID": "job-1", "AWS_BATCH_JOB_ATTEMPT": "2", "TEXTMILL_DEPLOYMENT": "deployed",
}

// call runs the program in this process.
func call(t testing.TB, e env, args ...string) console {
	t.Helper()
	s, c := mill()
	return callWith(t, s.plan, c, e, args...)
}

func callWith(t testing.TB, plan func(context.Context, storage.Store) (textmill.Plan, error), c Config, e env, args ...string) console {
	t.Helper()
	var stdout, stderr buffer
	p := &program{
		Config: c, called: c.Name, plan: plan,
		getenv: func(name string) string { return e[name] },
		stdout: &stdout, stderr: &stderr,
		life: &lifetime{ctx: t.Context(), stop: make(chan struct{})},
	}
	status := p.main(t.Context(), args)
	return console{status, stdout.String(), stderr.String()}
}

// must runs the program, which has to end well, and returns what it printed.
func must(t testing.TB, e env, args ...string) string {
	t.Helper()
	c := call(t, e, args...)
	if c.status != 0 {
		t.Fatalf("%s: status %d\n%s%s", strings.Join(args, " "), c.status, c.stdout, c.stderr)
	}
	return c.stdout
}

// buffer is a bytes.Buffer that several goroutines may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// golden compares got with testdata/NAME.
func golden(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

var times = regexp.MustCompile(`(?m)(done|quarantine), [0-9.]+[mµn]?s$|"time":"[^"]+",|time=\S+ |,"Timestamp":[0-9]+|"Seconds":[0-9.e-]+,`)

// timeless returns s without the times in it.
func timeless(s string) string { return times.ReplaceAllString(s, "$1") }

// tree returns the digest of every file in dir but for those that tell how far the run is.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var sb strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.Name() == ".textmill":
			return fs.SkipDir
		case e.IsDir() || strings.HasPrefix(e.Name(), storage.TempPrefix):
			return nil
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&sb, "%s %x\n", filepath.ToSlash(rel), sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sb.String()
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// inputs returns a copy of testdata/in, to be changed.
func inputs(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/in")); err != nil {
		t.Fatal(err)
	}
	return dir
}
