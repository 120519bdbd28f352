package main

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// story returns a text of its own for each number; edited, with a few words at the end
// that others of the same number do not have.
func story(number int, edited string) string {
	rng := rand.New(rand.NewPCG(uint64(number), 1))
	words := make([]string, 80)
	for i := range words {
		words[i] = fmt.Sprintf("w%x", rng.IntN(10_000))
	}
	return strings.Join(append(words, edited), " ")
}

// crawl writes files of JSON lines: for each name, lines of an ID and a text.
func crawl(t *testing.T, files map[string][][2]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, lines := range files {
		var b []byte
		for _, l := range lines {
			b = fmt.Appendf(b, "{\"id\":%q,\"text\":%q}\n", l[0], l[1])
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read returns what a run has left in a folder: for each document, what it is said to be
// a near-duplicate of, and how many are like it.
func read(t *testing.T, out, folder string) map[string]string {
	t.Helper()
	var docs textmill.Memory
	p := &textmill.Pipeline{Source: jsonl.Source{Store: storage.Dir(out), Dir: folder}, Sink: &docs}
	if _, err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, d := range docs.Documents() {
		got[d.ID] = ""
		if size, ok := d.Meta["dedup.cluster_size"]; ok {
			got[d.ID] = fmt.Sprintf("%v, 1 of %v", d.Meta["dedup.cluster"], size)
		}
		if folder == "rejects" && (d.Meta["reject.reason"] != "near_duplicate" || d.Meta["reject.duplicate_of"] != d.Meta["dedup.cluster"]) {
			t.Errorf("%s: %v", d.ID, d.Meta)
		}
	}
	return got
}

func dedupe(t *testing.T, c config) (printed string, documents, rejects map[string]string) {
	t.Helper()
	var sb strings.Builder
	if err := run(t.Context(), c, &sb, io.Discard); err != nil {
		t.Fatal(err)
	}
	return sb.String(), read(t, c.out, "documents"), read(t, c.out, "rejects")
}

// Of each story one stays, the first by name of the file and place in it; a second crawl
// is compared with the first one, which is not read again.
func TestGlobalDedup(t *testing.T) {
	in := crawl(t, map[string][][2]string{
		"a.jsonl":          {{"a0", story(1, "x")}, {"a1", story(2, "x")}, {"a2", story(1, "y")}},
		"more/b.jsonl":     {{"b0", story(3, "x")}, {"b1", story(2, "y")}, {"b2", ""}, {"b3", "short"}},
		"more/10%/c.jsonl": {{"c0", story(1, "z")}, {"c1", story(4, "x")}, {"c2", story(5, "x")}},
	})
	first := config{in: in, out: t.TempDir()}
	printed, documents, rejects := dedupe(t, first)
	if want := map[string]string{"a0": "a0, 1 of 3", "a1": "a1, 1 of 2", "b0": "", "b2": "", "b3": "", "c1": "", "c2": ""}; !maps.Equal(documents, want) {
		t.Errorf("stay %v, want %v", documents, want)
	}
	if want := map[string]string{"a2": "a0, 1 of 3", "b1": "a1, 1 of 2", "c0": "a0, 1 of 3"}; !maps.Equal(rejects, want) {
		t.Errorf("go %v, want %v", rejects, want)
	}
	if f := strings.Fields(printed); !slices.Equal(f[len(f)-4:], []string{"total", "10", "7", "3"}) {
		t.Errorf("it printed\n%s", printed)
	}

	if err := os.RemoveAll(in); err != nil {
		t.Fatal(err)
	}
	second := config{out: t.TempDir(), earlier: []string{first.out}, in: crawl(t, map[string][][2]string{
		"a.jsonl": {{"d0", story(6, "x")}, {"d1", story(2, "z")}},
		"d.jsonl": {{"d2", story(4, "y")}, {"d3", story(6, "y")}, {"d4", story(7, "x")}},
	})}
	_, documents, rejects = dedupe(t, second)
	if want := map[string]string{"d0": "d0, 1 of 2", "d4": ""}; !maps.Equal(documents, want) {
		t.Errorf("of the second crawl stay %v, want %v", documents, want)
	}
	if want := map[string]string{"d1": "a1, 1 of 2", "d2": "c1, 1 of 2", "d3": "d0, 1 of 2"}; !maps.Equal(rejects, want) {
		t.Errorf("of the second crawl go %v, want %v", rejects, want)
	}

	third := config{out: t.TempDir(), earlier: []string{first.out, second.out}, in: crawl(t, map[string][][2]string{
		"e.jsonl": {{"e0", story(5, "y")}, {"e1", story(7, "y")}, {"e2", story(6, "z")}, {"e3", story(8, "x")}},
	})}
	_, documents, rejects = dedupe(t, third)
	if want := map[string]string{"e3": ""}; !maps.Equal(documents, want) {
		t.Errorf("of the third crawl stay %v, want %v", documents, want)
	}
	if want := map[string]string{"e0": "c2, 1 of 2", "e1": "d4, 1 of 2", "e2": "d0, 1 of 2"}; !maps.Equal(rejects, want) {
		t.Errorf("of the third crawl go %v, want %v", rejects, want)
	}
}

func TestBadUse(t *testing.T) {
	in := crawl(t, map[string][][2]string{"a.jsonl": {{"a0", "text"}}})
	out := t.TempDir()
	for want, c := range map[string]config{
		"say with -in where":         {out: out},
		"-earlier and -out are both": {in: in, out: out, earlier: []string{out + "/."}},
		"there are no documents in":  {in: filepath.Join(in, "b"), out: out},
	} {
		if err := run(t.Context(), c, io.Discard, io.Discard); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
