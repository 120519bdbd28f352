package awsrun

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// The help names every command, and each command has one of its own.
func TestHelp(t *testing.T) {
	for _, flag := range []string{"-h", "-help", "--help"} {
		c := call(t, nil, flag)
		if c.status != 0 || c.stdout != "" {
			t.Errorf("%s: %+v", flag, c)
		}
		golden(t, "help.golden", c.stderr)
	}
	here := ""
	for _, cmd := range commands() {
		c := call(t, nil, cmd.name, "-help")
		if c.status != 0 || c.stdout != "" || !strings.HasPrefix(c.stderr, "usage: testmill [settings] "+cmd.name+" [flags]") {
			t.Errorf("%s -help: %+v", cmd.name, c)
		}
		if slices.Contains([]string{"run", "plan", "list", "shards", "report"}, cmd.name) {
			here += c.stderr + "\n"
		}
	}
	golden(t, "commands.golden", here)
}

// Every way to call the program in vain ends with a status that tells what kind of
// mistake it was, and one line that tells which.
func TestStatus(t *testing.T) {
	listed := t.TempDir()
	must(t, nil, "-store", listed, "list", "clean")
	garbage := inputs(t)
	write(t, filepath.Join(garbage, "b.jsonl"), "no JSON\n")
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	for _, tt := range []struct {
		name   string
		args   []string // S stands for a new directory, L for one in which clean is listed
		env    env
		status int
		want   string // the last line on stderr, as far as a …
	}{
		{"no command", nil, nil, 64, "testmill: name a command"},
		{"no such command", []string{"fly"}, nil, 64, `testmill: there is no command "fly": see -help`},
		{"no such flag", []string{"-fly", "run"}, nil, 64, "testmill: flag provided but not defined: -fly: see -help"},
		{"no such flag of a command", []string{"run", "-fly"}, nil, 64, "testmill: run: flag provided but not defined: -fly"},
		{"a bad value", []string{"-least", "x", "run"}, nil, 64, `testmill: invalid value "x" for flag -least: parse error: see -help`},
		{"a value the flag does not take", []string{"-list=", "run"}, nil, 64, `testmill: invalid value "" for flag -list: it is empty: see -help`},
		{"too many arguments", []string{"run", "fast"}, nil, 64, `testmill: run: unexpected argument "fast"`},
		{"too few", []string{"shards", "clean"}, nil, 64, `testmill: shards: an argument is missing: see "shards -help"`},
		{"no such store", []string{"-store", "gs://bucket", "run"}, nil, 64, "testmill: -store gs://bucket: use a directory, s3://bucket/prefix or aws"},
		{"no such step", []string{"-store", "S", "list", "fly"}, nil, 64, `testmill: the plan has no step "fly": it has clean, exact-match, exact-collect, publish`},
		{"not listed", []string{"-store", "S", "shards", "clean", "0"}, nil, 64, "testmill: no run was begun in this store: list the first step: …"},
		{"a step too early", []string{"-store", "L", "shards", "publish", "0"}, nil, 64, `testmill: step publish is not listed yet: do "list publish" first: …`},
		{"no such shard", []string{"-store", "L", "shards", "clean", "0..3"}, nil, 64, "testmill: step clean has 3 shards, from 0 on: there is no 0..3"},
		{"no shards", []string{"-store", "L", "shards", "clean", "all"}, nil, 64, `testmill: shards "all": use numbers such as 0..9`},
		{"bad time limit", []string{"-store", "L", "shards", "clean", "0"}, env{"TEXTMILL_TIME_LIMIT": "-1s"}, 64, `testmill: TEXTMILL_TIME_LIMIT="-1s": use a duration such as 3600s`},
		{"bad environment", []string{"run"}, env{"TEXTMILL_SETTINGS": "-lang en"}, 64, "testmill: TEXTMILL_SETTINGS is not a JSON array of strings: …"},
		{"arguments in the environment", []string{"run"}, env{"TEXTMILL_SETTINGS": `["-least=3","run"]`}, 64, `testmill: TEXTMILL_SETTINGS: "run" is no flag`},
		{"a bad flag in the environment", []string{"run"}, env{"TEXTMILL_SETTINGS": `["-fly"]`}, 64, "testmill: TEXTMILL_SETTINGS: flag provided but not defined: -fly"},
		{"another run's store", []string{"-store", "L", "-least=5", "run"}, nil, 64, "testmill: step clean: the store holds a run with other settings (none): use another store, or remove what is in this one"},
		{"wrong settings in a shard", []string{"-store", "S", "-wrong=b-1", "run"}, nil, 64, "testmill: step clean: trouble: b#1: no such model"},
		{"not finished", []string{"-store", "L", "report"}, nil, 75, "testmill: the run is not finished"},
		{"no inputs there", []string{"-store", "S", "-in", "testdata/none", "run"}, nil, 64, "testmill: step clean: step clean has nothing to do: are there inputs where the settings say?"},
		{"a bad input", []string{"-store", "S", "-in", garbage, "run"}, nil, 65, "testmill: 1 shards are in quarantine, for bad data: see above; with -retry they are tried again"},
		{"a stage's mistake", []string{"-store", "S", "-panics=c-0", "run"}, nil, 65, "testmill: 1 shards are in quarantine, …"},
		{"a server that is down", []string{"-store", "S", "-down=c-0", "run"}, nil, 75, "run the same command again to go on from here"},
		{"the store is a file", []string{"-store", file, "run"}, nil, 75, "run the same command again to go on from here"},
		{"done", []string{"-store", "S", "run"}, nil, 0, ""},
	} {
		args := make([]string, len(tt.args))
		for i, a := range tt.args {
			switch a {
			case "S":
				a = t.TempDir()
			case "L":
				a = listed
			}
			args[i] = a
		}
		c := call(t, tt.env, args...)
		lines := strings.Split(strings.TrimSpace(c.stderr), "\n")
		last, want := lines[len(lines)-1], tt.want
		if tt.status == 0 {
			last = want // the meter
		}
		if w, ok := strings.CutSuffix(want, "…"); ok && strings.HasPrefix(last, w) {
			last = want
		}
		if c.status != tt.status || last != want {
			t.Errorf("%s: status %d, want %d: %q, want %q", tt.name, c.status, tt.status, last, want)
		}
		if usage := strings.Contains(c.stderr, "usage:"); usage != (len(args) == 0) {
			t.Errorf("%s: usage %v:\n%s", tt.name, usage, c.stderr)
		}
	}
}

