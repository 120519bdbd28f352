package filter

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/textmill/textmill"
)

// corpus returns the documents of ../shared/data/corpus, seen from the root of the
// repository.
func corpus(tb testing.TB) []*textmill.Document {
	tb.Helper()
	docs, err := readCorpus()
	switch {
	case err != nil:
		tb.Fatal(err)
	case len(docs) == 0 && os.Getenv("CI") == "true":
		tb.Fatal("needs ../shared/data")
	case len(docs) == 0:
		tb.Skip("needs ../shared/data")
	}
	return docs
}

var readCorpus = sync.OnceValues(func() (docs []*textmill.Document, err error) {
	names, err := filepath.Glob(filepath.FromSlash("../../shared/data/corpus/*.warc.wet.gz"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		for head, body := range records(data) {
			if bytes.Contains(head, []byte("WARC-Type: conversion")) {
				docs = append(docs, &textmill.Document{
					ID:   strconv.Itoa(len(docs)),
					Text: string(bytes.ToValidUTF8(body, []byte("\ufffd"))),
				})
			}
		}
	}
	return docs, nil
})

// records yields the header and the body of each WARC record in data.
func records(data []byte) func(yield func(head, body []byte) bool) {
	return func(yield func(head, body []byte) bool) {
		for len(data) > 0 {
			head, rest, _ := bytes.Cut(data, []byte("\r\n\r\n"))
			_, size, _ := bytes.Cut(head, []byte("Content-Length: "))
			size, _, _ = bytes.Cut(size, []byte("\r\n"))
			n, err := strconv.Atoi(string(size))
			if err != nil || n > len(rest) || !yield(head, rest[:n]) {
				return
			}
			data = bytes.TrimLeft(rest[n:], "\r\n")
		}
	}
}
