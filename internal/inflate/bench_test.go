package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	kflate "github.com/klauspost/compress/flate"
)

// prose returns n bytes of made-up sentences, which compress about as web text
// does: words of Zipfian frequency, names, numbers, some of it repeated.
func prose(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	const letters = "etaoinshrdlucmfwypvbgkjqxz"
	words := make([]string, 4000)
	for i := range words {
		var w []byte
		for range 2 + rnd.IntN(8) {
			w = append(w, letters[min(rnd.IntN(26), rnd.IntN(26))])
		}
		words[i] = string(w)
	}
	zipf := rand.NewZipf(rnd, 1.3, 4, uint64(len(words)-1))
	var sb strings.Builder
	for sb.Len() < n {
		for range 4 + rnd.IntN(20) {
			sb.WriteString(words[zipf.Uint64()])
			sb.WriteByte(' ')
		}
		sb.WriteString(words[rnd.IntN(len(words))])
		sb.WriteString(".\n")
	}
	return []byte(sb.String()[:n])
}

func deflate(b []byte, level int) []byte {
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, level)
	if err != nil {
		panic(err)
	}
	w.Write(b)
	w.Close()
	return buf.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"5KB", 5 << 10}, {"1MB", 1 << 20}} {
		text := prose(size.n)
		z := deflate(text, 6)
		run := func(name string, decode func(dst []byte) int) {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				dst := make([]byte, len(text)+512)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if n := decode(dst); n != len(text) {
						b.Fatalf("%d bytes, want %d", n, len(text))
					}
				}
			})
		}
		var d Decoder
		run("textmill", func(dst []byte) int {
			d.Reset()
			n, _, err := d.Decode(dst, 0, z)
			if err != nil {
				b.Fatal(err)
			}
			return n
		})
		for name, r := range map[string]io.Reader{"stdlib": flate.NewReader(nil), "klauspost": kflate.NewReader(nil)} {
			src := bytes.NewReader(z)
			run(name, func(dst []byte) int {
				src.Reset(z)
				r.(flate.Resetter).Reset(src, nil)
				n, err := io.ReadFull(r, dst[:len(text)])
				if err != nil {
					b.Fatal(err)
				}
				return n
			})
		}
	}
}
