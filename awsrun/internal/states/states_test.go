package states

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// longStep is as long as the name of a step may be.
var longStep = strings.Repeat("near-duplicates-", 4)[:63]

// deployment returns one with the given steps.
func deployment(steps ...string) *spec.Deployment {
	d := &spec.Deployment{Name: "webtext", MaxDuration: 7 * 24 * time.Hour}
	for _, s := range steps {
		d.Steps = append(d.Steps, spec.Step{Name: s, Concurrency: 100})
	}
	return d
}

// deployments are those of the golden files.
func deployments() map[string]*spec.Deployment {
	several := deployment("clean", longStep, "publish")
	several.Prefix = "crawls/2026-30"
	several.Schedule = "rate(7 days)"
	several.Steps[0].Tolerated = 2
	several.Steps[0].Concurrency = 2000
	inline := deployment("clean", "publish")
	inline.Inline = true
	inline.Steps[1].Concurrency = 8
	return map[string]*spec.Deployment{"one": deployment("clean"), "several": several, "inline": inline}
}

func generate(t *testing.T, d *spec.Deployment) []byte {
	t.Helper()
	b, err := Machine(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	for name, d := range deployments() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".asl.json")
			got := generate(t, d)
			if *update {
				if err := os.WriteFile(file, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("not what %s has: see the difference after -update", file)
			}
		})
	}
}

// What has nothing to do with the machine does not change it.
func TestMachineIsOfThePlanAlone(t *testing.T) {
	d := deployment("clean", "publish")
	want := generate(t, d)
	d.Schedule, d.Spot, d.Emails, d.Settings = "rate(1 day)", true, []string{"a@example.org"}, []string{"-lang", "en"}
	d.Image, d.Bucket, d.Region, d.Expire = "sha256:00", "corpus", "eu-west-1", map[string]int{"extracted/": 7, "other/": 1}
	for range 3 {
		if got := generate(t, d); !bytes.Equal(got, want) {
			t.Fatal("another machine")
		}
	}
}

// Every state is written once, in the order of the run.
func TestOrder(t *testing.T) {
	b := string(generate(t, deployment("b", "a")))
	last := -1
	for _, name := range []string{"Begin", "List b", "Do b", "Do it (b)", "Failed (b)", "List a", "Do a", "Report", "Tell of success", "Done", "Tell of the failure", "Keep the failure", Failed} {
		field := `"` + name + `": {`
		i := strings.Index(b, field)
		if i <= last || strings.Count(b, field) != 1 {
			t.Errorf("%s: at %d after %d, %d times", name, i, last, strings.Count(b, field))
		}
		last = i
	}
}

