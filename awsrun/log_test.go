package awsrun

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What containers log: lines of JSON, with the numbers that CloudWatch takes for metrics.
func TestContainerLog(t *testing.T) {
	in, dir := inputs(t), t.TempDir()
	write(t, filepath.Join(in, "b.jsonl"), "no JSON\n")
	e := env{"TEXTMILL_STORE": dir, "TEXTMILL_SETTINGS": fmt.Sprintf(`["-in=%s","-down=c-1"]`, in)}
	maps.Copy(e, container)
	all := ""
	for _, tt := range []struct {
		status int
		args   []string
	}{
		{0, []string{"list", "clean"}},
		{75, []string{"shards", "clean", "0..2"}},
		{75, []string{"shards", "clean", "0..2"}},
		{65, []string{"shards", "clean", "0..1"}},
		{75, []string{"list", "exact-match"}},
		{64, []string{"report"}},
		{64, []string{"shards", "clean", "0..9"}},
	} {
		c := call(t, e, tt.args...)
		if c.status != tt.status || c.stderr != "" {
			t.Errorf("%q: %+v", tt.args, c)
		}
		for line := range strings.Lines(c.stdout) {
			checkMetrics(t, line)
		}
		all += "$ " + strings.Join(tt.args, " ") + "\n" + timeless(c.stdout)
	}
	golden(t, "log.golden", strings.ReplaceAll(all, dir, "STORE"))
}

// checkMetrics holds a line against the specification of CloudWatch's embedded metric
// format: metrics and dimensions that _aws names are members of the root, metrics are
// numbers and dimensions strings, and units are among those there are.
func checkMetrics(t *testing.T, line string) {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal([]byte(line), &root); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for _, key := range []string{"time", "level", "msg", "job", "attempt"} {
		if _, ok := root[key].(string); !ok {
			t.Errorf("%s: no %s", line, key)
		}
	}
	if root["_aws"] == nil {
		if root["shard"] != nil && root["msg"] != "begin" {
			t.Errorf("%s: no metrics", line)
		}
		return
	}
	var aws struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(line), &aws); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if ms := aws.AWS.Timestamp; ms < 1e12 || ms > 1e13 {
		t.Errorf("%s: %d are no milliseconds of our time", line, ms)
	}
	for _, d := range aws.AWS.CloudWatchMetrics {
		if d.Namespace != "textmill" || len(d.Metrics) == 0 || len(d.Metrics) > 100 || len(d.Dimensions) != 1 {
			t.Errorf("%s: %+v", line, d)
		}
		for _, name := range slices.Concat(d.Dimensions...) {
			if s, ok := root[name].(string); !ok || s == "" {
				t.Errorf("%s: dimension %s is %v", line, name, root[name])
			}
		}
		for _, m := range d.Metrics {
			if _, ok := root[m.Name].(float64); !ok || !slices.Contains([]string{"Count", "Seconds", "Bytes"}, m.Unit) {
				t.Errorf("%s: metric %+v is %v", line, m, root[m.Name])
			}
		}
	}
}

// People are told the same without what is for machines.
func TestLogForPeople(t *testing.T) {
	dir := t.TempDir()
	must(t, nil, "-store", dir, "list", "clean")
	c := call(t, nil, "-store", dir, "shards", "clean", "1")
	want := `level=INFO msg=begin step=clean shard=b bytes=204
level=INFO msg=done step=clean shard=b restored=false
level=INFO msg=end step=clean shards=1..1 done=1 restored=0 quarantined=0 failed=0 left=0
`
	if got := timeless(c.stderr); c.status != 0 || c.stdout != "" || got != want {
		t.Errorf("%d, %q\n%s", c.status, c.stdout, got)
	}
}
