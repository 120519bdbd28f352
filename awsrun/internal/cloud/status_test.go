package cloud_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// event is one of a history that has no details, or details under the given name.
func event(kind string, details ...any) object {
	e := object{"type": kind}
	for i := 0; i < len(details); i += 2 {
		e[details[i].(string)] = details[i+1]
	}
	return e
}

func failed(kind, err, cause string) object {
	name := strings.ToLower(kind[:1]) + kind[1:] + "EventDetails"
	return event(kind, name, object{"error": err, "cause": cause})
}

func iteration(kind string, index, after int) object {
	return event("MapIteration"+kind, "mapIteration"+kind+"EventDetails", object{"name": "clean", "index": index}, "previousEventId", after)
}

const mapRun = "arn:aws:states:us-east-1:" + account + ":mapRun:demo/clean:0001"

// listed are the events up to the Map of the first step.
func listed() []object {
	return []object{
		event("ExecutionStarted"),
		entered("Task", "clean: list"), event("TaskScheduled"), event("TaskStarted"), event("TaskSubmitted"), event("TaskSucceeded"), event("TaskStateExited"),
		entered("Map", "clean"),
	}
}

// distributed are the events of a distributed Map that begins.
func distributed() []object {
	return append(listed(), event("MapStateStarted", "mapStateStartedEventDetails", object{"length": 0}),
		event("MapRunStarted", "mapRunStartedEventDetails", object{"mapRunArn": mapRun}))
}

func counts(status string, n object) answer {
	for _, k := range []string{"pending", "running", "succeeded", "failed", "timedOut", "aborted", "resultsWritten", "total"} {
		if n[k] == nil {
			n[k] = 0
		}
	}
	out := object{"mapRunArn": mapRun, "executionArn": runs + "r1", "status": status, "startDate": y2k.Unix() + 9, "maxConcurrency": 50, "toleratedFailurePercentage": 2.5, "itemCounts": n, "executionCounts": n, "redriveCount": 0}
	return says(out)
}

// execution is what is said of a run that may have ended, and why.
func execution(status string, more object) answer {
	out := object{"executionArn": runs + "r1", "name": "r1", "status": status, "startDate": y2k.Unix() - 3600, "stateMachineArn": machine, "redriveCount": 0}
	for k, v := range more {
		out[k] = v
	}
	return says(out)
}

// inFailed are the last events of a run that has failed, and told of it.
func inFailed(err, cause string) []object {
	input, _ := json.Marshal(object{"run": runs + "r1", "failure": object{"Error": err, "Cause": cause}, "redrives": 0})
	at := event("ChoiceStateEntered", "stateEnteredEventDetails", object{"name": states.Failed, "input": string(input)})
	return []object{
		entered("Task", "tell"), event("TaskScheduled"), event("TaskSucceeded"), event("TaskStateExited"),
		entered("Pass", "keep"), event("PassStateExited"), at, event("ExecutionFailed"),
	}
}

// notMatched is what is said of a run that has failed so.
func notMatched() answer {
	return execution("FAILED", object{"stopDate": y2k.Unix() + 60, "error": "States.Runtime", "cause": "Failed to transition out of the state."})
}

// batchCause is what Step Functions says of a job that failed.
const batchCause = `{"Attempts":[{"Container":{"ExitCode":75,"LogStreamName":"demo-step_clean/default/0aa","NetworkInterfaces":[]},"StatusReason":"Essential container in task exited"},` +
	`{"Container":{"ExitCode":64,"LogStreamName":"demo-step_clean/default/0ab","NetworkInterfaces":[]},"StatusReason":"Essential container in task exited"}],` +
	`"Container":{"ExitCode":64,"LogStreamName":"demo-step_clean/default/0ab","Reason":"x","Vcpus":0},"JobDefinition":"arn:aws:batch:us-east-1:123456789012:job-definition/demo-step_clean:3","JobId":"5d2","JobName":"demo-clean","Status":"FAILED","StatusReason":"Essential container in task exited"}`