func TestLimits(t *testing.T) {
	steps := func(n int) func(*spec.Deployment) {
		return func(d *spec.Deployment) {
			d.Steps = nil
			for i := range n {
				d.Steps = append(d.Steps, spec.Step{Name: "s" + strings.Repeat("x", i%20) + "-" + string(rune('a'+i/20%26)) + string(rune('a'+i/520)), Concurrency: 1})
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*spec.Deployment)
		want   string // of the error; "" for none
	}{
		"as it is":                 {func(d *spec.Deployment) {}, ""},
		"no name":                  {func(d *spec.Deployment) { d.Name = "" }, "use 1 to 70 lower-case"},
		"a quote in the name":      {func(d *spec.Deployment) { d.Name = "it's" }, "use 1 to 70 lower-case"},
		"long name":                {func(d *spec.Deployment) { d.Name = strings.Repeat("n", 70); d.Steps[0].Name = longStep }, ""},
		"too long a name":          {func(d *spec.Deployment) { d.Name = strings.Repeat("n", 71) }, "use 1 to 70 lower-case"},
		"prefix":                   {func(d *spec.Deployment) { d.Prefix = "a/it's ${b}/ü" }, ""},
		"quote in the prefix":      {func(d *spec.Deployment) { d.Prefix = `a"b` }, "leave out quotes"},
		"backslash in the prefix":  {func(d *spec.Deployment) { d.Prefix = `a\b` }, "leave out quotes"},
		"new line in the prefix":   {func(d *spec.Deployment) { d.Prefix = "a\nb" }, "leave out quotes"},
		"no steps":                 {func(d *spec.Deployment) { d.Steps = nil }, "has no steps"},
		"step of 63":               {func(d *spec.Deployment) { d.Steps[0].Name = longStep }, ""},
		"step of 64":               {func(d *spec.Deployment) { d.Steps[0].Name = longStep + "x" }, "1 to 63"},
		"step with a quote":        {func(d *spec.Deployment) { d.Steps[0].Name = "a'b" }, "1 to 63"},
		"two of a name":            {func(d *spec.Deployment) { d.Steps = append(d.Steps, d.Steps[0]) }, "two steps are called clean"},
		"a second":                 {func(d *spec.Deployment) { d.MaxDuration = time.Second }, ""},
		"less than a second":       {func(d *spec.Deployment) { d.MaxDuration = time.Second - 1 }, "takes 1s to"},
		"a year":                   {func(d *spec.Deployment) { d.MaxDuration = 365 * 24 * time.Hour }, ""},
		"more than a year":         {func(d *spec.Deployment) { d.MaxDuration = 365*24*time.Hour + 1 }, "takes 1s to"},
		"none at once":             {func(d *spec.Deployment) { d.Steps[0].Concurrency = 0 }, "0 jobs at once"},
		"10000 at once":            {func(d *spec.Deployment) { d.Steps[0].Concurrency = 10_000 }, ""},
		"10001 at once":            {func(d *spec.Deployment) { d.Steps[0].Concurrency = 10_001 }, "10001 jobs at once"},
		"10001 at once, inline":    {func(d *spec.Deployment) { d.Steps[0].Concurrency, d.Inline = 10_001, true }, "10001 jobs at once"},
		"100 %":                    {func(d *spec.Deployment) { d.Steps[0].Tolerated = 100 }, ""},
		"101 %":                    {func(d *spec.Deployment) { d.Steps[0].Tolerated = 101 }, "101 % of jobs may fail: use 0 to 100"},
		"-1 %":                     {func(d *spec.Deployment) { d.Steps[0].Tolerated = -1 }, "use 0 to 100"},
		"inline":                   {func(d *spec.Deployment) { d.Inline = true }, ""},
		"tolerated failures":       {func(d *spec.Deployment) { d.Steps[0].Tolerated = 1 }, ""},
		"tolerated, inline":        {func(d *spec.Deployment) { d.Steps[0].Tolerated, d.Inline = 1, true }, "fails with the first"},
		"60 steps":                 {steps(60), ""},
		"steps for more bytes":     {steps(100), "Step Functions takes 1048576"},
		"steps for more events":    {steps(400), "Step Functions keeps 25000"},
		"steps for inline history": {func(d *spec.Deployment) { steps(300)(d); d.Inline = true }, "use distributed ones"},
	} {
		t.Run(name, func(t *testing.T) {
			d := deployment("clean")
			c.change(d)
			b, err := Machine(d)
			if c.want == "" {
				if err != nil || !json.Valid(b) {
					t.Errorf("%v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v is not %q", err, c.want)
			}
			if b != nil {
				t.Error("a machine, with an error")
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	d := deployment("clean")
	for took, want := range map[time.Duration]int64{time.Second: 1, time.Second + 1: 2, 90 * time.Minute: 5400} {
		d.MaxDuration = took
		if got := run(d).TimeoutSeconds; got != want {
			t.Errorf("%v: %d s", took, got)
		}
	}
}

func TestLabel(t *testing.T) {
	at := strings.Repeat("a", maxLabel)
	if got := label(at); got != at {
		t.Errorf("%q", got)
	}
	over := label(at + "a")
	if len(over) != maxLabel || !labels.MatchString(over) {
		t.Errorf("%q", over)
	}
	if label(at+"b") == over {
		t.Error("two steps with one label")
	}
	if got := label(longStep); got != "near-duplicates-near-duplicates-near-duplicates-near-duplicates"[:31]+"-"+got[32:] {
		t.Errorf("%q", got)
	}
}

// Inline Maps have room in the history for what MaxBatches says, and no more.
func TestMaxBatches(t *testing.T) {
	if n := MaxBatches(deployment("a")); n != 100_000_000 {
		t.Errorf("distributed: %d", n)
	}
	for _, steps := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "c", "d", "e", "f"}} {
		d := deployment(steps...)
		d.Inline = true
		n := MaxBatches(d)
		top := 2
		for _, s := range run(d).States {
			top += events(s.state, true)
		}
		total := func(n int) int { return top + len(steps)*n*childEvents(d) }
		if total(n) > maxHistory || total(n+1) <= maxHistory {
			t.Errorf("%d steps of %d batches come to %d events", len(steps), n, total(n))
		}
		if n*maxBatch > maxPayload {
			t.Errorf("a list of %d batches has %d bytes", n, n*maxBatch)
		}
	}
}
