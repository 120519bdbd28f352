package sample_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/sample"
)

var update = flag.Bool("update", false, "write the files in examples/commoncrawl/testdata")

const dir = "../../examples/commoncrawl/testdata"

// The files in the repository are those that the package makes. What is compared
// is what they inflate to, member by member: a new version of the compressor may
// deflate otherwise.
func TestFiles(t *testing.T) {
	for i, name := range sample.Names() {
		want, err := sample.File(i)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sample.File(i)
		if err != nil || !bytes.Equal(want, again) {
			t.Errorf("%s: differs when made again (%v)", name, err)
		}
		path := filepath.Join(dir, name)
		if *update {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(inflate(t, got), inflate(t, want)) {
			t.Errorf("%s is not what internal/sample makes; if the change is meant: go test ./internal/sample -update", name)
		}
	}
}

// inflate returns what each gzip member of b holds, with a mark on those that
// fail their checksum.
func inflate(t *testing.T, b []byte) []string {
	t.Helper()
	var out []string
	r := bytes.NewReader(b)
	for r.Len() > 0 {
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		text, err := io.ReadAll(z)
		switch {
		case errors.Is(err, gzip.ErrChecksum):
			text = append(text, "\ndamaged"...)
		case err != nil:
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

func TestRecords(t *testing.T) {
	records := sample.Records()
	byID, byText := map[string]sample.Record{}, map[string]string{}
	kinds := map[sample.Kind]int{}
	next := make([]int, len(sample.Names()))
	for _, r := range records {
		kinds[r.Kind]++
		if _, ok := byID[r.ID]; ok {
			t.Errorf("two records %s", r.ID)
		}
		byID[r.ID] = r
		if r.Kind == sample.Info || r.Kind == sample.Metadata {
			if r.Index != -1 {
				t.Errorf("%s %s has index %d", r.Kind, r.ID, r.Index)
			}
			continue
		}
		if r.Index != next[r.File] {
			t.Errorf("%s has index %d, want %d", r.ID, r.Index, next[r.File])
		}
		next[r.File]++
		if valid := utf8.ValidString(r.Text); valid == (r.Kind == sample.Invalid) {
			t.Errorf("%s %s: valid UTF-8 is %v", r.Kind, r.ID, valid)
		}
		original, seen := byText[r.Text]
		switch {
		case r.Kind == sample.Exact && original != r.DuplicateOf:
			t.Errorf("%s repeats %q, not %q", r.ID, original, r.DuplicateOf)
		case r.Kind != sample.Exact && seen:
			t.Errorf("%s %s is an exact duplicate of %s", r.Kind, r.ID, original)
		}
		byText[r.Text] = r.ID
		if (r.Kind == sample.Exact || r.Kind == sample.Near) && byID[r.DuplicateOf].ID == "" {
			t.Errorf("%s %s: no original before it", r.Kind, r.ID)
		}
		for _, s := range r.PII {
			if !strings.Contains(r.Text, s) {
				t.Errorf("%s has no %s", r.ID, s)
			}
		}
		if r.Kind == sample.Article && strings.ContainsAny(r.Text, "[]<>{}") {
			t.Errorf("%s: a template shows: %s", r.URL, r.Text)
		}
	}
	if kinds[sample.Damaged] != 1 {
		t.Errorf("%d damaged records, want 1", kinds[sample.Damaged])
	}
	if n := len(records); n < 250 || n > 400 {
		t.Errorf("%d records", n)
	}
	t.Log(kinds)
}

// Pages are near-duplicates where they are meant to be and nowhere else.
func TestSimilarity(t *testing.T) {
	var records []sample.Record
	var sets []map[string]bool
	index := map[string]int{}
	for _, r := range sample.Records() {
		switch r.Kind {
		case sample.Info, sample.Metadata, sample.Long, sample.Numbers, sample.Symbols:
			continue
		}
		index[r.ID] = len(records)
		records = append(records, r)
		sets = append(sets, shingles(r))
	}
	var worst float64
	least := 1.0
	for i, r := range records {
		if r.DuplicateOf != "" {
			j := jaccard(sets[i], sets[index[r.DuplicateOf]])
			if least = min(least, j); j < 0.75 || r.Kind == sample.Exact && j < 1 {
				t.Errorf("%s %s (%s) has similarity %.2f with its original", r.Kind, r.URL, r.Language, j)
			}
		}
		for k := range i {
			if root(records[k]) == root(r) {
				continue
			}
			j := jaccard(sets[i], sets[k])
			if worst = max(worst, j); j > 0.5 {
				t.Errorf("%s and %s (%s) have similarity %.2f", r.URL, records[k].URL, r.Language, j)
			}
		}
	}
	t.Logf("duplicates at least %.2f, others at most %.2f", least, worst)
}

func root(r sample.Record) string {
	if r.DuplicateOf != "" {
		return r.DuplicateOf
	}
	return r.ID
}

// shingles returns the word 5-grams of a text, or where words are not set off by
// spaces its 9-grams of characters.
func shingles(r sample.Record) map[string]bool {
	n, sep := 5, " "
	units := strings.Fields(strings.ToLower(r.Text))
	if r.Language == "zh" || r.Language == "ja" || r.Language == "th" {
		n, sep = 9, ""
		units = strings.Split(r.Text, "")
	}
	out := map[string]bool{}
	for i := 0; i+n <= len(units); i++ {
		out[strings.Join(units[i:i+n], sep)] = true
	}
	return out
}

func jaccard(a, b map[string]bool) float64 {
	both := 0
	for s := range a {
		if b[s] {
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// Articles are of a kind that the usual quality rules let pass: sentences, lines
// that end in punctuation, no phrase said twice.
func TestArticles(t *testing.T) {
	for _, r := range sample.Records() {
		if r.Kind != sample.Article {
			continue
		}
		var long, lines, sentences int
		for line := range strings.SplitSeq(r.Text, "\n") {
			lines++
			if n := utf8.RuneCountInString(line); n > 30 {
				long++
			}
			sentences += strings.Count(line+" ", ". ") + strings.Count(line+" ", "? ") + strings.Count(line, "。") +
				strings.Count(line, "।") + strings.Count(line+" ", "! ")
		}
		if 3*long < lines || long < 4 {
			t.Errorf("%s: %d of %d lines are long", r.URL, long, lines)
		}
		if sentences < 5 && r.Language != "th" {
			t.Errorf("%s: %d sentences", r.URL, sentences)
		}
		words := strings.Fields(r.Text)
		if r.Language == "en" && len(words) < 150 {
			t.Errorf("%s: %d words", r.URL, len(words))
		}
		seen := map[string]bool{}
		for i := 0; i+5 <= len(words); i++ {
			g := strings.Join(words[i:i+5], " ")
			if seen[g] {
				t.Errorf("%s says twice: %s", r.URL, g)
			}
			seen[g] = true
		}
	}
}

func ExampleRecords() {
	n := map[sample.Kind]int{}
	for _, r := range sample.Records() {
		n[r.Kind]++
	}
	fmt.Println(n[sample.Damaged], "damaged,", n[sample.Mojibake], "mojibake")
	// Output: 1 damaged, 6 mojibake
}
