package words

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// checkPieces compares what appendPiece makes of each piece of text with what the
// general rules alone do.
func checkPieces(t *testing.T, text string) {
	t.Helper()
	for _, piece := range strings.Fields(text) {
		seen := uint16(0)
		for i := 0; i < len(piece); {
			c, size := treebankByte[piece[i]], 1
			if c&isWide != 0 {
				var r rune
				r, size = utf8.DecodeRuneInString(piece[i:])
				c = classOf(r)
			}
			seen |= c
			i += size
		}
		fast := appendPiece(nil, piece, 0, len(piece), seen)
		if slow := appendMarked(nil, piece, 0, len(piece)); !slices.Equal(fast, slow) {
			t.Fatalf("%q: %v; by the general rules %v", piece, fast, slow)
		}
	}
}

// The fast paths of Treebank only save time.
func TestTreebankFastPathsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	parts := []string{
		"a", "b", "Z", "é", "ß", "字", "Й", "0", "7", ".", "..", "...", ",", "!", "?", ":", ";", "'", "’", "\"", "(", ")", "[", "]",
		"-", "–", "/", "%", "$", "€", "+", "&", "#", "@", "*", "…", "“", "”", "n't", "'s", "'ll", "Mr.", "U.S.", "e.g.", "co.", "gonna", "cannot", "km", "://",
	}
	for range 300_000 {
		var sb strings.Builder
		for range 1 + rng.IntN(6) {
			sb.WriteString(parts[rng.IntN(len(parts))])
		}
		checkPieces(t, sb.String())
	}
}

func TestTreebankFastPathsAgreeOnPages(t *testing.T) {
	for _, texts := range corpusTexts(t) {
		for _, text := range texts[:min(len(texts), 100)] {
			checkPieces(t, text)
		}
	}
}
