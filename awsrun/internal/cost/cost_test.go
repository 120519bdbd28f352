package cost_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cost"
	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// deployment has two steps whose estimate is done by hand below.
func deployment() *spec.Deployment {
	return &spec.Deployment{
		Name: "test", Region: "us-east-1", Control: spec.Size{VCPU: 1, MemoryMiB: 4096, DiskGiB: 20},
		Spot: true, MaxVCPUs: 17, MaxDuration: 24 * time.Hour,
		Steps: []spec.Step{
			{Name: "clean", Normal: spec.Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 20}, TimeLimit: time.Hour, Attempts: 5, Concurrency: 10},
			{Name: "publish", Normal: spec.Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 70}, TimeLimit: time.Hour, Attempts: 5, Concurrency: 4},
		},
	}
}

func measured() []cost.Step {
	return []cost.Step{
		{Shards: 100, Jobs: 20, BytesIn: 10e9, Sample: cost.Sample{Shards: 4, CoreSeconds: 400, BytesIn: 400e6, BytesOut: 100e6, Gets: 200, Puts: 40}},
		{Shards: 100, Jobs: 5, Sample: cost.Sample{Shards: 4, CoreSeconds: 30, BytesOut: 50e6, Gets: 10, Puts: 4}},
	}
}

func estimate(t *testing.T, d *spec.Deployment, steps []cost.Step) *cost.Estimate {
	t.Helper()
	e, err := cost.New(d, steps, 1.2, fargate.USEast1())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The prices once more, so that the arithmetic can be read here.
const (
	vcpu, gb         = 0.04048, 0.004445
	spotVCPU, spotGB = 0.01334053, 0.00146489
	disk             = 0.000111
	get, put         = 0.0000004, 0.000005
	transition, logs = 0.000025, 0.5
	endpoint         = 0.01
	key              = 0.000003
	storage          = 0.023
	gib              = 1 << 30

	control = 120.0 / 3600 * (1*vcpu + 4*gb) // of a job that lists or reports
)

func TestEstimateByHand(t *testing.T) {
	e := estimate(t, deployment(), measured())
	want := []cost.Item{
		{
			// 10 GB are 25 times 400 MB. 25 × 400 s × 1.2 = 12000 s of a vCPU, in 20 jobs
			// of 600; on 2 vCPUs 300 s, and 60 to start. 10 jobs at once would take 20
			// vCPUs and there are 17, so 8 run: in three rounds, after a list of 120 s.
			Name: "clean", Shards: 100, Jobs: 20, AtOnce: 8, Size: cost.Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 20},
			JobSeconds: 360, Seconds: 120 + 3*360,
			VCPUHours: 20*360*2.0/3600 + 120.0/3600,
			BytesIn:   10e9, BytesOut: 25 * 100e6,
			Gets: 25*200 + 5*20, Puts: 25 * 40,
			Transitions: 4 + 2*20,
			Dollars: cost.Dollars{
				Fargate:       control,
				Spot:          20 * 360.0 / 3600 * (2*spotVCPU + 4*spotGB),
				Requests:      5100*get + 1000*put + 0.01*6100*key,
				StepFunctions: 44 * transition,
				Logs:          (100*1024.0 + 21*4096) / gib * logs,
				Network:       1200.0 / 3600 * 12 * endpoint,
				Run:           0.001942 + 0.06508124 + 0.007223 + 0.0011 + 0.00008774 + 0.04,
				StorageMonth:  2.5e9 / gib * storage,
			},
		}, {
			// What it reads is not known: 25 times as well. 25 × 30 s × 1.2 = 900 s of a
			// vCPU, in 5 jobs of 180 and 60 to start; 4 at once, in two rounds.
			Name: "publish", Shards: 100, Jobs: 5, AtOnce: 4, Size: cost.Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 70},
			JobSeconds: 240, Seconds: 120 + 2*240,
			VCPUHours: 5*240*1.0/3600 + 120.0/3600,
			BytesOut:  25 * 50e6,
			Gets:      25*10 + 5*5, Puts: 25 * 4,
			Transitions: 4 + 2*5,
			Dollars: cost.Dollars{
				Fargate:       control,
				Spot:          5 * 240.0 / 3600 * (1*spotVCPU + 2*spotGB + 50*disk),
				Requests:      275*get + 100*put + 0.01*375*key,
				StepFunctions: 14 * transition,
				Logs:          (100*1024.0 + 6*4096) / gib * logs,
				Network:       600.0 / 3600 * 12 * endpoint,
				Run:           0.001942 + 0.00727344 + 0.00062125 + 0.00035 + 0.00005913 + 0.02,
				StorageMonth:  1.25e9 / gib * storage,
			},
		}, {
			Name: "report", Seconds: 120, VCPUHours: 120.0 / 3600, Transitions: 4,
			Dollars: cost.Dollars{
				Fargate: control, StepFunctions: 4 * transition, Logs: 4096.0 / gib * logs,
				Network: 120.0 / 3600 * 12 * endpoint,
				Run:     0.001942 + 0.0001 + 0.0000019 + 0.004,
			},
		}, {
			Name: "total", Shards: 200, Jobs: 25, Seconds: 1200 + 600 + 120, VCPUHours: 4 + 1.0/3 + 3*120.0/3600,
			BytesIn: 10e9, BytesOut: 3.75e9, Gets: 5375, Puts: 1100, Transitions: 62,
			Dollars: cost.Dollars{
				Fargate: 3 * control, Spot: 0.06508124 + 0.00727344,
				Requests: 0.007223 + 0.00062125, StepFunctions: 62 * transition,
				Logs:    (200*1024.0 + 28*4096) / gib * logs,
				Network: 1920.0 / 3600 * 12 * endpoint,
				Run:     0.11543398 + 0.03024582 + 0.0060439, StorageMonth: 3.75e9 / gib * storage,
			},
		},
	}
	for i, got := range append(e.Steps, e.Report, e.Total) {
		same(t, want[i], got)
	}
	// 2 hours of clean and a third of publish
	onDemand := 2*(2*vcpu+4*gb) + 1.0/3*(1*vcpu+2*gb+50*disk)
	near(t, "on demand", e.OnDemand, e.Total.Dollars.Run-0.06508124-0.00727344+onDemand)
	near(t, "Spot", e.Spot, e.Total.Dollars.Run)
	near(t, "idle", e.Idle, 12*730*endpoint+1)
}

