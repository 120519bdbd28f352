package awsrun

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/storage"
)

// Main is the main function of a program that runs a plan: it does the command on the
// command line and exits with the status that tells how it went. See the package
// comment for the commands and the statuses.
//
// The function plan returns the same plan whenever it is called with the same settings
// and store. It is called once, after the flags were parsed, by the commands that need
// the plan.
func Main(plan func(ctx context.Context, store storage.Store) (textmill.Plan, error), c Config) {
	os.Exit(live(listen(), plan, c))
}

// live does the command on the command line within a lifetime, and returns the status.
func live(life *lifetime, plan func(context.Context, storage.Store) (textmill.Plan, error), c Config) int {
	defer life.end()
	p := &program{Config: c, called: filepath.Base(os.Args[0]), plan: plan, getenv: os.Getenv, stdout: os.Stdout, stderr: os.Stderr, life: life}
	return p.main(life.ctx, os.Args[1:])
}

// A program is one call of a command.
type program struct {
	Config
	called         string // how the program was called
	plan           func(context.Context, storage.Store) (textmill.Plan, error)
	getenv         func(string) string
	stdout, stderr io.Writer
	life           *lifetime

	storeURL string   // as given
	settings []string // flags of the plan, as given
	usage    func()   // prints what there is to be given
}

// A command is a word after the flags of the plan.
type command struct {
	name, args, summary string
	do                  func(p *program, ctx context.Context, fs *flag.FlagSet, args []string) error
}

// commands, in the order in which one comes to need them.
func commands() []command {
	return []command{
		{"run", "", "do everything on this machine", (*program).runHere},
		{"plan", "", "print the steps, and how far each is", (*program).showPlan},
		{"cost", "", "measure a few shards here, and tell what all would take on AWS", (*program).cost},
		{"list", "STEP", "write down the shards of a step", (*program).list},
		{"shards", "STEP A..B", "do shards A to B of a step, as a container does", (*program).shards},
		{"report", "", "print what has become of the documents; write it down when all is done", (*program).report},
		{"synth", "DIR", "write the Terraform module and the state machine", (*program).synth},
		{"image", "", "make the container image; push it, or write it to a file", (*program).image},
		{"deploy", "", "make or change everything on AWS: image, synth, terraform apply, push", (*program).deploy},
		{"start", "", "start a run on AWS, or go on with one", (*program).start},
		{"status", "", "tell how far the run on AWS is", (*program).status},
		{"logs", "[STEP]", "print what the containers log", (*program).logs},
		{"doctor", "", "look for what is missing or wrong, here and on AWS", (*program).doctor},
		{"destroy", "", "take down what deploy has made", (*program).destroy},
	}
}

// main does a command and returns the exit status.
func (p *program) main(ctx context.Context, args []string) int {
	err := p.command(ctx, args)
	if errors.Is(err, flag.ErrHelp) {
		return spec.ExitDone
	}
	if err != nil {
		p.complain(err)
	}
	return work.Classify(err).Status()
}

// complain says what went wrong: in the log of a container, or to a person.
func (p *program) complain(err error) {
	if p.inContainer() {
		p.logger().Error("stopped", "error", err.Error(), "class", work.Classify(err).String())
		return
	}
	fmt.Fprintf(p.stderr, "%s: %v\n", p.called, err)
}

func (p *program) command(ctx context.Context, args []string) error {
	if err := p.validate(); err != nil {
		return err
	}
	rest, err := p.parseSettings(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		p.usage()
		return usageError("name a command")
	}
	for _, c := range commands() {
		if c.name == rest[0] {
			return p.dispatch(ctx, c, rest[1:])
		}
	}
	return usageError("there is no command %q: see -help", rest[0])
}

// dispatch parses the flags of a command and does it. Each command adds its flags to
// the set and then parses it.
func (p *program) dispatch(ctx context.Context, c command, args []string) error {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line for an error, not the whole usage
	err := c.do(p, ctx, fs, args)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(p.stderr)
		fmt.Fprintf(p.stderr, "usage: %s\n\n%s.\n\n", strings.TrimSpace(fmt.Sprintf("%s [settings] %s [flags] %s", p.called, c.name, c.args)), sentence(c.summary))
		fs.PrintDefaults()
	}
	return err
}

// parse parses the flags of a command and returns its arguments, of which there have to
// be at least and at most so many.
func parse(fs *flag.FlagSet, args []string, least, most int) ([]string, error) {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, usageError("%s: %v", fs.Name(), err)
	}
	switch rest := fs.Args(); {
	case len(rest) < least:
		return nil, usageError("%s: an argument is missing: see \"%s -help\"", fs.Name(), fs.Name())
	case len(rest) > most:
		return nil, usageError("%s: unexpected argument %q", fs.Name(), rest[most])
	default:
		return rest, nil
	}
}

func sentence(s string) string { return string(s[0]-'a'+'A') + s[1:] }
