package proof

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// aslVariable is the environment variable that names the folder of the validators of
// state machines: what asl/setup prints.
const aslVariable = "TEXTMILL_ASL"

// validators are two that are not ours.
const (
	bySchema   = "asl-validator"
	byLanguage = "amazon-states-language-service"
)

// validateASL returns what the validators say of machines: by name, by validator.
// Without them it skips the test, or fails it in CI.
func validateASL(t *testing.T, machines map[string]json.RawMessage) map[string]map[string][]string {
	t.Helper()
	dir := os.Getenv(aslVariable)
	if dir == "" {
		const needs = "needs " + aslVariable + ": set it to what awsrun/internal/proof/asl/setup prints"
		if os.Getenv("CI") == "true" {
			t.Fatal(needs)
		}
		t.Skip(needs)
	}
	in, err := json.Marshal(machines)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join("asl", "check.mjs"), dir)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node asl/check.mjs: %v\n%s", err, stderr.Bytes())
	}
	var said map[string]map[string][]string
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("node asl/check.mjs: %v", err)
	}
	return said
}

// goldenASL are the machines in the golden files of package states, filled in as
// Terraform does.
func goldenASL(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	files, err := filepath.Glob("../states/testdata/*.asl.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no machines: %v", err)
	}
	machines := map[string]json.RawMessage{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		machines[filepath.Base(f)] = regexp.MustCompile(`\$\{[a-z_]+\}`).ReplaceAllFunc(b, func(name []byte) []byte {
			switch p := string(name); {
			case p == "${bucket}":
				return []byte("webtext-123456789012-us-east-1")
			case p == "${prefix_key}":
				return []byte("crawls/2026-30/")
			case p == "${topic}":
				return []byte("arn:aws:sns:us-east-1:123456789012:webtext")
			case strings.HasSuffix(p, "_queue}"):
				return []byte("arn:aws:batch:us-east-1:123456789012:job-queue/webtext-" + strings.Trim(p, "${}"))
			case strings.HasPrefix(p, "${job_"):
				return []byte("arn:aws:batch:us-east-1:123456789012:job-definition/webtext-" + strings.Trim(p, "${}") + ":1")
			default:
				t.Fatalf("%s: who fills in %s", f, p)
				return nil
			}
		})
	}
	return machines
}

func TestValidatorsTakeTheMachines(t *testing.T) {
	machines := goldenASL(t)
	said := validateASL(t, machines)
	for name := range machines {
		for _, validator := range []string{bySchema, byLanguage} {
			problems, ok := said[name][validator]
			if !ok || len(problems) > 0 {
				t.Errorf("%s: %s: %q", name, validator, problems)
			}
		}
	}
}

// Machines that were broken on purpose are refused, each at least by those that know
// better.
func TestValidatorsRefuseBrokenMachines(t *testing.T) {
	type object = map[string]any
	state := func(m object, name string) object { return m["States"].(object)[name].(object) }
	child := func(m object) object { return state(m, "Do clean")["ItemProcessor"].(object) }
	both := []string{bySchema, byLanguage}
	broken := map[string]struct {
		breaks func(m object)
		by     []string
	}{
		"bad Next":              {func(m object) { state(m, "Begin")["Next"] = "Nowhere" }, both},
		"bad Next in a Map":     {func(m object) { state(child(m), "Ask for more (clean)")["Next"] = "Report" }, both},
		"bad Catch":             {func(m object) { state(m, "Report")["Catch"].([]any)[0].(object)["Next"] = "Nowhere" }, both},
		"bad Default":           {func(m object) { state(m, "Settings?")["Default"] = "Nowhere" }, both},
		"bad StartAt":           {func(m object) { m["StartAt"] = "Nowhere" }, both},
		"no StartAt":            {func(m object) { delete(m, "StartAt") }, both},
		"unreachable":           {func(m object) { m["States"].(object)["Island"] = object{"Type": "Succeed"} }, both},
		"no Next":               {func(m object) { delete(state(m, "Begin"), "Next") }, both},
		"unknown field":         {func(m object) { state(m, "Do clean")["MaxConcurency"] = 4 }, both},
		"unknown type":          {func(m object) { state(m, "Done")["Type"] = "Success" }, both},
		"attempts as text":      {func(m object) { state(m, "Report")["Retry"].([]any)[0].(object)["MaxAttempts"] = "3" }, both},
		"150 % tolerated":       {func(m object) { state(m, "Do clean")["ToleratedFailurePercentage"] = 150 }, both},
		"half a percent":        {func(m object) { state(m, "Do clean")["ToleratedFailurePercentage"] = 0.5 }, both},
		"bad jitter":            {func(m object) { state(m, "Report")["Retry"].([]any)[0].(object)["JitterStrategy"] = "SOME" }, []string{byLanguage}},
		"bad path":              {func(m object) { state(m, "Report")["ResultPath"] = "$.a[" }, []string{bySchema}},
		"bad ARN":               {func(m object) { state(m, "Report")["Resource"] = "batch:submitJob" }, []string{bySchema}},
		"two of a name":         {func(m object) { m["States"].(object)["Failed (clean)"] = state(m, "Done") }, []string{bySchema}},
		"parameter twice":       {func(m object) { state(m, "Report")["Parameters"].(object)["JobName.$"] = "$.run" }, []string{bySchema}},
		"JSONata with JSONPath": {func(m object) { m["QueryLanguage"] = "JSONata" }, []string{bySchema}},
	}
	machines := map[string]json.RawMessage{}
	for name, b := range broken {
		var m object
		if err := json.Unmarshal(goldenASL(t)["one.asl.json"], &m); err != nil {
			t.Fatal(err)
		}
		b.breaks(m)
		var err error
		if machines[name], err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
	}
	said := validateASL(t, machines)
	for name, b := range broken {
		for _, validator := range b.by {
			if len(said[name][validator]) == 0 {
				t.Errorf("%s: %s has nothing to say", name, validator)
			}
		}
	}
}
