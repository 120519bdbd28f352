package langid

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// recorder is a model that remembers what it was asked.
type recorder struct {
	mu    sync.Mutex
	asked []string
}

func (r *recorder) Detect(text string) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, text)
	return Result{Language: "xx", Score: 0.5, Method: "recorder"}
}

// The sentences are our own, or the first words of article 1 of the declaration
// of human rights where we know no better.
func TestScript(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"12 % – 3.14 (!)", ""},
		{"αβ", ""}, // two letters
		{"αβγ", "el"},
		{"Ο μυλωνάς αλέθει το σιτάρι.", "el"},
		{"วันนี้อากาศดีมาก", "th"},
		{"ມື້ນີ້ອາກາດດີ", "lo"},
		{"ថ្ងៃនេះអាកាសធាតុល្អ", "km"},
		{"დღეს კარგი ამინდია", "ka"},
		{"Այսօր լավ եղանակ է", "hy"},
		{"오늘은 날씨가 좋습니다", "ko"},
		{"今日は天気がいいです。", "ja"},
		{"コーヒーショップ", "ja"},
		{"今天天气很好。", "zh"},
		{"今天天氣很好。", "zh"},
		{"מזג האוויר היום יפה מאוד", "he"},
		{"דער מילנער האָט אַ שײנע טאָכטער, און ער זאָגט עס יעדער מענטשן", "yi"},
		{"இன்று வானிலை நன்றாக உள்ளது", "ta"},
		{"ఈరోజు వాతావరణం బాగుంది", "te"},
		{"ಇಂದು ಹವಾಮಾನ ಚೆನ್ನಾಗಿದೆ", "kn"},
		{"ഇന്ന് നല്ല കാലാവസ്ഥയാണ്", "ml"},
		{"આજે હવામાન સારું છે", "gu"},
		{"ਅੱਜ ਮੌਸਮ ਚੰਗਾ ਹੈ", "pa"},
		{"ଆଜି ପାଗ ଭଲ ଅଛି", "or"},
		{"අද කාලගුණය හොඳයි", "si"},
		{"আজ আবহাওয়া খুব ভালো, আর রোদ", "bn"},
		{"আজি বতৰ বৰ ভাল, আৰু ৰ'দ ওলাইছে", "as"},
		{"ዛሬ አየሩ ጥሩ ነው", "am"},
		{"ኩሎም ሰባት ብማዕረግን ኽብርን ሓራን ማዕረን ኮይኖም ይውለዱ", "ti"},
		{"འདི་དཔེ་ཆ་ཡིན།", "bo"},
		{"འདི་དཔེ་ཆ་ཨིན།", "dz"},
		{"ཀ་ཁ་ག་ང་", ""},
		{"ဒီနေ့ ရာသီဥတု ကောင်းတယ်", "my"},
		{"ၵူၼ်းတင်းသဵင်ႈ", ""}, // Shan
		{"މިއަދު މޫސުން ރަނގަޅު", "dv"},
		{"ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "chr"},
		{"ᐃᓄᒃᑎᑐᑦ ᐅᖃᐅᓯᖅ", ""}, // syllabics of several languages
		{"The weather is fine", ""},
		{"Сегодня хорошая погода", ""},
		{"الطقس جميل اليوم", ""},
		{"आज मौसम अच्छा है", ""},
	} {
		r := (&Script{}).Detect(tt.text)
		if r.Language != tt.want {
			t.Errorf("%q: %+v, want %q", tt.text, r, tt.want)
		}
		if tt.want == "" && r != (Result{}) || tt.want != "" && (r.Score != 1 || r.Method != "script") {
			t.Errorf("%q: %+v", tt.text, r)
		}
	}
}

