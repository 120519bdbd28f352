package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/datatrove"
	"github.com/textmill/textmill/tokenize/hf"
	"github.com/textmill/textmill/tokenize/mds"
	"github.com/textmill/textmill/tokenize/megatron"
	"github.com/textmill/textmill/tokenize/npy"
	"github.com/textmill/textmill/tokenize/parquet"
)

// formats are those of token files, by the name of the flag, with what they append to the
// name of a shard.
var formats = map[string]struct {
	format tokenize.Format
	files  []string
}{
	"megatron":  {megatron.Format{}, []string{".bin", ".idx"}},
	"datatrove": {datatrove.Format{}, []string{".ds", ".ds.index", ".ds.metadata"}},
	"npy":       {npy.Format{}, []string{".npy", ".ends.npy"}},
	"mds":       {mds.Format{}, []string{"/"}},
	"parquet":   {parquet.Format{}, []string{".parquet"}},
}

func formatNames() []string { return slices.Sorted(maps.Keys(formats)) }

// openTokenizer returns the encoder of a vocabulary, or of a tokenizer.json.
func openTokenizer(name, endOfText string) (tokenize.Encoder, error) {
	if !strings.HasSuffix(name, ".json") {
		if endOfText != "" {
			return nil, fmt.Errorf("-end-of-text is for a tokenizer.json; %s has its own", name)
		}
		return tokenize.Tiktoken(name)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	// Files of one name are told apart, by the record of the run and by a run that goes on.
	name = fmt.Sprintf("%s@%.12x", filepath.Base(name), sha256.Sum256(file))
	return hf.Read(bytes.NewReader(file), hf.Config{Name: name, EndOfText: endOfText})
}
