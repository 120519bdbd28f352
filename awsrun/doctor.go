package awsrun

import (
	"context"
	"errors"
	"flag"
	"os/exec"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/states"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// doctor looks for what is missing or wrong, here and on AWS.
func (p *program) doctor(ctx context.Context, fs *flag.FlagSet, args []string) error {
	asJSON := fs.Bool("json", false, "print JSON")
	digest := fs.String("image", "", "the `digest` of the image that should be deployed, as the command image prints it (default: any)")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	d, err := p.outline(ctx, *digest)
	if err != nil {
		return err
	}
	definition, err := states.Machine(d)
	if err != nil {
		return work.BadSettings(err)
	}
	c, err := p.cloud(ctx)
	if err != nil {
		return err
	}
	findings := append(p.tools(ctx), c.Doctor(ctx, d, definition)...)
	if *asJSON {
		err = writeJSON(p.stdout, findings)
	} else {
		err = findings.Print(p.stdout)
	}
	if err == nil && findings.Failed() {
		err = usageError("something is wrong: see above")
	}
	return err
}

// tools looks for the programs that commands need on this machine.
func (p *program) tools(ctx context.Context) cloud.Findings {
	var out cloud.Findings
	for _, t := range []struct{ name, needed, do string }{
		{"terraform", "deploy and destroy", "install Terraform 1.5 or later: https://developer.hashicorp.com/terraform/install"},
		{"go", "image and deploy", "install Go: https://go.dev/dl, or give them a compiled program with -binary"},
	} {
		f := cloud.Finding{Check: t.name, Level: cloud.OK, Message: "is here"}
		if _, err := exec.LookPath(t.name); err != nil && !errors.Is(err, exec.ErrDot) {
			f.Level, f.Message, f.Do = cloud.Warning, "is not here; "+t.needed+" need it", t.do
		}
		out = append(out, f)
	}
	return out
}
