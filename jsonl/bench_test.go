package jsonl

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
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

// BenchmarkSink and BenchmarkSource include compression and hashing.
func BenchmarkSink(b *testing.B) {
	docs := generated(4 << 20)
	for _, suffix := range suffixes {
		b.Run(suffix[1:], func(b *testing.B) {
			w, err := Sink{Store: new(storage.Memory), Suffix: suffix}.Create(b.Context(), textmill.Shard{Name: "s"})
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			measure(b, docs, func(i int) {
				if err := w.Write(b.Context(), docs[i]); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkSource(b *testing.B) {
	docs := generated(4 << 20)
	for _, suffix := range suffixes {
		b.Run(suffix[1:], func(b *testing.B) {
			store := new(storage.Memory)
			w, err := Sink{Store: store, Suffix: suffix}.Create(b.Context(), textmill.Shard{Name: "s"})
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			for _, d := range docs {
				if err := w.Write(b.Context(), d); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Commit(b.Context()); err != nil {
				b.Fatal(err)
			}
			var r *reader
			measure(b, docs, func(i int) {
				if i == 0 {
					if r, err = (Source{Store: store}).open(b.Context(), textmill.Shard{Name: "s"}); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := r.next(b.Context()); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
