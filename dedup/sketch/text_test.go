package sketch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Texts in a row are the same to a normalization, those in different rows are not.
func TestNormalizations(t *testing.T) {
	tests := map[Normalization][][]string{
		Datatrove: {
			{"two words", "Two  Words!", "\"two\" — words…", "(TWO) [words]", "two\x00words", "two+words", "two\u00a0words"},
			{"cafe au lait", "Café au lait", "CAFE\u0301 AU LAIT", "café–au–lait"},
			{"page 0 of 0", "Page 1 of 12", "page 3.14 of 2,718", "page ٣٫١٤ of ४२", "page 1.5 of 7."},
			{"page 0 0 of 0", "page 1.2.3 of 4", "page 1,000,000 of 9"},
			{"οδος", "ΟΔΟΣ", "Οδός"}, {"οδοσ", "Οδόσ"}, // as str.lower has it
			{"two ‘words’"}, {"two • words"}, {"two words؟"}, // which are not among its marks
			{"\u1100\u1161\u11a8", "각"},
			{"👍"}, {"👎"},
		},
		Duplodocus: {
			{"dont stop", "Don't  stop.", "don't\nstop!"}, {"don’t stop"}, {"page 1"}, {"page 2"}, {"é"}, {"e\u0301"},
		},
		Lower: {
			{"a b", "A  B", "a\tb "}, {"a, b"}, {"à b"},
		},
		None: {
			{"a b", "a  b", "\u3000a\nb "}, {"A b"}, {"a. b"},
		},
	}
	for n, rows := range tests {
		k := must(t, Settings{Normalize: n, Size: 2, Bands: 2, Rows: 2})
		seen := map[string]string{}
		for _, row := range rows {
			var first []uint64
			for i, text := range row {
				if !k.Sketch(text) {
					t.Errorf("%v: %q has no sketch", n, text)
				}
				if i == 0 {
					first = slices.Clone(k.Lanes())
					if other, ok := seen[fmt.Sprint(first)]; ok {
						t.Errorf("%v: %q is the same as %q", n, text, other)
					}
					seen[fmt.Sprint(first)] = text
				} else if !slices.Equal(k.Lanes(), first) {
					t.Errorf("%v: %q is not the same as %q", n, text, row[0])
				}
			}
		}
	}
}

// Of characters, white space counts as it is written, unless it is normalized.
func TestCharacters(t *testing.T) {
	same := func(n Normalization, a, b string) bool {
		k := must(t, Settings{Normalize: n, Unit: Characters, Size: 4, Bands: 2, Rows: 2})
		k.Sketch(a)
		lanes := slices.Clone(k.Lanes())
		k.Sketch(b)
		return slices.Equal(lanes, k.Lanes())
	}
	for n := range Normalization(len(normalizationNames)) {
		if got, want := same(n, "some text", " some\n  text "), n == Datatrove || n == Duplodocus; got != want {
			t.Errorf("%v: %t", n, got)
		}
	}
}

// Nothing is like nothing: texts without a word have no keys.
func TestEmpty(t *testing.T) {
	for _, s := range all() {
		k := must(t, s)
		k.Sketch("some text, so that something could be left over")
		if k.Sketch("") || k.State() != Empty || k.Keys() != nil || k.Bits() != nil || k.Lanes() != nil {
			t.Errorf("%+v: an empty text has a sketch", s)
		}
		if s.Normalize == Datatrove && k.Sketch(" ...\n—\t!") {
			t.Errorf("%+v: a text of punctuation has a sketch", s)
		}
	}
	if Similarity(nil, nil) != 0 || Similarity([]byte{1}, nil) != 0 || Similarity([]byte{1}, []byte{1, 2}) != 0 {
		t.Error("nothing is similar to nothing")
	}
}

// With one shingle there is no lane without a value, in any scheme, and texts with
// one shingle are either the same or have nothing in common.
func TestOneShingle(t *testing.T) {
	for scheme := range Scheme(len(schemeNames)) {
		s := FineWeb()
		s.Scheme = scheme
		k := must(t, s)
		get := func(text string, state State) (keys []uint64, bits []byte) {
			if !k.Sketch(text) || k.State() != state {
				t.Fatalf("%v: %q has no sketch or is %v", scheme, text, k.State())
			}
			if slices.Contains(k.Lanes(), emptyLane) {
				t.Errorf("%v: %q: an empty lane", scheme, text)
			}
			return slices.Clone(k.Keys()), slices.Clone(k.Bits())
		}
		keys, bits := get("one two three four five", Full)
		again, same := get("One two, three four five!", Full)
		if !slices.Equal(keys, again) || Similarity(bits, same) != 1 {
			t.Errorf("%v: the same shingle, but other keys", scheme)
		}
		for text, state := range map[string]State{
			"one two three four six": Full, "five four three two one": Full,
			"one two three four": Short, "one": Short, "one two three four fi ve": Full,
		} {
			others, other := get(text, state)
			for i, key := range others {
				if key == keys[i] {
					t.Errorf("%v: %q has a key of another text", scheme, text)
				}
			}
			if j := Similarity(bits, other); j > 0.05 {
				t.Errorf("%v: %q is similar by %v", scheme, text, j)
			}
		}
	}
}

