package infra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeVariable makes the test program a terraform, for the text of a fake.
const fakeVariable = "TEXTMILL_FAKE_TERRAFORM"

func TestMain(m *testing.M) {
	if how := os.Getenv(fakeVariable); how != "" {
		os.Exit(fake(how, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fake is a terraform that writes down what it is asked for. How it fares is the first
// part of how that begins with the name of the command, such as "plan=2".
func fake(how string, args []string) int {
	log, err := os.OpenFile("log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(log, strings.Join(args, " "))
	is := ""
	for _, part := range strings.Split(how, ";") {
		if command, value, _ := strings.Cut(part, "="); command == args[0] {
			is = value
		}
	}
	switch is {
	case "hang", "deaf":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		fmt.Println("started")
		<-signals
		fmt.Fprintln(log, "interrupted")
		if is == "deaf" {
			select {}
		}
		return 1
	case "0", "1", "2":
		fmt.Println(args[0], "said")
		fmt.Fprintln(os.Stderr, args[0], "warned")
		for i := range args {
			if out, ok := strings.CutPrefix(args[i], "-out="); ok {
				if err := os.WriteFile(out, nil, 0o600); err != nil {
					panic(err)
				}
			}
		}
		return int(is[0] - '0')
	case "endless":
		b := bytes.Repeat([]byte("a"), 1<<20)
		for {
			if _, err := os.Stdout.Write(b); err != nil {
				return 1
			}
		}
	}
	fmt.Print(is)
	return 0
}

// fakeTerraform returns a Terraform that runs a fake.
func fakeTerraform(t *testing.T, how string) (*Terraform, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said := new(strings.Builder)
	return &Terraform{Dir: t.TempDir(), Path: self, Stdout: said, Stderr: said, Env: []string{fakeVariable + "=" + how}}, said
}

func asked(t *testing.T, tf *Terraform) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(tf.Dir, "log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func answer(ok bool, err error) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) { return ok, err }
}

func TestInit(t *testing.T) {
	for _, c := range []struct {
		version string
		want    string // of the error
	}{
		{`{"terraform_version":"1.5.0"}`, ""},
		{`{"terraform_version":"1.11.4"}`, ""},
		{`{"terraform_version":"2.0.0-beta1"}`, ""},
		{`{"terraform_version":"1.4.7"}`, "infra: terraform is version 1.4.7: the module needs 1.5 or later"},
		{`{"terraform_version":"0.15.0"}`, "infra: terraform is version 0.15.0: the module needs 1.5 or later"},
		{`{"terraform_version":"one"}`, `infra: terraform version says "one", which is no version`},
		{`{"terraform_version":"1.x"}`, `infra: terraform version says "1.x", which is no version`},
		{`Terraform v0.11`, "infra: terraform version does not say a version: invalid character 'T' looking for beginning of value"},
	} {
		tf, said := fakeTerraform(t, "version="+c.version+";init=0")
		got := ""
		if err := tf.Init(t.Context()); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.version, got, c.want)
		}
		ran := strings.Contains(asked(t, tf), "init -no-color -input=false\n")
		if ran != (c.want == "") {
			t.Errorf("%s: asked for %s", c.version, asked(t, tf))
		}
		if ran && said.String() != "init said\ninit warned\n" {
			t.Errorf("said %q", said)
		}
	}
}

func TestNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, path := range []string{"", "/nowhere/terraform"} {
		tf := &Terraform{Dir: t.TempDir(), Path: path}
		if err := tf.Init(t.Context()); !errors.Is(err, ErrNotInstalled) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestNoDirectory(t *testing.T) {
	tf, _ := fakeTerraform(t, "plan=0")
	tf.Dir = filepath.Join(tf.Dir, "nowhere")
	if _, err := tf.Plan(t.Context()); err == nil || errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), tf.Dir) {
		t.Errorf("%v", err)
	}
}

func TestPlan(t *testing.T) {
	for status, want := range map[string]struct{ changes, fails bool }{"0": {}, "1": {fails: true}, "2": {changes: true}} {
		tf, _ := fakeTerraform(t, "plan="+status)
		changes, err := tf.Plan(t.Context())
		if changes != want.changes || (err != nil) != want.fails {
			t.Errorf("status %s: %v, %v", status, changes, err)
		}
		if got, want := asked(t, tf), "plan -no-color -input=false -detailed-exitcode\n"; got != want {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}
}

func TestChange(t *testing.T) {
	no := errors.New("no keyboard")
	const plan = "plan -no-color -input=false -detailed-exitcode -out=.textmill-plan\n"
	const apply = "apply -no-color -input=false .textmill-plan\n"
	for name, c := range map[string]struct {
		how     string
		approve func(context.Context) (bool, error)
		asked   string
		is      error // what the error is; nil if there is none
	}{
		"approved":        {"plan=2;apply=0", answer(true, nil), plan + apply, nil},
		"nothing to do":   {"plan=0", answer(false, no), plan, nil},
		"refused":         {"plan=2", answer(false, nil), plan, ErrNotApproved},
		"nobody to ask":   {"plan=2", nil, plan, ErrNotApproved},
		"failed to ask":   {"plan=2", answer(true, no), plan, no},
		"failed to plan":  {"plan=1", answer(true, nil), plan, errAny},
		"failed to apply": {"plan=2;apply=1", answer(true, nil), plan + apply, errAny},
	} {
		t.Run(name, func(t *testing.T) {
			tf, _ := fakeTerraform(t, c.how)
			tf.Approve = c.approve
			err := tf.Apply(t.Context())
			if (err == nil) != (c.is == nil) || c.is != errAny && !errors.Is(err, c.is) {
				t.Errorf("%v, want %v", err, c.is)
			}
			if got := asked(t, tf); got != c.asked {
				t.Errorf("asked for\n%swant\n%s", got, c.asked)
			}
			if _, err := os.Stat(filepath.Join(tf.Dir, planFile)); err == nil {
				t.Error("the plan was left")
			}
		})
	}
}

var errAny = errors.New("any")

func TestDestroy(t *testing.T) {
	tf, _ := fakeTerraform(t, "plan=2;apply=0")
	tf.Approve = answer(true, nil)
	if err := tf.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = "plan -no-color -input=false -detailed-exitcode -destroy -out=.textmill-plan\napply -no-color -input=false .textmill-plan\n"
	if got := asked(t, tf); got != want {
		t.Errorf("asked for\n%swant\n%s", got, want)
	}
}

// canceler cancels once something was said.
type canceler struct {
	io.Writer
	cancel context.CancelCauseFunc
}

func (c canceler) Write(b []byte) (int, error) {
	c.cancel(errStopped)
	return c.Writer.Write(b)
}

var errStopped = errors.New("stopped by the test")

// Terraform is interrupted, once, and has the time to put down what it has made.
func TestInterrupted(t *testing.T) {
	tf, said := fakeTerraform(t, "plan=hang")
	ctx, cancel := context.WithCancelCause(t.Context())
	tf.Stdout = canceler{said, cancel}
	if _, err := tf.Plan(ctx); !errors.Is(err, errStopped) {
		t.Errorf("%v", err)
	}
	if got := asked(t, tf); strings.Count(got, "interrupted") != 1 {
		t.Errorf("it was not interrupted once: %q", got)
	}
}

// One that does not stop is killed when its time is up.
func TestDeaf(t *testing.T) {
	tf, said := fakeTerraform(t, "plan=deaf")
	ctx, cancel := context.WithCancelCause(t.Context())
	tf.Stdout = canceler{said, cancel}
	tf.Patience = time.Millisecond
	if _, err := tf.Plan(ctx); !errors.Is(err, errStopped) {
		t.Errorf("%v", err)
	}
}

func TestStoppedBefore(t *testing.T) {
	tf, _ := fakeTerraform(t, "plan=2;apply=0")
	ctx, cancel := context.WithCancelCause(t.Context())
	tf.Approve = func(context.Context) (bool, error) {
		cancel(errStopped)
		return true, nil
	}
	if err := tf.Apply(ctx); !errors.Is(err, errStopped) {
		t.Errorf("%v", err)
	}
	if strings.Contains(asked(t, tf), "apply") {
		t.Error("it was applied")
	}
}

func TestOutputs(t *testing.T) {
	const all = `{"account":{"value":"1"},"bucket":{"value":"2"},"store":{"value":"3"},"repository":{"value":"4"},"image":{"value":""},"state_machine":{"value":""},"jobs_queue":{"value":"5"},"steady_queue":{"value":"6"},"topic":{"value":"7"},"dashboard":{"value":"8"},"deploy_policies":{"type":["tuple",["string"]],"value":["9"]}}`
	tf, _ := fakeTerraform(t, "output="+all)
	got, err := tf.Outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Outputs{Account: "1", Bucket: "2", Store: "3", Repository: "4", JobsQueue: "5", SteadyQueue: "6", Topic: "7", Dashboard: "8"}
	if *got != want {
		t.Errorf("%+v, want %+v", *got, want)
	}
	for _, bad := range []string{"{}", "[]", "", "1", "endless", strings.Replace(all, `"3"`, "3", 1)} {
		tf, _ := fakeTerraform(t, "output="+bad)
		if got, err := tf.Outputs(t.Context()); err == nil {
			t.Errorf("%s: %+v", bad, got)
		}
	}
}
