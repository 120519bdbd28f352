package proof

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// commands are those of a program, given where moto and the gateway stand for AWS.
type commands struct {
	moto     *moto
	program  string
	settings []string
	environ  []string
}

// commands builds the program in a folder.
func (m *moto) commands(t *testing.T, folder string, settings ...string) *commands {
	t.Helper()
	return &commands{m, build(t, folder), settings, append(os.Environ(),
		"AWS_ENDPOINT_URL="+m.endpoint, "AWS_ENDPOINT_URL_S3="+m.store, "AWS_REGION="+region,
		"AWS_ACCESS_KEY_ID="+storeKey, "AWS_SECRET_ACCESS_KEY="+storeSecret,
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
	)}
}

// run runs a command, which is to exit with the given status, and returns what it prints.
func (c *commands) run(t *testing.T, status int, args ...string) string {
	t.Helper()
	cmd := exec.Command(c.program, append(c.settings[:len(c.settings):len(c.settings)], args...)...)
	cmd.Env = c.environ
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != status {
		t.Fatalf("%s: exit status %d, %v\n%s\n%s", strings.Join(args, " "), code, err, errs.String(), out)
	}
	return string(out)
}

// deploy makes what the program's own module makes. There is no image: in its place, jobs
// run the program.
func (c *commands) deploy(t *testing.T, name string) *deployment {
	t.Helper()
	dir := t.TempDir()
	c.run(t, spec.ExitDone, "synth", "-image", "sha256:"+strings.Repeat("0", 64), dir)
	d := c.moto.create(t, &spec.Deployment{Name: name, Region: region}, Resources(t, dir), c.program)
	t.Cleanup(func() { d.empty(t) })
	return d
}

// start starts a run and returns its ARN.
func (c *commands) start(t *testing.T, flags ...string) string {
	t.Helper()
	for line := range strings.Lines(c.run(t, spec.ExitDone, append([]string{"start"}, flags...)...)) {
		if run, ok := strings.CutPrefix(line, "started "); ok {
			return strings.TrimSpace(run)
		}
	}
	t.Fatal("start does not say what it has started")
	return ""
}

// A run is started, looked at, and gone on with by the program's own commands.
func TestCommands(t *testing.T) {
	m := newMoto(t, storeEndpoint(t), 4)
	c := m.commands(t, "testprogram", "-shards=24")
	d := c.deploy(t, "proof")
	words := d.Name + "-" + spec.StepJob("words")
	m.inject(t, fault{Definition: words, Shard: ptr(3), Kind: "crash"}, fault{Definition: words, Shard: ptr(20), Kind: "oom"},
		fault{Definition: d.Name + "-" + spec.LargeJob("words"), Shard: ptr(20), Kind: "oom"})
	run := c.start(t)
	d.wait(t, run)
	status := c.run(t, spec.ExitDone, "status")
	for _, what := range []string{"FAILED", "ExceedToleratedFailureThreshold", "shards 2..3", "exit status 134", "shards 20..21", "OutOfMemoryError"} {
		if !strings.Contains(status, what) {
			t.Errorf("status does not say %s", what)
		}
	}

	m.inject(t)
	if again := c.start(t, "-redrive"); again != run {
		t.Errorf("started %s, and then %s", run, again)
	}
	if out := d.wait(t, run); out.Status != succeeded {
		d.explain(t, run)
		t.Fatalf("the redriven run ended with %s", out.Status)
	}
	var now struct {
		Steps []struct {
			Step                      string
			Shards, Done, Quarantined int
		}
	}
	must(t, json.Unmarshal([]byte(c.run(t, spec.ExitDone, "status", "-json")), &now))
	if s := now.Steps; len(s) != 2 || s[0].Done != 24 || s[1].Done != 1 {
		t.Errorf("steps %+v", s)
	}
	begun := 0
	for line := range strings.Lines(c.run(t, spec.ExitDone, "logs", "words")) {
		if strings.Contains(line, `"msg":"begin"`) {
			begun++
		}
	}
	if begun < 24 {
		t.Errorf("logs tell of %d shards that were begun", begun)
	}
	if report := c.run(t, spec.ExitDone, "-store", "aws", "report"); !strings.Contains(report, "words: 24 of 24 shards done") {
		t.Errorf("report: %s", report)
	}
	here := t.TempDir()
	c.run(t, spec.ExitDone, "-store", here, "run")
	same(t, here, d)
	var findings []struct{ Check, Level, Message string }
	must(t, json.Unmarshal([]byte(c.run(t, spec.ExitSettings, "doctor", "-json")), &findings))
	wrong := map[string]string{}
	for _, f := range findings {
		if f.Level != "ok" {
			wrong[f.Check] = f.Level
		}
	}
	// There is no registry here, and the gateway is asked for no versions.
	if want := map[string]string{"image": "error", "bucket": "warning"}; !maps.Equal(wrong, want) {
		t.Errorf("doctor finds %v", findings)
	}
}
