package toxicity

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

func lexicon(t testing.TB, entries ...Entry) *Lexicon {
	t.Helper()
	l, err := NewLexicon(entries)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// plain makes entries of weight 1.
func plain(texts ...string) []Entry {
	var entries []Entry
	for _, s := range texts {
		entries = append(entries, Entry{Text: s, Weight: 1})
	}
	return entries
}

// found returns the matches in text, with | between them.
func found(l *Lexicon, text string) string {
	var out []string
	for m := range l.Matches(text) {
		out = append(out, text[m.Start:m.End])
	}
	return strings.Join(out, "|")
}

func TestBoundaries(t *testing.T) {
	tests := []struct{ name, entries, text, want string }{
		{"alone", "damn", "damn", "damn"},
		{"case", "damn", "Damn DAMN dAmN", "Damn|DAMN|dAmN"},
		{"case of the entry", "DaMn", "damn", "damn"},
		{"punctuation", "damn", "(damn) damn, damn! «damn» “damn”…damn", "damn|damn|damn|damn|damn|damn"},
		{"in a word", "ass", "class assess bass", ""},
		{"digits", "ass", "ass1 2ass ass", "ass"},
		{"underscore", "ass", "_ass ass_ ass", "ass"},
		{"other letters", "ass", "éass assé passé ass", "ass"},
		{"marks", "ass", "ass\u0301 ass", "ass"},
		{"joiners", "ass", "ass\u200dx \u200cass ass", "ass"},
		{"hyphen and apostrophe", "ass", "ass-hat ass's", "ass|ass"},
		{"emoji beside", "ass", "ass😀ass", "ass|ass"},
		{"entry with edges that are no letters", "a$$", "fa$$y a$$ a$$y", "a$$|a$$"},
		{"entry of an emoji", "🖕", "x🖕y", "🖕"},
		{"apostrophe first", "'ll kill", "I'll kill, he'll killer", "'ll kill"},

		{"phrase", "shut up", "Shut up! shut  up shut\nup shut\u00a0\t up shutup shut-up", "Shut up|shut  up|shut\nup|shut\u00a0\t up"},
		{"phrase listed with odd spaces", "shut \t up", "shut up", "shut up"},
		{"phrase cut", "shut up", "shut upward", ""},
		{"spaces of other scripts", "shut up", "shut\u3000up shut\u2003up shut\u200bup", "shut\u3000up|shut\u2003up"},

		{"cyrillic", "жопа", "ЖОПА жопа жопах", "ЖОПА|жопа"},
		{"greek", "μαλακασ", "ΜΑΛΑΚΑΣ μαλακας μαλακασ", "ΜΑΛΑΚΑΣ|μαλακας|μαλακασ"},
		{"greek, listed with the final form", "μαλακας", "ΜΑΛΑΚΑΣ μαλακασ", "ΜΑΛΑΚΑΣ|μαλακασ"},
		{"turkish dotted capital", "it", "İT it ıt", "İT|it"},
		{"kelvin sign", "kock", "\u212aoc\u212a", "\u212aoc\u212a"},
		{"german capital sharp s", "scheiße", "SCHEIẞE", "SCHEIẞE"},
		{"arabic", "كلب", "كلب، كلب الكلب", "كلب|كلب"},
		{"hebrew", "זבל", "זבל! הזבל", "זבל"},
		{"devanagari marks are part of words", "गध", "गधा गध", "गध"},
		{"korean", "바보", "바보! 바보야", "바보"},
		{"deseret", "𐐨𐐩", "𐐀𐐁 𐐨𐐩𐐪", "𐐀𐐁"},

		{"chinese", "笨蛋", "你是笨蛋吗", "笨蛋"},
		{"japanese", "バカ", "おまえはバカだ", "バカ"},
		{"japanese, long vowel", "クソー", "このクソーめ", "クソー"},
		{"thai", "โง่", "คนโง่มาก", "โง่"},
		{"lao", "ໂງ່", "ຄົນໂງ່ຫຼາຍ", "ໂງ່"},
		{"khmer", "ឆ្កួត", "មនុស្សឆ្កួតណាស់", "ឆ្កួត"},
		{"myanmar", "ရူး", "လူရူးပါ", "ရူး"},
		{"latin among chinese", "sb", "你sb吗 usb接口", "sb"},
		{"mixed entry", "大sb", "你是大sb 大sbx", "大sb"},

		{"longest of those that begin together", "dumb;dumb bitch", "dumb bitch dumb", "dumb bitch|dumb"},
		{"leftmost of those that overlap", "a b;b c", "a b c", "a b"},
		{"longest, overlapping", "a b;a b c d;b c", "a b c d a b c", "a b c d|a b"},
		{"long one that begins first takes the place of two", "b;c;a b c", "a b c x b c", "a b c|b|c"},
		{"loser of a loser", "a b;b c d;d e", "a b c d e", "a b|d e"},
		{"chinese overlaps", "笨蛋;蛋", "笨蛋蛋", "笨蛋|蛋"},
		{"first the whole word, though a longer one begins", "go;go die", "go diet", "go"},
	}
	for _, tt := range tests {
		l := lexicon(t, plain(strings.Split(tt.entries, ";")...)...)
		if got := found(l, tt.text); got != tt.want {
			t.Errorf("%s: %q in %q: found %q, want %q", tt.name, tt.entries, tt.text, got, tt.want)
		}
	}
}

func TestExceptions(t *testing.T) {
	l := lexicon(t, Entry{"dick", "sexual", 1}, Entry{"moby dick", "", 0})
	scores := make([]float64, 1)
	if got := found(l, "Moby  Dick, dick"); got != "dick" {
		t.Errorf("found %q", got)
	}
	if s := l.Score("Moby Dick", scores); s != 0 || scores[0] != 0 {
		t.Errorf("an exception scores %v, %v", s, scores)
	}
	if got := l.Categories(); !slices.Equal(got, []string{"sexual"}) {
		t.Errorf("categories %q", got)
	}
}

func TestScore(t *testing.T) {
	entries := []Entry{{"strong", "b", 1}, {"mild", "a", 0.25}, {"very strong", "b", 2.5}}
	words := func(n int) string { return strings.Repeat("word ", n) }
	ratio := func(milli, n float64) float64 { return milli / (milli + 10*(n+50)) }
	tests := []struct {
		text        string
		total, a, b float64
	}{
		{"", 0, 0, 0},
		{words(1000), 0, 0, 0},
		{"strong", ratio(1000, 1), 0, ratio(1000, 1)},
		{"strong " + words(49), 0.5, 0, 0.5}, // 1 / (1 + (50+50)/100)
		{"strong " + words(50), ratio(1000, 51), 0, ratio(1000, 51)},
		{"mild " + words(9), ratio(250, 10), ratio(250, 10), 0},
		{"mild strong " + words(8), ratio(1250, 10), ratio(250, 10), ratio(1000, 10)},
		{"very strong", ratio(2500, 2), 0, ratio(2500, 2)}, // the longest only
		{"strong" + strings.Repeat("字", 98), 0.5, 0, 0.5},  // 98 characters are 49 words
		{"strong" + strings.Repeat("字", 97), 0.5, 0, 0.5},
		{"strong" + strings.Repeat("字", 99), ratio(1000, 51), 0, ratio(1000, 51)},
	}
	l, scores := lexicon(t, entries...), make([]float64, 2)
	for _, tt := range tests {
		if got := l.Score(tt.text, scores); got != tt.total || scores[0] != tt.a || scores[1] != tt.b {
			t.Errorf("%.20q: %v, %v; want %v, [%v %v]", tt.text, got, scores, tt.total, tt.a, tt.b)
		}
	}
	if l.Score("strong", scores) >= 1 || l.Score(strings.Repeat("strong ", 100_000), scores) >= 1 {
		t.Error("a score of 1")
	}
}

func TestCountWords(t *testing.T) {
	tests := map[string]int64{
		"": 0, " ": 0, "one": 1, "one two": 2, "don't": 2, "a-b_c": 2, "naïve café": 2, "e\u0301te\u0301 x": 2,
		"\u0301 x": 1, "👩‍👩‍👧 ☺️": 0, "字": 1, "字字": 1, "字字字": 2, "磨坊 mill 磨坊": 3, "カタカナ": 2, "คน": 1, "한국 말": 2, "१२": 1,
	}
	for text, want := range tests {
		if got := countWords(text); got != want {
			t.Errorf("%q: %d words, want %d", text, got, want)
		}
	}
}

func TestNewLexicon(t *testing.T) {
	tests := []struct {
		entries []Entry
		err     string
	}{
		{[]Entry{{"", "a", 1}}, "toxicity: entry without text"},
		{[]Entry{{" \n", "a", 1}}, "toxicity: entry without text"},
		{[]Entry{{"x\xff", "a", 1}}, `toxicity: entry "x\xff" is not UTF-8: convert the list`},
		{[]Entry{{strings.Repeat("x", 257), "a", 1}}, `toxicity: entry of 257 bytes, "xxxxxxxxxxxxxxxxxxxx"…; at most 256 are allowed`},
		{[]Entry{{"x", "A b", 1}}, `toxicity: category "A b"; use a name such as "insult"`},
		{[]Entry{{"x", "score", 1}}, `toxicity: category "score"; use a name such as "insult"`},
		{[]Entry{{"x", "a", -1}}, "toxicity: weight -1; want a number from 0.001 to 1000, or 0 for an exception"},
		{[]Entry{{"x", "a", 0.0009}}, "toxicity: weight 0.0009; want a number from 0.001 to 1000, or 0 for an exception"},
		{[]Entry{{"x", "a", 1000.1}}, "toxicity: weight 1000.1; want a number from 0.001 to 1000, or 0 for an exception"},
		{[]Entry{{"x", "a", 1}, {"X", "b", 1}}, `toxicity: "x" is listed as b 1 and as a 1: remove one`},
		{[]Entry{{"x y", "a", 1}, {"x  Y", "a", 2}}, `toxicity: "x y" is listed as a 2 and as a 1: remove one`},
		{[]Entry{{"x", "a", 1}, {"X", "a", 1}, {"y", "b", 1000}, {strings.Repeat("x", 256), "a", 0.001}}, ""},
		{nil, ""},
	}
	for _, tt := range tests {
		_, err := NewLexicon(tt.entries)
		if got := fmt.Sprint(err); got != tt.err && !(err == nil && tt.err == "") {
			t.Errorf("got %q, want %q", got, tt.err)
		}
	}
	var many []Entry
	for i := range maxCategories + 1 {
		many = append(many, Entry{fmt.Sprint(i), fmt.Sprintf("c%d", i), 1})
	}
	if _, err := NewLexicon(many); err == nil {
		t.Error("65 categories are accepted")
	}
	if _, err := NewLexicon(many[1:]); err != nil {
		t.Error(err)
	}
}

func TestZeroLexicon(t *testing.T) {
	var l Lexicon
	if s := l.Score("damn", nil); s != 0 || len(l.Categories()) != 0 || found(&l, "damn") != "" {
		t.Errorf("it finds something: %v", s)
	}
}

// The order of the entries changes nothing.
func TestLexiconOrder(t *testing.T) {
	entries := []Entry{{"b", "y", 1}, {"a b", "x", 2}, {"A", "x", 0.5}, {"a", "x", 0.5}, {"c", "", 1}}
	want, err := json.Marshal(lexicon(t, entries...))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(want), `{"entries":4,"categories":["toxic","x","y"],"digest":"xxh3:`) {
		t.Errorf("as JSON: %s", want)
	}
	slices.Reverse(entries)
	if got, _ := json.Marshal(lexicon(t, entries...)); string(got) != string(want) {
		t.Errorf("reversed: %s, want %s", got, want)
	}
	entries[0].Weight = 3
	if got, _ := json.Marshal(lexicon(t, entries...)); string(got) == string(want) {
		t.Error("another weight has the same digest")
	}
}

