package sketch

import (
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
)

func BenchmarkSketch(b *testing.B) {
	for _, c := range []struct {
		name string
		Settings
	}{
		{"FineWeb", FineWeb()},
		{"RefinedWeb", RefinedWeb()},
		{"NeMo", NeMo()},
		{"Datatrove", func() Settings { s := FineWeb(); s.Scheme = DatatroveMinHash; return s }()},
		{"Datasketch", func() Settings { s := FineWeb(); s.Scheme = DatasketchMinHash; return s }()},
		{"FineWebLower", func() Settings { s := FineWeb(); s.Normalize = Lower; return s }()},
	} {
		b.Run(c.name, func(b *testing.B) {
			var texts []string
			size := 0
			for _, p := range shareddata.Corpus(b) {
				texts = append(texts, p.Text)
				size += len(p.Text)
			}
			s, err := New(c.Settings)
			if err != nil {
				b.Fatal(err)
			}
			for _, t := range texts {
				s.Sketch(t)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, t := range texts {
					if s.Sketch(t) {
						s.Keys()
						s.Bits()
					}
				}
			}
		})
	}
}