func TestStatus(t *testing.T) {
	for name, on := range map[string]func(f *fake){
		"none": func(f *fake) { f.on("states:ListExecutions", list()) },
		"running": func(f *fake) {
			f.on("states:DescribeExecution", execution("RUNNING", nil))
			f.on("states:GetExecutionHistory", events(distributed()...))
			f.on("states:DescribeMapRun", counts("RUNNING", object{"pending": 900, "running": 50, "succeeded": 50, "total": 1000}))
		},
		"succeeded": func(f *fake) {
			f.on("states:DescribeExecution", execution("SUCCEEDED", object{"stopDate": y2k.Unix() + 60, "output": "{}"}))
			f.on("states:GetExecutionHistory", events(append(distributed(),
				event("MapRunSucceeded"), event("MapStateSucceeded"), event("MapStateExited"), entered("Succeed", "done"), event("SucceedStateExited"), event("ExecutionSucceeded"))...))
			f.on("states:DescribeMapRun", counts("SUCCEEDED", object{"succeeded": 1000, "total": 1000}))
		},
		// The first job of all is tried again, and then refuses its settings; the state
		// machine tells of it and fails.
		"settings": func(f *fake) {
			f.on("states:DescribeExecution", notMatched())
			f.on("states:GetExecutionHistory", events(append([]object{event("ExecutionStarted"),
				entered("Task", "clean: list"), event("TaskScheduled"), failed("TaskFailed", "Batch.ServerException", "try again"),
				event("TaskScheduled"), event("TaskStarted"), event("TaskSubmitted"), failed("TaskFailed", "States.TaskFailed", batchCause),
				event("TaskStateExited")}, inFailed("BadSettings", "Job 5d2 cannot use its settings.")...)...))
		},
		// Of what fails where nothing catches it, only the run itself tells.
		"runtime": func(f *fake) {
			f.on("states:DescribeExecution", execution("FAILED", object{"stopDate": y2k.Unix() + 60, "error": "States.Runtime", "cause": "StringToJson"}))
			f.on("states:GetExecutionHistory", events(event("ExecutionStarted"),
				event("PassStateEntered", "stateEnteredEventDetails", object{"name": "Read the cause", "input": `{"failure":{"Error":"States.TaskFailed"}}`}), event("ExecutionFailed")))
		},
		// More jobs failed than are tolerated.
		"jobs": func(f *fake) {
			f.on("states:DescribeExecution",
				notMatched(),
				says(object{"executionArn": "c1", "name": "c1", "status": "FAILED", "startDate": 0, "stateMachineArn": machine, "input": `{"shards":"0..9"}`, "error": "States.TaskFailed", "cause": batchCause}),
				says(object{"executionArn": "c2", "name": "c2", "status": "FAILED", "startDate": 0, "stateMachineArn": machine, "input": `{"run":"arn","shards":"10..19"}`, "error": "Batch.ClientException", "cause": "no such\x1b[2J queue\nat all"}),
				says(object{"executionArn": "c3", "name": "c3", "status": "TIMED_OUT", "startDate": 0, "stateMachineArn": machine, "input": `{"other":1}`}))
			const err, cause = "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
			f.on("states:GetExecutionHistory", events(slices.Concat(distributed(),
				[]object{failed("MapRunFailed", err, cause), event("MapStateFailed")}, inFailed(err, cause))...))
			f.on("states:DescribeMapRun", counts("FAILED", object{"pending": 0, "succeeded": 50, "failed": 2, "timedOut": 1, "aborted": 947, "total": 1000}))
			f.on("states:ListExecutions", children("c1", "c2"), children("c3"))
		},
		// What failed may not be asked for.
		"jobs-denied": func(f *fake) {
			f.on("states:DescribeExecution", execution("RUNNING", nil))
			f.on("states:GetExecutionHistory", events(distributed()...))
			f.on("states:DescribeMapRun", counts("RUNNING", object{"succeeded": 50, "failed": 2, "running": 948, "total": 1000}))
			f.on("states:ListExecutions", refused)
		},
		// Of five iterations of an inline Map, one is done, one failed after it had been
		// tried again, one is under way after it was, one since the first was done, and
		// one has not begun.
		"inline": func(f *fake) {
			f.on("states:DescribeExecution", execution("RUNNING", nil))
			f.on("states:GetExecutionHistory", events(append(listed(), inline()...)...))
		},
		// The same, failed for that. What is said of the end of the Map refers to the last
		// event of the iteration.
		"inline-failed": func(f *fake) {
			f.on("states:DescribeExecution", notMatched())
			f.on("states:GetExecutionHistory", events(slices.Concat(listed(), inline(),
				[]object{event("MapStateFailed", "previousEventId", 25), event("MapStateExited", "previousEventId", 25)}, inFailed("TaskFailed", batchCause))...))
		},
		// The same, stopped meanwhile.
		"inline-stopped": func(f *fake) {
			f.on("states:DescribeExecution", execution("ABORTED", object{"stopDate": y2k.Unix() + 60, "error": "Stopped", "cause": "dinner"}))
			f.on("states:GetExecutionHistory", events(append(append(listed(), inline()...), event("ExecutionAborted"))...))
		},
		// Stopped, and going on again. What failed before does not count any more.
		"redriven": func(f *fake) {
			f.on("states:DescribeExecution", execution("RUNNING", object{"redriveCount": 2, "redriveDate": y2k.Unix() - 60}))
			f.on("states:GetExecutionHistory", events(append(distributed(),
				failed("MapRunFailed", "States.ExceedToleratedFailureThreshold", ""), event("MapStateFailed"), event("ExecutionFailed"),
				event("ExecutionRedriven"), event("MapRunRedriven", "mapRunRedrivenEventDetails", object{"mapRunArn": mapRun, "redriveCount": 2}))...))
			n := object{"pending": 10, "pendingRedrive": 5, "running": 5, "succeeded": 980, "total": 1000}
			f.on("states:DescribeMapRun", counts("RUNNING", n))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				on(f)
				run := "r1"
				if name == "none" {
					run = ""
				}
				s, err := c.Status(t.Context(), run)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, "status/"+name, s)
			})
		})
	}
}

