//go:build !race

package tokenize_test

import (
	"bytes"
	"cmp"
	"compress/bzip2"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/tokenize"
)

// A text is one to be encoded, and where it is from.
type text struct{ from, text string }

// sharedTexts returns all of the test data that is text: the strings of JSON, the
// records of WET and WARC files, the files else, in blocks of 32 KB. What is not
// UTF-8 is made so, as it has to be before tiktoken takes it.
func sharedTexts(t testing.TB) []text {
	t.Helper()
	root := shareddata.Path(t, ".")
	texts, err := readTexts(root)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var readTexts = func() func(string) ([]text, error) {
	var once sync.Once
	var texts []text
	var err error
	return func(root string) ([]text, error) {
		once.Do(func() { texts, err = walkTexts(root) })
		return texts, err
	}
}()

func walkTexts(root string) (texts []text, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains([]string{".parquet", ".lz4"}, filepath.Ext(path)) {
			return err
		}
		file, err := readPacked(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for i, s := range divide(path, strings.ToValidUTF8(string(file), "\ufffd")) {
			texts = append(texts, text{fmt.Sprintf("%s, part %d", filepath.ToSlash(name), i), s})
		}
		return nil
	})
	return texts, err
}

// readPacked returns what is in a file. Some are damaged on purpose: of those it
// returns what comes before the damage.
func readPacked(path string) ([]byte, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r io.Reader = bytes.NewReader(file)
	switch filepath.Ext(path) {
	case ".gz":
		z, err := gzip.NewReader(r)
		if err != nil {
			return file, nil
		}
		r = z
	case ".bz2":
		r = bzip2.NewReader(r)
	}
	content, _ := io.ReadAll(r)
	return content, nil
}

// divide returns the texts of a file.
func divide(path, file string) []string {
	name := strings.TrimSuffix(filepath.Base(path), ".gz")
	switch {
	case strings.Contains(name, ".json"):
		if texts, err := jsonStrings(file); err == nil {
			return texts
		}
	case strings.Contains(name, ".warc") || strings.HasSuffix(name, ".wet"):
		return strings.SplitAfter(file, "\r\n\r\nWARC/")
	}
	return blocks(file, 32<<10)
}

// jsonStrings returns all strings of one or more JSON values.
func jsonStrings(file string) (texts []string, err error) {
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				collect(e)
			}
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				collect(k)
				collect(v[k])
			}
		}
	}
	d := json.NewDecoder(strings.NewReader(file))
	for {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return texts, nil
		} else if err != nil {
			return nil, err
		}
		collect(v)
	}
}

// blocks cuts s into parts of at most size bytes, at the end of a line if there is
// one, and between characters always.
func blocks(s string, size int) (parts []string) {
	for len(s) > size {
		n := strings.LastIndexByte(s[:size], '\n') + 1
		if n == 0 {
			for n = size; !utf8.RuneStart(s[n]); n-- {
			}
		}
		parts = append(parts, s[:n])
		s = s[n:]
	}
	return append(parts, s)
}

// everyCodePoint yields texts in which every Unicode scalar value stands before,
// after and between a letter, a digit, a space, an apostrophe and itself.
func everyCodePoint() iter.Seq[text] {
	return func(yield func(text) bool) {
		var s strings.Builder
		for first := rune(0); first <= utf8.MaxRune; first += 8 {
			s.Reset()
			for c := first; c < first+8; c++ {
				if utf8.ValidRune(c) {
					fmt.Fprintf(&s, "x%[1]cY %[1]c%[1]ca1%[1]c2'%[1]cs  %[1]c\n", c)
				}
			}
			if s.Len() > 0 && !yield(text{fmt.Sprintf("code points from %U", first), s.String()}) {
				return
			}
		}
	}
}

