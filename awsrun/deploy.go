package awsrun

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/infra"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// synth writes what deploy would apply.
func (p *program) synth(ctx context.Context, fs *flag.FlagSet, args []string) error {
	digest := fs.String("image", "", "the `digest` of the image, as the command image prints it; without it, no jobs and no state machine are made yet")
	rest, err := parse(fs, args, 1, 1)
	if err != nil {
		return err
	}
	d, err := p.outline(ctx, *digest)
	if err != nil {
		return err
	}
	if err := writeModule(rest[0], d); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s holds the Terraform module of %s: %d steps\n", rest[0], d.Name, len(d.Steps))
	return err
}

func writeModule(dir string, d *spec.Deployment) error {
	machine, err := states.Machine(d)
	if err != nil {
		return work.BadSettings(err)
	}
	return work.BadSettings(infra.Write(dir, d, machine))
}

// moduleFlags say where Terraform's files are.
type moduleFlags struct {
	dir string
	yes bool
}

func (f *moduleFlags) add(fs *flag.FlagSet, name string) {
	fs.StringVar(&f.dir, "dir", "deploy/"+name, "the `folder` of Terraform's files and its state")
	fs.BoolVar(&f.yes, "yes", false, "do not ask")
}

// terraform returns Terraform in the folder.
func (p *program) terraform(f moduleFlags) *infra.Terraform {
	return &infra.Terraform{Dir: f.dir, Stdout: p.stdout, Stderr: p.stderr, Approve: func(ctx context.Context) (bool, error) {
		return f.yes || p.ask(ctx, "Go ahead? Only \"yes\" will do: "), nil
	}}
}

// ask asks a question, on the terminal.
func (p *program) ask(ctx context.Context, question string) bool {
	fmt.Fprint(p.stderr, question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		answer <- line
	}()
	select {
	case a := <-answer:
		return strings.TrimSpace(a) == "yes"
	case <-ctx.Done():
		return false
	}
}

// deploy makes everything: the image first, as its digest is part of the rest, then the
// rest, and last it sends the image to the repository that is there by then.
func (p *program) deploy(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var i imageFlags
	var m moduleFlags
	i.add(fs)
	m.add(fs, p.Name)
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	d, err := p.outline(ctx, "") // before anything takes long
	if err != nil {
		return err
	}
	img, err := p.makeImage(ctx, i)
	if err != nil {
		return err
	}
	defer img.close()
	d.Image = img.digest
	if err := writeModule(m.dir, d); err != nil {
		return err
	}
	t := p.terraform(m)
	if err := t.Init(ctx); err != nil {
		return err
	}
	if err := t.Apply(ctx); err != nil {
		return err
	}
	if err := p.push(ctx, img); err != nil {
		return err
	}
	out, err := t.Outputs(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "deployed %s\n  store      %s\n  dashboard  %s\nnow: %s doctor, %s start\n", p.Name, out.Store, out.Dashboard, p.called, p.called)
	return err
}

// destroy takes everything down.
func (p *program) destroy(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var m moduleFlags
	m.add(fs, p.Name)
	data := fs.Bool("data", false, "remove what is in the bucket and in the image repository too; without it, these have to be empty")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	t := p.terraform(m)
	if *data { // the provider goes by what was applied last
		t.Env = []string{"TF_VAR_force_destroy=true"}
		if err := t.Apply(ctx); err != nil {
			return err
		}
	}
	return t.Destroy(ctx)
}
