package awsrun

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cost"
	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// estimateFile is where the last estimate is in the store, which start holds against the
// budget.
const estimateFile = spec.Work + "/estimate.json"

// cost measures some shards, and tells what all would take.
func (p *program) cost(ctx context.Context, fs *flag.FlagSet, args []string) error {
	sample := fs.Int("sample", 1, "how many of the inputs to do here")
	slower := fs.Float64("slower", 2, "how much longer a vCPU of Fargate, half a core, takes than a core here")
	budget := fs.Float64("budget", p.AWS.Budget, "`dollars` that the run may cost; it is an error if it would cost more")
	save := fs.Bool("save", false, "keep the result in the store, where list takes the size of batches from, and start what the run would cost")
	asJSON := fs.Bool("json", false, "print JSON")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	if *sample < 1 || *slower <= 0 {
		return usageError("cost: -sample and -slower have to be positive")
	}
	m, err := p.measure(ctx, *sample)
	if err != nil {
		return err
	}
	e, err := p.estimate(m, *slower)
	if err != nil {
		return err
	}
	if *save {
		if err := p.saveEstimate(ctx, m.rates(*slower), e); err != nil {
			return err
		}
	}
	if *asJSON {
		err = writeJSON(p.stdout, e)
	} else {
		_, err = fmt.Fprintf(p.stdout, "%d of %d inputs were done here, %.1f of %.1f MB\n\n%s", m.Sample, m.All, float64(m.Used)/1e6, float64(m.Bytes)/1e6, e)
	}
	if err == nil {
		err = work.BadSettings(cost.Guard(e, *budget))
	}
	return err
}

// estimate scales a measurement to all inputs.
func (p *program) estimate(m measurement, slower float64) (*cost.Estimate, error) {
	if m.Sample == 0 {
		return nil, usageError("cost: there is no input")
	}
	d, err := p.describe(m.Plan, "")
	if err != nil {
		return nil, err
	}
	scale := float64(m.All) / float64(m.Sample)
	if m.Used > 0 {
		scale = float64(m.Bytes) / float64(m.Used)
	}
	var steps []cost.Step
	for i, s := range m.Steps {
		step := p.scaled(s, m, slower, scale)
		if i == 0 {
			step.BytesIn = m.Bytes // the others grow as this one does
		}
		steps = append(steps, step)
	}
	e, err := cost.New(d, steps, slower, fargate.USEast1())
	return e, work.BadSettings(err)
}

// scaled returns what a step is for all inputs. A step with a shard for each input gets
// as many as there are inputs; others divide the work in parts whose number stays.
func (p *program) scaled(s measuredStep, m measurement, slower, scale float64) cost.Step {
	out := cost.Step{
		Shards: s.Shards,
		Sample: cost.Sample{
			Shards: s.Shards, CoreSeconds: s.CoreSeconds,
			BytesIn: s.BytesIn, BytesOut: s.BytesOut, Gets: s.Gets, Puts: s.Puts,
		},
	}
	if s.Inputs {
		out.Shards = m.All
	}
	c := p.step(s.Name)
	perShard := 0.0
	if out.Shards > 0 {
		perShard = s.CoreSeconds * slower * scale / c.VCPU / float64(out.Shards)
	}
	out.Jobs = cost.Jobs(out.Shards, time.Duration(perShard*float64(time.Second)), c.BatchDuration)
	return out
}

func (p *program) saveEstimate(ctx context.Context, r rates, e *cost.Estimate) error {
	store, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	if err := manifest.WriteJSON(ctx, store, ratesFile, r); err != nil {
		return err
	}
	return manifest.WriteJSON(ctx, store, estimateFile, e)
}

// guard refuses a run that would cost more than the budget, or whose cost is not known
// although there is a budget.
func (p *program) guard(ctx context.Context) error {
	if p.AWS.Budget <= 0 {
		return nil
	}
	store, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	return guardStore(ctx, store, p.AWS.Budget)
}

func guardStore(ctx context.Context, store storage.Store, budget float64) error {
	var e *cost.Estimate
	err := work.ReadJSON(ctx, store, estimateFile, &e)
	if errors.Is(err, fs.ErrNotExist) || err == nil && e == nil {
		return usageError("there is a budget of %.2f dollars, and nothing is known of what the run would cost: run \"-store aws cost -save\" first", budget)
	}
	if err != nil {
		return err
	}
	return work.BadSettings(cost.Guard(e, budget))
}
