package tokenize

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/sample"
)

var names = []string{"o200k_harmony", "o200k_base", "cl100k_base", "p50k_edit", "p50k_base", "r50k_base"}

func load(t testing.TB, name string) *BPE {
	t.Helper()
	b, err := Tiktoken(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shared returns the path of a file of the test data outside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("needs ../shared/data: %v", err)
		}
		t.Skip("needs ../shared/data")
	}
	return path
}

// sampleTexts returns texts in nineteen languages, and junk.
func sampleTexts() []string {
	var out []string
	for _, r := range sample.Records() {
		if utf8.ValidString(r.Text) {
			out = append(out, r.Text)
		}
	}
	return out
}

// corpusTexts returns texts of the test corpus, up to about size bytes of them.
func corpusTexts(t testing.TB, size int) []string {
	t.Helper()
	f, err := os.Open(shared(t, "corpus/CC-SYN-SHARE-00000.warc.wet.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	r := bufio.NewReader(z)
	for size > 0 {
		text, ok := nextConversion(t, r)
		if !ok {
			break
		}
		if utf8.ValidString(text) {
			out = append(out, text)
			size -= len(text)
		}
	}
	return out
}

// nextConversion reads up to the next record with a text. The lengths of the
// corpus are true, so this need not be the real reader.
func nextConversion(t testing.TB, r *bufio.Reader) (string, bool) {
	t.Helper()
	kind, length := "", 0
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			return "", false
		}
		if err != nil {
			t.Fatal(err)
		}
		line = strings.TrimSpace(line)
		switch name, value, _ := strings.Cut(line, ": "); {
		case name == "WARC-Type":
			kind = value
		case name == "Content-Length":
			length, _ = strconv.Atoi(value)
		case line == "" && kind != "":
			b := make([]byte, length)
			if _, err := io.ReadFull(r, b); err != nil {
				t.Fatal(err)
			}
			if kind == "conversion" {
				return string(bytes.TrimSpace(b)), true
			}
			kind = ""
		}
	}
}
