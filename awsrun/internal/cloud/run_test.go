package cloud_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cloud"
)

type object = map[string]any

// list is an answer that names runs, by their names and statuses.
func list(run ...string) answer {
	executions := []any{}
	for i := 0; i < len(run); i += 2 {
		executions = append(executions, object{"executionArn": runs + run[i], "name": run[i], "status": run[i+1], "startDate": y2k.Unix(), "stateMachineArn": machine})
	}
	return says(object{"executions": executions})
}

func described(name, status string) answer {
	return says(object{"executionArn": runs + name, "name": name, "status": status, "startDate": y2k.Unix(), "stateMachineArn": machine})
}

var (
	noMachine = fails(400, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+machine+"'")
	tooMany   = fails(400, "ThrottlingException", "Rate exceeded")
	refused   = fails(400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/ada is not authorized")
)

func TestStart(t *testing.T) {
	started := says(object{"executionArn": runs + "r1", "startDate": y2k.Unix()})
	for name, test := range map[string]struct {
		list, start []answer
		want        error
		says        string   // of the error
		ops         []string // without those made again
	}{
		"first":      {[]answer{list()}, []answer{started}, nil, "", []string{"states:ListExecutions", "states:StartExecution"}},
		"throttled":  {[]answer{tooMany, tooMany, list()}, []answer{tooMany, started}, nil, "", []string{"states:ListExecutions", "states:StartExecution"}},
		"lost":       {[]answer{list()}, []answer{breaks(io.ErrUnexpectedEOF), started}, nil, "", []string{"states:ListExecutions", "states:StartExecution"}},
		"running":    {[]answer{list("r0", "RUNNING")}, nil, cloud.ErrRunning, "start demo: r0, since 2000-01-01T00:00:00Z: a run is going on", []string{"states:ListExecutions"}},
		"undeployed": {[]answer{noMachine}, nil, cloud.ErrNotDeployed, "start demo: not deployed yet: run deploy", []string{"states:ListExecutions"}},
		"denied":     {[]answer{list()}, []answer{refused}, nil, "missing permission states:StartExecution", []string{"states:ListExecutions", "states:StartExecution"}},
		"name taken": {[]answer{list()}, []answer{fails(400, "ExecutionAlreadyExists", "")}, nil, "choose another", []string{"states:ListExecutions", "states:StartExecution"}},
		"bad name":   {[]answer{list()}, []answer{fails(400, "InvalidName", "")}, nil, "at most 80", []string{"states:ListExecutions", "states:StartExecution"}},
		"overloaded": {[]answer{tooMany}, nil, nil, "try again later", []string{"states:ListExecutions"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				f.on("states:ListExecutions", test.list...)
				f.on("states:StartExecution", test.start...)
				e, err := c.Start(t.Context(), "r1")
				if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("error %v, want one with %q", err, test.says)
				}
				want := cloud.Execution{Name: "r1", ARN: runs + "r1", Status: "RUNNING", Started: y2k}
				if err == nil && e != want {
					t.Errorf("started %+v, want %+v", e, want)
				}
				if ops := slices.Compact(f.ops()); !slices.Equal(ops, test.ops) {
					t.Errorf("requests %v, want %v", ops, test.ops)
				}
				for _, in := range f.inputs("states:ListExecutions") {
					if in["stateMachineArn"] != machine || in["statusFilter"] != "RUNNING" {
						t.Errorf("listed %v", in)
					}
				}
				// What is sent again is the same, so that AWS starts one.
				for _, in := range f.inputs("states:StartExecution") {
					if in["stateMachineArn"] != machine || in["name"] != "r1" || in["input"] != "{}" {
						t.Errorf("start with %v", in)
					}
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	const op = "states:StopExecution"
	stopped := says(object{"stopDate": y2k.Unix()})
	for name, test := range map[string]struct {
		run  string
		on   map[string]answer
		arn  string // of the run that is stopped
		want error
		says string
	}{
		"latest":    {"", map[string]answer{"states:ListExecutions": list("r1", "RUNNING"), op: stopped}, runs + "r1", nil, ""},
		"by name":   {"r2", map[string]answer{"states:DescribeExecution": described("r2", "RUNNING"), op: stopped}, runs + "r2", nil, ""},
		"by ARN":    {runs + "r2", map[string]answer{"states:DescribeExecution": described("r2", "RUNNING"), op: stopped}, runs + "r2", nil, ""},
		"ended":     {"r2", map[string]answer{"states:DescribeExecution": described("r2", "SUCCEEDED")}, "", cloud.ErrEnded, "stop demo: r2: the run has ended already: SUCCEEDED"},
		"none":      {"", map[string]answer{"states:ListExecutions": list()}, "", cloud.ErrNoRun, "run start"},
		"unknown":   {"r3", map[string]answer{"states:DescribeExecution": fails(400, "ExecutionDoesNotExist", "Execution Does Not Exist")}, "", nil, "there is no such run"},
		"another's": {"arn:aws:states:us-east-1:123456789012:execution:demo2:r1", nil, "", nil, "not a run of this deployment"},
		"denied":    {"r2", map[string]answer{"states:DescribeExecution": described("r2", "RUNNING"), op: refused}, runs + "r2", nil, "missing permission states:StopExecution"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				for op, a := range test.on {
					f.on(op, a)
				}
				err := c.Stop(t.Context(), test.run, "dinner")
				if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("error %v, want one with %q", err, test.says)
				}
				in := f.inputs(op)
				if len(in) != min(len(test.arn), 1) || len(in) > 0 && (in[0]["executionArn"] != test.arn || in[0]["cause"] != "dinner" || in[0]["error"] != "Stopped") {
					t.Errorf("stopped with %v, want %s", in, test.arn)
				}
			})
		})
	}
}

