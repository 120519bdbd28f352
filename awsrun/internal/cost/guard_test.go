package cost_test

import (
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/cost"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

func TestGuardLimit(t *testing.T) {
	e := estimate(t, deployment(), measured())
	run := e.Total.Dollars.Run
	for _, budget := range []float64{0, run, run + 0.01, 1e9} {
		if err := cost.Guard(e, budget); err != nil {
			t.Errorf("budget of %v, run of %v: %v", budget, run, err)
		}
	}
	for _, budget := range []float64{run - 0.000001, 0.01, -1} {
		if err := cost.Guard(e, budget); err == nil {
			t.Errorf("budget of %v, run of %v: no error", budget, run)
		}
	}
}

// The error names the step that costs most, what for, and what to change.
func TestGuardAdvice(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(d *spec.Deployment, s []cost.Step)
		want   string
	}{
		{"network", func(d *spec.Deployment, s []cost.Step) { s[0].Sample.CoreSeconds = 4000; d.Steps[0].Concurrency = 1 },
			"the network, which is paid by the hour: raise MaxConcurrency and MaxVCPUs"},
		{"Spot", func(d *spec.Deployment, s []cost.Step) { s[0].Sample.CoreSeconds = 4000 },
			"for Fargate Spot: process less of the input, or raise Budget"},
		{"on demand", func(d *spec.Deployment, s []cost.Step) { s[0].Sample.CoreSeconds = 4000; d.Spot = false },
			"for Fargate: take Spot instead of setting OnDemand, and the run would cost about $"},
		{"starting", func(d *spec.Deployment, s []cost.Step) {
			s[1].Shards, s[1].Jobs, d.MaxVCPUs, d.Steps[1].Concurrency = 9000, 9000, 9000, 9000
		},
			"of that $3.33 for Fargate Spot: raise BatchDuration, as 98 % of a job is the start of its container"},
		{"requests", func(d *spec.Deployment, s []cost.Step) { s[1].Sample.Puts = 1e6 },
			"Most of it is step publish with $125.78, of that $125.75 for requests to S3: have it read and write fewer, larger objects"},
		{"states", func(d *spec.Deployment, s []cost.Step) {
			*d = *deployment()
			d.Steps[0].Normal = spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 20}
			s[0].Shards, s[0].Jobs, s[0].Sample.CoreSeconds = 1_000_000, 1_000_000, 0
			d.MaxVCPUs, d.Steps[0].Concurrency = 1_000_000, 1_000_000
		}, "raise BatchDuration"},
	} {
		d, s := deployment(), measured()
		test.change(d, s)
		err := cost.Guard(estimate(t, d, s), 0.01)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "over the budget of $0.01") {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}
