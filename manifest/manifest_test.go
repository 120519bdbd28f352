package manifest_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

func put(t *testing.T, s storage.Store, name, text string) textmill.Object {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	fmt.Fprint(w, text)
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return textmill.Object{Name: name, Bytes: int64(len(text)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}
}

func TestManifest(t *testing.T) {
	store := storage.Dir(t.TempDir())
	a, b := put(t, store, "out/a", "first"), put(t, store, "out/b", "second")
	reports := map[string]textmill.Report{
		"x": {Read: 3, Written: 2, Dropped: 1, Outputs: []textmill.Object{b}, Elapsed: 7},
		"y": {Read: 1, Written: 1, Outputs: []textmill.Object{a}},
	}
	build := func(order ...string) *manifest.Manifest {
		m, err := manifest.New(map[string]int{"n": 1}, manifest.Step{Name: "clean"})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range order {
			m.Add(name, reports[name])
		}
		if err := m.Write(t.Context(), store, "manifest.json"); err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := build("x", "y")
	if other := build("y", "x"); !reflect.DeepEqual(m, other) {
		t.Errorf("it depends on the order: %+v, %+v", m, other)
	}
	// As the comment on Seal says, in terms of sha256sum.
	lines := a.SHA256 + "  out/a\n" + b.SHA256 + "  out/b\n"
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines))); m.Digest != want {
		t.Errorf("digest %s, want %s", m.Digest, want)
	}
	if m.Totals != (manifest.Totals{Read: 4, Written: 3, Dropped: 1}) {
		t.Errorf("totals %+v", m.Totals)
	}
	back, err := manifest.Read(t.Context(), store, "manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	back.Settings = m.Settings // indented on the way
	if got, want := asJSON(t, back), asJSON(t, m); got != want {
		t.Errorf("read back: %s, want %s", got, want)
	}
	if err := back.Verify(t.Context(), store); err != nil {
		t.Error(err)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestVerifyFinds(t *testing.T) {
	for name, damage := range map[string]func(storage.Store, *manifest.Manifest){
		"file does not exist": func(s storage.Store, _ *manifest.Manifest) { s.Remove(context.Background(), "a") },
		"were written":        func(s storage.Store, _ *manifest.Manifest) { put(t, s, "a", "First") },
		"the digest":          func(_ storage.Store, m *manifest.Manifest) { m.Digest = "0" },
	} {
		store := storage.Dir(t.TempDir())
		m, err := manifest.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		m.Add("s", textmill.Report{Outputs: []textmill.Object{put(t, store, "a", "first")}})
		m.Seal()
		damage(store, m)
		err = m.Verify(t.Context(), store)
		if err == nil || !(strings.Contains(err.Error(), name) || name == "file does not exist" && strings.Contains(err.Error(), "no such file")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFingerprint(t *testing.T) {
	of := func(parts ...any) string {
		f, err := manifest.Fingerprint(parts...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if a, b := of(map[string]int{"a": 1, "b": 2}), of(map[string]int{"b": 2, "a": 1}); a != b || len(a) != 32 {
		t.Error(a, b)
	}
	if of("a", "b") == of("ab") || of(1) == of("1") {
		t.Error("different parts, same fingerprint")
	}
	if _, err := manifest.Fingerprint(func() {}); err == nil {
		t.Error("no error")
	}
}

func TestThisProgram(t *testing.T) {
	p := manifest.ThisProgram()
	if p.Go == "" || p.Unicode == "" || !strings.Contains(p.Path, "textmill") {
		t.Errorf("%+v", p)
	}
}