// events makes a history that goes from each event to the next; it comes with the
// latest first.
func events(all ...object) answer {
	list := []any{}
	for i, e := range all {
		e["id"], e["timestamp"] = i+1, y2k.Unix()+int64(i)
		if e["previousEventId"] == nil {
			e["previousEventId"] = i
		}
		list = append(list, e)
	}
	slices.Reverse(list)
	return func(in map[string]any) (any, *fault) {
		page := []any{}
		for _, e := range list[:min(len(list), int(in["maxResults"].(float64)))] {
			page = append(page, withData(e.(object), in["includeExecutionData"]))
		}
		return object{"events": page}, nil
	}
}

// withData returns an event, without what its state was given if that was not asked for.
func withData(e object, asked any) object {
	details, ok := e["stateEnteredEventDetails"].(object)
	if !ok || asked != false {
		return e
	}
	e, details = maps.Clone(e), maps.Clone(details)
	delete(details, "input")
	e["stateEnteredEventDetails"] = details
	return e
}

func entered(kind, name string) object {
	return object{"type": kind + "StateEntered", "stateEnteredEventDetails": object{"name": name}}
}

func TestRedrive(t *testing.T) {
	const op = "states:RedriveExecution"
	for name, test := range map[string]struct {
		status  string
		list    answer
		redrive answer
		want    error
		says    string
	}{
		"aborted": {"ABORTED", list(), says(object{"redriveDate": y2k.Unix()}), nil, ""},
		"failed":  {"FAILED", list(), says(object{"redriveDate": y2k.Unix()}), nil, ""},
		"running": {"ABORTED", list("r0", "RUNNING"), nil, cloud.ErrRunning, "r0"},
		"too old": {"ABORTED", list(), fails(400, "ExecutionNotRedrivable", "too old"), nil, "cannot be redriven: run start"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				f.on("states:ListExecutions", test.list)
				again := execution("RUNNING", object{"redriveCount": 1})
				f.on("states:DescribeExecution", described("r1", test.status), described("r1", test.status), again)
				if test.redrive != nil {
					f.on(op, test.redrive)
				}
				err := c.Redrive(t.Context(), "r1")
				if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("error %v, want one with %q", err, test.says)
				}
				if in := f.inputs(op); test.redrive != nil && (len(in) != 1 || in[0]["executionArn"] != runs+"r1" || in[0]["clientToken"] == "") {
					t.Errorf("redriven with %v", in)
				}
				if ops := f.ops(); err == nil && (!strings.HasSuffix(strings.Join(ops, " "), op+" states:DescribeExecution states:DescribeExecution")) {
					t.Errorf("requests %v, want two of what became of it", ops)
				}
			})
		})
	}
}

