package states

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// succeeded returns what Batch says of a job that has ended well.
func succeeded(id string) map[string]any {
	return map[string]any{"JobId": id, "JobName": "webtext-clean-0", "Status": "SUCCEEDED", "Container": map[string]any{"ExitCode": 0.0}}
}

// failedJob is the error of a job: States.TaskFailed, and its description as the cause.
func failedJob(description string) error { return &thrown{"States.TaskFailed", description} }

// exit is the error of a job whose last attempt ended with a status.
func exit(status int) error {
	return failedJob(fmt.Sprintf(`{"Attempts":[{"Container":{"ExitCode":64,"Reason":"OutOfMemoryError"},"StatusReason":"Your Spot Task was interrupted."},{"Container":{"ExitCode":%d}}],`+
		`"Container":{"Command":["shards"],"ExitCode":%[1]d,"LogStreamName":"a/b/c"},"JobId":"j-1","JobName":"webtext-clean-0","Status":"FAILED","StatusReason":"Essential container in task exited"}`, status))
}

var throttled = &thrown{"Batch.AWSBatchException", "Too Many Requests (Service: AWSBatch; Status Code: 429)"}

// childOf returns the child of the only step's Map, and what it is given.
func childOf(t *testing.T, d *spec.Deployment) (flow, input map[string]any) {
	t.Helper()
	m := decoded(generate(t, d)).(map[string]any)
	flow = m["States"].(map[string]any)["Do "+d.Steps[0].Name].(map[string]any)["ItemProcessor"].(map[string]any)
	input = map[string]any{"shards": "120..129"}
	if !d.Inline {
		input["run"] = executionARN
	}
	return flow, input
}

