package work

import (
	"errors"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// Whatever call of the store fails, or is the last one before the process is killed:
// gone on with, the run comes to the same files as one that was left alone, and nothing
// is put aside.
func TestInterrupted(t *testing.T) {
	in := crawl(t, "a", "b")
	whole := mill{store: new(storage.Memory), inputs: in, parts: 1}
	whole.mustSteps(t)
	want := tree(t, whole.store)
	for _, tt := range []struct {
		name string
		fail func(storage.Store, int) *storagetest.Failing
		each int // of so many calls one is tried
	}{
		{"fails", storagetest.FailNth, 1},
		{"killed", storagetest.KillAfter, 3}, // since it takes long
	} {
		if racing || testing.Short() {
			tt.each *= 10
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 1
			for done := false; !done; n += tt.each {
				m := mill{store: new(storage.Memory), inputs: in, parts: 1}
				failing := tt.fail(m.store, n)
				_, err := mill{store: failing, inputs: in, parts: 1}.steps(t.Context())
				if done = !failing.Failed(); done {
					if err != nil {
						t.Errorf("no call failed, but: %v", err)
					}
				} else if c := Classify(err); c != Retry || !errors.Is(err, storagetest.ErrInjected) {
					t.Errorf("call %d: class %v, error %v", n, c, err)
				}
				if total, err := m.steps(t.Context()); err != nil || len(total.Quarantine) > 0 {
					t.Fatalf("call %d: gone on with: %v, %v", n, total.Quarantine, err)
				}
				if got := tree(t, m.store); got != want {
					t.Fatalf("call %d: not the same files:\n%s", n, diff(want, got))
				}
			}
			if n < 250 {
				t.Errorf("only %d calls", n)
			}
		})
	}
}
