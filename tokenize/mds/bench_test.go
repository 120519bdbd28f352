package mds_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/mds"
)

// forgetful is a store that forgets what is written.
type forgetful struct{ *storage.Memory }

func (forgetful) Create(context.Context, string) (storage.Writer, error) { return nowhere{}, nil }

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error)  { return len(p), nil }
func (nowhere) Commit(context.Context) error { return nil }
func (nowhere) Close() error                 { return nil }

func benchSequences() (seqs []tokenize.Sequence, tokens int64) {
	for i := range 2000 {
		n := 100 + i%1800
		seqs = append(seqs, tokenize.Sequence{
			Tokens:   ids(100_000, n, uint64(i)),
			Segments: []tokenize.Segment{{ID: fmt.Sprintf("<urn:uuid:%032x>", i), Len: n}},
		})
		tokens += int64(n)
	}
	return seqs, tokens
}

// BenchmarkWrite writes two million tokens, with their SHA-256. Bytes are four for
// a token.
func BenchmarkWrite(b *testing.B) {
	seqs, tokens := benchSequences()
	b.SetBytes(4 * tokens)
	b.ReportAllocs()
	for b.Loop() {
		writeFile(b, forgetful{&storage.Memory{}}, mds.Format{}, "x", 100_000, seqs)
	}
}

// BenchmarkRead reads what BenchmarkWrite writes.
func BenchmarkRead(b *testing.B) {
	seqs, tokens := benchSequences()
	dir := storage.Dir(b.TempDir())
	writeFile(b, dir, mds.Format{}, "x", 100_000, seqs)
	b.SetBytes(4 * tokens)
	b.ReportAllocs()
	for b.Loop() {
		d, err := mds.Open(b.Context(), dir, "x")
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range d.Sequences(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
