package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/states"
)

// matcher says which of some events a pattern of EventBridge is for, by what moto knows of
// that.
const matcher = `
import json, sys
from moto.events.models import EventPattern
given = json.load(sys.stdin)
pattern = EventPattern.load(given['pattern'])
json.dump([pattern.matches_event(e) for e in given['events']], sys.stdout)
`

// matches returns, for each event, whether the pattern is for it.
func matches(t *testing.T, pattern string, events []map[string]any) (is []bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python(t), "-s", "-E", "-B", "-c", matcher)
	cmd.Stdin = bytes.NewReader([]byte(marshal(t, map[string]any{"pattern": pattern, "events": events})))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	must(t, json.Unmarshal(out, &is))
	return is
}

// What the state machine cannot tell of, a rule of EventBridge does; and of nothing else,
// so that nobody is told twice.
func TestRuleTellsTheRest(t *testing.T) {
	var machine, pattern string
	for _, r := range modelled(t, newSpec("told-by-rule")) {
		switch r.Type + "." + r.Name {
		case "aws_sfn_state_machine.main":
			machine = r.text("arn")
		case "aws_cloudwatch_event_rule.ended_badly":
			pattern = r.text("event_pattern")
		}
	}
	noMatch := func(state string) string {
		return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #42). Failed to transition out of the state. The state does not point to a next state.", state)
	}
	type detail = map[string]any
	cases := map[string]struct {
		detail detail
		want   bool
	}{
		"running":                        {detail{"status": "RUNNING", "error": nil, "cause": nil}, false},
		"succeeded":                      {detail{"status": "SUCCEEDED", "error": nil, "cause": nil}, false},
		"stopped":                        {detail{"status": "ABORTED", "error": nil, "cause": nil}, true},
		"stopped for its settings":       {detail{"status": "ABORTED", "error": states.BadSettings, "cause": "Job 1"}, true},
		"too long":                       {detail{"status": "TIMED_OUT"}, true},
		"told":                           {detail{"status": "FAILED", "error": "States.Runtime", "cause": noMatch(states.Failed)}, false},
		"told, by the documentation":     {detail{"status": "FAILED", "error": "States.NoChoiceMatched", "cause": noMatch(states.Failed)}, false},
		"told, without a cause":          {detail{"status": "FAILED", "error": "States.NoChoiceMatched", "cause": nil}, false},
		"told, without any cause":        {detail{"status": "FAILED", "error": "States.NoChoiceMatched"}, false},
		"failed in another state":        {detail{"status": "FAILED", "error": "States.Runtime", "cause": noMatch("Settings?")}, true},
		"failed in a child's state":      {detail{"status": "FAILED", "error": "States.Runtime", "cause": noMatch("Failed (words)")}, true},
		"failed otherwise":               {detail{"status": "FAILED", "error": "States.DataLimitExceeded", "cause": "too large"}, true},
		"failed without a cause":         {detail{"status": "FAILED", "error": "States.Runtime", "cause": nil}, true},
		"failed, and nothing is said":    {detail{"status": "FAILED"}, true},
		"failed, and nothing is known":   {detail{"status": "FAILED", "error": nil, "cause": nil}, true},
		"failed, of another deployment":  {detail{"status": "FAILED", "stateMachineArn": machine + "-2"}, false},
		"stopped, of another deployment": {detail{"status": "ABORTED", "stateMachineArn": machine + "-2"}, false},
	}
	names := slices.Sorted(maps.Keys(cases))
	var events []map[string]any
	for _, name := range names {
		d := detail{"stateMachineArn": machine}
		maps.Copy(d, cases[name].detail)
		events = append(events, map[string]any{"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": d})
	}
	for i, is := range matches(t, pattern, events) {
		if want := cases[names[i]].want; is != want {
			t.Errorf("%s: told %v, want %v", names[i], is, want)
		}
	}
}