// longRuns yields texts that are one run, of up to longest bytes.
func longRuns(longest int) iter.Seq[text] {
	random := func(from ...string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return from[r.IntN(len(from))] }
	}
	between := func(first, last rune) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return string(first + rune(r.IntN(int(last-first)+1))) }
	}
	kinds := map[string]func(*rand.Rand) string{
		"a": random("a"), "A": random("A"), "letters": between('a', 'z'), "capitals": between('A', 'Z'), "two letters": random("a", "b"),
		"mixed case": random("a", "B", "c", "D"), "spaces": random(" "), "new lines": random("\n"), "returns": random("\r\n"), "tabs": random("\t"),
		"white space": random(" ", " ", "\n", "\t", "\u00a0", "\u3000"), "wide spaces": random("\u3000"),
		"1": random("1"), "digits": between('0', '9'), "Arabic digits": between(0x660, 0x669), "dashes": random("-"), "signs": between('!', '/'), "quotes": random("'"),
		"contractions": random("'s", "'S", "'ll"), "slashes": random("/", "\n"), "中": random("中"), "Chinese": between(0x4e00, 0x9fff),
		"Japanese": between(0x3041, 0x30ff), "Korean": between(0xac00, 0xd7a3), "Cyrillic": between(0x410, 0x44f), "Thai": between(0xe01, 0xe3a),
		"Arabic": between(0x620, 0x64a), "Devanagari": between(0x904, 0x94d), "marks": between(0x300, 0x36f), "base and marks": random("e", "\u0301", "\u0308"),
		"😀": random("😀"), "emoji": between(0x1f600, 0x1f64f), "family": random("👩\u200d", "👧\u200d"), "flags": between(0x1f1e6, 0x1f1ff),
		"variation selectors": random("\ufe0f"), "unassigned": between(0x40000, 0x4ffff), "private": between(0xe000, 0xf8ff), "NUL": random("\x00"),
		"replacement characters": random("\ufffd"), "zero width": random("\u200b", "\u200d", "\ufeff"), "special tokens": random("<|endoftext|>"),
	}
	return func(yield func(text) bool) {
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			r := rand.New(rand.NewPCG(9, uint64(len(name))))
			var s strings.Builder
			for s.Len() <= longest {
				s.WriteString(kinds[name](r))
			}
			for n := 100; n <= longest; n *= 10 {
				n := n
				for !utf8.RuneStart(s.String()[n]) {
					n--
				}
				for _, context := range []string{"%s", "a %s b"} {
					if !yield(text{fmt.Sprintf("%d bytes of %s", n, name), fmt.Sprintf(context, s.String()[:n])}) {
						return
					}
				}
			}
		}
	}
}

// An adversary makes texts of the kind that tokenizers get wrong.
type adversary struct {
	r       *rand.Rand
	classes [][]rune // of every script and every category
	tokens  []string // of the vocabulary, those that are UTF-8
	words   []string // of nineteen languages
}

func newAdversary(e *tokenize.BPE, seed uint64) *adversary {
	a := &adversary{r: rand.New(rand.NewPCG(seed, 0))}
	a.classes = unicodeClasses()
	for id := range uint32(e.VocabSize()) {
		if b, err := e.Decode(nil, []uint32{id}); err == nil && utf8.Valid(b) {
			a.tokens = append(a.tokens, string(b))
		}
	}
	for _, record := range sample.Records() {
		if record.Kind == sample.Article && len(a.words) < 200_000 {
			a.words = append(a.words, strings.FieldsFunc(record.Text, func(r rune) bool { return r == ' ' })...)
		}
	}
	return a
}

// unicodeClasses returns the characters of every script and of every category,
// letters and signs that came after Unicode 15.0 in a class of their own.
var unicodeClasses = sync.OnceValue(func() [][]rune {
	type class struct {
		script   ucd.Script
		category ucd.Category
	}
	classes := map[class][]rune{}
	for r := range rune(utf8.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		c := ucd.CategoryOf(r)
		byScript, byCategory := class{script: ucd.ScriptOf(r)}, class{category: c + 1}
		classes[byCategory] = append(classes[byCategory], r)
		if c != ucd.Cn && c != ucd.Co {
			byScript.category = 0
			classes[byScript] = append(classes[byScript], r)
		}
	}
	out := [][]rune{newCharacters()}
	keys := slices.SortedFunc(maps.Keys(classes), func(x, y class) int {
		return cmp.Or(cmp.Compare(x.script, y.script), cmp.Compare(x.category, y.category))
	})
	for _, k := range keys {
		out = append(out, classes[k])
	}
	return out
})

// newCharacters returns the code points of blocks of Unicode 15.1, 16.0 and 17.0.
func newCharacters() (rs []rune) {
	for _, block := range [][2]rune{
		{0x1c89, 0x1c8a}, {0xa7cb, 0xa7dc}, {0x105c0, 0x105f3}, {0x10940, 0x1095f}, {0x10d40, 0x10d8f}, {0x10ec2, 0x10ec7}, {0x11380, 0x113e1},
		{0x11bc0, 0x11bf9}, {0x11db0, 0x11de9}, {0x13460, 0x134ff}, {0x16100, 0x16139}, {0x16d40, 0x16d79}, {0x16ea0, 0x16ed3},
		{0x1ccf0, 0x1ccf9}, {0x1e5d0, 0x1e5ff}, {0x2ebf0, 0x2ee5d}, {0x323b0, 0x323ff}, {0x897, 0x897}, {0x88f, 0x88f}, {0xc5c, 0xc5c},
	} {
		for r := block[0]; r <= block[1]; r++ {
			rs = append(rs, r)
		}
	}
	return rs
}