// What becomes of a child, for all that can become of its jobs.
func TestOutcomes(t *testing.T) {
	const (
		ok         = `{"job":"j-2","status":"SUCCEEDED"}`
		quarantine = `{"job":"j-1","status":"QUARANTINED"}`
		taskFailed = "TaskFailed: {"
		settings   = "BadSettings: Job j-1 cannot use its settings. Its log says why"
	)
	for name, c := range map[string]struct {
		normal, large error
		isLarge       bool   // whether the job is done once more
		want          string // the result as JSON, or how the error begins
	}{
		"done":        {nil, nil, false, ok},
		"data":        {exit(65), nil, false, quarantine},
		"settings":    {exit(64), nil, false, settings},
		"crash":       {exit(1), nil, false, taskFailed},
		"panic":       {exit(2), nil, false, taskFailed},
		"retry":       {exit(75), nil, false, taskFailed},
		"terminated":  {exit(143), nil, false, taskFailed},
		"70":          {exit(70), nil, false, taskFailed},
		"72":          {exit(72), nil, false, taskFailed},
		"136":         {exit(136), nil, false, taskFailed},
		"138":         {exit(138), nil, false, taskFailed},
		"zero":        {exit(0), nil, false, taskFailed}, // a job that failed with it is none of ours
		"room":        {exit(71), nil, true, ok},
		"killed":      {exit(137), nil, true, ok},
		"memory":      {failedJob(`{"JobId":"j-1","Container":{"Reason":"OutOfMemoryError: Container killed due to memory usage"}}`), nil, true, ok},
		"of the task": {failedJob(`{"JobId":"j-1","StatusReason":"OutOfMemory: Container killed"}`), nil, true, ok},
		"memory, 1":   {failedJob(`{"JobId":"j-1","Container":{"ExitCode":1,"Reason":"OutOfMemoryError: container killed"}}`), nil, true, ok},
		"spot":        {failedJob(`{"JobId":"j-1","Container":{},"StatusReason":"Your Spot Task was interrupted."}`), nil, true, ok},
		"memory, 65":  {failedJob(`{"JobId":"j-1","Container":{"ExitCode":65,"Reason":"OutOfMemoryError"}}`), nil, false, quarantine},

		"room, data":        {exit(71), exit(65), true, quarantine},
		"room, settings":    {exit(71), exit(64), true, settings},
		"room, room":        {exit(71), exit(71), true, taskFailed},
		"killed, killed":    {exit(137), exit(137), true, taskFailed},
		"killed, spot":      {exit(137), failedJob(`{"JobId":"j-1","StatusReason":"Your Spot Task was interrupted."}`), true, taskFailed},
		"room, retry":       {exit(71), exit(75), true, taskFailed},
		"room, throttled":   {exit(71), throttled, true, "Batch.AWSBatchException: Too Many"},
		"room, no cause":    {exit(71), &thrown{"Batch.ClientException", noCause}, true, "Batch.ClientException: no cause is known"},
		"throttled":         {throttled, nil, false, "Batch.AWSBatchException: Too Many"},
		"server":            {&thrown{"Batch.ServerException", "Failed to create"}, nil, false, "Batch.ServerException: Failed"},
		"timeout":           {&thrown{"States.Timeout", noCause}, nil, false, "Timeout: no cause is known"},
		"empty cause":       {&thrown{"States.TaskFailed", ""}, nil, false, "TaskFailed: "},
		"cut cause":         {failedJob(`{"JobId":"j-1","Container":{"ExitCode":65`), nil, false, taskFailed},
		"no object":         {failedJob(`[1]`), nil, false, "TaskFailed: [1]"},
		"braces":            {failedJob(`{}`), nil, false, "TaskFailed: {}"},
		"another object":    {failedJob(`{"Container":{"ExitCode":65}}`), nil, false, taskFailed},
		"no container":      {failedJob(`{"JobId":"j-1","StatusReason":"Task failed to start"}`), nil, false, taskFailed},
		"nothing but an id": {failedJob(`{"JobId":"j-1"}`), nil, false, taskFailed},
		"null":              {failedJob(`{"JobId":"j-1","Container":null,"StatusReason":null}`), nil, false, taskFailed},
		"nulls":             {failedJob(`{"JobId":"j-1","Container":{"ExitCode":null,"Reason":null}}`), nil, false, taskFailed},
		"text for a number": {failedJob(`{"JobId":"j-1","Container":{"ExitCode":"65","Reason":7}}`), nil, false, taskFailed},
		"cannot pull":       {failedJob(`{"JobId":"j-1","Container":{"Reason":"CannotPullContainerError: no such image"}}`), nil, false, taskFailed},
		"time limit":        {failedJob(`{"JobId":"j-1","Container":{},"StatusReason":"Job attempt duration exceeded timeout"}`), nil, false, taskFailed},

		// Braces around what is no JSON: nobody writes that, and nothing catches it. The
		// child fails all the same.
		"braces around text": {failedJob(`{"x}`), nil, false, "States.Runtime: "},
	} {
		for _, isInline := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, inline %v", name, isInline), func(t *testing.T) {
				d := deployment("clean")
				d.Inline = isInline
				flow, input := childOf(t, d)
				var queues []string
				p := &play{call: func(state, service string, a map[string]any, n int) (any, error) {
					if service != submitJobSync {
						return map[string]any{"StopDate": "now"}, nil
					}
					if n == 1 {
						queues = append(queues, a["JobQueue"].(string))
					}
					err := c.normal
					if state != "Do it (clean)" {
						err = c.large
					}
					if err != nil {
						return nil, err
					}
					return succeeded("j-2"), nil
				}}
				result, err := p.flow(flow, flow["StartAt"].(string), input, nil)
				if n := eventsOf(d, p.trace); n > childEvents(d) {
					t.Errorf("%d events, not %d", n, childEvents(d))
				}
				got := string(encoded(result))
				if err != nil {
					got = err.Error()
				}
				if strings.HasPrefix(c.want, "{") && got != c.want || !strings.HasPrefix(got, c.want) {
					t.Errorf("%s", got)
				}
				want := []string{"${jobs_queue}"}
				if c.isLarge {
					want = append(want, "${steady_queue}")
				}
				if !slices.Equal(queues, want) {
					t.Errorf("jobs on %v", queues)
				}
				if stops := strings.HasPrefix(c.want, BadSettings) && !isInline; (p.stopped != nil) != stops {
					t.Errorf("the run was stopped: %v", p.stopped)
				}
			})
		}
	}
}

// eventsOf returns how many events a child left that went through some states.
func eventsOf(d *spec.Deployment, trace []string) int {
	n, f := 2, child(d, d.Steps[0].Name)
	for _, name := range trace {
		n += events(*f.at(name), false)
	}
	return n
}

