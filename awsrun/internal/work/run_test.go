package work

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// One call for each step, batches in any order by programs that share nothing, and all
// of it twice at the same time: the same files.
func TestSameBytes(t *testing.T) {
	in := crawl(t, "a", "b", "c", "d", "e")
	total, want := fresh(t, in)
	if total.Digest == "" || !total.Finished() || len(total.Quarantine) > 0 || len(total.Stale) > 0 {
		t.Errorf("total: %+v", total)
	}
	for _, name := range []string{"documents/a.jsonl", "rejects/clean/e.jsonl", "rejects/publish/e.jsonl", "manifest.json", "report.json"} {
		if !strings.Contains(want, name+" ") {
			t.Errorf("there is no %s in\n%s", name, want)
		}
	}
	publish := total.Steps[len(total.Steps)-1].Report
	if publish.Read != 30 || publish.Dropped != 12 {
		t.Errorf("read %d, dropped %d: the test shows nothing unless there are duplicates", publish.Read, publish.Dropped)
	}
	check := func(t *testing.T, m mill, total Total) {
		t.Helper()
		if got := tree(t, m.store); got != want {
			t.Errorf("not the same files:\n%s", diff(want, got))
		}
		if err := mustRead(t, m.store).Verify(t.Context(), m.store); err != nil {
			t.Error(err)
		}
	}
	t.Run("containers", func(t *testing.T) {
		for seed := range uint64(5) {
			m := mill{store: new(storage.Memory), inputs: in}
			total, err := m.containers(t.Context(), rand.New(rand.NewPCG(seed, 0)))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			check(t, m, total)
		}
	})
	t.Run("twice at once", func(t *testing.T) {
		m := mill{store: new(storage.Memory), inputs: in}
		type result struct {
			total Total
			err   error
		}
		results := make(chan result)
		for range 2 {
			go func() {
				total, err := m.steps(t.Context())
				results <- result{total, err}
			}()
		}
		for range 2 {
			r := <-results
			if r.err != nil {
				t.Fatal(r.err)
			}
			check(t, m, r.total)
		}
	})
	t.Run("again", func(t *testing.T) {
		m := mill{store: new(storage.Memory), inputs: in}
		m.mustSteps(t)
		for _, s := range m.run().Plan {
			l, out := m.mustStep(t, s.Name)
			if l.Pending() > 0 || len(l.Batches) > 0 || l.Done != len(l.Shards) || out.Restored != len(l.Shards) || out.Class != Fine {
				t.Errorf("%s: %d pending, batches %v, outcome %+v", s.Name, l.Pending(), l.Batches, out)
			}
		}
		check(t, m, m.mustSteps(t))
	})
}

func mustRead(t testing.TB, store storage.Store) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Read(t.Context(), store, manifestFile)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
