package hf

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/internal/sample"
)

var only = flag.String("only", "", "names of the tokenizers to train, with commas between them")

//go:embed testdata/train.py
var trainScript string

// sampleTexts returns texts in nineteen languages, and junk.
func sampleTexts() []string {
	var out []string
	for _, r := range sample.Records() {
		if utf8.ValidString(r.Text) {
			out = append(out, r.Text)
		}
	}
	return out
}

// oddText returns a text of the kind that goes wrong.
func oddText(r *rand.Rand) string {
	pools := []string{
		"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", " \t\n\r\v\u0085\u00a0\u2003\u3000", "'sStTmMdDlLvVeErR’",
		"0123456789²½٣Ⅷ", "!?.,;:-_/\\()[]{}<>@#$%^&*+=~`|\"", "éÉßœŒıİǅʰªºﬁ", "中文字かなカナ한국어", "абвАБВґЇ", "אבגابتपाฟก",
		"\u0301\u0308\u0903\u20dd\u0e34\u0323", "😀👍🏽🇩🇪\u200d\ufe0f", "\ufeff\u200b\u00ad\x00\x01\x07\x1c\u2028", "𝐀𝑏𐐀𐐨𠀀𞤀", "▁▁ ▁a",
		"ｅ\u0301Ａ\u030aｶﾞ㌔①…™", "\u0915\u094d\u0937\u093c\u0958\u0301", "\u1100\u1161\u11a8가각", "\u0344\u0f73\u1e69\u0390\u2126\u212b",
		"\U00011930\U00011935\u08d3\u1ac1\u032d\u0345", "\ua7ce\U00010d50\u1c89\U00016ea0",
	}
	words := []string{
		"hello", "World", "don't", "I'LL", "we've", "HTTPServer", "iPhone's", "foo_bar", "3.14159", "http://example.org/a//b\n",
		"\r\n\r\n", "   ", "    x", "Straße", "ΑΒΓαβγ", "'s", "'S", "'ſ", "AbCdEf", "ÀÉîõ", "<|endoftext|>", "<s>", "</s>", "<unk>", "<0x0A>",
		"[CLS]", "[MASK]", " left ", "  right  ", "both", " both\t", "single", "singles", "sin", "ein Wort", "EIN WORT ", "\n\n", "<mask>",
		" <|left|> ", "<|fim|>", "<|fim|>x", "LEFT", "ﬁn", "RAW", "  ", "日本", "the", "1234567", "!!!abc", "...\n",
	}
	var sb strings.Builder
	for range 1 + r.IntN(14) {
		if r.IntN(3) == 0 {
			sb.WriteString(words[r.IntN(len(words))])
			continue
		}
		pool := []rune(pools[r.IntN(len(pools))])
		for range 1 + r.IntN(5) {
			sb.WriteRune(pool[r.IntN(len(pool))])
		}
	}
	return sb.String()
}

// longRuns returns texts of one kind of character.
func longRuns() []string {
	out := []string{""}
	for _, s := range []string{"a", " ", "\n", "7", "中", "😀", "é", "▁", "ab ", "\u0301", "e\u0301\u0323", "!", "<s>"} {
		out = append(out, strings.Repeat(s, 2000))
	}
	return out
}

// A trained is a line of what the script writes.
type trained struct {
	Name, File               string
	Plain, Special, Template [][]uint32
	Decoded                  []string
}

// train calls f for every line of what the script writes: for the tokenizers of
// which the names are given, or for all.
func train(t *testing.T, corpus, texts []string, size int, names string, f func(line []byte, one trained)) {
	t.Helper()
	job, err := json.Marshal(map[string]any{"corpus": corpus, "texts": texts, "size": size, "only": names})
	if err != nil {
		t.Fatal(err)
	}
	peers.Talk(t, trainScript, nil, func(w io.Writer) error {
		_, err := w.Write(job)
		return err
	}, func(r io.Reader) error {
		lines := bufio.NewReader(r)
		for {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			var one trained
			if err := json.Unmarshal(line, &one); err != nil {
				return err
			}
			f(line, one)
		}
	})
}

// endOf returns a token that the file has.
func endOf(file string) string {
	for _, token := range []string{"<|endoftext|>", "</s>", "[SEP]", "<unk>"} {
		if quoted, _ := json.Marshal(token); strings.Contains(file, token) || bytes.Contains([]byte(file), quoted) {
			return token
		}
	}
	return "</s>"
}

func TestAgainstTokenizers(t *testing.T) {
	texts := longRuns()
	for i, text := range sampleTexts() {
		if i%7 == 0 && len(text) < 6_000 {
			texts = append(texts, text)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		texts = append(texts, oddText(r))
	}
	var corpus []string
	for i, text := range sampleTexts() {
		if i%4 == 0 && len(text) < 4_000 {
			corpus = append(corpus, text)
		}
	}
	n := 0
	train(t, corpus, texts, 1500, *only, func(_ []byte, one trained) {
		n++
		tok, err := Read(strings.NewReader(one.File), Config{Name: one.Name, EndOfText: endOf(one.File)})
		if err != nil {
			t.Error(err)
			return
		}
		compare(t, tok, texts, one)
	})
	if n < 25 && *only == "" && !t.Failed() {
		t.Errorf("only %d tokenizers", n)
	}
}

// compare holds what the tokenizer does against what the library did. It reports
// a few differences only.
func compare(t *testing.T, tok *Tokenizer, texts []string, want trained) {
	t.Helper()
	differences := 0
	for i, text := range texts {
		for _, c := range []struct {
			what   string
			encode func([]uint32, string) []uint32
			want   []uint32
		}{
			{"Encode", tok.Encode, want.Plain[i]},
			{"EncodeSpecial", tok.EncodeSpecial, want.Special[i]},
			{"EncodeTemplate", tok.EncodeTemplate, want.Template[i]},
		} {
			got := c.encode(nil, text)
			if !slices.Equal(got, c.want) {
				differences++
				t.Errorf("%s: %s: %.200q (%+.200q)\n got %.60d\nwant %.60d%s", want.Name, c.what, text, text, got, c.want, firstDifference(tok, got, c.want))
			}
		}
		decoded, err := tok.Decode(nil, want.Plain[i])
		if s := strings.ToValidUTF8(string(decoded), "\ufffd"); err != nil || s != want.Decoded[i] && utf8.Valid(decoded) {
			differences++
			t.Errorf("%s: Decode: %.200q\n got %.200q, %v\nwant %.200q", want.Name, text, decoded, err, want.Decoded[i])
		}
		if differences > 5 {
			t.Errorf("%s: and so on", want.Name)
			return
		}
	}
}

func firstDifference(tok *Tokenizer, got, want []uint32) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			a, _ := tok.token(got[i])
			b, _ := tok.token(want[i])
			return fmt.Sprintf("\nfirst at %d: %q, want %q", i, a, b)
		}
	}
	return fmt.Sprintf("\n%d, want %d", len(got), len(want))
}
