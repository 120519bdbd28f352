package awsrun

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/internal/progress"
)

// runHere does all steps, as the state machine would.
func (p *program) runHere(ctx context.Context, fs *flag.FlagSet, args []string) error {
	parallel := fs.Int("parallel", 1, "how many shards to do at once; each uses all CPUs, and takes memory")
	retry := fs.Bool("retry", false, retryUsage)
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	r, err := p.openRun(ctx)
	if err != nil {
		return err
	}
	if *retry {
		if err := p.tryAgain(ctx, r); err != nil {
			return err
		}
	}
	for _, s := range r.Plan {
		if err := p.runStep(ctx, r, s, *parallel); err != nil {
			err = fmt.Errorf("step %s: %w", s.Name, err)
			if work.Classify(err) != work.Settings {
				err = fmt.Errorf("%w\nrun the same command again to go on from here", err)
			}
			return err
		}
	}
	total, err := p.conclude(ctx, r)
	if err != nil {
		return err
	}
	printTotal(p.stdout, total)
	return inQuarantine(total)
}

const retryUsage = "try the shards in quarantine again, and do those again whose outputs are gone"

// tryAgain has everything done again that stands in the way of a run without gaps.
func (p *program) tryAgain(ctx context.Context, r *work.Run) error {
	released, err := r.Release(ctx)
	if err != nil {
		return err
	}
	lost, err := r.ForgetLost(ctx, p.isTemporary)
	if err == nil {
		fmt.Fprintf(p.stderr, "%d shards are out of quarantine; %d, whose outputs are gone, are done again\n", released, lost)
	}
	return err
}

// conclude reports what all steps came to, which they did.
func (p *program) conclude(ctx context.Context, r *work.Run) (work.Total, error) {
	if err := r.Settle(ctx, r.Plan[len(r.Plan)-1].Name); err != nil {
		return work.Total{}, err
	}
	return r.Report(ctx, p.isTemporary)
}

// runStep lists a step and does all of it, with a meter.
func (p *program) runStep(ctx context.Context, r *work.Run, s textmill.Step, parallel int) error {
	l, err := r.List(ctx, s.Name, work.Batching{})
	if err != nil || len(l.Shards) == 0 {
		return err
	}
	m := progress.Start(s.Name, p.stderr)
	m.Expect(l.Shards)
	finishAllBut(m, l)
	if pipeline, ok := s.Job.(*textmill.Pipeline); ok && pipeline.Progress == nil {
		pipeline.Progress = m.Hook
		defer func() { pipeline.Progress = nil }()
	}
	out, err := r.Do(ctx, s.Name, l.Batches, work.Doing{
		Parallel: parallel,
		Stop:     p.life.stop,
		Wrap:     func(j textmill.Job) textmill.Job { return progress.Noted(j, m.Begin) },
		End: func(res work.Result) {
			if res.Class <= work.Data {
				m.Finish(res.Shard, res.Report)
			}
		},
	})
	m.Stop()
	switch {
	case err != nil:
		return err
	case ctx.Err() == nil && p.tolerates(l, out):
		fmt.Fprintf(p.stderr, "%s: %d shards failed, which is tolerated: %v\n", s.Name, out.Failed, out.Err)
		return nil
	case out.Class > work.Data:
		return work.Mark(out.Err, out.Class)
	}
	return nil
}

// finishAllBut counts the shards of a listing that are not to be done.
func finishAllBut(m *progress.Meter, l work.Listing) {
	next := 0
	for _, b := range append(slices.Clip(l.Batches), work.Batch{First: len(l.Shards), Last: len(l.Shards)}) {
		for _, s := range l.Shards[next:b.First] {
			m.Finish(s, textmill.Report{})
		}
		next = b.Last + 1
	}
}

// tolerates reports whether so many shards of a step may fail as have, as so many jobs
// may on AWS.
func (p *program) tolerates(l work.Listing, out work.Outcome) bool {
	most := p.step(l.Step).ToleratedFailurePercentage * len(l.Shards)
	return out.Failed > 0 && out.Left == 0 && out.Class < work.Settings && l.Inputs && out.Failed*100 <= most
}

