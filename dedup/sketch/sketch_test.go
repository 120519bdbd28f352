package sketch

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/internal/shareddata"
)

func must(t testing.TB, s Settings) *Sketcher {
	t.Helper()
	k, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// all returns every combination of names with few lanes.
func all() (out []Settings) {
	for n := range Normalization(len(normalizationNames)) {
		for u := range Unit(len(unitNames)) {
			for p := range ShortPolicy(len(shortNames)) {
				for c := range Scheme(len(schemeNames)) {
					out = append(out, Settings{Normalize: n, Unit: u, Size: 3, Short: p, Scheme: c, Bands: 3, Rows: 3})
				}
			}
		}
	}
	return out
}

// checkText compares what k makes of a text with the reference.
func checkText(t testing.TB, k *Sketcher, text string) {
	t.Helper()
	want := slowLanes(k.settings, text)
	units, _ := slowUnits(k.settings, text)
	state := Full
	if len(units) < k.settings.Size {
		state = Short
	}
	if len(units) == 0 {
		state = Empty
	}
	if ok := k.Sketch(text); ok != (want != nil) || k.State() != state {
		t.Fatalf("%+v: %.300q: sketched %t, %v; want %t, %v", k.settings, text, ok, k.State(), want != nil, state)
	}
	if !slices.Equal(k.Lanes(), want) {
		t.Fatalf("%+v: %.300q: lanes\n%x, want\n%x", k.settings, text, k.Lanes(), want)
	}
	if want == nil {
		if k.Keys() != nil || k.Bits() != nil {
			t.Fatalf("keys or bits without a sketch")
		}
		return
	}
	for band, key := range k.Keys() {
		var b []byte
		for _, v := range want[band*k.settings.Rows:][:k.settings.Rows] {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		if key != xxh3.HashSeed(b, uint64(band)) {
			t.Fatalf("%+v: %.300q: key %d", k.settings, text, band)
		}
	}
	if len(k.Keys()) != k.settings.Bands || len(k.Bits()) != len(want) {
		t.Fatalf("%d keys, %d bytes of bits", len(k.Keys()), len(k.Bits()))
	}
}

var hardTexts = []string{
	"", " ", "\n\t", "a", "a b", "a b c", "a b c d", "...", "- - -", "\x00", "a\x00b c\x00", "\x1c\x1d \x1f",
	"12345678", "1234567 8", "1.5 2,5 3.x 4. 5 1,000,000.5 ١٫٥ 12.34.56", "1.", ".1", "a1b2c3", "٣", "x٣.٤", "1٫", "1⎖2",
	"eightlet eightlet sixteen_letters_ seventeen_letters", "exactly8 sixteenlettersix a",
	"ΣΑΣ ΟΔΟΣ Σ ΑΣ. ΑΣ'Β ΑΣ\u0301 Σ\u0301Α ΑΣ1", "İstanbul ISPARTA ǅ", "\u0300 a \u0301 b", "e\u0301 é É", "\u212b \u2126 \u1fef x",
	"각하 한국어 텍스트입니다 가", "\u1100\u1161\u11a8", "漢字かな交じり文 iPhone手机2台 東京都ー々〇", "ภาษาไทยไม่มีช่องว่าง abcไทยdef", "ພາສາລາວ ភាសាខ្មែរ မြန်မာဘာသာ བོད་ཡིག",
	"don't U.S.A. e-mail foo@bar.baz #tag", "“quoted” ‘single’ «guillemets» … — – • ·", "１２３ ａｂｃ。、！", "؟ ، ٪ । ॥",
	"😀 👍🏽 👨‍👩‍👧 x", "\u00a0\u2003\u3000nb\u200bsp", "\xff\xfe bad \xc3 bytes \xe2\x82", "𝔘𝔫𝔦 𠀀𠀁 \U0010ffff", "\U0001d15e\U0001d160 music",
	"\u0f73 \u0344 \u0958 \ufb2c \u1e9b\u0323", "ﬁ ﷺ ½",
	strings.Repeat("a", 9000), strings.Repeat("ab ", 3000), strings.Repeat("漢", 3000), strings.Repeat("1", 9000) + " 2 3 4",
	strings.Repeat(" ", 9000) + "x y z w", strings.Repeat("é", 4095) + "a b", strings.Repeat("Σ", 1500), strings.Repeat("Σ.", 1000) + "a",
	strings.Repeat("x", 4093) + " y z a b c", strings.Repeat("x", 4094) + " y z a b c", strings.Repeat("x", 4096) + " y z a b c",
	strings.Repeat("one two three ", 1000),
}

// Every combination of settings does what the reference does.
func TestReference(t *testing.T) {
	for _, s := range all() {
		k := must(t, s)
		for _, text := range hardTexts {
			checkText(t, k, text)
		}
	}
}

// Texts of many languages, cut anywhere.
func TestReferenceSample(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range all() {
		if s.Short == KeepAll {
			continue
		}
		k := must(t, s)
		for i, r := range sample.Records() {
			if i%16 == int(s.Normalize) {
				checkText(t, k, r.Text[random.IntN(len(r.Text)+1)/2:])
			}
		}
	}
}

// Real pages, with the presets.
func TestReferenceCorpus(t *testing.T) {
	pages := shareddata.Corpus(t)
	for _, s := range []Settings{FineWeb(), NeMo(), {Normalize: Lower, Size: 1, Bands: 14, Rows: 8}, {Normalize: Duplodocus, Size: 5, Bands: 14, Rows: 8}} {
		k := must(t, s)
		for i := 0; i < len(pages); i += 160 {
			checkText(t, k, pages[i].Text)
		}
	}
}

// Sketchers share tables that are made as they are needed.
func TestConcurrent(t *testing.T) {
	tables[Lower][Words].Once, tables[Lower][Words].table = sync.Once{}, nil // as if it were the first
	s := Settings{Normalize: Lower, Size: 2, Bands: 4, Rows: 4}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			k, err := New(s)
			if err != nil {
				t.Error(err)
				return
			}
			for _, text := range hardTexts {
				if len(text) > 1000 {
					continue
				}
				k.Sketch(text)
				if want := slowLanes(s, text); !slices.Equal(k.Lanes(), want) {
					t.Errorf("%q: lanes differ", text)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzSketch(f *testing.F) {
	for i, text := range hardTexts {
		if len(text) < 1000 {
			f.Add(text, uint8(i), uint8(i), uint8(i%6))
		}
	}
	settings := all()
	f.Fuzz(func(t *testing.T, text string, which, size, rows uint8) {
		s := settings[int(which)%len(settings)]
		s.Size, s.Rows = 1+int(size%9), 1+int(rows%5)
		checkText(t, must(t, s), text)
	})
}
