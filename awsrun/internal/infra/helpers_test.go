package infra

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file under testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("not as in %s: run with -update and read the difference\n%s", file, got)
	}
}

// example has something of everything.
func example() *spec.Deployment {
	return &spec.Deployment{
		Name:     "webtext",
		Region:   "eu-central-1",
		Bucket:   "our-webtext",
		Prefix:   "2026/run-1",
		Image:    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		Inputs:   []string{"commoncrawl/crawl-data/CC-MAIN-2026-40/"},
		Settings: []string{"-lang=en,de", "-note=<${a}>"},
		Secrets:  map[string]string{"TOKEN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webtext/token-AbCdEf"},
		Steps: []spec.Step{{
			Name: "clean", Normal: spec.Size{VCPU: 0.5, MemoryMiB: 4096, DiskGiB: 20}, Large: spec.Size{VCPU: 2, MemoryMiB: 8192, DiskGiB: 40},
			TimeLimit: 2*time.Hour + time.Millisecond, Attempts: 5, Concurrency: 100, Tolerated: 2,
		}},
		Control:     spec.Size{VCPU: 1, MemoryMiB: 4096, DiskGiB: 20},
		Spot:        true,
		MaxVCPUs:    256,
		NAT:         true,
		CIDR:        "10.42.0.0/20",
		Admins:      []string{"arn:aws:iam::123456789012:role/data/reader-*"},
		Emails:      []string{"data@example.com"},
		Schedule:    "rate(7 days)",
		MaxDuration: 48 * time.Hour,
		Budget:      250.5,
		LogDays:     30,
		Expire:      map[string]int{"sketches": 3, "clean/": 14},
		Tags:        map[string]string{"team": "data", "cost centre": "42/7"},
	}
}

// machine is the least that Write takes for one.
const machine = `{"Bucket": "${bucket}", "Job": "${job_step_clean}"}`
