package parquet_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/parquet"
)

// forgetful is a store that forgets what is written.
type forgetful struct{ *storage.Memory }

func (forgetful) Create(context.Context, string) (storage.Writer, error) { return nowhere{}, nil }

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error)  { return len(p), nil }
func (nowhere) Commit(context.Context) error { return nil }
func (nowhere) Close() error                 { return nil }

// benchSequences returns documents whose tokens are about as frequent as those of
// texts.
func benchSequences() (seqs []tokenize.Sequence, tokens int64) {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.1, 3, 99_999)
	for i := range 2000 {
		seq := tokenize.Sequence{Tokens: make([]uint32, 100+i%1800)}
		for j := range seq.Tokens {
			seq.Tokens[j] = uint32(zipf.Uint64())
		}
		seq.Segments = []tokenize.Segment{{ID: fmt.Sprintf("<urn:uuid:%032x>", i), Len: len(seq.Tokens)}}
		seqs = append(seqs, seq)
		tokens += int64(len(seq.Tokens))
	}
	return seqs, tokens
}

// BenchmarkWrite writes two million tokens. Bytes are four for a token.
func BenchmarkWrite(b *testing.B) {
	seqs, tokens := benchSequences()
	b.SetBytes(4 * tokens)
	b.ReportAllocs()
	for b.Loop() {
		writeFile(b, forgetful{&storage.Memory{}}, "x", 100_000, seqs)
	}
}

// BenchmarkRead reads what BenchmarkWrite writes.
func BenchmarkRead(b *testing.B) {
	seqs, tokens := benchSequences()
	store := &storage.Memory{}
	writeFile(b, store, "x", 100_000, seqs)
	b.SetBytes(4 * tokens)
	b.ReportAllocs()
	for b.Loop() {
		d, err := parquet.Open(b.Context(), store, "x")
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range d.Sequences(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
		d.Close()
	}
}
