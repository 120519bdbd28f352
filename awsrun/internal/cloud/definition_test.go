package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/awsrun/internal/cloud"
)

func TestDifference(t *testing.T) {
	known := map[string]string{"bucket": "b", "prefix_key": "p/"}
	for name, test := range map[string]struct{ template, deployed, want string }{
		"same":                {`{"a": [1, true, null, "x"]}`, ` { "a" :[1.0,true,null,"x"]}`, ""},
		"filled":              {`{"a": "s3://${bucket}/${prefix_key}x"}`, `{"a": "s3://b/p/x"}`, ""},
		"filled otherwise":    {`{"a": "s3://${bucket}/${prefix_key}x"}`, `{"a": "s3://c/p/x"}`, `a: "s3://c/p/x", "s3://${bucket}/${prefix_key}x" in the template`},
		"unknown":             {`{"a": "${job_control}", "b": "x-${job_control}-y"}`, `{"a": "arn:1", "b": "x-arn:1-y"}`, ""},
		"unknown, not one":    {`{"a": "${job_control}", "b": "${job_control}"}`, `{"a": "arn:1", "b": "arn:2"}`, `b: "arn:2", "${job_control}" in the template`},
		"unknown, in one":     {`["${x}, ${x}"]`, `["1, 2"]`, `[0]: "1, 2", "${x}, ${x}" in the template`},
		"empty":               {`["a${x}"]`, `["a"]`, ""},
		"kept":                {`["$${bucket} $.x $$.Map"]`, `["${bucket} $.x $$.Map"]`, ""},
		"kept, but filled":    {`["$${bucket}"]`, `["b"]`, `[0]: "b", "$${bucket}" in the template`},
		"line break":          {`["${x}"]`, `["a\nb"]`, ""},
		"of an expression":    {`["a.b*"]`, `["a+bb"]`, `[0]: "a+bb", "a.b*" in the template`},
		"number":              {`{"States": {"clean": {"MaxConcurrency": 20}}}`, `{"States": {"clean": {"MaxConcurrency": 10}}}`, "States.clean.MaxConcurrency: 10, 20 in the template"},
		"type":                {`{"a": {}}`, `{"a": []}`, "a: [], {} in the template"},
		"string for a number": {`{"a": 1}`, `{"a": "1"}`, `a: "1", 1 in the template`},
		"length":              {`[1]`, `[1, 2]`, ": [1,2], [1] in the template"},
		"missing":             {`{"a": 1, "b": 1}`, `{"a": 1}`, "b: only in the template"},
		"too much":            {`{"b": {"c": 1}}`, `{"b": {"c": 1, "d": 1}}`, "b.d: not in the template"},
		"the first":           {`{"z": 1, "c": 1}`, `{"z": 2, "c": 2}`, "c: 2, 1 in the template"},
		"long":                {`["x"]`, `["` + strings.Repeat("y", 100) + `"]`, `[0]: "` + strings.Repeat("y", 79) + `…, "x" in the template`},
	} {
		where, err := cloud.Difference([]byte(test.template), []byte(test.deployed), known)
		if err != nil || where != test.want {
			t.Errorf("%s: %q, error %v, want %q", name, where, err, test.want)
		}
	}
	if len(known) != 2 {
		t.Errorf("the known values became %v", known)
	}
	for _, test := range [][2]string{{"{", "{}"}, {"{}", "{"}} {
		if _, err := cloud.Difference([]byte(test[0]), []byte(test[1]), nil); err == nil || !strings.Contains(err.Error(), "is not JSON") {
			t.Errorf("%v: error %v", test, err)
		}
	}
}

// A definition without placeholders does not differ from itself, and from no other.
func FuzzDifference(f *testing.F) {
	f.Add([]byte(template), []byte(filled))
	f.Add([]byte(`["${x}"]`), []byte(`[1]`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		where, err := cloud.Difference(a, b, nil)
		if err != nil || strings.Contains(string(a), "{") && strings.Contains(string(a), "$") {
			return
		}
		var x, y any
		json.Unmarshal(a, &x)
		json.Unmarshal(b, &y)
		one, _ := json.Marshal(x)
		other, _ := json.Marshal(y)
		if (where == "") != (string(one) == string(other)) {
			t.Errorf("%s and %s: %q", one, other, where)
		}
	})
}

func TestCause(t *testing.T) {
	for name, test := range map[string]struct{ cause, short, job, log string }{
		"none":      {"", "", "", ""},
		"text":      {"no such queue", "no such queue", "", ""},
		"other":     {`{"errorMessage": "x"}`, `{"errorMessage": "x"}`, "", ""},
		"attempts":  {batchCause, "job demo-clean (5d2), 2 attempts: exit status 64 (wrong settings): Essential container in task exited", "step_clean", "demo-step_clean/default/0ab"},
		"none made": {`{"JobName": "j", "JobId": "1", "JobDefinition": "arn:aws:batch:r:1:job-definition/demo-control:1", "StatusReason": "Job attempt duration exceeded timeout", "Container": {}}`, "job j (1): Job attempt duration exceeded timeout", "control", ""},
		"no memory": {`{"JobName": "j", "JobId": "1", "Attempts": [{"Container": {"ExitCode": 137, "Reason": "OutOfMemoryError: Container killed due to memory usage"}}]}`, "job j (1): exit status 137 (killed, most likely for want of memory): OutOfMemoryError: Container killed due to memory usage", "", ""},
		"cut off":   {batchCause[:300], batchCause[:300], "", ""},
		"long":      {strings.Repeat("ä", 300), strings.Repeat("ä", 250) + "…", "", ""},
		"odd":       {"x" + strings.Repeat("ä", 300), "x" + strings.Repeat("ä", 249) + "…", "", ""},
	} {
		short, job, log := cloud.Shorten(test.cause)
		if short != test.short || job != test.job || log != test.log {
			t.Errorf("%s: %q, %q, %q, want %q, %q, %q", name, short, job, log, test.short, test.job, test.log)
		}
	}
}

func FuzzCause(f *testing.F) {
	f.Add(batchCause)
	f.Add(`{"JobName":"x"}`)
	f.Add("text")
	f.Fuzz(func(t *testing.T, cause string) {
		short, _, _ := cloud.Shorten(cause)
		if len(short) > 500+len("…") || utf8.ValidString(cause) && !utf8.ValidString(short) {
			t.Errorf("%q", short)
		}
	})
}
