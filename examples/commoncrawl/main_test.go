package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
)

// The test binary is the program when it is told to be, so that it can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("COMMONCRAWL_ARGS") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program returns the command for the program in a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "COMMONCRAWL_ARGS=1")
	return cmd
}

// mill runs the program in this process, which must end well.
func mill(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	if status := Main(t.Context(), args, &out, &errs); status != 0 {
		t.Fatalf("commoncrawl %s: status %d\n%s", strings.Join(args, " "), status, errs.String())
	}
	return out.String()
}

// tree returns the digest of every published file.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var sb strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.Name() == workDir:
			return fs.SkipDir
		case e.IsDir():
			return nil
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&sb, "%s %x\n", filepath.ToSlash(rel), sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sb.String()
}

func readReport(t *testing.T, dir string) (r textmill.Report) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, reportFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// Same bytes whatever the number of workers; and what is published is all there
// is: files, and a manifest that names them.
func TestSameBytesForAnyNumberOfWorkers(t *testing.T) {
	var want string
	for _, workers := range []string{"1", "2", "3", "8"} {
		dir := t.TempDir()
		mill(t, "-lang", "all", "-workers", workers, "-out", dir)
		got := tree(t, dir)
		if want == "" {
			want = got
			t.Log("\n" + got)
		}
		if got != want {
			t.Errorf("%s workers: got\n%s\nwant\n%s", workers, got, want)
		}
	}
	for _, name := range []string{"documents/", "rejects/", "tokens/", "report.json", "manifest.json"} {
		if !strings.Contains(want, name) {
			t.Errorf("no %s", name)
		}
	}
}

// The whole sample is accounted for: every document read is in documents or in
// rejects, and every reject says why.
func TestConservation(t *testing.T) {
	dir := t.TempDir()
	out := mill(t, "-out", dir)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if shown := strings.Replace(out, dir, "out/commoncrawl", 1); !strings.Contains(string(readme), shown) {
		t.Errorf("README.md does not show what the program prints:\n%s", shown)
	}
	r := readReport(t, dir)
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Read == 0 || r.Written == 0 || r.Damaged == 0 {
		t.Errorf("the sample should show everything: %d read, %d written, %d damaged", r.Read, r.Written, r.Damaged)
	}
	documents, rejects := load(t, dir, "documents"), load(t, dir, "rejects")
	if n := int64(len(documents)); n != r.Written {
		t.Errorf("%d documents, %d reported", n, r.Written)
	}
	if n := int64(len(rejects)); n != r.Dropped+r.Errors || n+r.Written != r.Read {
		t.Errorf("%d rejects; reported: read %d, dropped %d, errors %d", n, r.Read, r.Dropped, r.Errors)
	}
	kept := map[string]bool{}
	for _, d := range documents {
		kept[d.ID] = true
		if d.Language != "en" {
			t.Errorf("%s: language %q", d.ID, d.Language)
		}
	}
	seen := map[string][2]int{}
	for _, d := range rejects {
		checkReject(t, d, kept)
		// In the order of the source: what was filtered, then duplicates.
		at := [2]int{0, d.Index}
		if d.Meta["reject.reason"] == "near_duplicate" {
			at[0] = 1
		}
		if last, ok := seen[d.Shard]; ok && slices.Compare(at[:], last[:]) <= 0 {
			t.Errorf("%s: reject %v after %v", d.Shard, at, last)
		}
		seen[d.Shard] = at
		if kept[d.ID] {
			t.Errorf("%s is both kept and rejected", d.ID)
		}
	}
	checkTokens(t, dir, r)
	checkManifest(t, dir, r)
}

// unmeasured are the reasons of the quality rules that measure nothing.
var unmeasured = []string{"empty", "lorem_ipsum", "curly_bracket"}

func checkReject(t *testing.T, d *textmill.Document, kept map[string]bool) {
	t.Helper()
	stage, _ := d.Meta["reject.stage"].(string)
	reason, _ := d.Meta["reject.reason"].(string)
	if stage == "" || reason == "" {
		t.Errorf("%s: stage %q, reason %q", d.ID, stage, reason)
	}
	measured := d.Meta["reject.value"] != nil && d.Meta["reject.limit"] != nil
	if stage == "filter.Quality" && !slices.Contains(unmeasured, reason) && !measured {
		t.Errorf("%s: %s without value and limit: %v", d.ID, reason, d.Meta)
	}
	if id, ok := d.Meta["reject.duplicate_of"].(string); ok != (reason == "near_duplicate") || ok && !kept[id] {
		t.Errorf("%s is a duplicate of %q, which was not kept", d.ID, id)
	}
	if (reason == "error") != (d.Meta["reject.error"] != nil) {
		t.Errorf("%s: reason %s, error %v", d.ID, reason, d.Meta["reject.error"])
	}
}

func load(t *testing.T, dir, sub string) (docs []*textmill.Document) {
	t.Helper()
	src := &jsonl.Source{Store: storage.Dir(dir), Dir: sub}
	shards, err := src.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shards {
		for d, err := range src.Read(t.Context(), s) {
			if err != nil {
				t.Fatal(err)
			}
			docs = append(docs, d)
		}
	}
	return docs
}

