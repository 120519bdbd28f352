package hf

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.jsonl anew, with Python")

// goldenCorpus is what the small tokenizers are trained on.
var goldenCorpus = []string{
	"The mill stands by the river, and the river turns the wheel. The wheel turns the stone, and the stone grinds the grain.",
	"In the morning the miller's daughter carries the flour to the village; in the evening she's back with 3 coins, or 12.",
	"Die Mühle steht am Fluss. Das Wasser treibt das Rad, das Rad den Stein, und der Stein mahlt das Korn zu Mehl.",
	"Größere Säcke kosten 15,50 € mehr, kleine nicht. Wer früh kommt, wartet nicht lange.",
	"def turn(wheel, times=10):\n    for i in range(times):\n        wheel.angle += 0.25\n    return wheel\n",
	"Мельница стоит у реки, и река вращает колесо.",
}

// goldenTexts are the texts of the golden file.
func goldenTexts() []string {
	return append([]string{
		"", " ", "a", "The mill's wheel turns 1234 times.", "  two  spaces\n\n\tand a tab \n", "Größe, Mühle & Köln: 15 €!",
		"река 川 🌊 \u0301e\u0301 ﬁn ½ ①", "left <mask> right both\n single singles sin <|fim|>x</s> <s>", "'S don't we'LL",
		"def turn(x):\n        return x\r\n", "\x00\x01\u200b\ufeff\u2028", "<0x0A> <unk> [CLS]", "▁▁a ▁ b", strings.Repeat("grain", 40),
		"NFC: é e\u0301 각 \u1100\u1161\u11a8", strings.Repeat(" ", 30) + "x", "http://example.org/a?b=c&d=%20",
	}, goldenCorpus...)
}

// The golden file was written by tokenizers 0.23.3. It holds, a line for every
// tokenizer, the tokenizer.json that the library wrote and the ids of the texts.
func TestGolden(t *testing.T) {
	const name = "testdata/golden.jsonl"
	texts := goldenTexts()
	if *update {
		var lines []byte
		train(t, goldenCorpus, texts, 420, "gpt2,llama3,llama2,mistral,t5,added,bert", func(line []byte, _ trained) {
			lines = append(lines, line...)
		})
		if err := os.WriteFile(name, lines, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, one := range golden(t) {
		tok, err := Read(strings.NewReader(one.File), Config{Name: one.Name, EndOfText: endOf(one.File)})
		if err != nil {
			t.Error(err)
			continue
		}
		compare(t, tok, texts, one)
		n++
	}
	if n != 7 {
		t.Errorf("%d tokenizers", n)
	}
}

// golden returns what is in the golden file.
func golden(t testing.TB) []trained {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []trained
	for line := range bytes.Lines(b) {
		var one trained
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

// goldenFile returns one of the files in the golden file.
func goldenFile(t testing.TB, name string) string {
	t.Helper()
	for _, one := range golden(t) {
		if one.Name == name {
			return one.File
		}
	}
	t.Fatalf("no %s in the golden file", name)
	return ""
}