func children(names ...string) answer {
	all := []any{}
	for _, name := range names {
		all = append(all, object{"executionArn": name, "name": name, "status": "FAILED", "startDate": 0, "stateMachineArn": machine, "mapRunArn": mapRun})
	}
	return says(object{"executions": all})
}

// inline are events of iterations of an inline Map, the first of which is event 9.
func inline() []object {
	task := func(after int) object {
		e := entered("Task", "job")
		e["previousEventId"] = after
		return e
	}
	return []object{
		event("MapStateStarted", "mapStateStartedEventDetails", object{"length": 5}), // 9
		iteration("Started", 0, 9), iteration("Started", 1, 9), iteration("Started", 2, 9), // 10, 11, 12
		task(10), task(11), task(12), // 13, 14, 15
		event("TaskSucceeded", "previousEventId", 13),                                              // 16
		event("TaskFailed", "previousEventId", 14, "taskFailedEventDetails", object{"error": "x"}), // 17
		event("TaskFailed", "previousEventId", 15, "taskFailedEventDetails", object{"error": "x"}), // 18
		event("TaskStateExited", "previousEventId", 16),                                            // 19
		event("TaskScheduled", "previousEventId", 17),                                              // 20
		event("TaskScheduled", "previousEventId", 18),                                              // 21
		iteration("Succeeded", 0, 19), iteration("Started", 3, 19), task(23),                       // 22, 23, 24
		event("TaskFailed", "previousEventId", 20, "taskFailedEventDetails", object{"error": "States.TaskFailed", "cause": batchCause}), // 25
		iteration("Failed", 1, 25),
	}
}