func (a *adversary) one(from ...string) string { return from[a.r.IntN(len(from))] }

// text returns a text of one to twelve parts.
func (a *adversary) text() string {
	var s []byte
	for range 1 + a.r.IntN(12) {
		s = a.part(s)
	}
	return string(s)
}

var (
	spaces       = []string{" ", " ", " ", "\n", "\n", "\r\n", "\r", "\t", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", "\x1c", "\u180e"}
	apostrophes  = []string{"'", "'", "'", "’", "ʼ", "＇", "`"}
	contractions = []string{"s", "t", "re", "ve", "m", "ll", "d", "S", "T", "RE", "Ve", "M", "LL", "lL", "D", "ſ", "K", "x", "l", "r", "v", "rE", "İ", "ı"}
	emoji        = []string{"😀", "👍", "\U0001f3fd", "👩", "\u200d", "💻", "\ufe0f", "\ufe0e", "🇩", "🇪", "🇺", "1", "#", "\u20e3", "❤", "🏴", "\U000e0067", "\U000e007f", "☺", "\u2640", "🫨"}
	digits       = []string{"0", "1", "9", "12", "345", "٣", "३", "๕", "５", "²", "½", "Ⅷ", "𝟘", "৪", "၁", "㊄", "一", ".", ",", "-", " "}
	specials     = []string{"<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|start|>", "<|end|>", "<|reserved_200018|>", "<|im_start|>", "<|endoftext|", "<|ENDOFTEXT|>", "<|", "|>", "<|endoftext |>", "<s>", "[UNK]", "<0x0A>", "▁", "Ġ"}
	markup       = []string{"http://", "https://example.org/a//b?c=d&e#f", "</div>", "<a href=\"", "{{", "}}", "::", "->", "==", "!=", "//", "/*", "*/\n", "\\n", "...", "…", "--", "———", "\"\"\"", "#####", "$$", "@user", "a_b_c", "camelCase", "HTTPServer", "iPhone's", "ABCdefGHI", "ÀÉîõ", "straße", "ΑΒΓαβγ", "ǅǈ", "ﬁ", "İstanbul", "Ⅷ", "ªº", "ʰ", "x²", "e\u0301e\u0308"}
)

func (a *adversary) part(s []byte) []byte {
	r := a.r
	n := 1 + r.IntN(4)
	if r.IntN(8) == 0 {
		n = 1 + r.IntN(40)
	}
	switch r.IntN(14) {
	case 0: // any code points, of no kind
		for range 1 + n/4 {
			if c := rune(r.IntN(utf8.MaxRune + 1)); utf8.ValidRune(c) {
				s = utf8.AppendRune(s, c)
			}
		}
	case 1, 2, 3: // of one script or category
		class := a.classes[r.IntN(len(a.classes))]
		for range n {
			s = utf8.AppendRune(s, class[r.IntN(len(class))])
		}
	case 4:
		for range n {
			s = append(s, a.one(spaces...)...)
		}
	case 5: // spaces alike, which have tokens of their own
		s = append(s, strings.Repeat(a.one(spaces...), n)...)
	case 6:
		for range 1 + n/8 {
			s = append(s, a.one(apostrophes...)...)
			s = append(s, a.one(contractions...)...)
		}
	case 7:
		for range n {
			s = append(s, a.one(emoji...)...)
		}
	case 8:
		for range n {
			s = append(s, a.one(digits...)...)
		}
	case 9:
		s = append(s, a.one(specials...)...)
	case 10:
		s = append(s, a.one(markup...)...)
	case 11: // tokens that were not meant to stand side by side
		for range 1 + n/2 {
			s = append(s, a.tokens[r.IntN(len(a.tokens))]...)
		}
	case 12: // a period that joins in more than one way
		class := a.classes[r.IntN(len(a.classes))]
		period := []rune{'a', class[r.IntN(len(class))], rune('a' + r.IntN(26))}
		s = append(s, strings.Repeat(string(period[:1+r.IntN(3)]), n)...)
	case 13:
		for range 1 + n/4 {
			word := a.words[r.IntN(len(a.words))]
			if r.IntN(2) == 0 {
				s = append(s, ' ')
			}
			if r.IntN(4) == 0 {
				word = strings.ToUpper(word)
			}
			s = append(s, word...)
		}
	}
	return s
}