// TestScriptScore mixes Greek and Latin letters.
func TestScriptScore(t *testing.T) {
	model := &recorder{}
	d := &Script{Model: model}
	for _, tt := range []struct {
		text string
		want Result
	}{
		{strings.Repeat("α", 90) + strings.Repeat("b", 10), Result{"el", 0.9, "script"}},
		{strings.Repeat("α", 51) + strings.Repeat("b", 49), Result{"el", 0.51, "script"}},
		{strings.Repeat("α", 50) + strings.Repeat("b", 50), Result{"el", 0.5, "script"}}, // Greek is first by name
		{strings.Repeat("α", 49) + strings.Repeat("b", 51), Result{"xx", 0.5, "recorder"}},
		// a Han character counts for three letters
		{strings.Repeat("漢", 10) + strings.Repeat("b", 30), Result{"zh", 0.5, "script"}},
		{strings.Repeat("漢", 10) + strings.Repeat("b", 31), Result{"xx", 0.5, "recorder"}},
		// a tenth of kana by weight makes it Japanese: 2·5 of 3·30+2·5
		{strings.Repeat("漢", 30) + strings.Repeat("の", 5), Result{"ja", 1, "script"}},
		{strings.Repeat("漢", 31) + strings.Repeat("の", 5), Result{"zh", 1, "script"}},
	} {
		if got := d.Detect(tt.text); got != tt.want {
			t.Errorf("%.10s…: %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestScriptAsksWithTheSample(t *testing.T) {
	text := strings.Repeat("The miller grinds corn.\n", 1000)
	for _, tt := range []struct {
		letters  int
		from, to int // letters asked about
	}{
		{0, 990, 1000},
		{100, 90, 100},
		{-1, 19000, 19000},
		{1 << 30, 19000, 19000},
	} {
		model := &recorder{}
		(&Script{Model: model, Letters: tt.letters}).Detect(text)
		if len(model.asked) != 1 {
			t.Fatalf("Letters %d: model asked %d times", tt.letters, len(model.asked))
		}
		if n, _ := count(model.asked[0]); n < tt.from || n > tt.to {
			t.Errorf("Letters %d: %d letters, want %d to %d", tt.letters, n, tt.from, tt.to)
		}
	}
}

func TestScriptJSON(t *testing.T) {
	b, err := json.Marshal(&Tag{Detector: &Script{Letters: 300}})
	if want := `{"Detector":{"Model":null,"Letters":300}}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
}

func TestSample(t *testing.T) {
	rich, poor := "words all over the line\n", "12.03.2021 | 14:30 | 99 % a\n"
	for name, text := range map[string]string{
		"rich":     strings.Repeat(rich, 500),
		"mixed":    strings.Repeat(rich+poor, 500),
		"one line": strings.Repeat("words without an end ", 1000),
		"no space": strings.Repeat("漢字", 5000),
		"marks":    strings.Repeat("ก้า", 3000),
	} {
		got := sample(text, 300)
		if strings.Contains(got, "|") {
			t.Errorf("%s: a line that is poor in letters: %q", name, got)
		}
		if n, _ := count(got); n < 290 || n > 300 {
			t.Errorf("%s: %d letters", name, n)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%s: not UTF-8", name)
		}
	}
	// Where rich lines are missing, others are taken.
	if n, _ := count(sample(strings.Repeat(poor, 500), 300)); n != 300 {
		t.Errorf("poor: %d letters", n)
	}
	if got := sample(strings.Repeat("1234 ", 500), 300); strings.TrimSpace(got) != "" && len(got) > 2500 {
		t.Errorf("no letters: %d bytes", len(got))
	}
	short := "a 1 b\n"
	if got := sample(short, len(short)); got != short {
		t.Errorf("short: %q", got)
	}
}

// TestSampleWindows puts a different word into each part of the text.
func TestSampleWindows(t *testing.T) {
	part := func(word string, percent int) string { return strings.Repeat(word+"\n", percent*10) }
	text := part("head", 5) + part("anne", 45) + part("bert", 25) + part("carl", 25)
	got := sample(text, 120)
	want := strings.Repeat("anne\n", 10) + "\n" + strings.Repeat("bert\n", 10) + "\n" + strings.Repeat("carl\n", 10) + "\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzScript(f *testing.F) {
	for _, s := range []string{"", "abc", "漢字かな", strings.Repeat("αβγ d\n", 500), "\xff\xfe", strings.Repeat("\u0301", 3000), "ka\x00", strings.Repeat("\x9d", 3000)} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, text string, letters int) {
		d := &Script{Model: &recorder{}, Letters: letters}
		got := d.Detect(text)
		if again := d.Detect(text); again != got {
			t.Errorf("%+v, then %+v", got, again)
		}
		if got.Score < 0 || got.Score > 1 || (got.Language == "") != (got == Result{}) {
			t.Errorf("%+v", got)
		}
		if letters > 0 {
			part := sample(text, letters)
			if utf8.ValidString(text) && !utf8.ValidString(part) {
				t.Errorf("sample of a valid text is not: %q", part)
			}
			if n, _ := count(part); len(text) > letters && n > letters {
				t.Errorf("%d letters, want %d at most", n, letters)
			}
		}
	})
}

// TestHistogram compares with a count without the short cut for ASCII.
func TestHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	alphabet := []rune("abzAZ @[`{09\x00éßжשע漢字ひカ가กאั\u0301ー々〇ｱＡªº")
	for range 500 {
		text := make([]rune, rng.IntN(100))
		for i := range text {
			text[i] = alphabet[rng.IntN(len(alphabet))]
		}
		var got, want histogram
		got.add(string(text))
		for _, r := range text {
			if ucd.IsLetter(r) {
				want.addLetter(ucd.ScriptOf(r))
			}
		}
		if got != want {
			t.Fatalf("%q: %+v, want %+v", string(text), got, want)
		}
	}
}

func BenchmarkScript(b *testing.B) {
	for name, text := range map[string]string{
		"english": strings.Repeat("The miller grinds corn, and his daughter sells the flour at the market.\n", 70),
		"russian": strings.Repeat("Мельник мелет зерно, а его дочь продаёт муку на рынке каждую субботу.\n", 40),
		"chinese": strings.Repeat("磨坊主磨谷子，他的女儿每个星期六在集市上卖面粉。\n", 70),
		"short":   "The miller grinds corn.",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			d := &Script{}
			for b.Loop() {
				d.Detect(text)
			}
		})
	}
}

// A long line is cut between characters, wherever they begin.
func TestFirstPieceCutsBetweenCharacters(t *testing.T) {
	for _, r := range []string{"a", "é", "字", "🙂"} {
		for shift := range 4 {
			text := strings.Repeat("x", shift) + strings.Repeat(r, maxPiece)
			piece := firstPiece(text)
			if !utf8.ValidString(piece) || len(piece) > maxPiece || len(piece) < maxPiece-3 {
				t.Errorf("%s after %d: %d bytes, valid: %v", r, shift, len(piece), utf8.ValidString(piece))
			}
		}
	}
}