// A sketch is one of a set: how often a shingle comes, and where, does not matter,
// however often that is.
func TestSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for scheme := range Scheme(len(schemeNames)) {
		for _, distinct := range []int{1, 2, 30, 3000} {
			k := must(t, Settings{Normalize: None, Size: 1, Scheme: scheme, Bands: 10, Rows: 10})
			var once []string
			for i := range distinct {
				once = append(once, strconv.Itoa(i))
			}
			k.Sketch(strings.Join(once, " "))
			want := slices.Clone(k.Lanes())
			var often strings.Builder
			for range 20000 {
				often.WriteString(once[random.IntN(distinct)] + " ")
			}
			random.Shuffle(distinct, func(i, j int) { once[i], once[j] = once[j], once[i] })
			if k.Sketch(often.String() + strings.Join(once, " ")); !slices.Equal(k.Lanes(), want) {
				t.Errorf("%v: %d words: another sketch when they are repeated", scheme, distinct)
			}
			if k.fast != nil && cap(k.fast.shingles) > 8*16*100 {
				t.Errorf("%d words: %d shingles are held", distinct, cap(k.fast.shingles))
			}
		}
	}
}

// A text without spaces is no single word: with one character changed of 500, it is
// still similar.
func TestWithoutSpaces(t *testing.T) {
	for name, letters := range map[string]string{
		"Chinese": "天地玄黄宇宙洪荒日月盈昃辰宿列張", "Japanese": "いろはにほへとちりぬるをイロハ", "Thai": "กขคงจฉชซณดตถทธนบป",
		"Lao": "ກຂຄງຈຊຍດຕຖທນ", "Khmer": "កខគឃងចឆជឈញ", "Burmese": "ကခဂဃငစဆဇဈဉ", "Tibetan": "ཀཁགངཅཆཇཉཏཐ",
	} {
		random := rand.New(rand.NewPCG(1, 2))
		from := []rune(letters)
		var text []rune
		for range 500 {
			text = append(text, from[random.IntN(len(from))])
		}
		for _, n := range []Normalization{Datatrove, Lower} {
			s := FineWeb()
			s.Normalize = n
			k := must(t, s)
			k.Sketch(string(text))
			before := slices.Clone(k.Bits())
			changed := slices.Clone(text)
			changed[250] = 'x'
			k.Sketch(string(changed))
			if j := Similarity(before, k.Bits()); k.State() != Full || j < 0.93 || j == 1 {
				t.Errorf("%s, %v: %v, similarity %v", name, n, k.State(), j)
			}
		}
	}
}

// Words as alike as can be have hashes of their own.
func TestWordHashes(t *testing.T) {
	const n = 300_000
	hashes := make([]uint64, 0, 4*n)
	for i := range n {
		for _, w := range []string{
			strconv.Itoa(i), "a" + strconv.FormatInt(int64(i), 2), "seventeen letters" + strconv.Itoa(i), fmt.Sprintf("%08x\x00", i),
		} {
			hashes = append(hashes, slowUnitHash(Words, w))
		}
	}
	slices.Sort(hashes)
	if distinct := len(slices.Compact(hashes)); distinct != 4*n {
		t.Errorf("%d words have %d hashes", 4*n, distinct)
	}
}

// Once its buffers have grown, a Sketcher allocates nothing.
func TestAllocations(t *testing.T) {
	texts := hardTexts
	for _, s := range []Settings{FineWeb(), NeMo(), {Scheme: DatatroveMinHash, Size: 5, Bands: 3, Rows: 3}, {Scheme: DatasketchMinHash, Size: 5, Bands: 3, Rows: 3}} {
		k := must(t, s)
		run := func() {
			for _, text := range texts {
				if k.Sketch(text) {
					k.Keys()
					k.Bits()
				}
			}
		}
		run()
		if n := testing.AllocsPerRun(3, run); n > 0 {
			t.Errorf("%+v: %v allocations", s, n)
		}
	}
}
