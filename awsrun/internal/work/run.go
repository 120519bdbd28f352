package work

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// A Run is one run of a plan, in a store of its own.
type Run struct {
	Store    storage.Store
	Plan     textmill.Plan
	Identity Identity

	// Tolerated says for which steps jobs may fail without failing the step.
	Tolerated map[string]bool

	// Sample is how many of the inputs are used; 0 if all.
	Sample int

	looking bool // see Look
}

// An Identity tells runs apart: those with the same identity make the same outputs
// and may go on where another stopped.
type Identity struct {
	Name     string            `json:"name"`     // of the program's deployment
	Version  string            `json:"version"`  // of what the program makes; "" if Program tells
	Settings []string          `json:"settings"` // of the plan, as arguments
	Steps    []string          `json:"steps"`    // of the plan, in order
	Program  *manifest.Program `json:"program,omitempty"`
}

// Fingerprint stands for the identity.
func (id Identity) Fingerprint() (string, error) { return manifest.Fingerprint(id) }

// runFile is where the identity of the run in a store is.
const runFile = spec.Work + "/run.json"

// claim makes the store this run's.
func (r *Run) claim(ctx context.Context) error {
	err := r.verify(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return manifest.WriteJSON(ctx, r.Store, runFile, r.Identity)
	}
	return err
}

// ReadIdentity returns that of the run in a store. If there is none, the error is
// [fs.ErrNotExist].
func ReadIdentity(ctx context.Context, store storage.Store) (id Identity, err error) {
	return id, readJSON(ctx, store, runFile, maxFile, "use another store, or remove what is in this one", &id)
}

// Look makes r the run of that identity, to look at it and to let it be gone on with. If
// another build of the program has made it, nothing is written that would be of both.
func (r *Run) Look(id Identity) error {
	theirs, err := id.Fingerprint()
	if err != nil {
		return err
	}
	ours, err := r.Identity.Fingerprint()
	r.Identity, r.looking = id, ours != theirs
	return err
}

// IsOf reports whether a run is of this program and these settings, though maybe of
// another build.
func (id Identity) IsOf(other Identity) bool {
	return id.Name == other.Name && id.Version == other.Version && slices.Equal(id.Settings, other.Settings) && slices.Equal(id.Steps, other.Steps)
}

// verify returns an error unless the store is this run's; if it is nobody's, that is
// [fs.ErrNotExist].
func (r *Run) verify(ctx context.Context) error {
	old, err := ReadIdentity(ctx, r.Store)
	if err != nil {
		return err
	}
	a, err := old.Fingerprint()
	if err != nil {
		return err
	}
	b, err := r.Identity.Fingerprint()
	if err != nil {
		return err
	}
	if a != b {
		return BadSettings(fmt.Errorf("the store holds a run with %s: use another store, or remove what is in this one", old.difference(r.Identity)))
	}
	return nil
}

// difference says in a few words how id differs from other.
func (id Identity) difference(other Identity) string {
	var what []string
	note := func(differs bool, format string, args ...any) {
		if differs {
			what = append(what, fmt.Sprintf(format, args...))
		}
	}
	note(id.Name != other.Name, "another name (%s)", id.Name)
	note(!slices.Equal(id.Settings, other.Settings), "other settings (%s)", cmp.Or(strings.Join(id.Settings, " "), "none"))
	note(!slices.Equal(id.Steps, other.Steps), "other steps (%s)", strings.Join(id.Steps, " "))
	switch {
	case id.Version == other.Version:
		note(len(what) == 0, "another build of the program")
	case id.Version == "":
		note(true, "no version")
	default:
		note(true, "another version (%s)", id.Version)
	}
	return strings.Join(what, ", ")
}

// find returns the place of a step in the plan.
func (r *Run) find(step string) (int, error) {
	var names []string
	for i, s := range r.Plan {
		if s.Name == step {
			return i, nil
		}
		names = append(names, s.Name)
	}
	return 0, BadSettings(fmt.Errorf("the plan has no step %q: it has %s", step, strings.Join(names, ", ")))
}
