package awsrun

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/storage"
)

// cloud returns the client of the deployment.
func (p *program) cloud(ctx context.Context) (*cloud.Client, error) {
	return cloud.Open(ctx, cloud.Options{Name: p.Name, Region: p.region()})
}

// deployedStore returns the URL of the place where the deployment has its run.
func (p *program) deployedStore(ctx context.Context) (string, error) {
	c, err := p.cloud(ctx)
	if err != nil {
		return "", err
	}
	d, err := p.describe(nil, "")
	if err != nil {
		return "", err
	}
	bucket, err := c.Bucket(ctx, d)
	if err != nil {
		return "", err
	}
	if d.Prefix != "" {
		bucket += "/" + d.Prefix
	}
	return "s3://" + bucket, nil
}

// useDeployed makes the place where the deployment has its run the store, unless another
// was given.
func (p *program) useDeployed() { p.storeURL = cmp.Or(p.storeURL, "aws") }

// outline returns the deployment, for which the plan is built over a store that holds
// nothing: its steps are the same wherever it is.
func (p *program) outline(ctx context.Context, image string) (*spec.Deployment, error) {
	r, err := p.open(ctx, new(storage.Memory))
	if err != nil {
		return nil, err
	}
	return p.describe(r.Plan, image)
}

// start begins a run, or goes on with one.
func (p *program) start(ctx context.Context, fs *flag.FlagSet, args []string) error {
	name := fs.String("name", "", "of the execution (default: made of the time)")
	retry := fs.Bool("retry", false, retryUsage)
	redrive := fs.Bool("redrive", false, "go on with the last execution, as it was deployed then, instead of starting a new one")
	wait := fs.Bool("wait", false, "wait for the end, and tell how far it is meanwhile")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	p.useDeployed()
	c, err := p.cloud(ctx)
	if err != nil {
		return err
	}
	if err := p.guard(ctx); err != nil {
		return err
	}
	if *retry {
		r, err := p.openToLook(ctx)
		if err != nil {
			return err
		}
		if err := p.tryAgain(ctx, r); err != nil {
			return notReached(err)
		}
	}
	e, err := begin(ctx, c, *redrive, *name)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "started %s\n", e.ARN)
	if !*wait {
		return nil
	}
	return p.wait(ctx, c, e.ARN)
}

// begin starts an execution, or redrives the last one.
func begin(ctx context.Context, c *cloud.Client, redrive bool, name string) (cloud.Execution, error) {
	if !redrive {
		return c.Start(ctx, executionName(name))
	}
	e, err := c.Latest(ctx)
	if err != nil {
		return e, err
	}
	return e, c.Redrive(ctx, e.ARN)
}

func executionName(name string) string {
	if name == "" {
		name = time.Now().UTC().Format("run-20060102-150405")
	}
	return name
}

// wait shows how far a run is until it ends. How it ended is the error.
func (p *program) wait(ctx context.Context, c *cloud.Client, run string) error {
	last := ""
	s, err := c.Wait(ctx, run, func(s cloud.Status) {
		line := fmt.Sprintf("%s: %s", s.Execution.Status, s.State)
		if n := len(s.Maps); n > 0 {
			m := s.Maps[n-1]
			line += fmt.Sprintf(": %d of %d jobs done, %d failed", m.Succeeded, m.Total, m.Failed)
		}
		if line != last {
			fmt.Fprintln(p.stderr, line)
			last = line
		}
	})
	if err != nil {
		return err
	}
	if err := s.Print(p.stdout); err != nil {
		return err
	}
	if s.Execution.Status != "SUCCEEDED" {
		return fmt.Errorf("the run ended as %s: %s", s.Execution.Status, s.Error)
	}
	return nil
}

// status tells how far the run is: what Step Functions says, and what is in the store.
func (p *program) status(ctx context.Context, flags *flag.FlagSet, args []string) error {
	asJSON := flags.Bool("json", false, "print JSON")
	wait := flags.Bool("wait", false, "wait for the end")
	if _, err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	c, err := p.cloud(ctx)
	if err != nil {
		return err
	}
	if *wait {
		return p.wait(ctx, c, "")
	}
	s, err := c.Status(ctx, "")
	if err != nil {
		return err
	}
	p.useDeployed()
	var steps []work.Progress
	r, err := p.openToLook(ctx)
	if err == nil {
		steps, err = r.Progress(ctx)
	}
	if *asJSON {
		out := struct {
			cloud.Status
			Steps []work.Progress `json:"steps"`
			Note  string          `json:"note,omitempty"` // why Steps is not known
		}{Status: s, Steps: steps}
		if err != nil {
			out.Note = err.Error()
		}
		return writeJSON(p.stdout, out)
	}
	if err := s.Print(p.stdout); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout)
	if err != nil {
		fmt.Fprintf(p.stdout, "how far the steps are is not known: %v\n", notReached(err))
		return nil
	}
	printProgress(p.stdout, steps)
	return nil
}

// notReached adds to an error what may be done about it.
func notReached(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w\nthe bucket can be reached from the jobs' network, and by those in awsrun.Config.AWS.Admins", err)
	}
	return err
}

// logs prints what the jobs of all steps, or of one, have logged.
func (p *program) logs(ctx context.Context, fs *flag.FlagSet, args []string) error {
	follow := fs.Bool("follow", false, "go on with what is logged from now on")
	since := fs.Duration("since", 0, "how far back, as in 2h (default: as far as logs are kept)")
	filter := fs.String("filter", "", "only lines that match, as in '{ $.level = \"ERROR\" }'")
	last := fs.Int("last", 0, "only so many lines, the latest (default: all)")
	stream := fs.String("stream", "", "only this `stream`, of one attempt at a job, as status names it")
	asJSON := fs.Bool("json", false, "print a JSON object for each line")
	rest, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	d, err := p.outline(ctx, "")
	if err != nil {
		return err
	}
	o := cloud.LogOptions{Filter: *filter, Last: *last, Stream: *stream, Follow: *follow}
	if o.Jobs, err = logJobs(d, rest); err != nil {
		return err
	}
	if *since > 0 {
		o.Since = time.Now().Add(-*since)
	}
	c, err := p.cloud(ctx)
	if err != nil {
		return err
	}
	for e, err := range c.Logs(ctx, o) {
		if err != nil {
			return err
		}
		if *asJSON {
			err = writeLine(p.stdout, e)
		} else {
			_, err = fmt.Fprintln(p.stdout, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// logJobs returns the keys of the job definitions whose logs are asked for.
func logJobs(d *spec.Deployment, step []string) ([]string, error) {
	var jobs []string
	if len(step) == 0 {
		jobs = append(jobs, spec.ControlJob)
	}
	for _, s := range d.Steps {
		if len(step) == 0 || step[0] == s.Name {
			jobs = append(jobs, spec.StepJob(s.Name), spec.LargeJob(s.Name))
		}
	}
	if len(jobs) == 0 {
		return nil, usageError("the plan has no step %q", step[0])
	}
	return jobs, nil
}
