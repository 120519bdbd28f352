package lingua

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	lingua "github.com/pemistahl/lingua-go"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/langid"
	"github.com/textmill/textmill/stagetest"
)

// few returns a detector of some languages, which load faster than all.
func few(t testing.TB) *langid.Script {
	t.Helper()
	d, err := New(Options{Languages: []string{"en", "de", "nl", "af", "es", "ru", "uk", "fa", "ar", "hi", "mr"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDetect(t *testing.T) {
	d := few(t)
	for _, tt := range []struct{ text, want string }{
		{"The miller grinds corn, and his daughter sells the flour at the market every Saturday.", "en"},
		{"Der Müller mahlt das Korn, und seine Tochter verkauft das Mehl jeden Samstag auf dem Markt.", "de"},
		{"El molinero muele el grano y su hija vende la harina en el mercado todos los sábados.", "es"},
		{"Мельник мелет зерно, а его дочь продаёт муку на рынке каждую субботу.", "ru"},
		{"Мірошник меле зерно, а його донька продає борошно на ринку щосуботи.", "uk"},
		{"آسیابان گندم را آرد می\u200cکند و دخترش هر شنبه آن را در بازار می\u200cفروشد.", "fa"},
		{"يطحن الطحان الحبوب وتبيع ابنته الدقيق في السوق كل يوم سبت.", "ar"},
	} {
		if r := d.Detect(tt.text); r.Language != tt.want || r.Score < 0.9 || r.Score > 1 || r.Method != "lingua" {
			t.Errorf("%q: %+v, want %s", tt.text, r, tt.want)
		}
	}
	// Languages with a script of their own need no model, listed or not.
	if r := d.Detect("Ο μυλωνάς αλέθει το σιτάρι."); r != (langid.Result{Language: "el", Score: 1, Method: "script"}) {
		t.Errorf("Greek: %+v", r)
	}
}

func TestUndecided(t *testing.T) {
	all := few(t)
	english, err := New(Options{Languages: []string{"en", "de"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		d    *langid.Script
		text string
	}{
		{all, ""},
		{all, "ab"},
		{all, "a b"},      // two letters
		{all, "a b c"},    // no three in a row
		{all, "ⵜⴰⵎⴰⵣⵉⵖⵜ"}, // a script lingua does not know
		{english, "Мельник мелет зерно"}, // a script no language was listed for
	} {
		if r := tt.d.Detect(tt.text); r != (langid.Result{}) {
			t.Errorf("%q: %+v", tt.text, r)
		}
	}
}

// TestShare mixes letters of another script in: they are not shown to lingua and
// lower the score.
func TestShare(t *testing.T) {
	d := few(t)
	text := "Der Müller mahlt das Korn, und seine Tochter verkauft das Mehl"
	letters := 0
	for _, r := range text {
		if ucd.IsLetter(r) {
			letters++
		}
	}
	mixed := text + " " + strings.Repeat("д", letters/3)
	want := round(float64(letters)/float64(letters+letters/3), 1e3)
	if r := d.Detect(mixed); r.Language != "de" || r.Score != want {
		t.Errorf("%+v, want a score of %v", r, want)
	}
}

// TestSameEveryRun asks about hard texts many times, concurrently, on one and on
// several processors, and with detectors of their own.
func TestSameEveryRun(t *testing.T) {
	var texts []string
	for _, s := range []string{
		"Prologue", "hotel", "die", "Die hand in die water", "no se", "Max", "taxi radio",
		"hello привет 你好 мир world", "Привіт", "на", "мир мир мир", "كتاب", "नमस्ते",
		"o menino foi para a escola com o irmão e a irmã", "aaa bbb ccc", "ñññ", "ßßß", "xyzzy qwrt",
	} {
		texts = append(texts, s, strings.Repeat(s+" ", 40))
	}
	want := make([]langid.Result, len(texts))
	first := few(t)
	for i, text := range texts {
		want[i] = first.Detect(text)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(procs)
		d := few(t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					for i, text := range texts {
						if got := d.Detect(text); got != want[i] {
							t.Errorf("%q: %+v, then %+v", text, want[i], got)
						}
					}
				}
			})
		}
		wg.Wait()
	}
}

// value is a confidence made by the test.
type value struct {
	language   lingua.Language
	confidence float64
}

func (v value) Language() lingua.Language { return v.language }
func (v value) Value() float64            { return v.confidence }

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		values []lingua.ConfidenceValue
		code   string
		want   float64
	}{
		{[]lingua.ConfidenceValue{value{lingua.German, 0.25}, value{lingua.English, 0.75}}, "en", 0.75},
		{[]lingua.ConfidenceValue{value{lingua.German, 0.5}, value{lingua.Danish, 0.5}}, "da", 0.5},
		// noise in the last bits decides nothing
		{[]lingua.ConfidenceValue{value{lingua.German, 0.5 + 1e-12}, value{lingua.Danish, 0.5 - 1e-12}}, "da", 0.5},
		{[]lingua.ConfidenceValue{value{lingua.German, 0.5 + 1e-8}, value{lingua.Danish, 0.5 - 1e-8}}, "de", 0.50000001},
		{[]lingua.ConfidenceValue{value{lingua.German, 0}, value{lingua.Danish, 0}}, "da", 0},
	} {
		code, confidence := choose(tt.values)
		if code != tt.code || confidence != tt.want {
			t.Errorf("%v: %s %v, want %s %v", tt.values, code, confidence, tt.code, tt.want)
		}
		slices.Reverse(tt.values)
		if c, f := choose(tt.values); c != code || f != confidence {
			t.Errorf("%v: %s %v the other way round", tt.values, c, f)
		}
	}
}

func TestNewErrors(t *testing.T) {
	for _, tt := range []struct {
		languages []string
		want      string
	}{
		{[]string{"en", "de", "tlh"}, `unknown language "tlh": use ISO 639-1 codes such as "en", one of af ar az`},
		{[]string{"eng", "deu"}, `unknown language "eng"`},
		{[]string{"EN", "de"}, `unknown language "EN"`},
		{[]string{"en"}, "en is the only language listed of those in Latin script"},
		{[]string{"en", "en"}, "en is the only language"},
		{[]string{"en", "de", "ru"}, "ru is the only language listed of those in Cyrillic script"},
	} {
		if _, err := New(Options{Languages: tt.languages}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want %q", tt.languages, err, tt.want)
		}
	}
	if _, err := New(Options{Languages: []string{"th", "ja"}}); err != nil {
		t.Errorf("languages of which scripts tell: %v", err)
	}
}

func TestJSON(t *testing.T) {
	d, err := New(Options{Languages: []string{"en", "de"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(&langid.Tag{Detector: d})
	if want := `{"Detector":{"Model":{"Languages":["en","de"],"HighAccuracy":false},"Letters":300}}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
}

func TestLanguages(t *testing.T) {
	if len(languages) != 75 {
		t.Errorf("%d languages", len(languages))
	}
	count := map[ucd.Script]int{}
	for _, l := range languages {
		count[scriptOf(l)]++
	}
	want := map[ucd.Script]int{ucd.Latin: 49, ucd.Cyrillic: 8, ucd.Arabic: 3, ucd.Devanagari: 2, ucd.Unknown: 13}
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("languages by script: %v, want %v", count, want)
	}
}

// TestHighAccuracy has the corner in which lingua says Afrikaans because some
// language has none of the letters: ours does not follow.
func TestHighAccuracy(t *testing.T) {
	d, err := New(Options{Languages: []string{"en", "af", "es", "de"}, HighAccuracy: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"the mill", "en"},
		{"die Mühle", "de"},
		{"el molino", "es"},
	} {
		if r := d.Detect(tt.text); r.Language != tt.want {
			t.Errorf("%q: %+v, want %s", tt.text, r, tt.want)
		}
	}
	for _, text := range []string{"ñññ", "çöñ", "žžž"} {
		if r := d.Detect(text); r.Language == "af" {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

// TestEveryLatinLanguageHasAnA is what safe rests on.
func TestEveryLatinLanguageHasAnA(t *testing.T) {
	if racing {
		t.Skip("loads the models of all languages")
	}
	var latin []lingua.Language
	for _, code := range codes() {
		if l := languages[code]; scriptOf(l) == ucd.Latin {
			latin = append(latin, l)
		}
	}
	d := lingua.NewLanguageDetectorBuilder().FromLanguages(latin...).Build()
	for _, letter := range []string{"a", "e"} {
		for _, v := range d.ComputeLanguageConfidenceValues(letter) {
			if v.Value() == 0 {
				t.Errorf("%v has no %q", v.Language(), letter)
			}
		}
	}
}

func TestStage(t *testing.T) {
	d := few(t)
	err := stagetest.Check(func() textmill.Stage { return &langid.Tag{Detector: d} },
		&textmill.Document{ID: "de", Text: "Der Müller mahlt das Korn, und seine Tochter verkauft das Mehl."})
	if err != nil {
		t.Error(err)
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{"", "the mill", "привет hello", "ﬁﬂ", "İI", "aʼb ʻokina", "a\u0301e\u0301", "ＡＢＣ ａｂｃ", "नमस्ते दुनिया", "\xff\xfeabc"} {
		f.Add(s)
	}
	d := few(f)
	f.Fuzz(func(t *testing.T, text string) {
		got := d.Detect(text)
		if again := d.Detect(text); got != again {
			t.Errorf("%+v, then %+v", got, again)
		}
		if got.Score < 0 || got.Score > 1 || (got.Language == "") != (got == langid.Result{}) {
			t.Errorf("%+v", got)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	d, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("The miller grinds corn, and his daughter sells the flour at the market every Saturday. "+
		"Whoever comes late finds nothing but empty sacks, for the town is hungry and the harvest was poor.\n", 25)
	for _, letters := range []int{100, 300, 1000} {
		b.Run(fmt.Sprint(letters), func(b *testing.B) {
			d.Letters = letters
			d.Detect(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				d.Detect(text)
			}
		})
	}
}
