package toxicity

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

// sharedData returns the path of something in the shared data, and skips the test
// where there is none.
func sharedData(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ../shared/data")
	}
	return path
}

// corpusTexts returns the documents of the shared corpus.
func corpusTexts(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sharedData(t, "corpus"), "*.wet.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal("no WET files in the corpus: ", err)
	}
	var texts []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range strings.Split(string(all), "WARC/1.0\r\n")[1:] {
			if _, text, ok := strings.Cut(record, "\r\n\r\n"); ok && utf8.ValidString(text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// A post is a labelled text.
type post struct {
	text  string
	toxic bool
}

// csvPosts reads the posts of a CSV file with a header. toxic is given a function
// that returns the fields of a record by name.
func csvPosts(t testing.TB, name, text string, toxic func(field func(string) string) bool) []post {
	t.Helper()
	f, err := os.Open(sharedData(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	var posts []post
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return posts
		}
		if err != nil {
			t.Fatal(err)
		}
		field := func(name string) string {
			for i, h := range header {
				if h == name && i < len(record) {
					return record[i]
				}
			}
			t.Fatalf("%s: no field %q", text, name)
			return ""
		}
		posts = append(posts, post{field(text), toxic(field)})
	}
}

// foxPosts reads the comments of fox-news-comments.
func foxPosts(t testing.TB) []post {
	t.Helper()
	f, err := os.Open(sharedData(t, "tox/sjtuprog+fox-news-comments/fox-news-comments.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var posts []post
	for d := json.NewDecoder(f); ; {
		var c struct {
			Text  string
			Label int
		}
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			return posts
		} else if err != nil {
			t.Fatal(err)
		}
		posts = append(posts, post{c.Text, c.Label == 1})
	}
}