// The error and the cause of a child that failed are those of the job, but for the
// prefix that no Fail may use.
func TestCauseIsKept(t *testing.T) {
	flow, input := childOf(t, deployment("clean"))
	want := exit(75).(*thrown)
	p := &play{call: func(string, string, map[string]any, int) (any, error) { return nil, want }}
	_, err := p.flow(flow, "Do it (clean)", input, nil)
	if got, ok := errors.AsType[*thrown](err); !ok || *got != (thrown{"TaskFailed", want.cause}) {
		t.Errorf("%v", err)
	}
}

// Jobs that Batch does not take at once are offered eleven times; jobs that fail, and
// errors of another kind, once.
func TestSubmittingIsRetried(t *testing.T) {
	for _, c := range []struct {
		err   *thrown
		fails int
		calls int
		ok    bool
	}{
		{throttled, 10, 11, true},
		{throttled, 11, 11, false},
		{&thrown{"Batch.ServerException", "a"}, 10, 11, true},
		{&thrown{"Batch.ClientException", "a"}, 10, 11, true},
		{&thrown{"Batch.TooManyRequestsException", "a"}, 10, 11, true},
		{&thrown{"Batch.SdkClientException", "a"}, 10, 11, true},
		{exit(75).(*thrown), 1, 1, false},
		{&thrown{"States.Permissions", "a"}, 1, 1, false},
	} {
		flow, input := childOf(t, deployment("clean"))
		p := &play{call: func(_, _ string, _ map[string]any, n int) (any, error) {
			if n <= c.fails {
				return nil, c.err
			}
			return succeeded("j"), nil
		}}
		_, err := p.flow(flow, "Do it (clean)", input, nil)
		if calls := p.calls["Do it (clean)"]; (err == nil) != c.ok || calls != c.calls {
			t.Errorf("%s, %d times: %d calls, %v", c.err.name, c.fails, calls, err)
		}
	}
}

// A child whose settings are bad fails with that, even if it cannot stop the run.
func TestStopFails(t *testing.T) {
	flow, input := childOf(t, deployment("clean"))
	p := &play{call: func(_, service string, _ map[string]any, n int) (any, error) {
		if service == stopExecution {
			return nil, &thrown{"Sfn.SfnException", "not now"}
		}
		return nil, exit(64)
	}}
	_, err := p.flow(flow, "Do it (clean)", input, nil)
	if e, ok := errors.AsType[*thrown](err); !ok || e.name != BadSettings || p.calls["Stop the run (clean)"] != 6 {
		t.Errorf("%v after %d calls", err, p.calls["Stop the run (clean)"])
	}
}

