package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
)

// A state is how far a shard is.
type state int

const (
	pending state = iota
	finished
	putAside // whether or not it was finished, too, by somebody who was late
)

func count(states []state, s state) (n int) {
	for _, t := range states {
		if t == s {
			n++
		}
	}
	return n
}

// finishedOf returns the names of the shards of a list that are finished.
func finishedOf(l List, states []state) (names []string) {
	for i, s := range l.Shards {
		if states[i] == finished {
			names = append(names, s.Name)
		}
	}
	return names
}

// states returns how far each shard of a list is, by the names of files alone: a
// hundred thousand of them are named by a hundred requests.
func (r *Run) states(ctx context.Context, l List) ([]state, error) {
	reports, err := r.names(ctx, l.reportsDir())
	if err != nil {
		return nil, err
	}
	notes, err := r.names(ctx, spec.QuarantineDir(l.Step))
	if err != nil {
		return nil, err
	}
	out := make([]state, len(l.Shards))
	for i, s := range l.Shards {
		switch {
		case notes[noteOf(s.Name)]:
			out[i] = putAside
		case reports[checkpoint.File("", s.Name)]:
			out[i] = finished
		}
	}
	return out, nil
}

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

// Progress returns how far each step is. A step that was listed before the steps before
// it became what they are counts as not listed.
func (r *Run) Progress(ctx context.Context) (all []Progress, err error) {
	err = r.eachList(ctx, func(step string, l *List) error {
		p, _, err := r.progress(ctx, step, l)
		all = append(all, p)
		return err
	})
	return all, err
}

func (r *Run) progress(ctx context.Context, step string, l *List) (Progress, []state, error) {
	p := Progress{Step: step}
	if l == nil {
		return p, nil, nil
	}
	states, err := r.states(ctx, *l)
	if err != nil {
		return p, nil, err
	}
	p.Listed, p.Shards = true, len(l.Shards)
	p.Done, p.Quarantined = count(states, finished), count(states, putAside)
	for _, s := range l.Shards {
		p.Bytes += s.Size
	}
	return p, states, nil
}

// Settle makes sure that nothing of a step is open. Where failures are tolerated, the
// shards that failed go to quarantine, so that the next steps do without them and it
// can be seen that they are missing.
func (r *Run) Settle(ctx context.Context, step string) error {
	if err := r.verify(ctx); err != nil {
		return unclaimed(err)
	}
	l, err := r.ReadList(ctx, step)
	if err != nil {
		return err
	}
	return r.settle(ctx, l)
}

var errUnfinished = errors.New("it was not finished, which is tolerated in this step: its log says why")

func (r *Run) settle(ctx context.Context, l List) error {
	states, err := r.states(ctx, l)
	if err != nil {
		return err
	}
	open := count(states, pending)
	if open > 0 && !(r.Tolerated[l.Step] && l.Inputs) {
		return fmt.Errorf("step %s is not finished: %d of %d shards are to be done", l.Step, open, len(l.Shards))
	}
	for i, s := range states {
		if s != pending {
			continue
		}
		if err := r.putAside(ctx, l.Step, l.Shards[i].Name, errUnfinished); err != nil {
			return err
		}
	}
	if len(states) > 0 && count(states, finished) == 0 {
		return r.errAllAside(ctx, l)
	}
	return nil
}

// errAllAside says that nothing is left of a step, which is not the fault of the data.
func (r *Run) errAllAside(ctx context.Context, l List) error {
	n, err := r.note(ctx, l.Step, noteOf(l.Shards[0].Name))
	if err != nil {
		return err
	}
	return BadSettings(fmt.Errorf("all %d shards of step %s are in quarantine, so more is wrong than their data; the first, %s: %s", len(l.Shards), l.Step, n.Shard, n.Error))
}

// unclaimed explains that a store holds no run.
func unclaimed(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return BadSettings(fmt.Errorf("no run was begun in this store: list the first step: %w", err))
	}
	return err
}
