package utf8dfa

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func checkValid(t *testing.T, s string) {
	t.Helper()
	if want := utf8.ValidString(s); Valid(s) != want || Valid([]byte(s)) != want {
		t.Fatalf("%q: got %v, want %v", s, !want, want)
	}
}

// All sequences of two bytes, of three with a lead byte, and of four from each
// bound of the table, at every place in a word.
func TestValid(t *testing.T) {
	bounds := []byte{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff}
	for a := range 256 {
		for b := range 256 {
			checkValid(t, string([]byte{byte(a), byte(b)}))
			for _, c := range bounds {
				checkValid(t, string([]byte{byte(a), byte(b), c}))
			}
		}
	}
	const around = "0123456789abcdef"
	for _, a := range bounds {
		for _, b := range bounds {
			for _, c := range bounds {
				for _, d := range bounds {
					place := int(a^b^c^d) % 9
					checkValid(t, around[:place]+string([]byte{a, b, c, d}))
					checkValid(t, around[:place]+string([]byte{a, b, c, d})+around)
				}
			}
		}
	}
	for r := rune(0); r <= utf8.MaxRune; r += 7 {
		checkValid(t, string(r))
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		b := make([]byte, rng.IntN(40))
		for i := range b {
			b[i] = bounds[rng.IntN(len(bounds))]
		}
		checkValid(t, string(b))
	}
}

func FuzzValid(f *testing.F) {
	f.Add("é風🙂\xff")
	f.Fuzz(func(t *testing.T, s string) { checkValid(t, s) })
}

func BenchmarkValid(b *testing.B) {
	for _, text := range []struct{ name, text string }{
		{"ascii", "the wheel turns and the flour falls "},
		{"german", "die Mühle mahlt, das Rad läuft über den Bach, größer als früher "},
		{"russian", "мельница мелет, колесо вращается "},
		{"chinese", "水轮转动，面粉装满了袋子。"},
	} {
		s := strings.Repeat(text.text, 5000/len(text.text))
		b.Run(text.name+"/utf8dfa", func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Valid(s)
			}
		})
		b.Run(text.name+"/unicode/utf8", func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				utf8.ValidString(s)
			}
		})
	}
}
