package infra

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// Terraform runs the terraform executable in a directory that [Write] has written.
// Its methods are not to be called concurrently. When ctx is done, terraform is
// interrupted: it finishes what it is making, saves its state, and the method returns
// the cause.
type Terraform struct {
	Dir string

	// Path is that of the executable. If empty, terraform is looked for in PATH.
	Path string

	// Stdout and Stderr get what terraform says, as it does. If nil, it is thrown away.
	Stdout, Stderr io.Writer

	// Approve is asked, once what is going to change has been said on Stdout, whether
	// to go ahead. If it is nil, nothing is changed, which is an error.
	Approve func(ctx context.Context) (bool, error)

	// Env is added to the environment of this process.
	Env []string

	// Patience is how long terraform may take to stop when it is interrupted, before it
	// is killed. If 0, it is 10 minutes: a cut off run leaves what the state does not
	// know of.
	Patience time.Duration
}

// ErrNotApproved is returned if [Terraform].Approve says no, or there is none.
var ErrNotApproved = errors.New("not approved, nothing was changed")

// ErrNotInstalled is returned if there is no terraform.
var ErrNotInstalled = errors.New("terraform is not installed, or not in PATH: see https://developer.hashicorp.com/terraform/install")

// Version of terraform that the module needs at least.
const minMajor, minMinor = 1, 5

const (
	planFile  = ".textmill-plan"
	maxOutput = 4 << 20 // bytes of JSON that are read of terraform
)

// Init fetches the provider and sets up where the state is kept. It can be done again.
func (t *Terraform) Init(ctx context.Context) error {
	if err := t.checkVersion(ctx); err != nil {
		return err
	}
	return t.run(ctx, "init")
}

// Plan says what Apply would change, and returns whether that is anything.
func (t *Terraform) Plan(ctx context.Context) (bool, error) {
	return t.plan(ctx)
}

// Apply changes what is on AWS to what the directory says, after Approve.
func (t *Terraform) Apply(ctx context.Context) error { return t.change(ctx) }

// Destroy takes everything down, after Approve.
func (t *Terraform) Destroy(ctx context.Context) error { return t.change(ctx, "-destroy") }

// change does exactly what was planned and approved.
func (t *Terraform) change(ctx context.Context, args ...string) error {
	file := filepath.Join(t.Dir, planFile)
	defer os.Remove(file)
	changes, err := t.plan(ctx, append(args, "-out="+planFile)...)
	if err != nil || !changes {
		return err
	}
	if t.Approve == nil {
		return ErrNotApproved
	}
	switch ok, err := t.Approve(ctx); {
	case err != nil:
		return err
	case !ok:
		return ErrNotApproved
	}
	return t.run(ctx, "apply", planFile)
}

func (t *Terraform) plan(ctx context.Context, args ...string) (bool, error) {
	const someChanges = 2 // exit status, with -detailed-exitcode
	err := t.run(ctx, "plan", append([]string{"-detailed-exitcode"}, args...)...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == someChanges {
		return true, nil
	}
	return false, err
}

// Outputs are what the module tells of what it has made.
type Outputs struct {
	Account      string // number of the account
	Bucket       string // its name
	Store        string // URL of the run
	Repository   string // where to push images, such as ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME
	Image        string // digest of the image that jobs run; "" if there is none yet
	StateMachine string // ARN; "" if there is no image yet
	JobsQueue    string // ARN
	SteadyQueue  string // ARN
	Topic        string // ARN
	Dashboard    string // URL
}

// Outputs returns what the last Apply has made. It is an error if there was none.
func (t *Terraform) Outputs(ctx context.Context) (*Outputs, error) {
	b, err := t.read(ctx, "output", "-json")
	if err != nil {
		return nil, err
	}
	var values map[string]struct{ Value any }
	if err := json.Unmarshal(b, &values); err != nil {
		return nil, fmt.Errorf("infra: terraform output: %w", err)
	}
	o := new(Outputs)
	for name, to := range map[string]*string{
		"account": &o.Account, "bucket": &o.Bucket, "store": &o.Store, "repository": &o.Repository, "image": &o.Image,
		"state_machine": &o.StateMachine, "jobs_queue": &o.JobsQueue, "steady_queue": &o.SteadyQueue,
		"topic": &o.Topic, "dashboard": &o.Dashboard,
	} {
		var ok bool
		if *to, ok = values[name].Value.(string); !ok {
			return nil, fmt.Errorf("infra: terraform in %s has no output %s: apply it first", t.Dir, name)
		}
	}
	return o, nil
}

// checkVersion returns an error if terraform is not there or too old.
func (t *Terraform) checkVersion(ctx context.Context) error {
	b, err := t.read(ctx, "version", "-json")
	if err != nil {
		return err
	}
	var v struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("infra: terraform version does not say a version: %w", err)
	}
	parts := strings.SplitN(v.Version, ".", 3)
	if len(parts) < 2 {
		return fmt.Errorf("infra: terraform version says %q, which is no version", v.Version)
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("infra: terraform version says %q, which is no version", v.Version)
	}
	if major < minMajor || major == minMajor && minor < minMinor {
		return fmt.Errorf("infra: terraform is version %s: the module needs %d.%d or later", v.Version, minMajor, minMinor)
	}
	return nil
}

// path returns the absolute path of the executable.
func (t *Terraform) path() (string, error) {
	found, err := exec.LookPath(cmp.Or(t.Path, "terraform"))
	if err != nil {
		return "", fmt.Errorf("infra: %w: %w", ErrNotInstalled, err)
	}
	return filepath.Abs(found)
}

// run runs a command of terraform and hands on what it says.
func (t *Terraform) run(ctx context.Context, name string, args ...string) error {
	args = append([]string{"-input=false"}, args...)
	if f, ok := t.Stdout.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		args = append([]string{"-no-color"}, args...)
	}
	return t.start(ctx, t.Stdout, name, args...)
}

// read runs a command of terraform and returns what it says.
func (t *Terraform) read(ctx context.Context, name string, args ...string) ([]byte, error) {
	out := new(limited)
	err := t.start(ctx, out, name, args...)
	return out.kept, err
}

func (t *Terraform) start(ctx context.Context, stdout io.Writer, name string, args ...string) error {
	path, err := t.path()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, append([]string{name}, args...)...)
	cmd.Dir = t.Dir
	cmd.Stdout, cmd.Stderr = stdout, t.Stderr
	// Its advice on what to type next is for people who run terraform themselves.
	cmd.Env = append(os.Environ(), append([]string{"TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"}, t.Env...)...)
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = cmp.Or(t.Patience, 10*time.Minute)
	alone(cmd)
	err = cmd.Run()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("infra: terraform %s: %w", name, context.Cause(ctx))
	case errors.As(err, &failed):
		return fmt.Errorf("infra: terraform %s in %s failed, it has said why: %w", name, t.Dir, err)
	}
	return fmt.Errorf("infra: terraform %s in %s: %w", name, t.Dir, err)
}

// limited keeps up to maxOutput bytes. It has no other methods, or they would be used
// to write more.
type limited struct{ kept []byte }

func (l *limited) Write(b []byte) (int, error) {
	if len(l.kept)+len(b) > maxOutput {
		return 0, fmt.Errorf("more than %d bytes", maxOutput)
	}
	l.kept = append(l.kept, b...)
	return len(b), nil
}