// The whole history is read, from its end, however many pages it has; a server that
// does not get on is not asked for ever.
func TestHistoryPages(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		f.on("states:DescribeExecution", execution("RUNNING", nil))
		const pages = 25
		n := 0
		f.on("states:GetExecutionHistory", func(in map[string]any) (any, *fault) {
			if in["reverseOrder"] != true || in["includeExecutionData"] != false || in["maxResults"] != 1000.0 {
				t.Errorf("asked for %v", in)
			}
			page := []any{}
			for i := range 1000 {
				id := 1000*(pages-n) - i
				page = append(page, object{"id": id, "previousEventId": id - 1, "timestamp": y2k.Unix(), "type": "TaskStateEntered", "stateEnteredEventDetails": object{"name": fmt.Sprint("state ", id)}})
			}
			n++
			return object{"events": page, "nextToken": fmt.Sprint("page ", n)}, nil
		})
		s, err := c.Status(t.Context(), "r1")
		if err != nil || s.State != "state 25000" || n != pages {
			t.Errorf("in %s after %d pages, error %v", s.State, n, err)
		}

		f.log = nil
		f.on("states:GetExecutionHistory", says(object{"events": []any{}, "nextToken": "again"}))
		if _, err := c.Status(t.Context(), "r1"); err != nil || len(f.inputs("states:GetExecutionHistory")) != 2 {
			t.Errorf("asked %d times, error %v, want twice", len(f.inputs("states:GetExecutionHistory")), err)
		}
	})
}

// If the input of the state in which a run has failed does not tell why, its own error
// stands.
func TestStatusWithoutCause(t *testing.T) {
	for _, input := range []any{nil, "", "{", "[]", "{}", `{"failure":7}`, `{"failure":{}}`, `{"failure":{"Cause":"x"}}`} {
		t.Run(fmt.Sprint(input), func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				f.on("states:DescribeExecution", notMatched())
				f.on("states:GetExecutionHistory", events(event("ExecutionStarted"),
					event("ChoiceStateEntered", "stateEnteredEventDetails", object{"name": states.Failed, "input": input}), event("ExecutionFailed")))
				if s, err := c.Status(t.Context(), "r1"); err != nil || s.Error != "States.Runtime" || !strings.HasPrefix(s.Cause, "Failed to transition") {
					t.Errorf("error %s: %s, %v", s.Error, s.Cause, err)
				}
			})
		})
	}
}

// Whatever cannot be had, the error says which permission it takes.
func TestStatusDenied(t *testing.T) {
	for op, action := range map[string]string{
		"states:ListExecutions":      "states:ListExecutions",
		"states:DescribeExecution":   "states:DescribeExecution",
		"states:GetExecutionHistory": "states:GetExecutionHistory",
		"states:DescribeMapRun":      "states:DescribeMapRun",
	} {
		t.Run(op, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				f.on("states:ListExecutions", list("r1", "RUNNING"))
				f.on("states:DescribeExecution", execution("RUNNING", nil))
				f.on("states:GetExecutionHistory", events(distributed()...))
				f.on(op, refused)
				if _, err := c.Status(t.Context(), ""); err == nil || !strings.HasPrefix(err.Error(), "status of demo: missing permission "+action) {
					t.Errorf("error %v, want that %s is missing", err, action)
				}
			})
		})
	}
}

func TestPrintFails(t *testing.T) {
	want := errors.New("disk full")
	for _, p := range []printer{cloud.Status{}, cloud.Findings{{Check: "x"}}} {
		if err := p.Print(failing{want}); !errors.Is(err, want) {
			t.Errorf("%T: error %v, want %v", p, err, want)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A clock that is behind makes no negative durations.
func TestPrintBeforeItBegan(t *testing.T) {
	b := &strings.Builder{}
	s := cloud.Status{Time: y2k, Execution: &cloud.Execution{Status: "RUNNING", Started: y2k.Add(time.Second)}}
	if s.Print(b); !strings.Contains(b.String(), "RUNNING, 0s\n") {
		t.Errorf("printed %s", b)
	}
}
