package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/manifest"
)

// A Progress is how far a step is.
type Progress struct {
	Step        string `json:"step"`
	Listed      bool   `json:"listed"`
	Shards      int    `json:"shards"`
	Bytes       int64  `json:"bytes"` // of the stored inputs of all shards
	Done        int    `json:"done"`
	Quarantined int    `json:"quarantined"`
}

// Pending returns how many shards are to be done.
func (p Progress) Pending() int { return p.Shards - p.Done - p.Quarantined }

// Progress returns how far each step is.
func (r *Run) Progress(ctx context.Context) ([]Progress, error) {
	var out []Progress
	for _, s := range r.Plan {
		p := Progress{Step: s.Name}
		l, err := r.ReadList(ctx, s.Name)
		if errors.Is(err, fs.ErrNotExist) {
			out = append(out, p)
			continue
		}
		if err != nil {
			return nil, err
		}
		states, err := r.states(ctx, l)
		if err != nil {
			return nil, err
		}
		p.Listed, p.Shards = true, len(l.Shards)
		for i, s := range states {
			p.Bytes += l.Shards[i].Size
			switch s {
			case finished:
				p.Done++
			case putAside:
				p.Quarantined++
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// A StepReport is what a step came to.
type StepReport struct {
	Progress
	Report textmill.Report `json:"report"`
}

// A Total is what a run came to.
type Total struct {
	Steps      []StepReport `json:"steps"`
	Quarantine []Note       `json:"quarantine"` // by step, and in order of the files' names
	Digest     string       `json:"digest"`     // of the manifest; "" while the run is not finished
}

// Finished reports whether nothing is left to be done.
func (t Total) Finished() bool {
	return !slices.ContainsFunc(t.Steps, func(s StepReport) bool { return !s.Listed || s.Pending() > 0 })
}

// Report adds up what the shards of all steps came to. If nothing is left to do, it
// writes the report and the manifest. Files of which temporary is true are left out of
// the manifest, since they will not stay.
func (r *Run) Report(ctx context.Context, temporary func(name string) bool) (Total, error) {
	progress, err := r.Progress(ctx)
	if err != nil {
		return Total{}, err
	}
	t := Total{Quarantine: []Note{}}
	m, err := r.manifest()
	if err != nil {
		return t, err
	}
	for _, p := range progress {
		s := StepReport{Progress: p}
		if p.Listed {
			if s.Report, err = r.collect(ctx, p.Step, m, temporary); err != nil {
				return t, err
			}
		}
		for note, err := range r.Quarantine(ctx, p.Step) {
			if err != nil {
				return t, err
			}
			t.Quarantine = append(t.Quarantine, note)
		}
		t.Steps = append(t.Steps, s)
	}
	if !t.Finished() {
		return t, nil
	}
	t.Digest = m.Seal()
	if err := manifest.WriteJSON(ctx, r.Store, spec.ReportFile, t.record()); err != nil {
		return t, err
	}
	return t, m.Write(ctx, r.Store, "manifest.json")
}

// record returns t without times, and without what is in the manifest.
func (t Total) record() Total {
	t.Steps = slices.Clone(t.Steps)
	for i, s := range t.Steps {
		s.Report = s.Report.WithoutTimes()
		s.Report.Inputs, s.Report.Outputs = nil, nil
		t.Steps[i] = s
	}
	return t
}

// collect adds up the reports of a step, and puts them into the manifest.
func (r *Run) collect(ctx context.Context, step string, m *manifest.Manifest, temporary func(string) bool) (textmill.Report, error) {
	var total textmill.Report
	l, err := r.ReadList(ctx, step)
	if err != nil {
		return total, err
	}
	reports, err := r.reports(ctx, l)
	if err != nil {
		return total, err
	}
	for i, rep := range reports {
		if rep == nil {
			continue
		}
		if err := rep.Check(); err != nil {
			return total, fmt.Errorf("step %s: shard %s: %w", step, l.Shards[i].Name, err)
		}
		kept := *rep
		kept.Outputs = slices.DeleteFunc(slices.Clone(rep.Outputs), func(o textmill.Object) bool {
			return strings.HasPrefix(o.Name, spec.Work+"/") || temporary(o.Name)
		})
		m.Add(step+"/"+l.Shards[i].Name, kept)
		total.Add(*rep)
	}
	return total, nil
}

// readers is how many reports are read at once: a run may have a hundred thousand.
const readers = 32

// maxReport is the size in bytes up to which a report is read.
const maxReport = 64 << 20

// reports reads those of a list's shards. They are nil for shards that have none.
func (r *Run) reports(ctx context.Context, l List) ([]*textmill.Report, error) {
	out := make([]*textmill.Report, len(l.Shards))
	errs := make([]error, len(l.Shards))
	slots := make(chan struct{}, readers)
	var wg sync.WaitGroup
	for i, s := range l.Shards {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			var f checkpoint.Finished
			err := readJSON(ctx, r.Store, checkpoint.File(l.reportsDir(), s.Name), maxReport, &f)
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				errs[i] = err
			default:
				out[i] = &f.Report
			}
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
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
			return nil, fmt.Errorf("describe step %s: %w", s.Name, err)
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
		return nil, err
	}
	return []textmill.StageInfo{{Type: fmt.Sprintf("%T", j), Settings: b}}, nil
}
