package words

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// shared returns the path of a file of the test data beside the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ../shared/data")
	}
	return path
}

// corpusTexts returns the documents of the shared corpus by language: "eng",
// "rus" and so on, and "" for those of unknown language.
func corpusTexts(t testing.TB) map[string][]string {
	t.Helper()
	texts, err := readCorpus(shared(t, "corpus"))
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var readCorpus = func() func(string) (map[string][]string, error) {
	var once sync.Once
	var texts map[string][]string
	var err error
	return func(dir string) (map[string][]string, error) {
		once.Do(func() { texts, err = loadCorpus(dir) })
		return texts, err
	}
}()

var contentLength = regexp.MustCompile(`(?m)^Content-Length: (\d+)\r$`)

func loadCorpus(dir string) (map[string][]string, error) {
	langs := map[string]string{}
	truth, err := gunzip(filepath.Join(dir, "truth.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(truth) {
		var rec struct{ ID, Lang string }
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			return nil, err
		}
		langs[rec.ID] = rec.Lang
	}
	texts := map[string][]string{}
	for _, name := range []string{"CC-SYN-SHARE-00000.warc.wet.gz", "CC-SYN-SHARE-00001.warc.wet.gz"} {
		rest, err := gunzip(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		for rest != "" {
			head, body, _ := strings.Cut(rest, "\r\n\r\n")
			m := contentLength.FindStringSubmatch(head + "\r\n")
			if m == nil {
				return nil, io.ErrUnexpectedEOF
			}
			n, _ := strconv.Atoi(m[1])
			if _, id, ok := strings.Cut(head, "WARC-Record-ID: <urn:uuid:"); ok && strings.Contains(head, "WARC-Type: conversion") {
				id, _, _ = strings.Cut(id, ">")
				texts[langs[id]] = append(texts[langs[id]], body[:n])
			}
			rest = strings.TrimLeft(body[n:], "\r\n")
		}
	}
	return texts, nil
}

func gunzip(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(z)
	return string(data), err
}
