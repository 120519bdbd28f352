package states

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// walk calls visit with every state of a machine, also those in Maps.
func walk(flow map[string]any, visit func(name string, s map[string]any)) {
	for name, s := range flow["States"].(map[string]any) {
		s := s.(map[string]any)
		visit(name, s)
		if p, ok := s["ItemProcessor"].(map[string]any); ok {
			walk(p, visit)
		}
	}
}

// everyMachine calls test for each machine of the golden files.
func everyMachine(t *testing.T, test func(t *testing.T, m map[string]any)) {
	for name, d := range deployments() {
		t.Run(name, func(t *testing.T) { test(t, decoded(generate(t, d)).(map[string]any)) })
	}
}

// expressions calls visit with every path and intrinsic function below v.
func expressions(v any, visit func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if s, ok := inner.(string); ok && (strings.HasSuffix(k, ".$") || slices.Contains([]string{"Variable", "NumericGreaterThanPath", "ItemsPath", "ErrorPath", "CausePath"}, k)) {
				visit(s)
			}
			expressions(inner, visit)
		}
	case []any:
		for _, inner := range v {
			expressions(inner, visit)
		}
	}
}

// A state that is entered again, by redrive, does the same: none waits for a time, and
// none reads the time, a number of attempts, or chance; of redrives, only what has a run
// begin anew.
func TestNothingDependsOnTime(t *testing.T) {
	var (
		paths     = regexp.MustCompile(`\$\$?[A-Za-z.]*`)
		own       = regexp.MustCompile(`^\$(\.[A-Za-z]+)+$`)
		context   = []string{"$$.Execution.Id", "$$.Map.Item.Value.shards", redrives}
		functions = regexp.MustCompile(`States\.[A-Za-z]+`)
		pure      = []string{"States.Format", "States.StringToJson", "States.StringSplit", "States.ArrayGetItem"}
	)
	everyMachine(t, func(t *testing.T, m map[string]any) {
		n := 0
		expressions(m, func(e string) {
			n++
			for _, p := range paths.FindAllString(e, -1) {
				if !own.MatchString(p) && !slices.Contains(context, p) {
					t.Errorf("%s reads %s", e, p)
				}
			}
			for _, f := range functions.FindAllString(e, -1) {
				if !slices.Contains(pure, f) {
					t.Errorf("%s calls %s", e, f)
				}
			}
		})
		if n < 50 {
			t.Errorf("%d expressions", n)
		}
		walk(m, func(name string, s map[string]any) {
			if s["Type"] == "Wait" {
				t.Errorf("%s waits", name)
			}
			if strings.Contains(string(encoded(s)), redrives) && s["Type"] != "Map" && name != keep && name != Failed {
				t.Errorf("%s reads %s", name, redrives)
			}
		})
	})
}

// Services get fields that they know, of their types.
func TestParametersAreThoseOfTheServices(t *testing.T) {
	inputs := map[string]func() any{
		submitJobSync: func() any { return new(batch.SubmitJobInput) },
		publishSNS:    func() any { return new(sns.PublishInput) },
		headObject:    func() any { return new(s3.HeadObjectInput) },
		getObject:     func() any { return new(s3.GetObjectInput) },
		stopExecution: func() any { return new(sfn.StopExecutionInput) },
	}
	called := map[string]bool{}
	everyMachine(t, func(t *testing.T, m map[string]any) {
		walk(m, func(name string, s map[string]any) {
			if s["Type"] != "Task" {
				return
			}
			resource := s["Resource"].(string)
			called[resource] = true
			input, ok := inputs[resource]
			if !ok {
				t.Fatalf("%s calls %s", name, resource)
			}
			if err := strictly(encoded(computed(s["Parameters"])), input()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	})
	for r := range inputs {
		if !called[r] {
			t.Errorf("nothing calls %s", r)
		}
	}
	// What the check is for.
	for _, bad := range []string{`{"JobNames":"a"}`, `{"Parameters":{"shards":1}}`, `{"PropagateTags":"true"}`, `{"ContainerOverrides":{"Command":"list"}}`} {
		if strictly([]byte(bad), new(batch.SubmitJobInput)) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// computed returns parameters under the names that services know.
func computed(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := map[string]any{}
	for k, inner := range m {
		out[strings.TrimSuffix(k, ".$")] = computed(inner)
	}
	return out
}

// Terraform has nothing to fill in that is not there, and the template uses all.
func TestPlaceholders(t *testing.T) {
	for name, d := range deployments() {
		b := string(generate(t, d))
		for _, p := range placeholders(d) {
			if !strings.Contains(b, p) {
				t.Errorf("%s: no %s", name, p)
			}
		}
	}
}

// Jobs of steps run on the queue that may be Spot's; all others on the steady one.
func TestQueues(t *testing.T) {
	everyMachine(t, func(t *testing.T, m map[string]any) {
		walk(m, func(name string, s map[string]any) {
			if s["Resource"] != submitJobSync {
				return
			}
			p := s["Parameters"].(map[string]any)
			want := "${steady_queue}"
			if strings.HasPrefix(p["JobDefinition"].(string), "${job_step_") {
				want = "${jobs_queue}"
			}
			if p["JobQueue"] != want {
				t.Errorf("%s is on %s", name, p["JobQueue"])
			}
		})
	})
}

// Costs can be told apart by step.
func TestTags(t *testing.T) {
	everyMachine(t, func(t *testing.T, m map[string]any) {
		walk(m, func(name string, s map[string]any) {
			if s["Resource"] != submitJobSync {
				return
			}
			p := s["Parameters"].(map[string]any)
			tags := p["Tags"].(map[string]any)
			step := tags[tagStep].(string)
			if p["PropagateTags"] != true || tags[tagDeployment] != "webtext" || len(tags) != 2 {
				t.Errorf("%s: %v", name, p)
			}
			if !strings.Contains(name, step) && !strings.Contains(name, label(step)) && name != "Report" {
				t.Errorf("%s is of step %s", name, step)
			}
		})
	})
}

// What a distributed Map reads and writes is below the prefix of the run.
func TestFiles(t *testing.T) {
	m := decoded(generate(t, deployments()["several"])).(map[string]any)["States"].(map[string]any)
	do := m["Do clean"].(map[string]any)
	got := fmt.Sprint(do["ItemReader"].(map[string]any)["Parameters"], do["ResultWriter"].(map[string]any)["Parameters"], m["Size of the list (clean)"].(map[string]any)["Parameters"])
	const want = "map[Bucket:${bucket} Key:${prefix_key}.textmill/steps/clean/batches.json] " +
		"map[Bucket:${bucket} Prefix:${prefix_key}.textmill/steps/clean/results] " +
		"map[Bucket:${bucket} Key:${prefix_key}.textmill/steps/clean/batches.json]"
	if got != want {
		t.Errorf("%s", got)
	}
}