// naiveMatches finds the matches by the words of the documentation: all whole
// words, then again and again the leftmost, of those the longest.
func naiveMatches(l *Lexicon, text string) []hit {
	folds := make([]string, len(l.entries))
	for i, e := range l.entries {
		folds[i] = e.fold
	}
	boundary := func(i int) bool {
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i:])
		return i == 0 || i == len(text) || !inWord(before) || !inWord(after)
	}
	var all []find
	for _, f := range findNaively(folds, text, true) {
		if boundary(f.start) && boundary(f.end) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b find) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	var out []hit
	end := 0
	for _, f := range all {
		if f.start >= end {
			out = append(out, hit{f.start, f.end, f.word})
			end = f.end
		}
	}
	return out
}

func matches(l *Lexicon, text string) []hit {
	var out []hit
	l.hits(text, func(h hit) bool { out = append(out, h); return true })
	return out
}

func TestLexiconFindsWhatComparingFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pieces := append(slices.Clone(awkward), damaged...)
	total := 0
	for i := range 3000 {
		l, err := newLexicon(plain(randomWords(r, true)...), []int{1, 300, maxDense}[i%3])
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			text := randomText(r, r.IntN(60), pieces)
			got, want := matches(l, text), naiveMatches(l, text)
			if !slices.Equal(got, want) {
				t.Fatalf("text %q:\ngot  %v\nwant %v", text, got, want)
			}
			total += len(got)
		}
	}
	if total < 2000 {
		t.Errorf("only %d matches: the test tests little", total)
	}
}

