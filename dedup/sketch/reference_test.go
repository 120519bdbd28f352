package sketch

import (
	"crypto/sha1"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/textmill/textmill/internal/ucd"
)

// The obvious implementations, which do one step after another to the whole text.

func slowNormalize(n Normalization, text string) string {
	text = string([]rune(text)) // bytes that are no UTF-8 become U+FFFD each
	if n == None {
		return text
	}
	text = string(ucd.AppendLower(nil, text))
	switch n {
	case Duplodocus:
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", r) {
				return -1
			}
			return r
		}, text)
		return slowSpaces(text)
	case Datatrove:
		text = slowNumbers(text)
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune(slowPunctuation, r) || r < 0x20 || 0x7F <= r && r < 0xA0 {
				return ' '
			}
			return r
		}, text)
		text = slowSpaces(text)
		text = strings.Map(func(r rune) rune {
			if ucd.CategoryOf(r) == ucd.Mn {
				return -1
			}
			return r
		}, norm.NFD.String(text))
		return slowSpaces(text) // where a mark stood alone
	}
	return text
}

// slowPunctuation is what datatrove makes spaces of, in order of code point.
const slowPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" +
	"\u00ab\u00b4\u00bb\u2013\u2014\u2019\u201c\u201d\u201e\u2026\u2236\u2501\u25ba\u3001\u3002\u3008\u3009\u300a\u300b\u300c\u300d\u3010\u3011" +
	"\uff01\uff05\uff08\uff09\uff0c\uff0e\uff11\uff1a\uff1b\uff1f\uff5e"

func slowSpaces(s string) string {
	return strings.Join(strings.FieldsFunc(s, ucd.IsPythonSpace), " ")
}

func slowNumbers(s string) string {
	var out []rune
	rs := []rune(s)
	run := func(i int) int {
		for i < len(rs) && ucd.IsDigit(rs[i]) {
			i++
		}
		return i
	}
	for i := 0; i < len(rs); {
		end := run(i)
		if end == i {
			out = append(out, rs[i])
			i++
			continue
		}
		if end < len(rs) && strings.ContainsRune(".,،٫⎖⎗⎘", rs[end]) && run(end+1) > end+1 {
			end = run(end + 1)
		}
		out = append(out, '0')
		i = end
	}
	return string(out)
}

// slowUnits returns the units of a text, and what is between them in a shingle.
func slowUnits(s Settings, text string) (units []string, between string) {
	text = slowNormalize(s.Normalize, text)
	if s.Unit == Characters {
		for _, r := range text {
			units = append(units, string(r))
		}
		return units, ""
	}
	for _, field := range strings.FieldsFunc(text, ucd.IsPythonSpace) {
		from := 0
		for i, r := range field {
			if !isWord(r) {
				continue
			}
			if from < i {
				units = append(units, field[from:i])
			}
			from = i + len(string(r))
			units = append(units, field[i:from])
		}
		if from < len(field) {
			units = append(units, field[from:])
		}
	}
	return units, " "
}

// slowShingles returns the shingles of a text, each as its units; nil if it is to
// have no sketch.
func slowShingles(s Settings, text string) (shingles [][]string, between string) {
	units, between := slowUnits(s, text)
	if len(units) == 0 || len(units) < s.Size && s.Short == KeepAll {
		return nil, between
	}
	if len(units) < s.Size {
		return [][]string{units}, between
	}
	for i := range len(units) - s.Size + 1 {
		shingles = append(shingles, units[i:i+s.Size])
	}
	return shingles, between
}

func slowLanes(s Settings, text string) []uint64 {
	shingles, between := slowShingles(s, text)
	if shingles == nil {
		return nil
	}
	if s.Scheme == FastSimilarity {
		var hashes []uint64
		for _, x := range shingles {
			hashes = append(hashes, slowHash(s, x))
		}
		return slowFastSimilarity(s.Lanes(), hashes)
	}
	a, b := slowPermutations(s)
	lanes := slices.Repeat([]uint64{1<<64 - 1}, s.Lanes())
	for _, x := range shingles {
		joined := strings.Join(x, between)
		var h, mask uint64
		if s.Scheme == DatatroveMinHash {
			h, mask = xxh64([]byte(joined)), 1<<64-1
		} else {
			sum := sha1.Sum([]byte(joined))
			h, mask = uint64(binary.LittleEndian.Uint32(sum[:])), 1<<32-1
		}
		for i := range lanes {
			lanes[i] = min(lanes[i], (a[i]*h+b[i])%(1<<61-1)&mask)
		}
	}
	return lanes
}

func slowPermutations(s Settings) (a, b []uint64) {
	random := newTwister(1)
	if s.Scheme == DatasketchMinHash {
		for range s.Lanes() {
			a, b = append(a, random.below61(1)), append(b, random.below61(0))
		}
		return a, b
	}
	for range s.Lanes() {
		a = append(a, random.below61(1))
	}
	for range s.Lanes() {
		b = append(b, random.below61(0))
	}
	return a, b
}

// slowHash is the hash of a shingle, unit by unit and eight bytes by eight.
func slowHash(s Settings, units []string) uint64 {
	sum := uint64(0)
	for _, u := range units {
		sum = sum*rollBase + slowUnitHash(s.Unit, u)
	}
	if len(units) < s.Size {
		sum += uint64(len(units)) * keyShingle
	}
	return finish(sum)
}

func slowUnitHash(unit Unit, u string) uint64 {
	if unit == Characters {
		return fold128(uint64([]rune(u)[0])^seedWord, keyRune)
	}
	h := uint64(seedWord)
	for ; len(u) >= 16; u = u[16:] {
		h = fold128(binary.LittleEndian.Uint64([]byte(u))^h, binary.LittleEndian.Uint64([]byte(u[8:]))^keyWord)
	}
	var last [16]byte
	copy(last[:], u)
	last[15] = byte(len(u))
	return fold128(binary.LittleEndian.Uint64(last[:])^h, binary.LittleEndian.Uint64(last[8:])^keyWord)
}

// slowFastSimilarity does all rounds.
func slowFastSimilarity(t int, hashes []uint64) []uint64 {
	lanes := slices.Repeat([]uint64{1<<64 - 1}, t)
	for r := range 2 * t {
		for _, h := range hashes {
			if r > 0 {
				h = rehash(h, uint64(r))
			}
			lane, value := uint64(r-t), h
			if r < t {
				lane, value = bits.Mul64(h, uint64(t))
			}
			lanes[lane] = min(lanes[lane], uint64(r)<<48|value>>16)
		}
	}
	return lanes
}

// jaccard returns the similarity of two texts under the settings, without hashes.
func jaccard(s Settings, a, b string) float64 {
	x, y := shingleSet(s, a), shingleSet(s, b)
	both := 0
	for k := range x {
		if y[k] {
			both++
		}
	}
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

func shingleSet(s Settings, text string) map[string]bool {
	shingles, _ := slowShingles(s, text)
	set := map[string]bool{}
	for _, x := range shingles {
		set[strings.Join(x, "\x00")] = true
	}
	return set
}