// Errors of the plan are of the class that trying again is of use for, or not; never of
// a shard's data.
func TestPlanErrors(t *testing.T) {
	boom := errors.New("boom")
	pipeline := &textmill.Pipeline{Source: textmill.Documents(), Sink: textmill.Discard}
	step := textmill.Step{Name: "one", Job: pipeline}
	for _, tt := range []struct {
		plan   textmill.Plan
		err    error
		change func(*Config)
		status int
		want   string
	}{
		{nil, boom, nil, 75, "make the plan: boom"},
		{nil, BadSettings(boom), nil, 64, "make the plan: boom"},
		{nil, BadData(boom), nil, 64, "make the plan: boom"},
		{nil, textmill.BadInput(boom), nil, 64, "make the plan: boom"},
		{nil, fs.ErrPermission, nil, 64, "make the plan: permission denied"},
		{nil, nil, nil, 64, "the plan has no step"},
		{textmill.Plan{step, step}, nil, nil, 64, "textmill: two steps are called one"},
		{textmill.Plan{{Name: "One", Job: pipeline}}, nil, nil, 64, `textmill: step 0: name "One" is not of 1 to 63 lower-case letters, digits and dashes`},
		{textmill.Plan{{Name: "one", Job: &textmill.Pipeline{}}}, nil, nil, 64, "step one: textmill: a Pipeline needs a Source and a Sink"},
		{textmill.Plan{step}, nil, func(c *Config) { c.Steps = map[string]Step{"two": {}} }, 64, `awsrun.Config.Steps has "two", which is no step of the plan`},
	} {
		_, c := mill()
		if tt.change != nil {
			tt.change(&c)
		}
		got := callWith(t, planOf(tt.plan, tt.err), c, nil, "-store", t.TempDir(), "plan")
		if got.status != tt.status || got.stderr != "testmill: "+tt.want+"\n" {
			t.Errorf("%d %q, want %d %q", got.status, got.stderr, tt.status, tt.want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	flags := func(name string) *flag.FlagSet {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.Bool(name, false, "")
		return fs
	}
	for _, tt := range []struct {
		change func(*Config)
		want   string // "" if it is none
	}{
		{func(c *Config) {}, ""},
		{func(c *Config) { c.Flags = nil }, ""},
		{func(c *Config) { c.Name = "ab" }, `awsrun.Config.Name "ab": use 3 to 32 lower-case letters, digits and dashes, beginning with a letter`},
		{func(c *Config) { c.Name = "abc" }, ""},
		{func(c *Config) { c.Name = strings.Repeat("a", 32) }, ""},
		{func(c *Config) { c.Name = strings.Repeat("a", 33) }, "awsrun.Config.Name "},
		{func(c *Config) { c.Name = "1ab" }, "awsrun.Config.Name "},
		{func(c *Config) { c.Name = "ab-" }, "awsrun.Config.Name "},
		{func(c *Config) { c.Name = "Abc" }, "awsrun.Config.Name "},
		{func(c *Config) { c.Name = "" }, "awsrun.Config.Name "},
		{func(c *Config) { c.Default.VCPU = -1 }, "awsrun.Config.Default: a size, a number or a duration is negative"},
		{func(c *Config) { c.Steps = map[string]Step{"clean": {BatchDuration: -1}} }, `awsrun.Config.Steps["clean"]: a size, a number or a duration is negative`},
		{func(c *Config) { c.Default.Attempts = 10 }, ""},
		{func(c *Config) { c.Default.Attempts = 11 }, "awsrun.Config.Default: Attempts 11: Batch takes 1 to 10"},
		{func(c *Config) { c.Default.TimeLimit = 2 * 60e9 }, ""},
		{func(c *Config) { c.Default.TimeLimit = 2*60e9 - 1 }, "awsrun.Config.Default: TimeLimit 1m59.999999999s: use at least 2m"},
		{func(c *Config) { c.Default.ToleratedFailurePercentage = 100 }, ""},
		{func(c *Config) { c.Default.ToleratedFailurePercentage = 101 }, "awsrun.Config.Default: ToleratedFailurePercentage 101: use 0 to 100"},
		{func(c *Config) { c.Default.ToleratedFailurePercentage = -1 }, "awsrun.Config.Default: ToleratedFailurePercentage -1: use 0 to 100"},
		{func(c *Config) { c.AWS.Inline = true }, ""},
		{func(c *Config) { c.AWS.Inline, c.Default.ToleratedFailurePercentage = true, 1 }, "awsrun.Config.Default: ToleratedFailurePercentage 1: with AWS.Inline, the first job that fails fails the step"},
		{func(c *Config) {
			c.AWS.Inline, c.Steps = true, map[string]Step{"clean": {ToleratedFailurePercentage: 1}}
		}, `awsrun.Config.Steps["clean"]: ToleratedFailurePercentage 1: with AWS.Inline`},
		{func(c *Config) { c.Temporary = map[string]int{"clean/": 0} }, `awsrun.Config.Temporary["clean/"] is 0 days: use at least 1`},
		{func(c *Config) { c.Temporary = map[string]int{"": 1} }, `awsrun.Config.Temporary: prefix "": use one such as clean/`},
		{func(c *Config) { c.Temporary = map[string]int{"/": 1} }, `awsrun.Config.Temporary: prefix "/": `},
		{func(c *Config) { c.Temporary = map[string]int{".": 1} }, `awsrun.Config.Temporary: prefix ".": .textmill holds what tells how far the run is`},
		{func(c *Config) { c.Temporary = map[string]int{".textmill/steps/": 1} }, `awsrun.Config.Temporary: prefix ".textmill/steps/": `},
		{func(c *Config) { c.Flags = flags("store") }, "awsrun.Config.Flags has -store, which every program has: call it otherwise"},
		{func(c *Config) { c.Flags = flags("prefix") }, "awsrun.Config.Flags has -prefix"},
		{func(c *Config) { c.Flags = flags("reads") }, "awsrun.Config.Flags has -reads"},
	} {
		s, c := mill()
		tt.change(&c)
		got := callWith(t, s.plan, c, nil, "-store", t.TempDir(), "plan")
		want := spec.ExitSettings
		if tt.want == "" {
			want = 0
		}
		if got.status != want || !strings.Contains(got.stderr, tt.want) || tt.want == "" && got.stderr != "" {
			t.Errorf("status %d: %q, want %q", got.status, got.stderr, tt.want)
		}
	}
}

// The default store is a folder for the program.
func TestDefaultStore(t *testing.T) {
	in, err := filepath.Abs("testdata/in")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	must(t, nil, "-in", in, "run")
	if _, err := os.Stat("out/testmill/manifest.json"); err != nil {
		t.Error(err)
	}
	must(t, env{"TEXTMILL_STORE": "elsewhere", "TEXTMILL_SETTINGS": `["-in=` + in + `"]`}, "list", "clean")
	if _, err := os.Stat("elsewhere/.textmill/steps/clean/shards.json"); err != nil {
		t.Error(err)
	}
}
