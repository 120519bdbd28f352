// Package shareddata finds the real test data, which is kept beside the repository
// and not in it. Tests that need it are skipped where it is absent, and fail in CI.
package shareddata

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Path returns the path of a file or folder of the test data, in slashes below
// its root.
func Path(t testing.TB, name string) string {
	t.Helper()
	root, err := root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ../shared/data")
	}
	return path
}

// root returns the folder shared/data beside the one with go.mod, in which the
// test's package is.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared", "data"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// Read returns a file of the test data as it is stored.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Gunzip returns what is in a .gz file of the test data.
func Gunzip(t testing.TB, name string) []byte {
	t.Helper()
	b, err := gunzip(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gunzip(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// A Page is a record of the test corpus that has a text.
type Page struct {
	File     string // the WET file it is in
	ID       string // its WARC-Record-ID, without <urn:uuid: and >
	URL      string
	Language string // ISO 639-3, or "" if unknown
	Text     string // as stored; nearly always valid UTF-8
}

// Corpus returns the pages of the test corpus, in order.
func Corpus(t testing.TB) []Page {
	t.Helper()
	pages, err := readCorpus(Path(t, "corpus"))
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

var (
	corpusOnce sync.Once
	corpus     []Page
	corpusErr  error
)

func readCorpus(dir string) ([]Page, error) {
	corpusOnce.Do(func() { corpus, corpusErr = loadCorpus(dir) })
	return corpus, corpusErr
}

func loadCorpus(dir string) ([]Page, error) {
	languages, err := loadLanguages(filepath.Join(dir, "truth.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.warc.wet.gz"))
	if err != nil {
		return nil, err
	}
	var pages []Page
	for _, name := range names {
		data, err := gunzip(name)
		if err != nil {
			return nil, err
		}
		for r := bufio.NewReader(bytes.NewReader(data)); ; {
			p, err := nextPage(r)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			p.File, p.Language = filepath.Base(name), languages[p.ID]
			pages = append(pages, p)
		}
	}
	return pages, nil
}

// loadLanguages reads which page is in which language.
func loadLanguages(path string) (map[string]string, error) {
	truth, err := gunzip(path)
	if err != nil {
		return nil, err
	}
	languages := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(truth)); d.More(); {
		var page struct{ ID, Lang string }
		if err := d.Decode(&page); err != nil {
			return nil, err
		}
		languages[page.ID] = page.Lang
	}
	return languages, nil
}

// nextPage reads up to the next record with a text. The corpus is well formed and
// its lengths are true, so this need not be the real reader.
func nextPage(r *bufio.Reader) (Page, error) {
	header := map[string]string{}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return Page{}, err
		}
		line = strings.TrimRight(line, "\r\n")
		if key, value, ok := strings.Cut(line, ": "); ok {
			header[key] = value
		}
		if line != "" || len(header) == 0 {
			continue
		}
		n, err := strconv.Atoi(header["Content-Length"])
		if err != nil {
			return Page{}, err
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(r, text); err != nil {
			return Page{}, err
		}
		if header["WARC-Type"] == "conversion" {
			id := strings.TrimSuffix(strings.TrimPrefix(header["WARC-Record-ID"], "<urn:uuid:"), ">")
			return Page{ID: id, URL: header["WARC-Target-URI"], Text: string(text)}, nil
		}
		clear(header)
	}
}
