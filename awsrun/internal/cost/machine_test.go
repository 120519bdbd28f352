package cost_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cost"
	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// A flow is what of a state machine decides how many states are entered.
type flow struct {
	StartAt string
	States  map[string]struct {
		Type          string
		Next, Default string
		Choices       []struct{ Next string }
		ItemProcessor *struct {
			ProcessorConfig struct{ Mode string }
			flow
		}
	}
}

// entered counts the states that are entered if nothing fails, with so many jobs in
// each step. A Choice takes its default, unless there are none.
func (f flow) entered(t *testing.T, jobs int) (n int) {
	t.Helper()
	for at := f.StartAt; at != ""; {
		s, ok := f.States[at]
		if !ok {
			t.Fatalf("there is no state %q", at)
		}
		n++
		at = s.Next
		switch {
		case s.Type == "Choice" && jobs == 0:
			at = s.Choices[0].Next
		case s.Type == "Choice":
			at = s.Default
		case s.Type == "Map":
			each := s.ItemProcessor.entered(t, jobs)
			if s.ItemProcessor.ProcessorConfig.Mode == "DISTRIBUTED" {
				each++ // for the start of the child
			}
			n += jobs * each
		}
	}
	return n
}

// Transitions are those of the state machine that is made.
func TestTransitionsOfTheMachine(t *testing.T) {
	for _, inline := range []bool{false, true} {
		for _, jobs := range []int{0, 1, 7} {
			d := deployment()
			d.Inline = inline
			b, err := states.Machine(d)
			if err != nil {
				t.Fatal(err)
			}
			var machine flow
			if err := json.Unmarshal(b, &machine); err != nil {
				t.Fatal(err)
			}
			s := cost.Step{Shards: jobs, Jobs: jobs, Sample: cost.Sample{Shards: jobs}}
			e := estimate(t, d, []cost.Step{s, s})
			if want := int64(machine.entered(t, jobs)); e.Total.Transitions != want {
				t.Errorf("inline %v, %d jobs: %d transitions, and the machine has %d", inline, jobs, e.Total.Transitions, want)
			}
		}
	}
}

// Endpoints are those of the Terraform module.
func TestEndpointsOfTheModule(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile("../infra/module/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	services := regexp.MustCompile(`endpoint_services\s*=\s*\[([^\]]*)\]`).FindStringSubmatch(read("endpoints.tf"))
	subnets := regexp.MustCompile(`(?s)resource "aws_subnet" "private" \{\s*count = (\d)`).FindStringSubmatch(read("network.tf"))
	if services == nil || subnets == nil {
		t.Fatal("the module does not say what it did")
	}
	zones := float64(subnets[1][0] - '0')
	want := float64(strings.Count(services[1], `"`)/2) * zones * fargate.USEast1().EndpointHour
	d := &spec.Deployment{
		Region: "us-east-1", MaxVCPUs: 1, Control: fargateSize(t, 1), MaxDuration: time.Hour,
		Steps: []spec.Step{{Name: "a", Normal: fargateSize(t, 1), Concurrency: 1}},
	}
	e := estimate(t, d, []cost.Step{{}})
	near(t, "network by the hour", (e.Idle-1)/730, want)
}

func fargateSize(t *testing.T, vcpu float64) spec.Size {
	t.Helper()
	s, err := fargate.Fit(spec.Size{VCPU: vcpu})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