func checkManifest(t *testing.T, dir string, r textmill.Report) {
	t.Helper()
	store := storage.Dir(dir)
	m, err := manifest.Read(t.Context(), store, manifestFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(t.Context(), store); err != nil {
		t.Error(err)
	}
	if m.Totals.Read != r.Read || m.Totals.Written != r.Written {
		t.Errorf("manifest %+v, report %d read, %d written", m.Totals, r.Read, r.Written)
	}
	for _, s := range m.Shards {
		if len(s.Inputs) != 1 || len(s.Outputs) != 4 {
			t.Fatalf("%s: %d inputs, %d outputs", s.Name, len(s.Inputs), len(s.Outputs))
		}
		for _, o := range s.Outputs {
			if strings.HasPrefix(o.Name, "rejects/") && o.Documents != s.Dropped+s.Errors {
				t.Errorf("%s: %d documents; dropped %d, errors %d", o.Name, o.Documents, s.Dropped, s.Errors)
			}
		}
	}
}

// Run again, the program does nothing; a lost output it makes again.
func TestRunAgain(t *testing.T) {
	dir := t.TempDir()
	args := []string{"-lang", "all", "-out", dir}
	first := mill(t, args...)
	before := tree(t, dir)
	stamps := func() string {
		var sb strings.Builder
		files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&sb, f, info.ModTime())
		}
		return sb.String()
	}
	was := stamps()
	if second := mill(t, args...); second != first {
		t.Errorf("the second run reports\n%s\nthe first\n%s", second, first)
	}
	if stamps() != was {
		t.Error("the second run wrote something")
	}

	lost, err := filepath.Glob(filepath.Join(dir, "documents", "*"))
	if err != nil || len(lost) == 0 {
		t.Fatal(lost, err)
	}
	if err := os.Remove(lost[0]); err != nil {
		t.Fatal(err)
	}
	if third := mill(t, args...); third != first || tree(t, dir) != before {
		t.Errorf("after %s was lost:\n%s\n%s", lost[0], third, tree(t, dir))
	}
}

func TestOtherSettings(t *testing.T) {
	dir := t.TempDir()
	mill(t, "-lang", "all", "-out", dir)
	was := tree(t, dir)
	var out, errs bytes.Buffer
	if status := Main(t.Context(), []string{"-lang", "all", "-preset", "gopher", "-out", dir}, &out, &errs); status != 2 {
		t.Errorf("status %d", status)
	}
	if s := errs.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "another -preset; use -force") {
		t.Errorf("%q", s)
	}
	if tree(t, dir) != was {
		t.Error("something was changed")
	}
	// What is not the program's own is left alone.
	foreign := filepath.Join(dir, "documents", "notes.txt")
	if err := os.WriteFile(foreign, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	mill(t, "-lang", "all", "-preset", "gopher", "-in", "testdata/sample-00001.warc.wet.gz", "-out", dir, "-force")
	if err := os.Remove(foreign); err != nil {
		t.Error(err)
	}
	fresh := t.TempDir()
	mill(t, "-lang", "all", "-preset", "gopher", "-in", "testdata/sample-00001.warc.wet.gz", "-out", fresh)
	if tree(t, dir) != tree(t, fresh) {
		t.Error("-force left something behind")
	}
}

