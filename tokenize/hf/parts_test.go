package hf

import (
	"bufio"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/peers"
)

//go:embed testdata/parts.py
var partsScript string

// A charsmap is a table of replacements, made to a double array that is as simple
// as can be: the children of every node have a block of 256 units of their own.
func charsmap(table map[string]string) string {
	var texts []byte
	units := make([]uint32, 512)
	blocks := map[string]uint32{"": 1} // the block of the children of a node, by what leads to it
	at := map[string]uint32{"": 0}
	for _, what := range slices.Sorted(maps.Keys(table)) {
		for i := range len(what) {
			block := blocks[what[:i]]
			unit := block<<8 | uint32(what[i])
			at[what[:i+1]] = unit
			units[unit] |= uint32(what[i])
			if _, ok := blocks[what[:i+1]]; !ok {
				blocks[what[:i+1]] = uint32(len(units) >> 8)
				units = append(units, make([]uint32, 256)...)
			}
		}
		block := blocks[what]
		units[at[what]] |= 1 << 8
		units[block<<8] = 1<<31 | uint32(len(texts))
		texts = append(append(texts, table[what]...), 0)
	}
	for what, unit := range at {
		units[unit] |= (unit ^ blocks[what]<<8) << 10
	}
	data := binary.LittleEndian.AppendUint32(nil, uint32(4*len(units)))
	for _, u := range units {
		data = binary.LittleEndian.AppendUint32(data, u)
	}
	return base64.StdEncoding.EncodeToString(append(data, texts...))
}

// someCharsmap replaces characters of all kinds, so that where graphemes end can be
// seen: of a short one that begins with such a character, only that is left.
func someCharsmap() string {
	table := map[string]string{
		"a": "X", "\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "\u200b": "", "\u0001": "", "ﬁ": "fi", "①": "1", "e\u0301": "é",
		"é": "é", "㌔": "キロ", "™": "TM", "\u0958": "Q", "\u0600": "p", "\u06dd": "p", "\u0d4e": "p", "\u0301": "m", "\u0903": "m",
		"\u1100": "h", "\u1161": "h", "가": "h", "©": "c", "\u200d": "z", "😀": ":)", "𝐀": "A", "\u00ad": "-", "ｶ": "カ", "Å": "Å", "\u0f73": "\u0f71\u0f72",
	}
	return charsmap(table)
}

func TestPartsAgainstTokenizers(t *testing.T) {
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	normal := []string{
		`{"type":"NFC"}`, `{"type":"NFD"}`, `{"type":"NFKC"}`, `{"type":"NFKD"}`, `{"type":"Lowercase"}`, `{"type":"Nmt"}`,
		`{"type":"StripAccents"}`, `{"type":"Strip","strip_left":true,"strip_right":true}`,
		`{"type":"Strip","strip_left":false,"strip_right":true}`, `{"type":"Strip","strip_left":true,"strip_right":false}`,
		`{"type":"Prepend","prepend":"▁"}`, `{"type":"ByteLevel"}`,
		`{"type":"Replace","pattern":{"String":" "},"content":"▁"}`, `{"type":"Replace","pattern":{"String":"ab"},"content":""}`,
		`{"type":"Replace","pattern":{"String":"''"},"content":"\""}`,
		`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}`,
		`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":false,"lowercase":true}`,
		`{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":true,"strip_accents":true,"lowercase":false}`,
		`{"type":"Precompiled","precompiled_charsmap":"` + someCharsmap() + `"}`,
		`{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}`,
	}
	pre := []string{ // the first are asked about every character
		`{"type":"Whitespace"}`, `{"type":"BertPreTokenizer"}`, `{"type":"Digits","individual_digits":true}`,
		`{"type":"Split","pattern":{"Regex":` + quoted(deepSeek3) + `},"behavior":"Isolated","invert":false}`,
		`{"type":"Split","pattern":{"Regex":` + quoted(o200k) + `},"behavior":"Isolated","invert":false}`,
		`{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}`,
		`{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}`,
		`{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false}`,
		`{"type":"WhitespaceSplit"}`, `{"type":"CharDelimiterSplit","delimiter":"e"}`,
		`{"type":"Digits","individual_digits":false}`, `{"type":"FixedLength","length":3}`,
		`{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}`,
		`{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}`,
		`{"type":"Metaspace","replacement":"_","prepend_scheme":"never","split":false}`,
		`{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]}`,
		`{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false},{"type":"Digits","individual_digits":true},{"type":"Whitespace"}]}`,
	}
	for _, b := range slices.Sorted(maps.Keys(behaviors)) {
		pre = append(pre, `{"type":"Punctuation","behavior":"`+b+`"}`)
		for _, invert := range []string{"true", "false"} {
			for _, p := range []string{`{"String":" "}`, `{"String":"ab"}`, `{"Regex":"\\s+"}`, `{"Regex":"\\p{N}{1,3}"}`} {
				pre = append(pre, `{"type":"Split","pattern":`+p+`,"behavior":"`+b+`","invert":`+invert+`}`)
			}
		}
	}
	for _, e := range slices.Sorted(maps.Keys(expressions)) {
		pre = append(pre, `{"type":"Split","pattern":{"Regex":`+quoted(e)+`},"behavior":"Isolated","invert":false}`)
	}
	texts := longRuns()
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		texts = append(texts, oddText(r))
	}
	const all = 5 // pre-tokenizers
	few := len(texts)
	texts = append(texts, everyCharacter()...)
	list := make([]*string, 0, len(texts)+1)
	for i := range texts {
		if i == few {
			list = append(list, nil)
		}
		list = append(list, &texts[i])
	}
	job, err := json.Marshal(map[string]any{
		"normalizers": rawMessages(normal), "pre_tokenizers": rawMessages(pre), "texts": list, "few": all,
	})
	if err != nil {
		t.Fatal(err)
	}
	peers.Talk(t, partsScript, nil, func(w io.Writer) error {
		_, err := w.Write(job)
		return err
	}, func(r io.Reader) error {
		lines := bufio.NewReader(r)
		for i, description := range append(normal, pre...) {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return err
			}
			switch {
			case i < len(normal):
				compareNormalizer(t, description, texts, line)
			case i < len(normal)+all:
				comparePreTokenizer(t, description, texts, line)
			default:
				comparePreTokenizer(t, description, texts[:few], line)
			}
		}
		return nil
	})
}

