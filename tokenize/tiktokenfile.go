package tokenize

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/textmill/textmill/tokenize/internal/bpe"
	"github.com/textmill/textmill/tokenize/internal/pretokenize"
)

// A Pattern names the rule by which a vocabulary divides a text into the words
// that are encoded one by one. Every rule is a regular expression, written out by
// hand here.
type Pattern string

// The patterns there are.
const (
	GPT2   Pattern = "gpt2"   // of GPT-2, r50k_base and p50k_base
	CL100K Pattern = "cl100k" // of cl100k_base, and of Llama 3
	O200K  Pattern = "o200k"  // of o200k_base
)

// A TiktokenFile describes what a file of tokens, as [ReadTiktoken] reads it, does
// not say itself.
type TiktokenFile struct {
	Name      string            // of the vocabulary
	Pattern   Pattern           // required
	Special   map[string]uint32 // special tokens and their ids, which the file does not have
	EndOfText string            // one of Special; "" means "<|endoftext|>"
	Size      int               // of the vocabulary; 0 means one more than the highest id
}

// Bounds of what is read.
const (
	maxFile = 128 << 20
	maxIDs  = bpe.None
	maxGap  = 1 << 12 // ids in a row that are not in use
)

// ReadTiktoken makes an encoder of a user's file of tokens: lines of a token in
// base 64, a space and its id, in any order. Ids may be missing, but not more than
// 4096 in a row. A file may have 128 MB, a token 1024 bytes, and ids are below
// 16,777,215.
//
// The tokens have to be those of a byte-pair encoding by rank: every byte is one,
// and every other is made of two with lower ids. (A token that joining the bytes
// of a word does not lead to, as there are in some vocabularies, only ever stands
// for a word as a whole; so it is in tiktoken.) If a file is not like that, or is
// damaged, the error says so and names the line.
func ReadTiktoken(r io.Reader, file TiktokenFile) (*BPE, error) {
	fail := func(err error) (*BPE, error) {
		return nil, fmt.Errorf("tokenize: vocabulary %s: %w", file.Name, err)
	}
	pattern, ok := patterns[file.Pattern]
	if !ok {
		return fail(fmt.Errorf("no pattern is called %q; there are gpt2, cl100k and o200k", file.Pattern))
	}
	vocab, err := readVocabulary(r)
	if err != nil {
		return fail(err)
	}
	if file.EndOfText == "" {
		file.EndOfText = endOfText
	}
	b, err := makeBPE(file.Name, file.Special, file.EndOfText, pattern, vocab)
	if err != nil {
		return nil, err
	}
	if file.Size != 0 && (file.Size < b.size || file.Size > maxIDs) {
		return fail(fmt.Errorf("a size of %d is not between that of the tokens, %d, and %d", file.Size, b.size, maxIDs))
	}
	b.size = max(b.size, file.Size)
	return b, nil
}

var patterns = map[Pattern]*pretokenize.Pattern{
	GPT2: pretokenize.GPT2Pattern, CL100K: pretokenize.CL100KPattern, O200K: pretokenize.O200KPattern,
}

func readVocabulary(r io.Reader) (*bpe.Vocabulary, error) {
	file, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(file) > maxFile {
		return nil, fmt.Errorf("the file has more than %d bytes", maxFile)
	}
	tokens, lines, err := parseTiktoken(file)
	if err != nil {
		return nil, err
	}
	vocab, err := bpe.New(tokens)
	if bad, ok := errors.AsType[*bpe.TokenError](err); ok {
		return nil, fmt.Errorf("line %d: %w", lines[bad.ID], err)
	}
	return vocab, err
}

// parseTiktoken returns the tokens of a file by id, and the numbers of their
// lines. It overwrites the file.
func parseTiktoken(file []byte) (tokens []string, lines []int32, err error) {
	number := int32(0)
	for len(file) > 0 {
		var line []byte
		line, file, _ = bytes.Cut(file, []byte{'\n'})
		number++
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			continue
		}
		token, id, err := parseLine(line)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d %w", number, err)
		}
		if n := int(id) + 1; n > len(tokens) {
			tokens = slices.Grow(tokens, n-len(tokens))[:n]
			lines = slices.Grow(lines, n-len(lines))[:n]
		}
		if tokens[id] != "" {
			return nil, nil, fmt.Errorf("line %d is a second one with id %d, after line %d", number, id, lines[id])
		}
		tokens[id], lines[id] = string(token), number
	}
	gap := 0
	for id, line := range lines {
		if gap++; line > 0 {
			gap = 0
		}
		if gap > maxGap {
			return nil, nil, fmt.Errorf("more than %d ids in a row, up to %d, are missing", maxGap, id)
		}
	}
	return tokens, lines, nil
}

// parseLine decodes the token in place.
func parseLine(line []byte) (token []byte, id uint32, err error) {
	text, number, ok := bytes.Cut(line, []byte{' '})
	if !ok {
		return nil, 0, errors.New("is not a token and an id")
	}
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil, 0, fmt.Errorf("is damaged: %w", err)
	}
	if n == 0 || n > bpe.MaxToken {
		return nil, 0, fmt.Errorf("has a token of %d bytes; there may be 1 to %d", n, bpe.MaxToken)
	}
	k, err := strconv.ParseUint(string(number), 10, 32)
	if err != nil || k >= maxIDs {
		return nil, 0, fmt.Errorf("has an id that is not a number below %d: %.20q", maxIDs, number)
	}
	return text[:n], uint32(k), nil
}