// Common words of many languages in the corpus: the same matches as by comparing.
func TestLexiconOnCorpus(t *testing.T) {
	l := lexicon(t, plain("the", "of the", "in", "in the", "a", "an", "and", "and the", "is", "it is", "de", "de la", "la", "et", "der", "die",
		"und die", "en", "el", "в", "на", "и", "не", "и не", "που", "και", "της", "ve", "bir", "için", "ir", "ı", "的", "是", "一个", "个", "の",
		"です", "で", "コ", "ที่", "การ", "이", "और", "के", "في", "من", "של", "1", "2024", "e", "s", "’s", "'s", "(", "...", "_")...)
	texts := corpusTexts(t)
	total := 0
	for i := 0; i < len(texts); i += 40 {
		text := texts[i][:min(len(texts[i]), 5000)]
		got, want := matches(l, text), naiveMatches(l, text)
		if !slices.Equal(got, want) {
			t.Fatalf("document %d:\ngot  %v\nwant %v", i, got, want)
		}
		total += len(got)
	}
	if total < 5000 {
		t.Errorf("only %d matches: the test tests little", total)
	}
}

func FuzzLexicon(f *testing.F) {
	f.Add("damn\nshut up\tinsult\t0.5\nmoby dick\t\t0", "Damn, SHUT\n up")
	f.Add("笨蛋\n蛋\nsb", "你是笨蛋蛋sb")
	f.Add("a b\nb c d\nd e\na b c d e f", "a b c d e\xff a")
	f.Fuzz(func(t *testing.T, list, text string) {
		entries, err := ReadTSV(strings.NewReader(list))
		if err != nil || len(entries) > 200 {
			return
		}
		l, err := newLexicon(entries, 500)
		if err != nil {
			return
		}
		text = text[:min(len(text), 2000)]
		if got, want := matches(l, text), naiveMatches(l, text); !slices.Equal(got, want) {
			t.Errorf("text %q:\ngot  %v\nwant %v", text, got, want)
		}
		scores := make([]float64, len(l.Categories()))
		total := l.Score(text, scores)
		for _, s := range append(scores, total) {
			if !(s >= 0 && s < 1 && s <= total) {
				t.Errorf("score %v of a category, %v on the whole", s, total)
			}
		}
	})
}