// inQuarantine is the error of a run that did all it could.
func inQuarantine(t work.Total) error {
	if n := len(t.Quarantine); n > 0 {
		return work.BadData(fmt.Errorf("%d shards are in quarantine, for bad data: see above; with -retry they are tried again", n))
	}
	return nil
}

// showPlan prints the steps.
func (p *program) showPlan(ctx context.Context, fs *flag.FlagSet, args []string) error {
	asJSON := fs.Bool("json", false, "print JSON")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	r, err := p.openToLook(ctx)
	if err != nil {
		return err
	}
	steps, err := r.Progress(ctx)
	if err != nil {
		return err
	}
	if !steps[0].Listed { // its shards are known before anything was done
		shards, err := r.Plan[0].Job.Shards(ctx)
		if err != nil {
			return fmt.Errorf("list the shards of %s: %w", steps[0].Step, err)
		}
		steps[0].Shards, steps[0].Bytes = len(shards), sizes(shards)
	}
	if *asJSON {
		return writeJSON(p.stdout, steps)
	}
	printProgress(p.stdout, steps)
	return nil
}

func printProgress(w io.Writer, steps []work.Progress) {
	width := len("step")
	for _, s := range steps {
		width = max(width, len(s.Step))
	}
	fmt.Fprintf(w, "%-*s  %8s  %10s  %8s  %11s  %8s\n", width, "step", "shards", "MB", "done", "quarantined", "to do")
	for i, s := range steps {
		if !s.Listed && i > 0 {
			fmt.Fprintf(w, "%-*s  not listed yet\n", width, s.Step)
			continue
		}
		fmt.Fprintf(w, "%-*s  %8d  %10.1f  %8d  %11d  %8d\n", width, s.Step, s.Shards, float64(s.Bytes)/1e6, s.Done, s.Quarantined, s.Pending())
	}
}

// list writes down the shards of a step.
func (p *program) list(ctx context.Context, fs *flag.FlagSet, args []string) error {
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := parse(fs, args, 1, 1)
	if err != nil {
		return err
	}
	r, err := p.openRun(ctx)
	if err != nil {
		return err
	}
	step := rest[0]
	batching, err := p.batching(ctx, r, step)
	if err != nil {
		return err
	}
	l, err := r.List(ctx, step, batching)
	if err != nil {
		return err
	}
	summary := struct {
		Step        string `json:"step"`
		Shards      int    `json:"shards"`
		Done        int    `json:"done"`
		Quarantined int    `json:"quarantined"`
		Batches     int    `json:"batches"`
	}{step, len(l.Shards), l.Done, l.Quarantined, len(l.Batches)}
	switch {
	case p.inContainer():
		p.logger().Info("listed", "step", step, "shards", summary.Shards, "done", summary.Done, "quarantined", summary.Quarantined, "batches", summary.Batches)
	case *asJSON:
		return writeJSON(p.stdout, summary)
	default:
		fmt.Fprintf(p.stdout, "%s: %d shards, %d done, %d in quarantine; %d batches\n", step, summary.Shards, summary.Done, summary.Quarantined, summary.Batches)
	}
	return nil
}

// shards does some shards of a step, until it is told to stop or time is up.
func (p *program) shards(ctx context.Context, fs *flag.FlagSet, args []string) error {
	parallel := fs.Int("parallel", 1, "how many shards to do at once; each uses all CPUs, and takes memory")
	rest, err := parse(fs, args, 2, 2)
	if err != nil {
		return err
	}
	began, step, log := time.Now(), rest[0], p.logger()
	batch, err := work.ParseBatch(rest[1])
	if err != nil {
		return err
	}
	deadline, err := p.deadline(began)
	if err != nil {
		return err
	}
	if !deadline.IsZero() {
		var cancel func()
		ctx, cancel = context.WithDeadlineCause(ctx, deadline, errTime)
		defer cancel()
	}
	r, err := p.openRun(ctx)
	if err != nil {
		return err
	}
	out, err := r.Do(ctx, step, []work.Batch{batch}, work.Doing{
		Parallel: *parallel,
		Stop:     p.life.stop,
		Deadline: deadline,
		Begin:    func(s textmill.Shard) { log.Info("begin", "step", step, "shard", s.Name, "bytes", s.Size) },
		End:      func(res work.Result) { p.logResult(step, res) },
	})
	if err != nil {
		return err
	}
	log.Info("end", "step", step, "shards", batch.String(), "done", out.Done, "restored", out.Restored,
		"quarantined", out.Quarantined, "failed", out.Failed, "left", out.Left)
	if out.Class == work.Fine {
		return nil
	}
	return outcomeError(step, out)
}