// same compares two items, dollars and hours to the millionth.
func same(t *testing.T, want, got cost.Item) {
	t.Helper()
	w, g := reflect.ValueOf(want.Dollars), reflect.ValueOf(got.Dollars)
	for i := range w.NumField() {
		near(t, want.Name+": "+w.Type().Field(i).Name, g.Field(i).Float(), w.Field(i).Float())
	}
	near(t, want.Name+": VCPUHours", got.VCPUHours, want.VCPUHours)
	want.Dollars, want.VCPUHours = got.Dollars, got.VCPUHours
	if want != got {
		t.Errorf("%s: %+v\nwant %+v", want.Name, got, want)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 2e-6) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestWithoutSpot(t *testing.T) {
	d := deployment()
	spot := estimate(t, d, measured())
	d.Spot = false
	e := estimate(t, d, measured())
	near(t, "Spot", e.Total.Dollars.Spot, 0)
	near(t, "Fargate", e.Total.Dollars.Fargate, 3*control+2*(2*vcpu+4*gb)+1.0/3*(1*vcpu+2*gb+50*disk))
	near(t, "run", e.Total.Dollars.Run, spot.OnDemand)
	near(t, "on demand", e.OnDemand, spot.OnDemand)
	near(t, "on Spot", e.Spot, spot.Total.Dollars.Run)
}

func TestNAT(t *testing.T) {
	d := deployment()
	d.NAT = true
	e := estimate(t, d, measured())
	near(t, "network", e.Total.Dollars.Network, 1920.0/3600*(0.045+0.005))
	near(t, "idle", e.Idle, 730*(0.045+0.005)+1)
	// 10e9 / 2^30 × 0.045 = 0.419
	if !strings.Contains(strings.Join(e.Warnings, "\n"), "by the NAT gateway: $0.42") {
		t.Errorf("warnings %q", e.Warnings)
	}
}

// How many jobs run at once, and how long that takes them.
func TestAtOnce(t *testing.T) {
	for _, test := range []struct {
		concurrency, maxVCPUs, jobs int
		vcpu                        float64
		inline                      bool
		want, rounds                int
	}{
		{10, 256, 10, 2, false, 10, 1},
		{10, 256, 11, 2, false, 10, 2},
		{10, 256, 9, 2, false, 9, 1},
		{10, 20, 10, 2, false, 10, 1},
		{10, 19, 10, 2, false, 9, 2},
		{10, 2, 10, 2, false, 1, 10},
		{10, 1, 10, 0.25, false, 4, 3},
		{41, 256, 41, 2, true, 40, 2},
		{41, 256, 41, 2, false, 41, 1},
	} {
		d := deployment()
		d.Steps = d.Steps[:1]
		d.MaxVCPUs, d.Inline = test.maxVCPUs, test.inline
		size, err := fargate.Fit(spec.Size{VCPU: test.vcpu})
		if err != nil {
			t.Fatal(err)
		}
		d.Steps[0].Concurrency, d.Steps[0].Normal = test.concurrency, size
		s := measured()[:1]
		s[0].Jobs = test.jobs
		it := estimate(t, d, s).Steps[0]
		if it.AtOnce != test.want || it.Seconds != 120+int64(test.rounds)*it.JobSeconds {
			t.Errorf("%+v: %d at once, %d s of jobs of %d s", test, it.AtOnce, it.Seconds, it.JobSeconds)
		}
	}
}

// How much more there is in all than in the sample.
func TestScale(t *testing.T) {
	first := cost.Step{Shards: 100, Jobs: 1, BytesIn: 1000, Sample: cost.Sample{Shards: 5, BytesIn: 10}}
	for _, test := range []struct {
		name        string
		first, then cost.Step
		want        int64 // bytes written for each one in the sample of the second step
	}{
		{"its own bytes", first, cost.Step{BytesIn: 90, Sample: cost.Sample{BytesIn: 30}}, 3},
		{"as before", first, cost.Step{Sample: cost.Sample{BytesIn: 30}}, 100},
		{"as before, as the sample's are not known", first, cost.Step{BytesIn: 90}, 100},
		{"shards of the first", cost.Step{Shards: 100, Jobs: 1, Sample: cost.Sample{Shards: 5}}, cost.Step{}, 20},
		{"no shards", cost.Step{}, cost.Step{}, 4},
	} {
		if test.name != "no shards" {
			test.then.Sample.Shards = 7
		} else {
			test.then.Sample.Shards = 25
		}
		test.then.Shards, test.then.Jobs, test.then.Sample.BytesOut = 100, 1, 1
		e := estimate(t, deployment(), []cost.Step{test.first, test.then})
		if got := e.Steps[1].BytesOut; got != test.want {
			t.Errorf("%s: %d times, want %d", test.name, got, test.want)
		}
	}
}

// A step without shards is a list, and nothing else.
func TestNoShards(t *testing.T) {
	d := deployment()
	d.Steps = d.Steps[:1]
	e := estimate(t, d, []cost.Step{{}})
	same(t, cost.Item{
		Name: "clean", Size: cost.Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 20}, Seconds: 120, VCPUHours: 120.0 / 3600, Transitions: 3,
		Dollars: cost.Dollars{
			Fargate: control, StepFunctions: 3 * transition, Logs: 4096.0 / gib * logs, Network: 120.0 / 3600 * 12 * endpoint,
			Run: 0.001942 + 0.000075 + 0.0000019 + 0.004,
		},
	}, e.Steps[0])
}

