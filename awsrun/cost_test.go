package awsrun

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/cost"
	"github.com/textmill/textmill/awsrun/internal/work"
	"github.com/textmill/textmill/storage"
)

// What cost keeps is what start holds against the budget, and list makes batches by.
func TestCost(t *testing.T) {
	dir := t.TempDir()
	if err := guardStore(t.Context(), storage.Dir(dir), 10); work.Classify(err) != work.Settings || !strings.Contains(err.Error(), "cost -save") {
		t.Errorf("a budget, and nothing is known: error %v", err)
	}
	if out := must(t, nil, "-store", dir, "cost"); !strings.Contains(out, "clean") || !strings.Contains(out, "the run") {
		t.Errorf("cost:\n%s", out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("without -save it has left %v, error %v", left, err)
	}

	var e cost.Estimate
	if err := json.Unmarshal([]byte(must(t, nil, "-store", dir, "cost", "-save", "-json")), &e); err != nil {
		t.Fatal(err)
	}
	price := e.Total.Dollars.Run
	if len(e.Steps) < 3 || price <= 0 {
		t.Fatalf("%d steps for %v dollars", len(e.Steps), price)
	}
	if err := guardStore(t.Context(), storage.Dir(dir), 2*price); err != nil {
		t.Errorf("a budget that is enough: %v", err)
	}
	if err := guardStore(t.Context(), storage.Dir(dir), price/2); work.Classify(err) != work.Settings {
		t.Errorf("a budget that is half of it: error %v", err)
	}
	var r rates
	if err := work.ReadJSON(t.Context(), storage.Dir(dir), ratesFile, &r); err != nil || r["clean"].Shards != 1 || r["clean"].Bytes == 0 {
		t.Errorf("rates %+v, error %v", r, err)
	}

	// The command itself fails, once it has said why.
	if c := call(t, nil, "-store", dir, "cost", "-budget", "0.000001"); c.status != 64 || !strings.Contains(c.stdout, "the run") {
		t.Errorf("cost over the budget: status %d\n%s", c.status, c.stderr)
	}
	if c := call(t, nil, "-store", dir, "cost", "-sample", "0"); c.status != 64 {
		t.Errorf("no sample: status %d", c.status)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(estimateFile)), []byte("null"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := guardStore(t.Context(), storage.Dir(dir), 10); work.Classify(err) != work.Settings {
		t.Errorf("an estimate of nothing: error %v", err)
	}
}