var errTime = errors.New("the time limit of the job is reached: see awsrun.Step.TimeLimit")

// deadline returns when a job has to stop by itself; the zero time if it need not.
func (p *program) deadline(began time.Time) (time.Time, error) {
	limit := p.getenv(spec.EnvTimeLimit)
	if limit == "" {
		return time.Time{}, nil
	}
	d, err := time.ParseDuration(limit)
	if err != nil || d <= 0 {
		return time.Time{}, usageError("%s=%q: use a duration such as 3600s", spec.EnvTimeLimit, limit)
	}
	return began.Add(d), nil
}

// outcomeError is the error of a job: of the class that counts, with how many there
// were of each kind.
func outcomeError(step string, out work.Outcome) error {
	err := out.Err
	if err == nil {
		err = errors.New("shards are in quarantine")
	}
	return work.Mark(fmt.Errorf("step %s: %d done, %d in quarantine, %d failed, %d left: %w", step, out.Done, out.Quarantined, out.Failed, out.Left, err), out.Class)
}

// report prints what became of the documents, and writes it down once all is done.
func (p *program) report(ctx context.Context, fs *flag.FlagSet, args []string) error {
	asJSON := fs.Bool("json", false, "print JSON")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	open := p.openToLook
	if p.inContainer() { // of a run that is this one's
		open = p.openRun
	}
	r, err := open(ctx)
	if err != nil {
		return err
	}
	var total work.Total
	if p.inContainer() { // the last thing that a run does
		total, err = p.conclude(ctx, r)
	} else {
		total, err = r.Report(ctx, p.isTemporary)
	}
	if err != nil {
		return err
	}
	switch {
	case p.inContainer():
		p.logger().Info("report", "finished", total.Finished(), "digest", total.Digest, "quarantined", len(total.Quarantine), "stale", len(total.Stale))
	case *asJSON:
		err = writeJSON(p.stdout, total)
	default:
		printTotal(p.stdout, total)
	}
	if err == nil && !total.Finished() {
		err = work.Mark(errors.New("the run is not finished"), work.Retry)
	}
	return err
}

// printTotal prints what a run came to: for each step its shards, and if it is about
// documents, what became of them.
func printTotal(w io.Writer, t work.Total) {
	for _, s := range t.Steps {
		head := fmt.Sprintf("%s: %d of %d shards done", s.Step, s.Done, s.Shards)
		switch {
		case !s.Listed:
			head = s.Step + ": not begun"
		case s.Quarantined > 0:
			head += fmt.Sprintf(", %d in quarantine", s.Quarantined)
		}
		if s.Report.Elapsed > 0 {
			head += ", " + s.Report.Elapsed.Round(time.Millisecond).String()
		}
		fmt.Fprintln(w, head)
		if len(s.Report.Stages) > 0 {
			for line := range strings.Lines(s.Report.String()) {
				fmt.Fprint(w, "  ", line)
			}
		}
	}
	for _, n := range t.Quarantine {
		fmt.Fprintf(w, "in quarantine: %s: %s: %s\n", n.Step, n.Shard, n.Error)
	}
	printStale(w, t.Stale)
	if t.Digest != "" {
		fmt.Fprintf(w, "digest %s\n", t.Digest)
	}
}

// writeLine writes v as one line of JSON.
func writeLine(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// maxStale is how many files are named that are no part of the run.
const maxStale = 20

func printStale(w io.Writer, names []string) {
	if len(names) == 0 {
		return
	}
	fmt.Fprintf(w, "%d files are no part of the run any more and should be removed:\n", len(names))
	for _, name := range names[:min(len(names), maxStale)] {
		fmt.Fprintf(w, "  %s\n", name)
	}
	if n := len(names) - maxStale; n > 0 {
		fmt.Fprintf(w, "  and %d more: see report -json\n", n)
	}
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
