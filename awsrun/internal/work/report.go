package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/manifest"
)

// A StepReport is what a step came to.
type StepReport struct {
	Progress

	// Report is the sum of those of all shards, without their inputs and outputs.
	Report textmill.Report `json:"report"`
}

// A Total is what a run came to.
type Total struct {
	Steps      []StepReport `json:"steps"`
	Quarantine []Note       `json:"quarantine"`      // by step, and in order of its shards
	Stale      []string     `json:"stale,omitempty"` // files that are no part of the run any more
	Digest     string       `json:"digest"`          // of the manifest; "" while the run is not finished
}

// Finished reports whether nothing is left to be done.
func (t Total) Finished() bool {
	return !slices.ContainsFunc(t.Steps, func(s StepReport) bool { return !s.Listed || s.Pending() > 0 })
}

// manifestFile is where the manifest is.
const manifestFile = "manifest.json"

// Report adds up what the shards of all steps came to. If nothing is left to do, it
// writes the report and the manifest; it is an error if a file that belongs there is
// gone. Files of which temporary is true are left out, since they will not stay.
func (r *Run) Report(ctx context.Context, temporary func(name string) bool) (Total, error) {
	t := Total{Quarantine: []Note{}}
	c := &collector{run: r, temporary: temporary, made: files{}}
	var err error
	if c.manifest, err = r.manifest(); err != nil {
		return t, BadSettings(err)
	}
	err = r.eachList(ctx, func(step string, l *List) error {
		s, notes, err := c.step(ctx, step, l)
		t.Steps, t.Quarantine = append(t.Steps, s), append(t.Quarantine, notes...)
		return err
	})
	if err != nil || !t.Finished() {
		return t, err
	}
	if err := c.checkPublished(ctx); err != nil {
		return t, err
	}
	if t.Stale, err = c.stale(ctx); err != nil {
		return t, err
	}
	c.fill()
	if t.Digest = c.manifest.Seal(); r.looking {
		return t, nil
	}
	if err := manifest.WriteJSON(ctx, r.Store, spec.ReportFile, t.record()); err != nil {
		return t, err
	}
	return t, c.manifest.Write(ctx, r.Store, manifestFile)
}

// record returns t without times, and without what an earlier run has left.
func (t Total) record() Total {
	t.Stale = nil
	t.Steps = slices.Clone(t.Steps)
	for i := range t.Steps {
		t.Steps[i].Report = t.Steps[i].Report.WithoutTimes()
	}
	return t
}

// A collector goes through the reports of all steps.
type collector struct {
	run       *Run
	temporary func(name string) bool
	manifest  *manifest.Manifest
	lists     []List
	shards    []shard // for the manifest
	made      files   // all outputs that count, temporary ones too
}

// A shard is one of the manifest's.
type shard struct {
	name   string
	report textmill.Report
}

func (c *collector) step(ctx context.Context, step string, l *List) (s StepReport, notes []Note, err error) {
	var states []state
	if s.Progress, states, err = c.run.progress(ctx, step, l); err != nil || l == nil {
		return s, nil, err
	}
	c.lists = append(c.lists, *l)
	for i, shard := range l.Shards {
		if states[i] != putAside {
			continue
		}
		n, err := c.run.note(ctx, step, noteOf(shard.Name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // released since
		}
		if err != nil {
			return s, nil, err
		}
		notes = append(notes, n)
	}
	for f, err := range c.run.reports(ctx, *l, finishedOf(*l, states)) {
		if err != nil {
			return s, nil, err
		}
		c.add(&s.Report, step, f.Shard, f.Report)
	}
	return s, notes, nil
}

// add adds the report of a shard to the sum of its step, and keeps what the manifest
// has of it.
func (c *collector) add(sum *textmill.Report, step, name string, r textmill.Report) {
	for _, o := range r.Outputs {
		c.made[o.Name] = o.Bytes
	}
	kept := textmill.Report{Read: r.Read, Added: r.Added, Written: r.Written, Dropped: r.Dropped, Errors: r.Errors, Inputs: r.Inputs}
	kept.Outputs = slices.DeleteFunc(slices.Clone(r.Outputs), func(o textmill.Object) bool { return !c.isPublished(o.Name) })
	c.shards = append(c.shards, shard{step + "/" + name, kept})
	r.Inputs, r.Outputs = nil, nil
	sum.Add(r)
}

// fill adds all shards to the manifest, in order of name, so that it need not move any.
func (c *collector) fill() {
	slices.SortFunc(c.shards, func(a, b shard) int { return strings.Compare(a.name, b.name) })
	for _, s := range c.shards {
		c.manifest.Add(s.name, s.report)
	}
}

func (c *collector) isPublished(name string) bool {
	return !strings.HasPrefix(name, spec.Work+"/") && !c.temporary(name)
}

// manifest returns one that has the steps of the plan.
func (r *Run) manifest() (*manifest.Manifest, error) {
	var steps []manifest.Step
	for _, s := range r.Plan {
		step := manifest.Step{Name: s.Name}
		var err error
		if p, ok := s.Job.(*textmill.Pipeline); ok {
			step.Stages, err = textmill.Describe(p.Stages...)
		} else {
			step.Stages, err = describe(s.Job)
		}
		if err != nil {
			return nil, fmt.Errorf("describe step %s for the manifest: %w", s.Name, err)
		}
		steps = append(steps, step)
	}
	id := r.Identity
	id.Program = nil // the manifest has it already
	return manifest.New(id, steps...)
}

// describe records a job that is no pipeline by its exported fields.
func describe(j textmill.Job) ([]textmill.StageInfo, error) {
	b, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("%T: mark fields that are no settings with the tag `json:\"-\"`: %w", j, err)
	}
	return []textmill.StageInfo{{Type: fmt.Sprintf("%T", j), Settings: b}}, nil
}
