package toxicity

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/internal/ucd"
)

func c4Lists(t testing.TB) map[string][]string {
	t.Helper()
	lists, err := ReadLists(os.DirFS(shareddata.Path(t, ldnoobw)), C4Languages...)
	if err != nil {
		t.Fatal(err)
	}
	return lists
}

// allLists makes one lexicon of the lists of all languages, with the language as
// the category.
func allLists(t testing.TB) *Lexicon {
	t.Helper()
	lists := c4Lists(t)
	seen := map[string]bool{}
	var entries []Entry
	for _, language := range C4Languages {
		for _, w := range lists[language] {
			if f := string(appendFold(nil, w, true)); !seen[f] {
				seen[f] = true
				entries = append(entries, Entry{w, strings.ReplaceAll(strings.ToLower(language), "-", "_"), 1})
			}
		}
	}
	return lexicon(t, entries...)
}

const removed = "drop: document_removed_with_badwords"

func TestC4BadWords(t *testing.T) {
	c, err := NewC4BadWords(map[string][]string{
		"en": {"damn", "shut up", "Scheiße", "fuck", "🖕", "a", "b c"},
		"hi": {"गध"}, "ru": {"жопа"}, "el": {"μαλακας"},
		"ja": {"バカ", "sm", "グロ", "女の子", "ABC"}, "th": {"โง่"}, "zh": {"笨蛋", "性"}, "zh-HK": {"粗口"},
		"fil": {"gago"}, "no": {"faen"}, "tr": {"it"},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		language, text string
		bad            bool
	}{
		{"en", "", false},
		{"en", "damn", true},
		{"en", "\nDAMN\n", true},
		{"en", "(damn)", true},
		{"en", "damned", false},
		{"en", "goddamn", false},
		{"en", "damn_", false},
		{"en", "damn2", false},
		{"en", "damné", false},
		{"en", "édamn", false},
		{"en", "damn\u0301", true}, // a mark is \W in Python
		{"en", "damn²", false},     // and ² is \w
		{"en", "damnⅷ", false},
		{"en", "damn\u200d", true},
		{"en", "damn字", false},
		{"en", "shut up", true},
		{"en", "shut  up", false}, // the space of the expression is one space
		{"en", "shut\nup", false},
		{"en", "SCHEISSE", false},
		{"en", "SCHEIẞE", true},
		{"en", "x🖕", false}, // \W must stand before
		{"en", "x 🖕!", true},
		{"en", "b c", true},
		{"en", "b b c", true}, // no space is left for the second, but one is enough
		{"en", "xa a", true},
		{"", "damn", true}, // the default language
		{"en-GB", "damn", true},
		{"hi", "गध", true},
		{"hi", "गधा", true}, // cut up: the vowel sign is a mark
		{"ru", "Жопа!", true},
		{"ru", "жопах", false},
		{"ru", "damn", false},
		{"el", "ΜΑΛΑΚΑΣ", true},
		{"ja", "おまえはバカだ", true},
		{"ja", "sm グロ 女の子", false},
		{"ja", "xabcx", true},
		{"th", "คนโง่มาก", true},
		{"zh", "你是笨蛋吗", true},
		{"zh", "性", false},
		{"zh-Hant-TW", "你是笨蛋吗", true},
		{"zh-HK", "你是笨蛋吗", false},
		{"zh-HK", " 粗口 ", true},
		{"tl", "gago", true},
		{"nb", "faen", true},
		{"nn-NO", "faen", true},
		{"tr", "İT", true},
	}
	for _, tt := range tests {
		want := "keep"
		if tt.bad {
			want = removed
		}
		if got := process(t, c, &textmill.Document{Language: tt.language, Text: tt.text}).String(); got != want {
			t.Errorf("%q in %q: %s, want %s", tt.text, tt.language, got, want)
		}
	}
}

func TestC4BadWordsUnlisted(t *testing.T) {
	c, err := NewC4BadWords(map[string][]string{"en": {"damn"}})
	if err != nil {
		t.Fatal(err)
	}
	docs := []*textmill.Document{{ID: "1", Language: "de", Text: "damn"}, {ID: "2", Language: "en", Text: "damn"}, {ID: "3", Language: "xx-YY"}}
	_, err = c.Process(t.Context(), docs[0])
	if want := `toxicity: no list of bad words for language "de": add one or set KeepUnlisted`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	c.KeepUnlisted = true
	out := &textmill.Memory{}
	p := &textmill.Pipeline{Source: textmill.Documents(docs...), Stages: []textmill.Stage{c}, Sink: out}
	r, err := p.Run(t.Context())
	if err != nil || r.Counts["toxicity.no_list"] != 2 || len(out.Documents()) != 2 {
		t.Errorf("%v, %v, %d documents", err, r.Counts, len(out.Documents()))
	}
}

func TestC4KeepFraction(t *testing.T) {
	c, err := NewC4BadWords(map[string][]string{"en": {"damn"}})
	if err != nil {
		t.Fatal(err)
	}
	kept := func(fraction float64, seed uint64) (ids string, n int) {
		c.KeepFraction, c.Seed = fraction, seed
		for i := range 10_000 {
			id := fmt.Sprint(i)
			if process(t, c, &textmill.Document{ID: id, Text: "damn"}).Kept() {
				ids, n = ids+" "+id, n+1
			}
		}
		return ids, n
	}
	if _, n := kept(0, 1); n != 0 {
		t.Errorf("kept %d of 10,000 at 0", n)
	}
	if _, n := kept(1, 1); n != 10_000 {
		t.Errorf("kept %d of 10,000 at 1", n)
	}
	a, n := kept(0.1, 1)
	if n < 900 || n > 1100 {
		t.Errorf("kept %d of 10,000 at 0.1", n)
	}
	if again, _ := kept(0.1, 1); again != a {
		t.Error("others are kept the second time")
	}
	if other, _ := kept(0.1, 2); other == a {
		t.Error("the same are kept with another seed")
	}
	// Whoever is kept at 0.1 is at 0.2.
	more, _ := kept(0.2, 1)
	for id := range strings.FieldsSeq(a) {
		if !strings.Contains(more+" ", " "+id+" ") {
			t.Fatalf("%s is kept at 0.1 but not at 0.2", id)
		}
	}
}

// Which documents of the corpus have a bad word, whatever their own language,
// according to Python 3.11's re: datatrove's expression with the words in lower
// case. The digest is of their numbers among the records of both files, each of which
// begins with one that is no document.
func TestC4AgreesWithPython(t *testing.T) {
	want := []struct {
		language string
		docs     int
		digest   string
	}{
		{"en", 122, "ed7738eba393abfb"},
		{"es", 17, "1298752d09dd0b20"},
		{"hi", 9, "12900acf01858978"},
		{"ja", 163, "b3ff5b45b3b70a70"},
		{"ru", 3, "2cb613f2904bcbf9"},
	}
	c, err := NewC4BadWords(c4Lists(t))
	if err != nil {
		t.Fatal(err)
	}
	pages := shareddata.Corpus(t)
	for _, w := range want {
		var bad []string
		headers := 0
		for i, p := range pages {
			if i == 0 || p.File != pages[i-1].File {
				headers++
			}
			if process(t, c, &textmill.Document{Language: w.language, Text: p.Text}).Dropped() {
				bad = append(bad, fmt.Sprint(headers+i))
			}
		}
		digest := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(bad, ","))))[:16]
		if len(bad) != w.docs || digest != w.digest {
			t.Errorf("%s: %d documents, digest %s; want %d, %s", w.language, len(bad), digest, w.docs, w.digest)
		}
	}
}