// Bad flags and bad paths: one clear line, status 2, nothing done.
func TestBadUse(t *testing.T) {
	here := t.TempDir()
	empty, notWET := filepath.Join(here, "empty"), filepath.Join(here, "notes.txt")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(notWET, []byte("notes"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-nonsense"}, "nonsense"},
		{[]string{"stray"}, `unexpected argument "stray"`},
		{[]string{"-workers", "0"}, "-workers 0"},
		{[]string{"-workers", "many"}, "workers"},
		{[]string{"-preset", "best"}, "choose one of"},
		{[]string{"-tokenizer", "gpt9"}, "no vocabulary is called"},
		{[]string{"-tokenizer", "missing/tokenizer.json"}, "missing"},
		{[]string{"-end-of-text", "</s>"}, "-end-of-text is for a tokenizer.json"},
		{[]string{"-dedup", "everything"}, "choose global, shard or none"},
		{[]string{"-tokens", "binary"}, "choose one of datatrove, mds, megatron, npy, parquet"},
		{[]string{"-lang", "en,,de"}, "-lang"},
		{[]string{"-lang", "klingon"}, "klingon"},
		{[]string{"-in", ""}, "in"},
		{[]string{"-in", filepath.Join(here, "missing.warc.wet.gz")}, "missing.warc.wet.gz"},
		{[]string{"-in", empty}, "empty"},
		{[]string{"-in", filepath.Join(here, "*.wet")}, "*.wet"},
		{[]string{"-in", notWET}, "notes.txt"},
	} {
		out := filepath.Join(here, "out")
		var stdout, stderr bytes.Buffer
		status := Main(t.Context(), append(tt.args, "-out", out), &stdout, &stderr)
		if s := stderr.String(); status != 2 || strings.Count(s, "\n") != 1 || !strings.Contains(s, tt.want) {
			t.Errorf("%v: status %d, %q; want 2 and %q", tt.args, status, s, tt.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%v: wrote to -out", tt.args)
		}
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := Main(t.Context(), []string{"-help"}, &stdout, &stderr); status != 0 {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"usage:", "-in", "-base", "-force", "cl100k_base"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %s in\n%s", want, stderr.String())
		}
	}
}

// The same files over HTTP, by a listing, give the same bytes.
func TestHTTP(t *testing.T) {
	files, err := filepath.Glob("testdata/*.wet.gz")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	mux := http.NewServeMux()
	var listing strings.Builder
	for _, f := range files {
		fmt.Fprintf(&listing, "crawl/%s\n", filepath.Base(f))
	}
	mux.Handle("/data/crawl/", http.StripPrefix("/data/crawl/", http.FileServer(http.Dir("testdata"))))
	mux.HandleFunc("/wet.paths", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, listing.String()) })
	srv := httptest.NewServer(mux)
	defer srv.Close()

	remote, local := t.TempDir(), t.TempDir()
	mill(t, "-lang", "all", "-in", srv.URL+"/wet.paths", "-base", srv.URL+"/data/", "-out", remote)
	mill(t, "-lang", "all", "-in", "testdata", "-out", local)
	if got, want := published(t, remote), published(t, local); got != want {
		t.Errorf("over HTTP:\n%s\nfrom files:\n%s", got, want)
	}
}

// published is tree without the manifest, which names the inputs.
func published(t *testing.T, dir string) string {
	var out []string
	for line := range strings.Lines(tree(t, dir)) {
		if !strings.HasPrefix(line, manifestFile) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if status := Main(ctx, []string{"-lang", "all", "-out", t.TempDir()}, &stdout, &stderr); status != 1 {
		t.Errorf("status %d", status)
	}
	if s := stderr.String(); !strings.Contains(s, "interrupted; run the same command again") {
		t.Errorf("%q", s)
	}
}

// Without deduplication more is kept than with that of each file, and with that more
// than with that of all files.
func TestDedup(t *testing.T) {
	in := t.TempDir() // the same file twice
	page, err := os.ReadFile("testdata/sample-00000.warc.wet.gz")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.warc.wet.gz", "b.warc.wet.gz"} {
		if err := os.WriteFile(filepath.Join(in, name), page, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept := map[string]int64{}
	for _, mode := range []string{"none", "shard", "global"} {
		dir := t.TempDir()
		mill(t, "-in", in, "-lang", "all", "-dedup", mode, "-out", dir)
		r := readReport(t, dir)
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		kept[mode] = r.Written
		reasons := int64(0)
		for _, s := range r.Stages {
			reasons += s.Dropped["near_duplicate"]
		}
		if (reasons > 0) != (mode != "none") {
			t.Errorf("%s: %d near-duplicates", mode, reasons)
		}
	}
	if kept["none"] <= kept["shard"] || kept["shard"] != 2*kept["global"] || kept["global"] == 0 {
		t.Errorf("kept %v", kept)
	}
}

// Every format is written, and -force removes the files of another one.
func TestTokenFormats(t *testing.T) {
	dir := t.TempDir()
	for name, f := range formats {
		mill(t, "-lang", "all", "-tokens", name, "-out", dir, "-force")
		got := tree(t, dir)
		for _, suffix := range f.files {
			if suffix != "/" && strings.Count(got, "0"+suffix+" ") != 1 {
				t.Errorf("%s: no files that end in %s:\n%s", name, suffix, got)
			}
		}
		for other, g := range formats {
			if other != name && strings.Contains(got, g.files[0]+" ") {
				t.Errorf("%s: %s is left", name, g.files[0])
			}
		}
	}
}

// checkTokens compares the tokens of every document with those of its text.
func checkTokens(t *testing.T, dir string, r textmill.Report) {
	t.Helper()
	enc, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	shards := map[string][]*textmill.Document{}
	for _, d := range load(t, dir, "documents") {
		shards[d.Shard] = append(shards[d.Shard], d)
	}
	for name, docs := range shards {
		shard, err := megatron.Open(t.Context(), storage.Dir(dir), "tokens/"+name)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for ids, err := range shard.Sequences(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if want := append(enc.Encode(nil, docs[i].Text), enc.EndOfText()); !slices.Equal(ids, want) {
				t.Errorf("%s: %d tokens, want %d", docs[i].ID, len(ids), len(want))
			}
			total += int64(len(ids)) - 1
			i++
		}
		if i != len(docs) {
			t.Errorf("%s: %d sequences for %d documents", name, i, len(docs))
		}
	}
	if n := r.Counts["tokenize.tokens"]; n != total || total == 0 {
		t.Errorf("%d tokens, %d reported", total, n)
	}
}