// The names of jobs are legal and say which shards they do, however long the rest is.
func TestJobNames(t *testing.T) {
	for _, c := range []struct{ name, step, shards, want string }{
		{"webtext", "clean", "120..129", "webtext-clean-120"},
		{"webtext", "clean", "7", "webtext-clean-7"},
		{strings.Repeat("n", maxDeployment), longStep, "2147483647..2147483647", strings.Repeat("n", 70) + "-" + label(longStep) + "-2147483647"},
	} {
		d := deployment(c.step)
		d.Name = c.name
		flow, input := childOf(t, d)
		input["shards"] = c.shards
		var got []string
		p := &play{call: func(state, _ string, a map[string]any, _ int) (any, error) {
			got = append(got, a["JobName"].(string))
			if a["Parameters"].(map[string]any)["shards"] != c.shards {
				t.Errorf("parameters %v", a["Parameters"])
			}
			return nil, exit(71)
		}}
		p.flow(flow, flow["StartAt"].(string), input, nil)
		if want := []string{c.want, c.want + "-large"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		for _, name := range got {
			if len(name) > maxJobName || !jobNames.MatchString(name) {
				t.Errorf("job name %q of %d characters", name, len(name))
			}
		}
	}
}

// With the longest cause there is, of characters that take two bytes, a child holds
// less than Step Functions takes; and what it leaves an inline Map is short.
func TestPayload(t *testing.T) {
	for _, isInline := range []bool{false, true} {
		d := deployment("clean")
		d.Inline = isInline
		flow, input := childOf(t, d)
		description := []rune(`{"JobId":"00000000-0000-0000-0000-000000000000","Container":{"ExitCode":71,"Reason":"`)
		end := []rune(`"}}`)
		n := maxCause - len(description) - len(end)
		cause := string(description) + strings.Repeat("é", n) + string(end)
		p := &play{call: func(state, _ string, _ map[string]any, _ int) (any, error) {
			if state == "Do it (clean)" {
				return nil, failedJob(cause)
			}
			return nil, failedJob(strings.Replace(cause, ":71", ":65", 1))
		}}
		result, err := p.flow(flow, flow["StartAt"].(string), input, nil)
		if err != nil || p.largest > maxPayload || p.largest < 3*maxCause {
			t.Errorf("%d bytes, %v", p.largest, err)
		}
		if left := len(encoded(result)) * MaxBatches(d); isInline && left > maxPayload {
			t.Errorf("an inline Map may have %d bytes of results", left)
		}
	}
}

// A world answers for the services of a whole run.
type world struct {
	list  map[string]string // batches.json by step
	fails map[string]error  // by state
}

// play returns an execution of the machine of d.
func (w world) play(d *spec.Deployment) *play {
	p := &play{items: map[string][]any{}}
	keys := map[string]string{}
	for step, text := range w.list {
		key := "${prefix_key}" + spec.BatchesFile(step)
		keys[key] = text
		p.items[key] = decoded([]byte(text)).([]any)
	}
	p.call = func(state, service string, a map[string]any, _ int) (any, error) {
		if err := w.fails[state]; err != nil {
			return nil, err
		}
		switch service {
		case headObject:
			return map[string]any{"ContentLength": float64(len(keys[a["Key"].(string)]))}, nil
		case getObject:
			return map[string]any{"Body": keys[a["Key"].(string)]}, nil
		case submitJobSync:
			return succeeded("j"), nil
		}
		return map[string]any{}, nil
	}
	return p
}

var twoBatches = `[{"shards":"0..9"},{"shards":"10..12"}]`

func twoSteps(isInline bool) *spec.Deployment {
	d := deployment("clean", "publish")
	d.Inline = isInline
	return d
}

// failure returns what a run has failed of, "" if it has not: the error in the input of
// the state Failed, or its own.
func (p *play) failure(err error) string {
	if err == nil {
		return ""
	}
	if input, ok := p.input.(map[string]any); ok && p.trace[len(p.trace)-1] == Failed {
		f := input["failure"].(map[string]any)
		return fmt.Sprintf("%s: %s", f["Error"], f["Cause"])
	}
	return err.Error()
}

func TestRun(t *testing.T) {
	const did = "Done"
	for name, c := range map[string]struct {
		lists [2]string
		fails map[string]error
		last  string // state
		want  string // error
		never string // a state that is not entered
	}{
		"all is well":      {[2]string{twoBatches, twoBatches}, nil, did, "", "Tell of the failure"},
		"one batch":        {[2]string{`[{"shards":"0..0"}]`, twoBatches}, nil, did, "", "Tell of the failure"},
		"nothing to do":    {[2]string{"[]\n", "[]\n"}, nil, did, "", "Do it (clean)"},
		"nothing at first": {[2]string{"[]", twoBatches}, nil, did, "", "Do it (clean)"},
		"nothing at last":  {[2]string{twoBatches, "[ ]"}, nil, did, "", "Do it (publish)"},

		"list fails":        {[2]string{}, map[string]error{"List clean": exit(75)}, Failed, "States.TaskFailed: {", "Do it (clean)"},
		"list, settings":    {[2]string{}, map[string]error{"List clean": exit(64)}, Failed, "BadSettings: Job j-1 cannot use its settings", "Do it (clean)"},
		"second, settings":  {[2]string{twoBatches, ""}, map[string]error{"List publish": exit(64)}, Failed, "BadSettings: Job j-1", "Report"},
		"list, throttled":   {[2]string{}, map[string]error{"List clean": throttled}, Failed, "Batch.AWSBatchException: Too Many", "Do it (clean)"},
		"list, no cause":    {[2]string{}, map[string]error{"List clean": &thrown{"States.Timeout", noCause}}, Failed, "States.Timeout: no cause is known", "Do it (clean)"},
		"other JSON":        {[2]string{}, map[string]error{"List clean": failedJob(`{"Container":{"ExitCode":64}}`)}, Failed, "States.TaskFailed: {", "Do it (clean)"},
		"report fails":      {[2]string{twoBatches, twoBatches}, map[string]error{"Report": exit(1)}, Failed, "States.TaskFailed: {", "Tell of success"},
		"report, settings":  {[2]string{twoBatches, twoBatches}, map[string]error{"Report": exit(64)}, Failed, "BadSettings: Job j-1", "Tell of success"},
		"success not told":  {[2]string{twoBatches, twoBatches}, map[string]error{"Tell of success": &thrown{"SNS.NotFoundException", "a"}}, did, "", "Tell of the failure"},
		"failure not told":  {[2]string{}, map[string]error{"List clean": exit(75), "Tell of the failure": &thrown{"SNS.NotFoundException", "a"}}, Failed, "States.TaskFailed: {", "Done"},
		"settings not told": {[2]string{}, map[string]error{"List clean": exit(64), "Tell of the failure": &thrown{"SNS.NotFoundException", noCause}}, Failed, "BadSettings: Job j-1", "Done"},
	} {
		for _, isInline := range []bool{false, true} {
			for _, input := range []any{map[string]any{}, map[string]any{"failure": 1.0, "large": true}, "text", nil, []any{}} {
				t.Run(fmt.Sprintf("%s, inline %v, %v", name, isInline, input), func(t *testing.T) {
					d := twoSteps(isInline)
					p := world{map[string]string{"clean": c.lists[0], "publish": c.lists[1]}, c.fails}.playOrNone(d)
					_, err := p.start(decoded(generate(t, d)).(map[string]any), input)
					got := p.failure(err)
					if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
						t.Errorf("%s", got)
					}
					if last := p.trace[len(p.trace)-1]; last != c.last || slices.Contains(p.trace, c.never) {
						t.Errorf("went %q", p.trace)
					}
				})
			}
		}
	}
}