func TestJobs(t *testing.T) {
	const m = time.Minute
	for _, test := range []struct {
		shards           int
		perShard, target time.Duration
		want             int
	}{
		{0, m, 15 * m, 0},
		{1, m, 15 * m, 1},
		{15, m, 15 * m, 1},
		{16, m, 15 * m, 2},
		{100, 7 * m, 15 * m, 50},
		{100, 8 * m, 15 * m, 100},
		{100, 15 * m, 15 * m, 100},
		{100, 16 * m, 15 * m, 100},
		{100, 0, 15 * m, 100}, // not known: one each, as the list makes them
		{100, m, 0, 100},
		{100, 1, math.MaxInt64, 1},
		{math.MaxInt32, 1, 1, math.MaxInt32},
	} {
		if got := cost.Jobs(test.shards, test.perShard, test.target); got != test.want {
			t.Errorf("Jobs(%d, %v, %v) = %d, want %d", test.shards, test.perShard, test.target, got, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		change func(d *spec.Deployment, s []cost.Step)
		want   string
	}{
		{func(d *spec.Deployment, s []cost.Step) { d.Steps = d.Steps[:1] }, "2 steps were measured, and there are 1"},
		{func(d *spec.Deployment, s []cost.Step) { s[1].Shards = -1 }, "step publish: a number is negative"},
		{func(d *spec.Deployment, s []cost.Step) { s[0].Sample.Puts = -1 }, "a number is negative"},
		{func(d *spec.Deployment, s []cost.Step) { s[0].Sample.CoreSeconds = math.NaN() }, "NaN seconds"},
		{func(d *spec.Deployment, s []cost.Step) { s[0].Sample.CoreSeconds = math.Inf(1) }, "+Inf seconds"},
		{func(d *spec.Deployment, s []cost.Step) { s[0].Sample.CoreSeconds = -1 }, "-1 seconds"},
		{func(d *spec.Deployment, s []cost.Step) { s[0].Jobs = 0 }, "0 jobs for 100 shards"},
		{func(d *spec.Deployment, s []cost.Step) { s[0].Jobs = 101 }, "101 jobs for 100 shards"},
		{func(d *spec.Deployment, s []cost.Step) { s[1].Sample.Shards = 0 }, "measure the plan for more of its inputs"},
		{func(d *spec.Deployment, s []cost.Step) { d.Steps[0].Concurrency = 0 }, "use 1 at least"},
		{func(d *spec.Deployment, s []cost.Step) { d.MaxVCPUs = 1 }, "raise MaxVCPUs"},
		{func(d *spec.Deployment, s []cost.Step) { d.Steps[1].Normal.MemoryMiB = 1000 }, "there is no task with"},
		{func(d *spec.Deployment, s []cost.Step) { d.Steps[1].Normal.VCPU = math.NaN() }, "there is no task with"},
	} {
		d, s := deployment(), measured()
		test.change(d, s)
		if _, err := cost.New(d, s, 1, fargate.USEast1()); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one with %q", err, test.want)
		}
	}
	for _, slower := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := cost.New(deployment(), measured(), slower, fargate.USEast1()); err == nil || !strings.Contains(err.Error(), "above 0") {
			t.Errorf("slower by %v: error %v", slower, err)
		}
	}
	if _, err := cost.New(&spec.Deployment{}, nil, 1, fargate.USEast1()); err == nil {
		t.Error("no steps, and no error")
	}
}

