package awsrun

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// What the flags were set to is kept in a form that parses to the same, whatever order
// they came in.
func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		args []string
		env  string
		want string // settings
		rest string
		is   settings
	}{
		{nil, "", "", "", settings{least: 10}},
		{[]string{"run", "-retry"}, "", "", "run -retry", settings{least: 10}},
		{[]string{"-least", "3", "run"}, "", "-least=3", "run", settings{least: 3}},
		{[]string{"--least=0x10", "-upper", "run"}, "", "-least=0x10 -upper=true", "run", settings{least: 16, upper: true}},
		{[]string{"-upper=false", "-least=1"}, "", "-least=1 -upper=false", "", settings{least: 1}},
		{[]string{"-list=b", "-least=1", "-list", "a", "-list=b"}, "", "-least=1 -list=b -list=a -list=b", "", settings{least: 1, lists: []string{"b", "a", "b"}}},
		{[]string{"-list", "with space=and more", "run"}, "", "-list=with space=and more", "run", settings{least: 10, lists: []string{"with space=and more"}}},
		{[]string{"-least=1", "-least=2"}, "", "-least=1 -least=2", "", settings{least: 2}},
		{[]string{"-store", "s3://b/p", "-prefix=x", "run"}, "", "", "run", settings{least: 10}},
		{[]string{"--", "run"}, "", "", "run", settings{least: 10}},
		{[]string{"list", "clean"}, `["-list=b","-upper=true","-list=a"]`, "-list=b -list=a -upper=true", "list clean", settings{least: 10, lists: []string{"b", "a"}, upper: true}},
		{[]string{"-least=5", "run"}, `["-least=4"]`, "-least=4 -least=5", "run", settings{least: 5}},
		{[]string{"run"}, `[]`, "", "run", settings{least: 10}},
	} {
		p, s := parsed(t, tt.env, tt.args...)
		if got := strings.Join(p.settings, " "); got != tt.want {
			t.Errorf("%q: settings %s, want %s", tt.args, got, tt.want)
		}
		if got := strings.Join(p.rest, " "); got != tt.rest {
			t.Errorf("%q: rest %s, want %s", tt.args, got, tt.rest)
		}
		tt.is.in = "testdata/in"
		if fmt.Sprint(*s) != fmt.Sprint(tt.is) {
			t.Errorf("%q: %+v, want %+v", tt.args, *s, tt.is)
		}
		// A container is handed them like this.
		env, err := json.Marshal(p.settings)
		if err != nil {
			t.Fatal(err)
		}
		again, there := parsed(t, string(env))
		if !slices.Equal(again.settings, p.settings) || fmt.Sprint(*there) != fmt.Sprint(tt.is) {
			t.Errorf("%q: in a container %q, %+v", tt.args, again.settings, *there)
		}
	}
}

type parsedProgram struct {
	*program
	rest []string
}

func parsed(t *testing.T, settings string, args ...string) (parsedProgram, *settings) {
	t.Helper()
	s, c := mill()
	e := env{"TEXTMILL_SETTINGS": settings}
	p := &program{Config: c, called: "testmill", getenv: func(name string) string { return e[name] }, stderr: io.Discard}
	rest, err := p.parseSettings(args)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return parsedProgram{p, rest}, s
}

// The store is that of the environment, unless a flag says otherwise.
func TestSettingsStore(t *testing.T) {
	for _, tt := range []struct {
		env  string
		args []string
		want string
	}{
		{"", nil, ""},
		{"s3://b", nil, "s3://b"},
		{"s3://b", []string{"-store", "dir"}, "dir"},
		{"", []string{"-store", "aws"}, "aws"},
	} {
		_, c := mill()
		p := &program{Config: c, getenv: func(name string) string { return env{"TEXTMILL_STORE": tt.env}[name] }, stderr: io.Discard}
		if _, err := p.parseSettings(tt.args); err != nil || p.storeURL != tt.want {
			t.Errorf("%q, %q: %q, %v", tt.env, tt.args, p.storeURL, err)
		}
	}
}

// The flags of the plan count as set to whoever made them.
func TestSettingsAreSet(t *testing.T) {
	p, _ := parsed(t, "", "-least=3", "-upper")
	var set []string
	p.Flags.Visit(func(f *flag.Flag) { set = append(set, f.Name+"="+f.Value.String()) })
	if got := strings.Join(set, " "); got != "least=3 upper=true" {
		t.Errorf("set: %s", got)
	}
	if d := p.Flags.Lookup("least").DefValue; d != "10" {
		t.Errorf("the default has become %s", d)
	}
}

// What is given to be read comes after what the program has, which stays as it was.
func TestReads(t *testing.T) {
	has := append(make([]string, 0, 4), "commoncrawl/crawl-data")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "[commoncrawl/crawl-data]"},
		{[]string{"-reads", "a", "-reads=b/c", "deploy"}, "[commoncrawl/crawl-data a b/c]"},
		{[]string{"-reads=d", "deploy"}, "[commoncrawl/crawl-data d]"},
	} {
		p := &program{Config: Config{Name: "mill", AWS: AWS{Inputs: has}}, getenv: func(string) string { return "" }, stderr: io.Discard}
		if _, err := p.parseSettings(tt.args); err != nil || len(p.settings) > 0 {
			t.Errorf("%q: %v, settings %q", tt.args, err, p.settings)
		}
		d, err := p.describe(nil, "")
		if err != nil || fmt.Sprint(d.Inputs) != tt.want {
			t.Errorf("%q: %v, %v, want %s", tt.args, d.Inputs, err, tt.want)
		}
	}
}