// playOrNone leaves out lists that were not written.
func (w world) playOrNone(d *spec.Deployment) *play {
	for step, text := range w.list {
		if text == "" {
			delete(w.list, step)
		}
	}
	return w.play(d)
}

// What subscribers get.
func TestMessages(t *testing.T) {
	d := twoSteps(false)
	for want, fails := range map[string]map[string]error{
		"webtext: done: Run " + executionARN + " is done. Its report is s3://${bucket}/${prefix_key}report.json.":                                            nil,
		"webtext: failed: Run " + executionARN + " failed with BadSettings. To go on where it stopped, start again, or redrive this run. The cause: Job j-1": {"List clean": exit(64)},
		"webtext: failed: Run " + executionARN + " failed with Batch.AWSBatchException. To go on":                                                            {"Report": throttled},
	} {
		p := world{map[string]string{"clean": twoBatches, "publish": twoBatches}, fails}.play(d)
		var got []string
		call := p.call
		p.call = func(state, service string, a map[string]any, n int) (any, error) {
			if service == publishSNS {
				got = append(got, fmt.Sprintf("%s: %s", strings.TrimPrefix(a["Subject"].(string), "textmill "), a["Message"]))
			}
			return call(state, service, a, n)
		}
		p.start(decoded(generate(t, d)).(map[string]any), nil)
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%q is not %q", got, want)
		}
	}
}

// A child with bad settings stops the run, whatever is tolerated, and no other begins.
func TestBadSettingsStopTheRun(t *testing.T) {
	d := twoSteps(false)
	d.Steps[0].Tolerated = 100
	p := world{map[string]string{"clean": twoBatches}, map[string]error{"Do it (clean)": exit(64)}}.play(d)
	_, err := p.start(decoded(generate(t, d)).(map[string]any), nil)
	if e, ok := errors.AsType[*thrown](err); !ok || e != p.stopped || e.name != BadSettings || p.calls["Do it (clean)"] != 1 {
		t.Errorf("%v, after %d jobs", err, p.calls["Do it (clean)"])
	}
}

