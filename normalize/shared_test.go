package normalize

import (
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
	path := filepath.Join("..", "..", "shared", "data", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("needs ../shared/data")
	}
	return path
}

// corpus returns the texts of the shared corpus by language.
func corpus(t testing.TB) map[string][]string {
	t.Helper()
	dir := shared(t, "corpus")
	texts, err := loadCorpus(dir)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var contentLength = regexp.MustCompile(`(?m)^Content-Length: (\d+)\r?$`)

var loadCorpus = func() func(string) (map[string][]string, error) {
	var once sync.Once
	var texts map[string][]string
	var err error
	return func(dir string) (map[string][]string, error) {
		once.Do(func() { texts, err = readCorpus(dir) })
		return texts, err
	}
}()

func readCorpus(dir string) (map[string][]string, error) {
	truth, err := gunzip(filepath.Join(dir, "truth.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	languages := map[string]string{}
	for line := range strings.Lines(truth) {
		var record struct{ ID, Lang string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			return nil, err
		}
		languages[record.ID] = record.Lang
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.warc.wet.gz"))
	if err != nil {
		return nil, err
	}
	texts := map[string][]string{}
	for _, name := range names {
		rest, err := gunzip(name)
		if err != nil {
			return nil, err
		}
		for rest != "" {
			head, body, _ := strings.Cut(rest, "\r\n\r\n")
			m := contentLength.FindStringSubmatch(head + "\n")
			if m == nil {
				return nil, io.ErrUnexpectedEOF
			}
			n, err := strconv.Atoi(m[1])
			if err != nil || n > len(body) {
				return nil, io.ErrUnexpectedEOF
			}
			if strings.Contains(head, "WARC-Type: conversion") {
				_, id, _ := strings.Cut(head, "WARC-Record-ID: <urn:uuid:")
				id, _, _ = strings.Cut(id, ">")
				texts[languages[id]] = append(texts[languages[id]], body[:n])
			}
			rest = strings.TrimLeft(body[n:], "\r\n")
		}
	}
	return texts, nil
}

func gunzip(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(z)
	return string(data), err
}
