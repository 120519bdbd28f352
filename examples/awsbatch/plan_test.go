package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

// settingsOf returns what flags say. Languages are not identified unless they are given:
// that takes most of the time.
func settingsOf(t *testing.T, args ...string) *settings {
	t.Helper()
	s, fs := flags()
	fs.SetOutput(io.Discard)
	if err := fs.Parse(append([]string{"-lang", "all"}, args...)); err != nil {
		t.Fatal(err)
	}
	return s
}

// planFor returns the plan for inputs, or for those that the flags name if src is nil.
func planFor(t *testing.T, src textmill.Source, store storage.Store, args ...string) textmill.Plan {
	t.Helper()
	s := settingsOf(t, args...)
	if src == nil {
		var err error
		if src, err = s.open(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := s.planOf(t.Context(), src, store)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// mill does the whole plan and returns what it has left, and the reports by step.
func mill(t *testing.T, src textmill.Source, workers int, args ...string) (*storage.Memory, map[string]textmill.Report) {
	t.Helper()
	store := new(storage.Memory)
	plan := planFor(t, src, store, args...)
	for _, step := range plan {
		if p, ok := step.Job.(*textmill.Pipeline); ok {
			p.Workers = workers
		}
	}
	reports, err := plan.Run(t.Context(), workers)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	byStep := map[string]textmill.Report{}
	for i, r := range reports {
		if err := r.Check(); err != nil {
			t.Errorf("%v: step %s: %v", args, plan[i].Name, err)
		}
		byStep[plan[i].Name] = r
	}
	return store, byStep
}

// files returns the contents of all files of a folder by their names in it; of the whole
// store if folder is "".
func files(t *testing.T, store storage.Store, folder string) map[string]string {
	t.Helper()
	if folder != "" {
		folder += "/"
	}
	out := map[string]string{}
	for info, err := range store.List(t.Context(), folder) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := store.Open(t.Context(), info.Name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		out[strings.TrimPrefix(info.Name, folder)] = string(b)
	}
	if len(out) == 0 {
		t.Fatalf("there is nothing in %s", folder)
	}
	return out
}

// digests says what files are in a folder, a line for each.
func digests(t *testing.T, store storage.Store, folder string) string {
	t.Helper()
	all := files(t, store, folder)
	var sb strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&sb, "%s %x\n", name, sha256.Sum256([]byte(all[name])))
	}
	return sb.String()
}

// lines returns the lines of a file of JSON lines that may be several gzip files in a row.
func lines(t *testing.T, file string) []string {
	t.Helper()
	if file == "" {
		return nil
	}
	z, err := gzip.NewReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(strings.Lines(string(b)))
}

// deal deals the records of the sample out to n files.
func deal(t *testing.T, n int) [][]byte {
	t.Helper()
	files := make([]bytes.Buffer, n)
	writers := make([]*wet.Writer, n)
	for i := range files {
		writers[i] = wet.NewWriter(&files[i], wet.PerRecord)
	}
	i := 0
	for k := range sample.Names() {
		for rec, err := range wet.NewReader(bytes.NewReader(sampleFile(t, k)), nil).Records() {
			if err != nil {
				continue // the damaged one
			}
			if err := writers[i%n].WriteRecord(rec); err != nil {
				t.Fatal(err)
			}
			i++
		}
	}
	out := make([][]byte, n)
	for i, w := range writers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out[i] = files[i].Bytes()
	}
	return out
}

// sampleFile returns a file of the sample, whole.
func sampleFile(t *testing.T, number int) []byte {
	t.Helper()
	b, err := sample.File(number)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// crawl deals the records of the sample out to files and returns their directory.
func crawl(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, b := range deal(t, len(names)) {
		if err := os.WriteFile(filepath.Join(dir, names[i]), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var fiveFiles = []string{"a.warc.wet.gz", "b.warc.wet.gz", "c.warc.wet.gz", "d.warc.wet.gz", "e.warc.wet.gz"}

// Both layouts make the documents and tokens of examples/commoncrawl, byte for byte,
// whatever the deduplication and the number of workers.
func TestSameAsCommoncrawl(t *testing.T) {
	program := filepath.Join(t.TempDir(), "commoncrawl")
	if out, err := exec.Command("go", "build", "-o", program, "../commoncrawl").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, tt := range []struct {
		name, in string
		args     []string
		workers  []int
	}{
		{"the sample", "", []string{"-dedup", "global"}, []int{1}},
		{"global", crawl(t, fiveFiles...), []string{"-dedup", "global"}, []int{1, 8}},
		{"shard", crawl(t, fiveFiles...), []string{"-dedup", "shard", "-tokens", "npy"}, []int{1, 8}},
		{"none", crawl(t, fiveFiles...), []string{"-dedup", "none", "-preset", "gopher"}, []int{2}},
		{"languages", filepath.Join(crawl(t, fiveFiles...), "a*"), []string{"-lang", "en,de"}, []int{2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if race && len(tt.workers) == 1 {
				t.Skip("goes the ways that the others go")
			}
			args := tt.args
			if tt.in != "" {
				args = append(args, "-in", tt.in)
			}
			want := storage.Dir(t.TempDir())
			cmd := exec.Command(program, append(append([]string{"-lang", "all"}, args...), "-out", string(want))...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			documents, tokens := digests(t, want, "documents"), digests(t, want, "tokens")
			for _, workers := range tt.workers {
				fused, _ := mill(t, nil, workers, args...)
				if got := digests(t, fused, "documents"); got != documents {
					t.Errorf("%d workers, fused: documents\n%swant\n%s", workers, got, documents)
				}
				if got := digests(t, fused, "tokens"); got != tokens {
					t.Errorf("%d workers, fused: tokens\n%swant\n%s", workers, got, tokens)
				}
				sameRejects(t, fused, want)
				staged, _ := mill(t, nil, workers, append(args, "-layout", "staged")...)
				if got := digests(t, staged, "normalized"); got != documents {
					t.Errorf("%d workers, staged: documents\n%swant\n%s", workers, got, documents)
				}
				if got := digests(t, staged, "tokenized"); got != tokens {
					t.Errorf("%d workers, staged: tokens\n%swant\n%s", workers, got, tokens)
				}
				sameRejectsInAnyOrder(t, staged, want)
			}
		})
	}
}

// sameRejects compares the rejects of both steps, one after another, with those of
// examples/commoncrawl, which has them in one file.
func sameRejects(t *testing.T, got, want storage.Store) {
	t.Helper()
	clean, publish := files(t, got, "rejects/clean"), files(t, got, "rejects/publish")
	all := files(t, want, "rejects")
	for name, file := range all {
		if !slices.Equal(lines(t, clean[name]+publish[name]), lines(t, file)) {
			t.Errorf("rejects of %s differ", name)
		}
	}
	if len(clean) != len(all) || len(publish) != len(all) {
		t.Errorf("rejects of %d and %d shards, want %d", len(clean), len(publish), len(all))
	}
}

// sameRejectsInAnyOrder compares the rejects of all steps with those of another run.
func sameRejectsInAnyOrder(t *testing.T, a, b storage.Store) {
	t.Helper()
	all := func(store storage.Store) (out []string) {
		for _, file := range files(t, store, "rejects") {
			out = append(out, lines(t, file)...)
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(all(a), all(b)) {
		t.Error("rejects differ")
	}
}
