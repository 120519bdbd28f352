package awsrun

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// describe returns the deployment of a program with the steps clean and publish.
func describe(t *testing.T, c Config, settings ...string) (*spec.Deployment, error) {
	t.Helper()
	p := &program{Config: c, settings: settings}
	return p.describe(textmill.Plan{{Name: "clean"}, {Name: "publish"}}, "sha256:0123")
}

// What holds where the configuration says nothing, and what it says where it says it.
func TestDescribe(t *testing.T) {
	for name, c := range map[string]Config{
		"deployment_default.golden": {Name: "mill"},
		"deployment.golden": {
			Name:      "mill",
			Default:   Step{VCPU: 2, MemoryMiB: 5000, DiskGiB: 50, MaxConcurrency: 7, Attempts: 3, TimeLimit: time.Hour},
			Steps:     map[string]Step{"publish": {VCPU: 4, MemoryMiB: 9000, LargeMemoryMiB: 20000, Attempts: 1, ToleratedFailurePercentage: 2}},
			Temporary: map[string]int{"clean/": 3},
			AWS: AWS{
				Region: "eu-central-1", Bucket: "bucket", Prefix: "/runs/one/", Inputs: []string{"commoncrawl/crawl-data"},
				Secrets:  map[string]string{"TOKEN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token"},
				OnDemand: true, MaxVCPUs: 64, NAT: true, CIDR: "10.0.0.0/20",
				Admins: []string{"arn:aws:iam::123456789012:role/team"}, Emails: []string{"team@example.org"},
				Schedule: "rate(7 days)", MaxDuration: 48 * time.Hour, Budget: 100, LogDays: 90, Tags: map[string]string{"team": "data"},
			},
		},
	} {
		d, err := describe(t, c, "-lang=en")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := json.MarshalIndent(d, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, string(b)+"\n")
	}
}

// Sizes become those that Fargate has, and one that it does not have is an error that
// names the step.
func TestDescribeSizes(t *testing.T) {
	for _, tt := range []struct {
		step          Step
		normal, large spec.Size
	}{
		{Step{}, spec.Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 20}, spec.Size{VCPU: 1, MemoryMiB: 4096, DiskGiB: 40}},
		{Step{VCPU: 0.25}, spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 20}, spec.Size{VCPU: 0.25, MemoryMiB: 1024, DiskGiB: 40}},
		{Step{VCPU: 4}, spec.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 20}, spec.Size{VCPU: 4, MemoryMiB: 16384, DiskGiB: 40}},
		{Step{VCPU: 1, LargeMemoryMiB: 3000}, spec.Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 20}, spec.Size{VCPU: 1, MemoryMiB: 3072, DiskGiB: 40}},
	} {
		d, err := describe(t, Config{Name: "mill", Default: tt.step})
		if err != nil || d.Steps[0].Normal != tt.normal || d.Steps[0].Large != tt.large {
			t.Errorf("%+v: %+v, %v", tt.step, d.Steps, err)
		}
	}
	for _, tt := range []struct {
		step Step
		want string
	}{
		{Step{VCPU: 17}, "step clean: "},
		{Step{MemoryMiB: 1 << 20}, "step clean: "},
		{Step{LargeMemoryMiB: 1 << 20}, "step clean: LargeMemoryMiB: "},
		{Step{DiskGiB: 201}, "step clean: "},
	} {
		_, err := describe(t, Config{Name: "mill", Default: tt.step})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || work.Classify(err) != work.Settings {
			t.Errorf("%+v: %v", tt.step, err)
		}
	}
}

// A step's settings are those it has, then the default's, then what suits most; each
// field by itself.
func TestStepDefaults(t *testing.T) {
	c := Config{
		Default: Step{VCPU: 2, DiskGiB: 30, BatchDuration: time.Minute, ToleratedFailurePercentage: 1},
		Steps:   map[string]Step{"clean": {VCPU: 4, MaxConcurrency: 3, LargeMemoryMiB: 5}},
	}
	want := Step{
		VCPU: 4, MemoryMiB: 8192, DiskGiB: 30, LargeMemoryMiB: 5, BatchDuration: time.Minute, TimeLimit: 2 * time.Hour,
		Attempts: 5, MaxConcurrency: 3, ToleratedFailurePercentage: 1,
	}
	if got := c.step("clean"); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	want = Step{
		VCPU: 2, MemoryMiB: 4096, DiskGiB: 30, BatchDuration: time.Minute, TimeLimit: 2 * time.Hour,
		Attempts: 5, MaxConcurrency: 100, ToleratedFailurePercentage: 1,
	}
	if got := c.step("other"); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}
