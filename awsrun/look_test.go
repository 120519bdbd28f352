package awsrun

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Commands that look at a run take its settings from it.
func TestLookWithoutSettings(t *testing.T) {
	dir := t.TempDir()
	must(t, nil, "-store", dir, "-least", "20", "-list", "a", "-list", "b", "run")
	want := must(t, nil, "-store", dir, "-least", "20", "-list", "a", "-list", "b", "report")
	if got := must(t, nil, "-store", dir, "report"); got != want {
		t.Errorf("report without settings:\n%s\nwith:\n%s", got, want)
	}
	if got := must(t, nil, "-store", dir, "plan"); strings.Contains(got, "not listed yet") {
		t.Errorf("plan without settings:\n%s", got)
	}
	if c := call(t, nil, "-store", dir, "-least", "21", "report"); c.status == 0 || !strings.Contains(c.stderr, "-least=20") {
		t.Errorf("report with other settings: status %d: %s", c.status, c.stderr)
	}
	if c := call(t, nil, "-store", dir, "run"); c.status != 64 || !strings.Contains(c.stderr, "-least=20") {
		t.Errorf("to go on with a run, its settings have to be given: status %d: %s", c.status, c.stderr)
	}
}

// Another build of the program may look at a run, but leaves it as it is, and may not go
// on with it. (That it sees what is done is shown in package work.)
func TestLookByAnotherBuild(t *testing.T) {
	dir := t.TempDir()
	s, c := mill()
	c.Version = "" // so that the build tells runs apart
	if out := callWith(t, s.plan, c, nil, "-store", dir, "run"); out.status != 0 {
		t.Fatal(out.stderr)
	}
	file := filepath.Join(dir, ".textmill", "run.json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(b), `"go": "`, `"go": "another `, 1)
	if other == string(b) {
		t.Fatalf("no toolchain in %s", b)
	}
	write(t, file, other)
	if err := os.Remove(filepath.Join(dir, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	s, c = mill()
	c.Version = ""
	// Under the identity that stands there now, nothing was done.
	out := callWith(t, s.plan, c, nil, "-store", dir, "report")
	if out.status != 75 || !strings.Contains(out.stdout, "clean: not begun") {
		t.Errorf("status %d\n%s%s", out.status, out.stdout, out.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); !os.IsNotExist(err) {
		t.Errorf("the manifest of another build's run was written: %v", err)
	}
	s, c = mill()
	c.Version = ""
	if out := callWith(t, s.plan, c, nil, "-store", dir, "run"); out.status != 64 || !strings.Contains(out.stderr, "another build") {
		t.Errorf("another build goes on: status %d: %s", out.status, out.stderr)
	}
}

// A setting that the program does not have says so.
func TestLookAtUnknownSetting(t *testing.T) {
	dir := t.TempDir()
	must(t, nil, "-store", dir, "-least", "20", "run")
	file := filepath.Join(dir, ".textmill", "run.json")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.Replace(string(b), "-least=20", "-most=20", 1))
	if c := call(t, nil, "-store", dir, "report"); c.status != 64 || !strings.Contains(c.stderr, "-most=20, which is not one of this program") {
		t.Errorf("status %d: %s", c.status, c.stderr)
	}
}
