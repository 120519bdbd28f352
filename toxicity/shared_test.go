package toxicity

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/shareddata"
)

// corpusTexts returns the documents of the shared corpus.
func corpusTexts(t testing.TB) []string {
	t.Helper()
	var texts []string
	for _, p := range shareddata.Corpus(t) {
		if utf8.ValidString(p.Text) {
			texts = append(texts, p.Text)
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
	f, err := os.Open(shareddata.Path(t, name))
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
	f, err := os.Open(shareddata.Path(t, "tox/sjtuprog+fox-news-comments/fox-news-comments.json"))
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
