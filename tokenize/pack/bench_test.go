package pack_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/pack"
)

// generated are documents whose lengths are spread as those of web pages: half of them
// shorter than 500 tokens, one in a hundred longer than 10,000.
func generated(n int) []doc {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]doc, n)
	for i := range out {
		length := int(500 * math.Exp(1.3*r.NormFloat64()))
		out[i] = doc{"<urn:uuid:00000000-0000-0000-0000-000000000000>", make([]uint32, min(length, 100_000)+1)}
	}
	return out
}

func BenchmarkPack(b *testing.B) {
	id := new(uint32(padding))
	for _, p := range []struct {
		name    string
		packing tokenize.Packing
	}{
		{"Concat", pack.Concat{Window: 2048, Padding: id}},
		{"BestFit", pack.BestFit{Window: 2048, Padding: id}},
		{"BestFit8192", pack.BestFit{Window: 8192, Padding: id}},
		{"Pad", pack.Pad{Window: 2048, Padding: id}},
	} {
		b.Run(p.name+"/generated", func(b *testing.B) { benchPack(b, p.packing, generated(40_000)) })
		b.Run(p.name+"/corpus", func(b *testing.B) { benchPack(b, p.packing, corpus(b)) })
	}
}

// BenchmarkPackShort has as many documents as there can be: all that is done for one
// counts, and nothing that is done for a token.
func BenchmarkPackShort(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	in := make([]doc, 300_000)
	for i := range in {
		in[i] = doc{"a", make([]uint32, 1+r.IntN(50))}
	}
	benchPack(b, pack.BestFit{Window: 2048, Padding: new(uint32(padding))}, in)
}

func benchPack(b *testing.B, p tokenize.Packing, in []doc) {
	tokens := 0
	for _, d := range in {
		tokens += len(d.tokens)
	}
	b.SetBytes(int64(4 * tokens))
	b.ReportAllocs()
	for b.Loop() {
		packer := p.NewPacker(func(tokenize.Sequence) error { return nil })
		for _, d := range in {
			if err := packer.Add(d.id, d.tokens); err != nil {
				b.Fatal(err)
			}
		}
		if err := packer.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(in)*b.N)/b.Elapsed().Seconds(), "docs/s")
	b.ReportMetric(float64(tokens*b.N)/b.Elapsed().Seconds()/1e6, "Mtokens/s")
}
