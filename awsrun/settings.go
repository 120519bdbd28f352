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
	fs.SetOutput(io.Discard)
	fs.StringVar(&p.storeURL, "store", p.getenv(spec.EnvStore), "where the run is: a `directory`, s3://bucket/prefix, or aws for the place where the deployment has it (default out/"+p.Name+")")
	fs.StringVar(&p.AWS.Prefix, "prefix", p.AWS.Prefix, "where in its bucket the deployment has the run")
	if p.Flags != nil {
		p.Flags.VisitAll(func(f *flag.Flag) {
			fs.Var(&recorded{f.Value, f.Name, &p.settings}, f.Name, f.Usage)
			fs.Lookup(f.Name).DefValue = f.DefValue
		})
	}
	fs.Usage = func() {
		p.usage()
		fs.SetOutput(p.stderr)
		fs.PrintDefaults()
	}
	if env := p.getenv(spec.EnvSettings); env != "" {
		var settings []string
		if err := json.Unmarshal([]byte(env), &settings); err != nil {
			return nil, usageError("%s is not a JSON array of strings: %v", spec.EnvSettings, err)
		}
		if err := fs.Parse(settings); err != nil || fs.NArg() > 0 {
			return nil, usageError("%s: %v %q", spec.EnvSettings, err, fs.Args())
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, usageError("%v", err)
	}
	// A flag that is given twice keeps its order; that of different ones says nothing.
	slices.SortStableFunc(p.settings, func(a, b string) int { return cmp.Compare(flagName(a), flagName(b)) })
	return fs.Args(), nil
}

func flagName(setting string) string {
	name, _, _ := strings.Cut(setting, "=")
	return name
}

// recorded is a flag that keeps what it was set to.
type recorded struct {
	flag.Value
	name string
	to   *[]string
}

func (r *recorded) Set(s string) error {
	if err := r.Value.Set(s); err != nil {
		return err
	}
	*r.to = append(*r.to, fmt.Sprintf("-%s=%s", r.name, s))
	return nil
}

// String is called for the zero value too, by package flag.
func (r *recorded) String() string {
	if r.Value == nil {
		return ""
	}
	return r.Value.String()
}

// IsBoolFlag lets -name stand for -name=true, where it does so for the flag itself.
func (r *recorded) IsBoolFlag() bool {
	b, ok := r.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
