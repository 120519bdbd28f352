package awsrun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
)

// openStore opens the store of the run.
func (p *program) openStore(ctx context.Context) (storage.Store, error) {
	url := p.storeURL
	switch {
	case url == "":
		url = "out/" + p.Name
	case url == "aws":
		var err error
		if url, err = p.deployedStore(ctx); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(url, "s3://") {
		return s3.Open(ctx, url, s3.Options{})
	}
	if strings.Contains(url, "://") {
		return nil, usageError("-store %s: use a directory, s3://bucket/prefix or aws", url)
	}
	return storage.Dir(url), nil
}

// open builds the plan over a store.
func (p *program) open(ctx context.Context, store storage.Store) (*work.Run, error) {
	plan, err := p.plan(ctx, store)
	if err != nil {
		return nil, work.OfRun(fmt.Errorf("make the plan: %w", err))
	}
	if err := validatePlan(plan); err != nil {
		return nil, err
	}
	r := &work.Run{Store: store, Plan: plan, Identity: p.identity(plan), Tolerated: map[string]bool{}}
	for _, s := range plan {
		r.Tolerated[s.Name] = p.step(s.Name).ToleratedFailurePercentage > 0
	}
	for name := range p.Steps {
		if _, ok := r.Tolerated[name]; !ok {
			return nil, usageError("awsrun.Config.Steps has %q, which is no step of the plan", name)
		}
	}
	return r, nil
}

// openRun builds the plan over the store of the run.
func (p *program) openRun(ctx context.Context) (*work.Run, error) {
	store, err := p.openStore(ctx)
	if err != nil {
		return nil, err
	}
	return p.open(ctx, store)
}

// openToLook builds the plan as the run in the store has it, for commands that look at
// it: settings that were not given are the run's, and another build of the program may
// have made it.
func (p *program) openToLook(ctx context.Context) (*work.Run, error) {
	store, err := p.openStore(ctx)
	if err != nil {
		return nil, err
	}
	id, err := work.ReadIdentity(ctx, store)
	if errors.Is(err, fs.ErrNotExist) {
		return p.open(ctx, store)
	}
	if err != nil {
		return nil, err
	}
	if len(p.settings) == 0 {
		if err := p.take(id.Settings); err != nil {
			return nil, err
		}
	}
	r, err := p.open(ctx, store)
	if err == nil && r.Identity.IsOf(id) {
		err = r.Look(id)
	}
	return r, err
}

// take sets the flags of the plan as a run was made with.
func (p *program) take(settings []string) error {
	for _, s := range settings {
		name, value, _ := strings.Cut(strings.TrimPrefix(s, "-"), "=")
		if p.Flags.Lookup(name) == nil {
			return usageError("the run in the store has the setting %s, which is not one of this program", s)
		}
		if err := p.Flags.Set(name, value); err != nil {
			return usageError("the run in the store has the setting %s: %v", s, err)
		}
	}
	p.settings = slices.Clone(settings)
	return nil
}

func validatePlan(plan textmill.Plan) error {
	if len(plan) == 0 {
		return usageError("the plan has no step")
	}
	if err := plan.Validate(); err != nil {
		return work.BadSettings(err)
	}
	for _, s := range plan {
		pipeline, ok := s.Job.(*textmill.Pipeline)
		if !ok {
			continue
		}
		if err := pipeline.Validate(); err != nil {
			return work.BadSettings(fmt.Errorf("step %s: %w", s.Name, err))
		}
	}
	return nil
}

func (p *program) identity(plan textmill.Plan) work.Identity {
	id := work.Identity{Name: p.Name, Version: p.Version, Settings: p.settings}
	if id.Settings == nil {
		id.Settings = []string{}
	}
	for _, s := range plan {
		id.Steps = append(id.Steps, s.Name)
	}
	if p.Version == "" {
		program := manifest.ThisProgram()
		id.Program = &program
	}
	return id
}

// isTemporary reports whether a file is of use to later steps alone.
func (p *program) isTemporary(name string) bool {
	for prefix := range p.Temporary {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
