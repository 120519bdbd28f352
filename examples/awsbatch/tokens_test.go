package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const tokenizerJSON = `{
	"version": "1.0",
	"added_tokens": [{"id": 3, "content": "</s>", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
	"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
}`

// A tokenizer.json is read from where it is, and is known by what is in it.
func TestTokenizerJSON(t *testing.T) {
	newSite(t, map[string][]byte{"bucket/x/tokenizer.json": []byte(tokenizerJSON)})
	file := filepath.Join(t.TempDir(), "tokenizer.json")
	if err := os.WriteFile(file, []byte(tokenizerJSON), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{file, "s3://bucket/x/tokenizer.json"} {
		e, err := settingsOf(t, "-tokenizer", at, "-end-of-text", "</s>").openTokenizer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Encode(nil, "abba"); !slices.Equal(got, []uint32{2, 1, 0}) || e.EndOfText() != 3 {
			t.Errorf("%s: tokens %v, end of text %d", at, got, e.EndOfText())
		}
		if got, want := e.Name(), fmt.Sprintf("tokenizer.json@%.12x", sha256.Sum256([]byte(tokenizerJSON))); got != want {
			t.Errorf("%s: name %s, want %s", at, got, want)
		}
	}
}

// Every format is written for every shard.
func TestTokenFormats(t *testing.T) {
	suffixes := map[string][]string{
		"megatron": {".bin", ".idx"}, "datatrove": {".ds", ".ds.index", ".ds.metadata"}, "npy": {".npy", ".ends.npy"},
		"mds": {"/index.json"}, "parquet": {".parquet"},
	}
	for _, name := range formatNames() {
		store, _ := mill(t, nil, 2, "-tokens", name, "-dedup", "none")
		got := files(t, store, "tokens")
		for _, shard := range []string{"sample-00000", "sample-00001"} {
			for _, suffix := range suffixes[name] {
				if got[shard+suffix] == "" {
					t.Errorf("%s: there is no %s%s", name, shard, suffix)
				}
			}
			if suffixes[name] == nil {
				t.Errorf("%s is not tested", name)
			}
		}
	}
}
