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
		{"killed", storagetest.KillAfter, 7}, // since it takes long
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

// The same goes for a run that is tried again: with an input that was mended, one that
// was removed, and an output that vanished.
func TestMendingInterrupted(t *testing.T) {
	in := crawl(t, "a", "b", "c", "d")
	put(t, in, "b.jsonl", []byte("{}\n"))
	old := mill{store: new(storage.Memory), inputs: in, parts: 1}
	old.mustSteps(t)
	remove(t, old.store, "documents/a.jsonl")
	remove(t, in, "d.jsonl")
	put(t, in, "b.jsonl", file("b"))
	mend := func(m mill) (Total, error) {
		r := m.run()
		if _, err := r.Release(t.Context()); err != nil {
			return Total{}, err
		}
		if _, err := r.ForgetLost(t.Context(), temporary); err != nil {
			return Total{}, err
		}
		if _, err := m.steps(t.Context()); err != nil {
			return Total{}, err
		}
		if err := r.Settle(t.Context(), "publish"); err != nil {
			return Total{}, err
		}
		return r.Report(t.Context(), temporary)
	}
	each := 11
	if racing || testing.Short() {
		each = 50
	}
	whole, _ := fresh(t, in)
	want := ""
	n := 1
	for done := false; !done; n += each {
		m := mill{store: new(storage.Memory), inputs: in, parts: 1}
		for info := range old.store.List(t.Context(), "") {
			put(t, m.store, info.Name, get(t, old.store, info.Name))
		}
		failing := storagetest.FailNth(m.store, n)
		_, err := mend(mill{store: failing, inputs: in, parts: 1})
		if done = !failing.Failed(); done != (err == nil) || err != nil && !errors.Is(err, storagetest.ErrInjected) {
			t.Errorf("call %d: %v", n, err)
		}
		total, err := mend(m)
		if err != nil || len(total.Quarantine) > 0 || len(total.Stale) == 0 || total.Digest != whole.Digest {
			t.Fatalf("call %d: gone on with: %+v, %v", n, total, err)
		}
		got := tree(t, m.store)
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("call %d: not the same files:\n%s", n, diff(want, got))
		}
	}
	if n < 300 {
		t.Errorf("only %d calls", n)
	}
}
