package work

import (
	"context"
	"sync"

	"github.com/textmill/textmill"
)

// Inputs returns the source whose shards are the inputs of the plan. See
// awsrun.Inputs.
func Inputs(src textmill.Source) textmill.Source { return inputs{src} }

type inputs struct{ textmill.Source }

// Shards returns what the step under way, told by ctx, sees of the inputs. Only the first
// step asks the source: all steps and containers are to see the same inputs, whatever
// comes and goes meanwhile, and to list a hundred thousand takes its time.
func (in inputs) Shards(ctx context.Context) ([]textmill.Shard, error) {
	v, ok := ctx.Value(viewKey{}).(*view)
	if !ok {
		return in.Source.Shards(ctx)
	}
	if v.known != nil {
		return v.of(v.known), nil
	}
	all, err := in.Source.Shards(ctx)
	if err != nil {
		return nil, err
	}
	return v.of(sampled(all, v.sample)), nil
}

// A view is what a step sees of the inputs.
type view struct {
	known   []textmill.Shard // those of the first step; nil if they are not inputs
	without map[string]bool  // what it has to do without, see noteOf
	sample  int              // how many shards there are at most; 0 if all

	mu   sync.Mutex
	seen map[string]bool // names of all inputs that were listed
}

type viewKey struct{}

// view returns what the step of a list sees. The list of the first step is nil for that
// step itself.
func (r *Run) view(l List, first *List) *view {
	v := &view{sample: r.Sample, without: map[string]bool{}, seen: map[string]bool{}}
	for _, name := range l.Without {
		v.without[name] = true
	}
	if first != nil && first.Inputs {
		v.known = first.Shards
	}
	return v
}

func (v *view) attach(ctx context.Context) context.Context {
	return context.WithValue(ctx, viewKey{}, v)
}

func (v *view) of(all []textmill.Shard) []textmill.Shard {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []textmill.Shard
	for _, s := range all {
		v.seen[s.Name] = true
		if !v.without[noteOf(s.Name)] {
			s.Index = len(out)
			out = append(out, s)
		}
	}
	return out
}

// sampled returns the shards in the middle of n equal parts; all if n is 0.
func sampled(all []textmill.Shard, n int) []textmill.Shard {
	if n <= 0 || n >= len(all) {
		return all
	}
	out := make([]textmill.Shard, n)
	for i := range out {
		out[i] = all[(2*i+1)*len(all)/(2*n)]
	}
	return out
}

// areInputs reports whether all shards are inputs.
func (v *view) areInputs(shards []textmill.Shard) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range shards {
		if !v.seen[s.Name] {
			return false
		}
	}
	return true
}