func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		change func(d *spec.Deployment, s []cost.Step)
		want   string // "" for none
	}{
		{func(d *spec.Deployment, s []cost.Step) {}, ""},
		{func(d *spec.Deployment, s []cost.Step) { d.Region = "eu-central-1" }, "The prices are those of us-east-1; eu-central-1 has its own."},
		// jobs of 360 s
		{func(d *spec.Deployment, s []cost.Step) { d.Steps[0].TimeLimit = 360 * time.Second }, ""},
		{func(d *spec.Deployment, s []cost.Step) { d.Steps[0].TimeLimit = 359 * time.Second }, "Step clean: a job takes about 6m, and its time limit is 6m: lower BatchDuration"},
		// jobs of 240 s, of which 60 are a quarter
		{func(d *spec.Deployment, s []cost.Step) { s[1].Sample.CoreSeconds = 30 }, "Step publish: 25 % of a job is the start of its container: raise BatchDuration."},
		{func(d *spec.Deployment, s []cost.Step) { s[1].Jobs, s[1].Sample.CoreSeconds = 1, 1 }, ""},
		{func(d *spec.Deployment, s []cost.Step) { d.MaxDuration = 1572 * time.Second }, ""},
		{func(d *spec.Deployment, s []cost.Step) { d.MaxDuration = 1571 * time.Second }, "The run takes about 26m, and is ended after 26m: raise MaxDuration"},
		{func(d *spec.Deployment, s []cost.Step) {
			d.Inline, d.Steps[0].Concurrency, d.MaxVCPUs, s[0].Jobs = true, 41, 1000, 41
			s[0].Sample.CoreSeconds = 1000
		}, "Step clean: an inline Map does 40 jobs at once, not 41."},
		{func(d *spec.Deployment, s []cost.Step) { d.MaxVCPUs = 19 }, "Step clean: 10 jobs at once want 20 vCPUs, and there are 19 on Spot: others go on-demand"},
		{func(d *spec.Deployment, s []cost.Step) { d.MaxVCPUs, d.Spot = 19, false }, ""},
		{func(d *spec.Deployment, s []cost.Step) { d.MaxVCPUs, s[0].Shards, s[0].Jobs = 19, 9, 9 }, ""},
	} {
		d, s := deployment(), measured()
		d.MaxVCPUs = 20              // room for 10 jobs of clean
		s[1].Sample.CoreSeconds = 31 // jobs of 246 s, of which 60 are less than a quarter
		test.change(d, s)
		got := strings.Join(estimate(t, d, s).Warnings, "\n")
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("warnings %q, want %q", got, test.want)
		}
	}
}

// A run over a whole crawl, as it is shown.
func TestGolden(t *testing.T) {
	d := deployment()
	d.MaxVCPUs, d.Region = 1024, "eu-west-1"
	for i := range d.Steps {
		d.Steps[i].Concurrency = 512
	}
	steps := []cost.Step{
		{Shards: 90_000, Jobs: cost.Jobs(90_000, 9*time.Second, 15*time.Minute), BytesIn: 7_600_000_000_000, Sample: cost.Sample{Shards: 4, CoreSeconds: 61, BytesIn: 337_000_000, BytesOut: 91_000_000, Gets: 58, Puts: 44}},
		{Shards: 90_000, Jobs: cost.Jobs(90_000, 2100*time.Millisecond, 15*time.Minute), Sample: cost.Sample{Shards: 4, CoreSeconds: 7, BytesIn: 80_000_000, BytesOut: 42_000_000, Gets: 28, Puts: 36}},
	}
	e := estimate(t, d, steps)
	golden(t, "estimate.txt", []byte(e.String()))
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "estimate.json", append(b, '\n'))
	d.Spot = false
	golden(t, "ondemand.txt", []byte(estimate(t, d, steps).String()))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is\n%swant\n%s", name, got, want)
	}
}
