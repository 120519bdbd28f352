package tokenize_test

import (
	"context"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/datatrove"
	"github.com/textmill/textmill/tokenize/megatron"
	"github.com/textmill/textmill/tokenize/npy"
)

// Writing shards of 2,000 documents of 500 tokens each to a directory, in tokens of 4
// bytes. What bounds it is SHA-256, for the report, and waiting for the disk.
func BenchmarkShards(b *testing.B) {
	const documents, length = 2000, 500
	ids := make([]uint32, length)
	for i := range ids {
		ids[i] = uint32(i * 397)
	}
	doc := &textmill.Document{ID: "d", Tokens: ids}
	for name, f := range map[string]tokenize.Format{"megatron": megatron.Format{}, "datatrove": datatrove.Format{}, "npy": npy.Format{}} {
		b.Run(name, func(b *testing.B) {
			sink := tokenize.Shards{Store: storage.Dir(b.TempDir()), Encoder: numbers{200019, 199999}, Format: f}
			b.SetBytes(documents * (length + 1) * 4)
			b.ReportAllocs()
			for b.Loop() {
				w, err := sink.Create(context.Background(), textmill.Shard{Name: "s"})
				if err != nil {
					b.Fatal(err)
				}
				for range documents {
					if err := w.Write(context.Background(), doc); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Commit(context.Background()); err != nil {
					b.Fatal(err)
				}
				w.Close()
			}
		})
	}
}