// The rule as an expression, on words and texts made of awkward pieces. What we do
// otherwise, İ and ς, is left out.
func FuzzC4BadWords(f *testing.F) {
	f.Add("damn\nshut up", "Damn shut  up", false)
	f.Add("a\nb a", "a_b b aba", false)
	f.Add("笨\n蛋", "x蛋x", true)
	f.Fuzz(func(t *testing.T, list, text string, anywhere bool) {
		for _, r := range list + text {
			if r == 'İ' || r == 'ς' || r == 'Σ' || r == '\ufffd' || ucd.CategoryOf(r) == ucd.Cn {
				return
			}
		}
		var words, quoted []string
		for w := range strings.SplitSeq(list, "\n") {
			if w = strings.TrimFunc(w, ucd.IsPythonSpace); w != "" && len(w) < MaxEntry && utf8.ValidString(w) && len(words) < 50 {
				words = append(words, w)
				quoted = append(quoted, regexp.QuoteMeta(string(ucd.AppendLower(nil, w))))
			}
		}
		if len(words) == 0 {
			return
		}
		text = text[:min(len(text), 2000)]
		text = strings.ToValidUTF8(text, "")
		expr := `(?:[^\pL\pN_]|^)(?:` + strings.Join(quoted, "|") + `)(?:[^\pL\pN_]|$)`
		language := "en"
		if anywhere {
			language, expr = "th", strings.Join(quoted, "|")
		}
		l, err := newBadWords(language, words)
		if err != nil {
			t.Fatal(err)
		}
		want := regexp.MustCompile(expr).Match(ucd.AppendLower(nil, text))
		if got := l.in(text); got != want {
			t.Errorf("words %q, text %q: %v, want %v", words, text, got, want)
		}
	})
}

func TestReadLists(t *testing.T) {
	files := fstest.MapFS{
		"en": {Data: []byte("damn\nshut up \n")}, "es": {Data: []byte("Coño\n")}, "README.md": {Data: []byte("x\xff")}, "xx": {Data: []byte("a\nx\xff")},
	}
	lists, err := ReadLists(files, "en", "es")
	if got := fmt.Sprintf("%q", lists); err != nil || got != `map["en":["damn" "shut up"] "es":["Coño"]]` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := ReadLists(files, "en", "fr"); err == nil || !strings.Contains(err.Error(), `toxicity: list for "fr": `) {
		t.Errorf("no list for French: %v", err)
	}
	if _, err := ReadLists(files, "xx"); err == nil || err.Error() != `toxicity: list of words, line 2: entry "x\xff" is not UTF-8: convert the list (list for "xx")` {
		t.Errorf("a damaged list: %v", err)
	}
	if _, err := ReadLists(files, "../en"); err == nil {
		t.Error("a language with dots was read")
	}
	if _, err := NewC4BadWords(map[string][]string{"en": {" "}}); err == nil || err.Error() != `toxicity: list for "en": entry without text` {
		t.Errorf("a blank word: %v", err)
	}
}

func TestC4JSON(t *testing.T) {
	c, err := NewC4BadWords(map[string][]string{"en": {"b", "A", "a"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(c)
	const want = `{"KeepFraction":0,"Seed":0,"DefaultLanguage":"en","KeepUnlisted":false,"Lists":{"en":{"words":2,"digest":"xxh3:`
	if err != nil || !strings.HasPrefix(string(got), want) {
		t.Errorf("%s, %v", got, err)
	}
}