func TestLexiconDoesNotAllocate(t *testing.T) {
	l := English()
	text := strings.Repeat("What the damn fuck, stupid. Harmless words, naïve café, more of them. ", 100)
	scores := make([]float64, len(l.Categories()))
	if n := testing.AllocsPerRun(20, func() { l.Score(text, scores) }); n != 0 {
		t.Errorf("Score allocates %v times", n)
	}
}

func TestLexiconConcurrently(t *testing.T) {
	l := English()
	text := strings.Repeat("You stupid idiot. ", 50)
	want := l.Score(text, make([]float64, len(l.Categories())))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := l.Score(text, make([]float64, len(l.Categories()))); got != want {
					t.Errorf("%v, want %v", got, want)
				}
			}
		})
	}
	wg.Wait()
}

// Words that are somebody's identity must not be on the bundled list.
func TestEnglish(t *testing.T) {
	l := English()
	if got := l.Categories(); !slices.Equal(got, []string{"insult", "profanity", "sexual", "threat"}) {
		t.Errorf("categories %q", got)
	}
	harmless := `A Black, white, Asian, Latino or Jewish person; a Muslim, a Christian, an atheist, a Hindu; gay, lesbian,
		bisexual, transgender, queer, straight, deaf, blind, disabled, autistic, old, young, female, male, immigrant, refugee.
		Sex education, breast cancer, gender studies, rape crisis centre, suicide prevention, Scunthorpe, Moby Dick,
		Dickens, cockpit, class assessment, Essex, magna cum laude, pussy willow, cocktail, shiitake, hello, titles, analysis.
		Smoking can kill you. He was killed. The gun was loaded.`
	for m := range l.Matches(harmless) {
		t.Errorf("%q is on the list", m.Entry.Text)
	}
	for _, text := range []string{"What a load of shit!", "shut the FUCK up", "You idiot.", "free porn", "I’ll kill you", "I'll  kill\nyou"} {
		if found(l, text) == "" {
			t.Errorf("nothing found in %q", text)
		}
	}
	for _, e := range l.entries {
		for _, r := range e.Text {
			if ucd.IsUpper(r) {
				t.Errorf("%q has capital letters", e.Text)
			}
		}
	}
}