// One that is going on is preferred to one that began later.
func TestLatest(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		f.on("states:ListExecutions", list("redriven", "RUNNING"), list(), list("last", "FAILED"), list())
		for _, want := range []string{"redriven", "last"} {
			if e, err := c.Latest(t.Context()); err != nil || e.Name != want {
				t.Errorf("latest %+v, error %v, want %s", e, err, want)
			}
		}
		if _, err := c.Latest(t.Context()); !errors.Is(err, cloud.ErrNoRun) {
			t.Errorf("error %v, want %v", err, cloud.ErrNoRun)
		}
	})
}

// waiting has a fake tell these statuses of a run, one after the other, or fail.
func waiting(f *fake, answers ...answer) {
	f.on("states:ListExecutions", list("r1", "RUNNING"))
	f.on("states:DescribeExecution", answers...)
	f.on("states:GetExecutionHistory", events(object{"type": "ExecutionStarted"}))
}

func TestWait(t *testing.T) {
	going, done := described("r1", "RUNNING"), described("r1", "SUCCEEDED")
	unknown := fails(400, "ExecutionDoesNotExist", "")
	broken := breaks(errors.New("connection reset"))
	for name, test := range map[string]struct {
		answers []answer
		shown   []string
		took    time.Duration // at least; at most 10 % more
		says    string
	}{
		"at once":        {[]answer{done}, []string{"SUCCEEDED"}, 0, ""},
		"later":          {[]answer{going, going, done}, []string{"RUNNING", "RUNNING", "SUCCEEDED"}, 20 * time.Second, ""},
		"not yet known":  {[]answer{unknown, unknown, going, done}, []string{"RUNNING", "SUCCEEDED"}, 30 * time.Second, ""},
		"unknown":        {[]answer{unknown}, nil, time.Minute, "there is no such run"},
		"denied":         {[]answer{going, refused}, []string{"RUNNING"}, 10 * time.Second, "missing permission states:DescribeExecution"},
		"gone afterward": {append(slices.Repeat([]answer{going}, 10), unknown), slices.Repeat([]string{"RUNNING"}, 10), 100 * time.Second, "there is no such run"},
		"broken a while": {append(append([]answer{going}, slices.Repeat([]answer{broken}, 40)...), done), []string{"RUNNING", "SUCCEEDED"}, time.Minute, ""},
		"broken":         {[]answer{going, broken}, []string{"RUNNING"}, 10 * time.Minute, "AWS cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				waiting(f, test.answers...)
				var shown []string
				begun := time.Now()
				s, err := c.Wait(t.Context(), "r1", func(s cloud.Status) { shown = append(shown, s.Execution.Status) })
				if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("error %v, want one with %q", err, test.says)
				}
				if err == nil && s.Execution.Status != "SUCCEEDED" {
					t.Errorf("returned %+v", s.Execution)
				}
				if !slices.Equal(shown, test.shown) {
					t.Errorf("shown %v, want %v", shown, test.shown)
				}
				if took := time.Since(begun); took < test.took || name != "broken a while" && took > test.took*11/10 {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

// Whichever run is the latest to begin with is waited for, not one that begins later.
func TestWaitForLatest(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		waiting(f, described("r1", "RUNNING"), described("r1", "SUCCEEDED"))
		f.on("states:ListExecutions", list("r1", "RUNNING"), list("r2", "RUNNING"))
		if s, err := c.Wait(t.Context(), "", func(cloud.Status) {}); err != nil || s.Execution.Name != "r1" {
			t.Errorf("waited for %+v, error %v", s.Execution, err)
		}
		for _, in := range f.inputs("states:DescribeExecution") {
			if in["executionArn"] != runs+"r1" {
				t.Errorf("described %v", in)
			}
		}
	})
}

func TestWaitForNothing(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		f.on("states:ListExecutions", list())
		if _, err := c.Wait(t.Context(), "", nil); !errors.Is(err, cloud.ErrNoRun) {
			t.Errorf("error %v, want %v", err, cloud.ErrNoRun)
		}
	})
}

func TestWaitCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		waiting(f, described("r1", "RUNNING"))
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		begun := time.Now()
		_, err := c.Wait(ctx, "r1", func(cloud.Status) {})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 15*time.Second {
			t.Errorf("error %v after %v, want %v after 15s", err, time.Since(begun), context.DeadlineExceeded)
		}
	})
}