func rawMessages(list []string) []json.RawMessage {
	var out []json.RawMessage
	for _, s := range list {
		out = append(out, json.RawMessage(s))
	}
	return out
}

// everyCharacter returns texts with every character there is, in places where its
// properties matter.
func everyCharacter() []string {
	var out []string
	var w strings.Builder
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if r >= 0xd800 && r < 0xe000 || r > 0x1ffff && r < 0xe0000 && r&0x3ff > 2 || r > 0xe0200 && r&0x3ff > 2 {
			continue
		}
		w.WriteString("a" + string(r) + "\u0334" + string(r) + "é1" + string(r) + " ")
		if w.Len() > 4000 {
			out = append(out, w.String())
			w.Reset()
		}
	}
	return append(out, w.String())
}

func compareNormalizer(t *testing.T, description string, texts []string, line []byte) {
	t.Helper()
	list, err := readNormalizers("normalizer", []byte(description), 0)
	if err != nil {
		t.Error(err)
		return
	}
	var want []string
	if err := json.Unmarshal(line, &want); err != nil || len(want) != len(texts) {
		t.Fatalf("%d texts of %d: %v", len(want), len(texts), err)
	}
	differences := 0
	for i, text := range texts {
		n := normal{text: text, origin: min(1, len(text))}
		for _, one := range list {
			one.apply(&n)
		}
		if text == "" || n.text == want[i] { // the library does not ask for what is empty
			continue
		}
		a, b := around(n.text, want[i])
		t.Errorf("%.100s: %.40q\n got …%+.80q\nwant …%+.80q", description, text, a, b)
		if differences++; differences > 5 {
			return
		}
	}
}

// around returns what two texts are from shortly before the first difference.
func around(a, b string) (string, string) {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	i = max(0, i-12)
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	return a[i:], b[i:]
}

func comparePreTokenizer(t *testing.T, description string, texts []string, line []byte) {
	t.Helper()
	var failed struct{ Error string }
	if json.Unmarshal(line, &failed) == nil && failed.Error != "" {
		t.Errorf("%s: the library refuses it: %s", description, failed.Error)
		return
	}
	steps, err := readSteps("pre_tokenizer", []byte(description), 0)
	if err != nil {
		t.Error(err)
		return
	}
	var want [][]string
	if err := json.Unmarshal(line, &want); err != nil || len(want) != len(texts) {
		t.Fatalf("%d texts of %d: %v", len(want), len(texts), err)
	}
	differences := 0
	for i, text := range texts {
		c := cutting{text: text, origin: min(1, len(text))}
		if text != "" {
			c.spans = []span{{0, len(text)}}
		}
		for _, s := range steps {
			s.apply(&c)
		}
		var got []string
		for _, p := range c.spans {
			got = append(got, c.text[p.start:p.end])
		}
		if slices.Equal(got, want[i]) {
			continue
		}
		k := 0
		for k < min(len(got), len(want[i])) && got[k] == want[i][k] {
			k++
		}
		k = max(0, k-1)
		t.Errorf("%.200s: %.60q\n got %+.100q\nwant %+.100q", description, text, got[min(k, len(got)):], want[i][min(k, len(want[i])):])
		if differences++; differences > 3 {
			return
		}
	}
}
