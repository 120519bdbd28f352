package awsrun

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// parseSettings parses what comes before the command, after what the environment of a
// container says, and returns the rest.
func (p *program) parseSettings(args []string) (rest []string, err error) {
	fs := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line for an error, not the whole usage
	fs.Usage = func() {}
	own := p.ownFlags()
	own.VisitAll(func(f *flag.Flag) { fs.Var(f.Value, f.Name, f.Usage) })
	if p.Flags == nil {
		p.Flags = flag.NewFlagSet(p.Name, flag.ContinueOnError)
	}
	p.Flags.VisitAll(func(f *flag.Flag) {
		if own.Lookup(f.Name) != nil {
			err = usageError("awsrun.Config.Flags has -%s, which every program has: call it otherwise", f.Name)
			return
		}
		fs.Var(&recorded{f.Value, f.Name, p}, f.Name, f.Usage)
	})
	if err != nil {
		return nil, err
	}
	p.usage = func() { p.printUsage(own, p.Flags) }
	if env := p.getenv(spec.EnvSettings); env != "" {
		var settings []string
		if err := json.Unmarshal([]byte(env), &settings); err != nil {
			return nil, usageError("%s is not a JSON array of strings: %v", spec.EnvSettings, err)
		}
		if err := fs.Parse(settings); err != nil {
			return nil, usageError("%s: %v", spec.EnvSettings, err)
		}
		if fs.NArg() > 0 {
			return nil, usageError("%s: %q is no flag", spec.EnvSettings, fs.Arg(0))
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			p.usage()
			return nil, err
		}
		return nil, usageError("%v: see -help", err)
	}
	// A flag that is given twice keeps its order; that of different ones says nothing.
	slices.SortStableFunc(p.settings, func(a, b string) int { return cmp.Compare(flagName(a), flagName(b)) })
	return fs.Args(), nil
}

// ownFlags returns the flags before the command that are not the plan's.
func (p *program) ownFlags() *flag.FlagSet {
	own := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	own.StringVar(&p.storeURL, "store", p.getenv(spec.EnvStore), "where the run is: a `directory`, s3://bucket/prefix, or aws for the place where the deployment has it (default out/"+p.Name+")")
	own.StringVar(&p.AWS.Prefix, "prefix", p.AWS.Prefix, "where in its bucket the deployment has the run")
	own.Func("reads", "a `bucket`, or bucket/prefix, that jobs may read besides; may be given several times", func(s string) error {
		p.AWS.Inputs = append(slices.Clip(p.AWS.Inputs), s)
		return nil
	})
	return own
}

func (p *program) printUsage(flags ...*flag.FlagSet) {
	fmt.Fprintf(p.stderr, "usage: %s [settings] COMMAND [flags] [arguments]\n\ncommands (each has -help):\n", p.called)
	for _, c := range commands() {
		fmt.Fprintf(p.stderr, "  %-17s %s\n", c.name+" "+c.args, c.summary)
	}
	fmt.Fprintf(p.stderr, "\nsettings, before the command:\n")
	for _, fs := range flags {
		fs.SetOutput(p.stderr)
		fs.PrintDefaults()
	}
}

func flagName(setting string) string {
	name, _, _ := strings.Cut(setting, "=")
	return name
}

// recorded is a flag of the plan. The program keeps what it was set to.
type recorded struct {
	flag.Value
	name string
	p    *program
}

func (r *recorded) Set(s string) error {
	if err := r.p.Flags.Set(r.name, s); err != nil { // so that it counts as set there too
		return err
	}
	r.p.settings = append(r.p.settings, fmt.Sprintf("-%s=%s", r.name, s))
	return nil
}

// IsBoolFlag lets -name stand for -name=true, where it does so for the flag itself.
func (r *recorded) IsBoolFlag() bool {
	b, ok := r.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
