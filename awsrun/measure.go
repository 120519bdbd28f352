package awsrun

import (
	"context"
	"fmt"
	"os"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/internal/progress"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
)

// A measurement is what the plan took for a few of its inputs.
type measurement struct {
	All    int   // inputs of the plan
	Bytes  int64 // of all inputs, as stored; 0 if not known
	Sample int   // inputs that were used
	Used   int64 // bytes of these
	Steps  []measuredStep
	Plan   textmill.Plan
}

type measuredStep struct {
	Name        string
	Shards      int
	Inputs      bool  // whether there is a shard for each input
	BytesIn     int64 // of the shards, as stored; 0 if not known
	BytesOut    int64 // written to the store
	CoreSeconds float64
	Gets, Puts  int64 // requests
}

// measure does the plan for n of its inputs, in a temporary directory.
func (p *program) measure(ctx context.Context, n int) (m measurement, err error) {
	dir, err := os.MkdirTemp("", "textmill-cost-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	store := &requests{Store: storage.Dir(dir)}
	r, err := p.open(ctx, store)
	if err != nil {
		return m, err
	}
	all, err := r.Plan[0].Job.Shards(ctx)
	if err != nil {
		return m, fmt.Errorf("list the inputs: %w", err)
	}
	m.Plan, m.All, m.Bytes = r.Plan, len(all), sizes(all)
	r.Sample = n
	for _, s := range r.Plan {
		step, shards, err := p.measureStep(ctx, r, store, s)
		if err != nil {
			return m, fmt.Errorf("step %s: %w", s.Name, err)
		}
		if len(m.Steps) == 0 {
			m.Sample, m.Used = len(shards), sizes(shards)
		}
		m.Steps = append(m.Steps, step)
	}
	return m, nil
}

func sizes(shards []textmill.Shard) (n int64) {
	for _, s := range shards {
		n += s.Size
	}
	return n
}

func (p *program) measureStep(ctx context.Context, r *work.Run, store *requests, s textmill.Step) (measuredStep, []textmill.Shard, error) {
	m := measuredStep{Name: s.Name}
	l, err := r.List(ctx, s.Name, work.Batching{})
	if err != nil {
		return m, nil, err
	}
	m.Shards, m.Inputs, m.BytesIn = len(l.Shards), l.Inputs, sizes(l.Shards)
	if m.Shards == 0 {
		return m, nil, nil
	}
	meter := progress.Start(s.Name, p.stderr)
	meter.Expect(l.Shards)
	gets, puts, written, cpu := store.gets.Load(), store.puts.Load(), store.written.Load(), cpuTime()
	out, err := r.Do(ctx, s.Name, []work.Batch{{First: 0, Last: m.Shards - 1}}, work.Doing{
		Stop:  p.life.stop,
		Begin: meter.Begin,
		End:   func(res work.Result) { meter.Finish(res.Shard, res.Report) },
	})
	meter.Stop()
	if err == nil && out.Class != work.Fine {
		err = out.Err
	}
	if err != nil {
		return m, nil, err
	}
	m.CoreSeconds = (cpuTime() - cpu).Seconds()
	m.Gets, m.Puts = store.gets.Load()-gets, store.puts.Load()-puts
	for _, s := range l.Shards { // the inputs are read from elsewhere
		m.Gets += 1 + max(s.Size-s3.FirstRead+s3.DefaultReadSize-1, 0)/s3.DefaultReadSize
	}
	m.BytesOut = store.written.Load() - written
	return m, l.Shards, nil
}

// rates returns what list goes by to make batches. A vCPU of Fargate is taken to be
// slower than a core here by a factor.
func (m measurement) rates(slower float64) rates {
	all := rates{}
	for _, s := range m.Steps {
		all[s.Name] = rate{Shards: s.Shards, Bytes: s.BytesIn, CoreSeconds: s.CoreSeconds * slower}
	}
	return all
}
