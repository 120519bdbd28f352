package work

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
)

// A shard is finished once its report is there: to see that its outputs are still there
// too takes reading all reports, so it is not done whenever a step is listed. The report
// of a finished run looks whether what it names is there, and [Run.ForgetLost] has made
// again what is not.

// files are sizes in bytes by name; negative if not known.
type files map[string]int64

// absent returns those that are not in the store with that size, in order. It asks for
// lists of the folders they are in, and not for each file.
func (r *Run) absent(ctx context.Context, want files) ([]string, error) {
	there := files{}
	folders := map[string]bool{}
	for name := range want {
		folder, _, ok := strings.Cut(name, "/")
		if ok {
			folder += "/"
		}
		folders[folder] = true
	}
	for folder := range folders {
		for info, err := range r.Store.List(ctx, folder) {
			if err != nil {
				return nil, err
			}
			if size, ok := want[info.Name]; ok && (info.Size == size || info.Size < 0 || size < 0) {
				there[info.Name] = size
			}
		}
	}
	var gone []string
	for name := range want {
		if _, ok := there[name]; !ok {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	return gone, nil
}

// checkPublished returns an error if a file in the manifest is gone.
func (c *collector) checkPublished(ctx context.Context) error {
	published := maps.Clone(c.made)
	maps.DeleteFunc(published, func(name string, _ int64) bool { return !c.isPublished(name) })
	gone, err := c.run.absent(ctx, published)
	if err != nil || len(gone) == 0 {
		return err
	}
	return BadSettings(fmt.Errorf("%d files are gone, or are not what was written, such as %s: -retry makes them again", len(gone), gone[0]))
}

// stale returns the files that were made for shards which are no part of the run any
// more: of an input that was removed, or one that went to quarantine after it had been
// done with other inputs. They are in no manifest, but lie beside what is.
func (c *collector) stale(ctx context.Context) ([]string, error) {
	old := files{}
	for _, l := range c.lists {
		reports, err := c.staleReports(ctx, l)
		if err != nil {
			return nil, err
		}
		for f, err := range c.run.reportFiles(ctx, reports) {
			if err != nil {
				return nil, err
			}
			for _, o := range f.Report.Outputs {
				if _, current := c.made[o.Name]; !current {
					old[o.Name] = -1
				}
			}
		}
	}
	gone, err := c.run.absent(ctx, old)
	for _, name := range gone {
		delete(old, name)
	}
	return slices.Sorted(maps.Keys(old)), err
}

// staleReports returns the reports of a step that are of other shards than those which
// are finished. Those of the same shards with other inputs are not among them: what
// these made was replaced.
func (c *collector) staleReports(ctx context.Context, l List) (old []string, err error) {
	states, err := c.run.states(ctx, l)
	if err != nil {
		return nil, err
	}
	current := map[string]bool{}
	for _, name := range finishedOf(l, states) {
		current[checkpoint.File("", name)] = true
	}
	for info, err := range c.run.Store.List(ctx, spec.ReportsDir(l.Step)+"/") {
		if err != nil {
			return nil, err
		}
		if _, name, ok := strings.Cut(info.Name[len(spec.ReportsDir(l.Step))+1:], "/"); ok && !current[name] {
			old = append(old, info.Name)
		}
	}
	return old, nil
}

// ForgetLost removes the reports of shards whose outputs are gone, so that they are done
// again, and returns how many there were. Files of which temporary is true may be gone
// once the run is finished.
func (r *Run) ForgetLost(ctx context.Context, temporary func(name string) bool) (n int, err error) {
	progress, err := r.Progress(ctx)
	if err != nil {
		return 0, err
	}
	all := Total{}
	for _, p := range progress {
		all.Steps = append(all.Steps, StepReport{Progress: p})
	}
	needed := func(name string) bool { return !all.Finished() || !temporary(name) }
	err = r.eachList(ctx, func(_ string, l *List) error {
		if l == nil {
			return nil
		}
		lost, err := r.lost(ctx, *l, needed)
		for _, shard := range lost {
			if err := r.Store.Remove(ctx, checkpoint.File(l.reportsDir(), shard)); err != nil {
				return err
			}
			n++
		}
		return err
	})
	return n, err
}

// lost returns the finished shards of a list that lack an output which is needed.
func (r *Run) lost(ctx context.Context, l List, needed func(name string) bool) (shards []string, err error) {
	states, err := r.states(ctx, l)
	if err != nil {
		return nil, err
	}
	want, owner := files{}, map[string]string{}
	for f, err := range r.reports(ctx, l, finishedOf(l, states)) {
		if err != nil {
			return nil, err
		}
		for _, o := range f.Report.Outputs {
			if needed(o.Name) {
				want[o.Name], owner[o.Name] = o.Bytes, f.Shard
			}
		}
	}
	gone, err := r.absent(ctx, want)
	if err != nil {
		return nil, err
	}
	for _, name := range gone {
		shards = append(shards, owner[name])
	}
	slices.Sort(shards)
	return slices.Compact(shards), nil
}