func TestBadSettingsInline(t *testing.T) {
	d := twoSteps(true)
	p := world{map[string]string{"clean": twoBatches}, map[string]error{"Do it (clean)": exit(64)}}.play(d)
	_, err := p.start(decoded(generate(t, d)).(map[string]any), nil)
	if got := p.failure(err); !strings.HasPrefix(got, BadSettings) || p.calls["Do it (clean)"] != 1 {
		t.Errorf("%s, after %d jobs", got, p.calls["Do it (clean)"])
	}
	if !slices.Contains(p.trace, "Tell of the failure") {
		t.Errorf("nobody was told: %q", p.trace)
	}
}

// A distributed Map fails with more failures than are tolerated, an inline one with
// the first and its error.
func TestTolerated(t *testing.T) {
	for _, c := range []struct {
		inline    bool
		tolerated int
		fails     int
		want      string // error
		jobs      int
	}{
		{false, 0, 0, "", 2},
		{false, 0, 1, "States.ExceedToleratedFailureThreshold", 2},
		{false, 50, 1, "", 2},
		{false, 50, 2, "States.ExceedToleratedFailureThreshold", 2},
		{false, 49, 1, "States.ExceedToleratedFailureThreshold", 2},
		{false, 100, 2, "", 2},
		{true, 0, 0, "", 2},
		{true, 0, 1, "TaskFailed", 1},
	} {
		d := twoSteps(c.inline)
		d.Steps[0].Tolerated = c.tolerated
		p := world{map[string]string{"clean": twoBatches, "publish": "[]"}, nil}.play(d)
		call := p.call
		p.call = func(state, service string, a map[string]any, n int) (any, error) {
			if state == "Do it (clean)" && n <= c.fails {
				return nil, exit(1)
			}
			return call(state, service, a, n)
		}
		_, err := p.start(decoded(generate(t, d)).(map[string]any), nil)
		if got, _, _ := strings.Cut(p.failure(err), ":"); got != c.want || p.calls["Do it (clean)"] != c.jobs {
			t.Errorf("%+v: %v, after %d jobs", c, err, p.calls["Do it (clean)"])
		}
	}
}

// A run that has failed begins anew if it is redriven, as often as it fails and is
// redriven; and does so though it was redriven before it failed.
func TestRedrive(t *testing.T) {
	for _, isInline := range []bool{false, true} {
		d := twoSteps(isInline)
		machine := decoded(generate(t, d)).(map[string]any)
		w := world{map[string]string{"clean": twoBatches, "publish": twoBatches}, map[string]error{"Do it (clean)": exit(75)}}
		p := w.play(d)
		p.redrives = 2 // after it was stopped
		_, err := p.start(machine, nil)
		fails := func(want string) {
			t.Helper()
			if e, ok := errors.AsType[*thrown](err); !ok || e.name != "States.NoChoiceMatched" || !strings.HasPrefix(p.failure(err), want) {
				t.Errorf("%v, for %s", err, p.failure(err))
			}
		}
		goesOn := func() {
			t.Helper()
			n := len(p.trace)
			_, err = p.redrive(machine)
			if !slices.Equal(p.trace[n:n+3], []string{Failed, "Begin", "List clean"}) {
				t.Errorf("went %q", p.trace[n:])
			}
		}
		fails(map[bool]string{false: "States.ExceedToleratedFailureThreshold", true: "TaskFailed"}[isInline])

		delete(w.fails, "Do it (clean)")
		w.fails["Report"] = exit(1)
		goesOn()
		fails("States.TaskFailed")

		delete(w.fails, "Report")
		goesOn()
		if err != nil || p.trace[len(p.trace)-1] != "Done" || p.calls["Tell of the failure"] != 2 || p.calls["Tell of success"] != 1 {
			t.Errorf("%v, %v", err, p.calls)
		}
	}
}

// What a redriven run has of its own is what it has when it begins: nothing of the
// failure is left.
func TestRedriveForgetsTheFailure(t *testing.T) {
	d := twoSteps(false)
	machine := decoded(generate(t, d)).(map[string]any)
	w := world{map[string]string{"clean": "[]", "publish": "[]"}, map[string]error{"Report": exit(1)}}
	p := w.play(d)
	p.start(machine, nil)
	delete(w.fails, "Report")
	result, err := p.redrive(machine)
	if got := string(encoded(result)); err != nil || strings.Contains(got, "failure") || strings.Contains(got, "redrives") {
		t.Errorf("%s, %v", got, err)
	}
}
