// Package progress shows how far a step of a plan is: as a bar on a terminal, and as
// a line every few seconds elsewhere.
package progress

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/textmill/textmill"
)

// A Meter shows how far one step of the plan is. Its methods may be called
// concurrently.
type Meter struct {
	step  string
	start time.Time
	stop  func()

	mu       sync.Mutex
	shards   []textmill.Shard
	done     int                        // shards
	restored int                        // shards of an earlier run, among done
	sum      textmill.Report            // of the shards finished by this run
	begun    map[string]textmill.Report // by this run, what they have come to so far
	bytes    struct{ all, done, restored int64 }
}

// plainEvery is how often a line is printed where there is no terminal.
const plainEvery = 5 * time.Second

// Start begins to show a step on out.
func Start(step string, out io.Writer) *Meter {
	m := &Meter{step: step, start: time.Now(), begun: map[string]textmill.Report{}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		m.stop = m.bar(out)
	} else {
		m.stop = m.lines(out)
	}
	return m
}

// Stop shows the last state and ends.
func (m *Meter) Stop() { m.stop() }

// bar draws with mpb. The bar counts in thousandths, as what it measures (stored
// bytes, or shards) is known late.
func (m *Meter) bar(out io.Writer) (stop func()) {
	p := mpb.New(mpb.WithOutput(out), mpb.WithWidth(30))
	b := p.AddBar(1000,
		mpb.PrependDecorators(decor.Name(m.step, decor.WC{W: 8})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return m.line() })))
	end := m.every(200*time.Millisecond, func() { b.SetCurrent(int64(999 * m.fraction())) })
	return func() {
		end()
		b.SetCurrent(int64(1000 * m.fraction()))
		if m.fraction() < 1 {
			b.Abort(false)
		}
		p.Wait()
	}
}

func (m *Meter) lines(out io.Writer) (stop func()) {
	print := func() { fmt.Fprintf(out, "%s: %s\n", m.step, m.line()) }
	end := m.every(plainEvery, print)
	return func() {
		end()
		print()
	}
}

// every calls f from time to time until the returned function is called.
func (m *Meter) every(d time.Duration, f func()) (end func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				f()
			case <-quit:
				return
			}
		}
	})
	return func() { close(quit); wg.Wait() }
}

// Hook is a [textmill.Pipeline.Progress].
func (m *Meter) Hook(s textmill.Shard, soFar textmill.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun[s.Name] = soFar
}

// Noted returns j with a call of begin before each shard. Put it below a
// checkpoint: so shards that are found done are told from those that are done.
func Noted(j textmill.Job, begin func(textmill.Shard)) textmill.Job { return &notedJob{j, begin} }

type notedJob struct {
	textmill.Job
	begin func(textmill.Shard)
}

func (j *notedJob) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	j.begin(s)
	return j.Job.RunShard(ctx, s)
}

// Begin is called before a shard is done.
func (m *Meter) Begin(s textmill.Shard) { m.Hook(s, textmill.Report{}) }

// Track returns j with its shards and the finished ones counted.
func (m *Meter) Track(j textmill.Job) textmill.Job { return &trackedJob{j, m} }

type trackedJob struct {
	textmill.Job
	m *Meter
}

func (j *trackedJob) Shards(ctx context.Context) ([]textmill.Shard, error) {
	shards, err := j.Job.Shards(ctx)
	j.m.Expect(shards)
	return shards, err
}

// Expect says which shards there are.
func (m *Meter) Expect(shards []textmill.Shard) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shards = shards
	for _, s := range shards {
		m.bytes.all += s.Size
	}
}

func (j *trackedJob) RunShard(ctx context.Context, s textmill.Shard) (textmill.Report, error) {
	r, err := j.Job.RunShard(ctx, s)
	if err == nil {
		j.m.Finish(s, r)
	}
	return r, err
}

// Finish counts a shard as finished: by an earlier run, unless it was begun.
func (m *Meter) Finish(s textmill.Shard, r textmill.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.bytes.done += s.Size
	if _, begun := m.begun[s.Name]; !begun {
		m.restored++
		m.bytes.restored += s.Size
		return
	}
	delete(m.begun, s.Name)
	m.sum.Read += r.Read
	m.sum.BytesRead += r.BytesRead
}

// fraction returns how much of the step is done, 0 to 1.
func (m *Meter) fraction() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, _ := m.fractions()
	return f
}

// fractions returns how much is done, and how much of that by an earlier run. It
// goes by stored bytes if their number is known, else by shards.
func (m *Meter) fractions() (done, restored float64) {
	switch {
	case m.bytes.all > 0:
		now := m.bytes.done
		for _, r := range m.begun {
			now += r.Counts["wet.stored_bytes"]
		}
		return min(float64(now)/float64(m.bytes.all), 1), float64(m.bytes.restored) / float64(m.bytes.all)
	case len(m.shards) > 0:
		return float64(m.done) / float64(len(m.shards)), float64(m.restored) / float64(len(m.shards))
	}
	return 0, 0
}

// line says how far the step is, in words.
func (m *Meter) line() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	docs, bytes := m.sum.Read, m.sum.BytesRead
	for _, r := range m.begun {
		docs += r.Read
		bytes += r.BytesRead
	}
	elapsed := time.Since(m.start)
	s := fmt.Sprintf("%d/%d shards", m.done, len(m.shards))
	if m.restored > 0 {
		s += fmt.Sprintf(" (%d done before)", m.restored)
	}
	if docs > 0 && bytes > 0 {
		s += fmt.Sprintf(", %d documents (%.0f/s), %.1f MB (%.1f MB/s)",
			docs, float64(docs)/elapsed.Seconds(), float64(bytes)/1e6, float64(bytes)/1e6/elapsed.Seconds())
	}
	if done, restored := m.fractions(); done > restored && done < 1 {
		left := time.Duration(float64(elapsed) * (1 - done) / (done - restored))
		s += ", ETA " + left.Round(time.Second).String()
	}
	return s
}
