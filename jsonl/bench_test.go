package jsonl

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/textmill/textmill"
)

// each runs f on both sets of documents.
func each(b *testing.B, f func(b *testing.B, docs []*textmill.Document)) {
	b.Run("generated", func(b *testing.B) { f(b, generated(4<<20)) })
	b.Run("corpus", func(b *testing.B) { f(b, corpus(b)) })
}

// measure runs f on one document after another, over and over.
func measure(b *testing.B, docs []*textmill.Document, f func(i int)) {
	size := 0
	for _, d := range docs {
		size += len(d.Text)
	}
	b.SetBytes(int64(size / len(docs)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		f(i % len(docs))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func lines(b *testing.B, docs []*textmill.Document) [][]byte {
	out := make([][]byte, len(docs))
	for i, d := range docs {
		var err error
		if out[i], err = Append(nil, d); err != nil {
			b.Fatal(err)
		}
	}
	return out
}

func BenchmarkAppend(b *testing.B) {
	each(b, func(b *testing.B, docs []*textmill.Document) {
		var buf []byte
		measure(b, docs, func(i int) { buf, _ = Append(buf[:0], docs[i]) })
	})
}

// BenchmarkEncodingJSON is what Append is measured against.
func BenchmarkEncodingJSON(b *testing.B) {
	each(b, func(b *testing.B, docs []*textmill.Document) {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		all := make([]record, len(docs))
		for i, d := range docs {
			all[i] = recordOf(d)
		}
		measure(b, docs, func(i int) {
			buf.Reset()
			if err := enc.Encode(&all[i]); err != nil {
				b.Fatal(err)
			}
		})
	})
}

func BenchmarkDecode(b *testing.B) {
	each(b, func(b *testing.B, docs []*textmill.Document) {
		var d Decoder
		all := lines(b, docs)
		measure(b, docs, func(i int) {
			if _, err := d.Decode(all[i]); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkDecodingJSON is what Decode is measured against.
func BenchmarkDecodingJSON(b *testing.B) {
	each(b, func(b *testing.B, docs []*textmill.Document) {
		all := lines(b, docs)
		measure(b, docs, func(i int) {
			var r record
			if err := json.Unmarshal(all[i], &r); err != nil {
				b.Fatal(err)
			}
		})
	})
}
