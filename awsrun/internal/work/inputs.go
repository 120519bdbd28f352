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

// Shards leaves out what the step under way, told by ctx, has to do without.
func (in inputs) Shards(ctx context.Context) ([]textmill.Shard, error) {
	all, err := in.Source.Shards(ctx)
	v, ok := ctx.Value(viewKey{}).(*view)
	if err != nil || !ok {
		return all, err
	}
	return v.of(all), nil
}

// A view is what a step sees of the inputs.
type view struct {
	without map[string]bool // what it has to do without, see noteOf
	sample  int             // how many shards there are at most; 0 if all

	mu   sync.Mutex
	seen map[string]bool // names of all inputs that were listed
}

type viewKey struct{}

// view returns what the step of a list sees.
func (r *Run) view(l List) *view {
	v := &view{sample: r.Sample, without: map[string]bool{}, seen: map[string]bool{}}
	for _, name := range l.Without {
		v.without[name] = true
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
	for _, s := range v.sampled(all) {
		v.seen[s.Name] = true
		if !v.without[noteOf(s.Name)] {
			s.Index = len(out)
			out = append(out, s)
		}
	}
	return out
}

// sampled returns the shards in the middle of v.sample equal parts.
func (v *view) sampled(all []textmill.Shard) []textmill.Shard {
	if v.sample <= 0 || v.sample >= len(all) {
		return all
	}
	out := make([]textmill.Shard, v.sample)
	for i := range out {
		out[i] = all[(2*i+1)*len(all)/(2*v.sample)]
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
