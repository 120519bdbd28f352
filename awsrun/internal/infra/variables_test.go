package infra

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

func TestVariables(t *testing.T) {
	got, err := Variables(example())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "variables.json", got)
}

// Terraform takes null for a value that was not given. None of ours may be that.
func TestVariablesWithoutAnything(t *testing.T) {
	d := example()
	d.Bucket, d.Prefix, d.Image, d.Schedule = "", "", "", ""
	d.Inputs, d.Settings, d.Secrets, d.Admins, d.Emails, d.Expire, d.Tags = nil, nil, nil, nil, nil, nil, nil
	b, err := Variables(d)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for name, value := range all {
		if value == nil {
			t.Errorf("%s is null", name)
		}
	}
}

// Every variable is one of the module's, and the module has no other that it needs.
func TestVariablesAreOfTheModule(t *testing.T) {
	text, err := module.ReadFile("module/variables.tf")
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, m := range regexp.MustCompile(`(?m)^variable "(\w+)"`).FindAllSubmatch(text, -1) {
		declared = append(declared, string(m[1]))
	}
	b, err := Variables(example())
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if !slices.Contains(declared, name) {
			t.Errorf("the module has no variable %s", name)
		}
	}
	for _, name := range declared {
		if _, ok := all[name]; !ok && name != "force_destroy" {
			t.Errorf("the module's variable %s is not given", name)
		}
	}
}

func TestCheckMachine(t *testing.T) {
	for _, c := range []struct {
		machine string
		want    string
	}{
		{machine, ""},
		{`{}`, ""},
		{`"${prefix_key}a ${jobs_queue} ${steady_queue} ${topic} ${job_control} ${job_large_clean}"`, ""},
		{`"$.a $$.b $${c} %%{d} 5 % {e} $ {f}"`, ""},
		{`{`, "infra: the state machine is not JSON"},
		{``, "infra: the state machine is not JSON"},
		{`"${account}"`, "infra: the state machine has ${account}, which the module does not fill"},
		{`"${job_step_other}"`, "infra: the state machine has ${job_step_other}, which the module does not fill"},
		{`"${bucket"`, `infra: the state machine has ${bucket", which the module does not fill`},
		{`"%{if}"`, "infra: the state machine has %{if}, which the module does not fill"},
		{`"%{bucket}"`, "infra: the state machine has %{bucket}, which the module does not fill"},
	} {
		got := ""
		if err := checkMachine([]byte(c.machine), example()); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.machine, got, c.want)
		}
	}
}

func TestJobsOfSteps(t *testing.T) {
	d := example()
	d.Steps = append(d.Steps, spec.Step{Name: "a-b"})
	if got := len(jobs(d)); got != 5 {
		t.Errorf("%d job definitions for two steps", got)
	}
}
