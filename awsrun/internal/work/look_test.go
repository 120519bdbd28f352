package work

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// Another build of the program sees all of a run, writes nothing of its own, and does not
// go on with it.
func TestLook(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a", "b", "c")}
	theirs := m.run()
	theirs.Identity.Program = &manifest.Program{Go: "go1"}
	for _, s := range theirs.Plan {
		l, err := theirs.List(t.Context(), s.Name, Batching{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := theirs.Do(t.Context(), s.Name, []Batch{{0, len(l.Shards) - 1}}, Doing{}); err != nil {
			t.Fatal(err)
		}
	}
	ours := m.run()
	ours.Identity.Program = &manifest.Program{Go: "go2"}
	id, err := ReadIdentity(t.Context(), m.store)
	if err != nil || !ours.Identity.IsOf(id) {
		t.Fatalf("%+v is not of %+v; error %v", ours.Identity, id, err)
	}
	if _, err := ours.Report(t.Context(), temporary); Classify(err) != Settings {
		t.Errorf("without looking: error %v", err)
	}
	if err := ours.Look(id); err != nil {
		t.Fatal(err)
	}
	got, err := ours.Report(t.Context(), temporary)
	if err != nil || !got.Finished() || got.Digest == "" {
		t.Errorf("finished %t, digest %q, error %v", got.Finished(), got.Digest, err)
	}
	if _, err := m.store.Stat(t.Context(), manifestFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it has written a manifest: %v", err)
	}
	want, err := theirs.Report(t.Context(), temporary)
	if err != nil || want.Digest != got.Digest {
		t.Errorf("digest %s, theirs %s, error %v", got.Digest, want.Digest, err)
	}
}

// The run of the same build is looked at as its own, so that the report is written.
func TestLookAtOwn(t *testing.T) {
	m := mill{store: new(storage.Memory), inputs: crawl(t, "a")}
	if _, err := m.steps(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.store.Remove(t.Context(), manifestFile); err != nil {
		t.Fatal(err)
	}
	r := m.run()
	id, err := ReadIdentity(t.Context(), m.store)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Look(id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Report(t.Context(), temporary); err != nil {
		t.Fatal(err)
	}
	if _, err := m.store.Stat(t.Context(), manifestFile); err != nil {
		t.Error(err)
	}
}
