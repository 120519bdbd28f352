package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/manifest"
)

// A chain goes through the steps in order and knows what each is made from: the run,
// the shards of all steps before, and those that they have put aside. If another input
// was added, or a shard was let out of quarantine, what the steps after have made is
// not what it was, though their own shards may be the same.
type chain struct {
	run     *Run
	parts   []any
	without []string // notes of all steps passed, see noteOf; in order
	first   *List    // of the first step, once passed
	ended   bool     // there is no list that holds, from here on
}

func (r *Run) newChain() (*chain, error) {
	id, err := r.Identity.Fingerprint()
	return &chain{run: r, parts: []any{id, r.Sample}}, err
}

// fingerprint returns that of the next step.
func (c *chain) fingerprint() (string, error) {
	return manifest.Fingerprint(append(slices.Clip(c.parts), c.without)...)
}

// pass goes past a step.
func (c *chain) pass(ctx context.Context, l List) error {
	notes, err := c.run.names(ctx, spec.QuarantineDir(l.Step))
	if err != nil {
		return err
	}
	for _, name := range c.without {
		notes[name] = true
	}
	if c.first == nil {
		c.first = &l
	}
	c.parts = append(c.parts, l.Digest)
	c.without = slices.Sorted(maps.Keys(notes))
	return nil
}

// holds reports whether a list is of the next step as it is now.
func (c *chain) holds(l List) (bool, error) {
	now, err := c.fingerprint()
	return l.From == now, err
}

// chainTo returns a chain whose next step is k. It is an error if the steps before have
// not come to their end.
func (r *Run) chainTo(ctx context.Context, k int) (*chain, error) {
	c, err := r.newChain()
	if err != nil {
		return nil, err
	}
	for i, s := range r.Plan[:k] {
		l, err := r.ReadList(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		ok, err := c.holds(l)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, BadSettings(fmt.Errorf("step %s was listed before the steps before it became what they are: list and do it again first", s.Name))
		case i == k-1: // as was each one when the next was listed
			if err := r.settle(ctx, l); err != nil {
				return nil, err
			}
		}
		if err := c.pass(ctx, l); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// eachList calls f with each step and its list. That is nil for a step that is not
// listed, or was before the steps before it became what they are, and for all after it.
func (r *Run) eachList(ctx context.Context, f func(step string, l *List) error) error {
	if err := r.verify(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	c, err := r.newChain()
	if err != nil {
		return err
	}
	for _, s := range r.Plan {
		l, err := c.next(ctx, s.Name)
		if err != nil {
			return err
		}
		if err := f(s.Name, l); err != nil {
			return err
		}
	}
	return nil
}

// next goes past a step and returns its list, see eachList.
func (c *chain) next(ctx context.Context, step string) (*List, error) {
	if c.ended {
		return nil, nil
	}
	l, err := c.run.ReadList(ctx, step)
	if errors.Is(err, fs.ErrNotExist) {
		c.ended = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ok, err := c.holds(l)
	if err != nil || !ok {
		c.ended = true
		return nil, err
	}
	return &l, c.pass(ctx, l)
}
