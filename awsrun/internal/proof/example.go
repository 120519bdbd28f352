package proof

import (
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/infra"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// Example returns a deployment that has something of everything.
func Example() *spec.Deployment {
	return &spec.Deployment{
		Name:     "webtext",
		Region:   "eu-central-1",
		Prefix:   "2026/run-1",
		Image:    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		Inputs:   []string{"crawl", "commoncrawl/crawl-data/CC-MAIN-2026-40"},
		Settings: []string{"-lang=en,de", "-note=${not} %{a template} \"<&>\""},
		Secrets: map[string]string{
			"API_TOKEN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webtext/token-AbCdEf",
			"MIRROR":    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mirror-GhIjKl:password::",
		},
		Steps: []spec.Step{
			{
				Name: "clean", Normal: spec.Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 20}, Large: spec.Size{VCPU: 2, MemoryMiB: 8192, DiskGiB: 40},
				TimeLimit: 2 * time.Hour, Attempts: 5, Concurrency: 100, Tolerated: 2,
			},
			{
				Name: "near-duplicates", Normal: spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 50}, Large: spec.Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 100},
				TimeLimit: time.Hour, Attempts: 1, Concurrency: 10,
			},
		},
		Control:     spec.Size{VCPU: 1, MemoryMiB: 4096, DiskGiB: 20},
		Spot:        true,
		MaxVCPUs:    256,
		CIDR:        "10.42.0.0/20",
		Emails:      []string{"data@example.com", "ops@example.com"},
		Schedule:    "rate(7 days)",
		MaxDuration: 48 * time.Hour,
		Budget:      250.5,
		LogDays:     30,
		Expire:      map[string]int{"clean/": 14, "sketches": 3},
		Tags:        map[string]string{"team": "data", "cost centre": "42/7"},
	}
}

// Write writes the module for a deployment, with its state machine.
func Write(t testing.TB, dir string, d *spec.Deployment) {
	t.Helper()
	machine, err := states.Machine(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := infra.Write(dir, d, machine); err != nil {
		t.Fatal(err)
	}
}
