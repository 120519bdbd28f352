package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
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

// formats are those of token files, by the name of the flag.
var formats = map[string]tokenize.Format{
	"megatron":  megatron.Format{},
	"datatrove": datatrove.Format{},
	"npy":       npy.Format{},
	"mds":       mds.Format{},
	"parquet":   parquet.Format{},
}

func formatNames() []string { return slices.Sorted(maps.Keys(formats)) }

// openTokenizer returns the encoder of a vocabulary, or of a tokenizer.json.
func (s *settings) openTokenizer(ctx context.Context) (tokenize.Encoder, error) {
	if !strings.HasSuffix(s.tokenizer, ".json") {
		if s.endOfText != "" {
			return nil, fmt.Errorf("-end-of-text is for a tokenizer.json; %s has its own", s.tokenizer)
		}
		return tokenize.Tiktoken(s.tokenizer)
	}
	file, err := s.readFile(ctx, s.tokenizer)
	if err != nil {
		return nil, err
	}
	// Files of one name are told apart, by the record of the run and by a run that goes on.
	name := fmt.Sprintf("%s@%.12x", path.Base(s.tokenizer), sha256.Sum256(file))
	return hf.Read(bytes.NewReader(file), hf.Config{Name: name, EndOfText: s.endOfText})
}

// maxFile is how many bytes of a tokenizer.json are read: more than package hf takes.
const maxFile = 257 << 20

// readFile reads a file of this machine or of S3.
func (s *settings) readFile(ctx context.Context, location string) ([]byte, error) {
	if !isS3(location) {
		return os.ReadFile(location)
	}
	bucket, key, err := s.bucket(ctx, location)
	if err != nil {
		return nil, err
	}
	r, err := bucket.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxFile))
}
