package filter

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/textmill/textmill"
)

var textsFile = flag.String("texts", "", "write the texts of TestAgainstDatatrove to this file, as JSON lines, for testdata/verdicts.py")

// datatroveTexts are the texts that testdata/datatrove.txt has verdicts on.
func datatroveTexts() (texts []string) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		texts = append(texts, randomText(rng))
	}
	for range 300 { // nearer to what passes
		text := prose(rng.Uint64(), 200+rng.IntN(3000))
		lines := strings.SplitAfter(text, "\n")
		for range rng.IntN(len(lines)) {
			i, k := rng.IntN(len(lines)), rng.IntN(len(lines))
			switch rng.IntN(8) {
			case 0:
				lines[i] = lines[k]
			case 1:
				lines[i] = randomText(rng)
			case 2:
				lines[i] = "- " + lines[i]
			case 3:
				lines[i] = strings.TrimSpace(lines[i]) + ".." + []string{"", " "}[rng.IntN(2)] + "\n"
			case 4:
				w := strings.Fields(lines[k])
				lines[i] = strings.TrimSpace(lines[i]) + " " + strings.Join(w[:min(len(w), 12)], " ") + "\n"
			case 5:
				lines[i] = vocabulary[rng.IntN(len(vocabulary))] + "\n"
			case 6:
				lines[i] = strings.ReplaceAll(lines[i], " ", "\n")
			case 7:
				lines[i] = strings.ReplaceAll(lines[i], ". ", ".\n")
			}
		}
		texts = append(texts, strings.Join(lines, ""))
	}
	return texts
}

// datatroveFilters are the filters of testdata/verdicts.py.
func datatroveFilters() []textmill.Stage {
	repetition, dups := NewGopherRepetition(), NewGopherRepetition()
	dups.TopNGrams = nil
	gopher, some := NewGopherQuality(), NewGopherQuality()
	some.MinWords, some.MinMeanWordLength, some.MinStopWords = 0, 0, 1
	c4, open := NewC4Quality(), NewC4Quality()
	open.FilterNoTerminalPunct, open.MinSentences = false, 1
	fineweb, lists := NewFineWebQuality(), NewFineWebQuality()
	lists.MinLinePunct, lists.MaxShortLines, lists.MaxDupLineChars = 0, 1, 0.1
	for _, words := range []*Words{&repetition.Words, &dups.Words, &gopher.Words, &some.Words, &fineweb.Words, &lists.Words} {
		*words = Whitespace
	}
	return []textmill.Stage{repetition, dups, gopher, some, c4, open, NewC4Paragraph(), fineweb, lists}
}

// The verdicts in testdata were made by datatrove, not by us.
func TestAgainstDatatrove(t *testing.T) {
	texts := datatroveTexts()
	if *textsFile != "" {
		writeTexts(t, *textsFile, texts)
	}
	f, err := os.Open("testdata/datatrove.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := bufio.NewScanner(f)
	stages := datatroveFilters()
	reasons := map[string]int{}
	for _, text := range texts {
		if !want.Scan() {
			t.Fatal("there are fewer verdicts than texts", want.Err())
		}
		for i, want := range strings.Fields(want.Text()) {
			switch want { // where we differ on purpose
			case "error":
				continue
			case "keep:nothing":
				want = "empty"
			}
			reasons[want[:min(len(want), 30)]]++
			if got := verdictLikeDatatrove(t, stages[i], text); got != want {
				t.Errorf("%d, %+v of %.400q: got %s, want %s", i, stages[i], text, got, want)
			}
		}
	}
	if want.Scan() {
		t.Error("there are more verdicts than texts")
	}
	if len(reasons) < 60 {
		t.Errorf("%d different verdicts, which is too few to be worth much: %v", len(reasons), reasons)
	}
}

func verdictLikeDatatrove(t *testing.T, stage textmill.Stage, text string) string {
	doc := &textmill.Document{Text: text}
	v, err := stage.Process(t.Context(), doc)
	switch {
	case err != nil:
		t.Fatal(err)
	case v.Dropped():
		return v.Reason()
	case doc.Text != text:
		return fmt.Sprintf("keep:%.4x", sha256.Sum256([]byte(doc.Text)))
	}
	return "keep"
}

func writeTexts(t *testing.T, name string, texts []string) {
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, text := range texts {
		if err := json.NewEncoder(f).Encode(text); err != nil {
			t.Fatal(err)
		}
	}
}
