package words

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestTreebank has the tokens between bars. Unless a line says otherwise, they
// are those of spaCy's English tokenizer, and where the Penn Treebank's rules say
// something about the case, of those too.
func TestTreebank(t *testing.T) {
	for _, want := range []string{
		"",
		"word",
		// punctuation
		"Stop|, wait|; go|!|?|! stop|,|wait",
		"(|one|) [|two|] {|three|}|,",
		"\"|quoted|\" '|single|' “|curly|” ‘|single|’ «|guillemets|»",
		"so|... or| |…|so|... |...|or a|...|b",
		"a|—|b a|–|b",
		"¿|Qué|? ¡|No|!",
		"#|1 @user 50|% *|bold|* _|thin|_ &",
		"-v --help word-",
		"ok|😀 😀 ©|2020 →",
		// contractions
		"do|n't ca|n't is|n't would|n't|'ve it|'s dog|'s|. dogs|' I|'m we|'re they|'ll she|'d",
		"do|n’t it|’s we|’re",
		"WOULD|N'T IT|'S", // spaCy leaves the first whole
		"can|not Can|not| |gon|na Got|ta",
		"o'clock O'Brien rock'n'roll 'em",
		// abbreviations
		"Mr. Dr.| |U.S. e.g. i.e.|, p.m. J. Dec. vs. Ph.D.",
		"USA|. it|. 3|. 3.14|. end|.",
		// hyphens and slashes
		"well|-|known 32|-|bit 555|-|1234 a|/|b|/|c and/or 24/7 1/2",
		"key|:|value a|=|b x=1 12:30 x|,|y",
		// numbers
		"4,500 3.14 1,000,000.00 -5 +5 1st ½ x²",
		"$|3.50 £|20 100|€ 100|$ 5|km 10|am 5|kg|. 3|+|4 2010|-|2012",
		// addresses
		"http://example.com/a-b_c|. (|www.example.com|) me@example.com|, file.txt|, end|.|Next",
		"http://localhost/a-b", // spaCy wants a top-level domain
		// faces
		":) :-( ;D",
		// others
		"foo_bar C:\\foo foo|(|) f(x|)",
		"日本語|。",
	} {
		text := strings.ReplaceAll(want, "|", "")
		var words []string
		for field := range strings.SplitSeq(want, " ") {
			for w := range strings.SplitSeq(field, "|") {
				if w != "" {
					words = append(words, w)
				}
			}
		}
		got := at(text, Treebank.Append(nil, text))
		if g, w := strings.Join(got, " "), strings.Join(words, " "); g != w {
			t.Errorf("%q:\n got %s\nwant %s", text, g, w)
		}
	}
}

// TestTreebankLosesNothing checks that every character but white space is in a
// token, on texts that were made to break rules.
func TestTreebankLosesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		text := randomText(rng)
		got := strings.Join(at(text, Treebank.Append(nil, text)), "")
		if want := strings.Join(naiveWhitespace(text), ""); got != want {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestTreebankAppends checks that what is in front of the appended tokens stays.
func TestTreebankAppends(t *testing.T) {
	dst := []Span{{7, 8}}
	if got := Treebank.Append(dst, "(don't!)"); got[0] != dst[0] || len(got) != 6 {
		t.Errorf("%v", got)
	}
}

const spacyTokens = `
import sys, json, spacy
nlp = spacy.blank("en")
nlp.max_length = 10**8
for line in sys.stdin:
    spans = []
    for token in nlp.tokenizer(json.loads(line)):
        text = token.text.strip()
        if text:
            start = token.idx + token.text.index(text)
            spans.append([start, start + len(text)])
    print(json.dumps(spans))
`

// TestTreebankSpaCy measures how far Treebank agrees with spaCy on the English
// documents of the shared corpus. SPACY_PYTHON is a Python that has spaCy.
func TestTreebankSpaCy(t *testing.T) {
	python := os.Getenv("SPACY_PYTHON")
	if python == "" {
		t.Skip("needs SPACY_PYTHON")
	}
	texts := corpusTexts(t)["eng"]
	var input, output bytes.Buffer
	for _, text := range texts {
		line, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", spacyTokens)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &input, &output, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(&output)
	ours, theirs, same, difference, close := 0, 0, 0, 0, 0
	for _, text := range texts {
		var spans [][2]int
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &spans)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := map[[2]int]bool{}
		for _, s := range spans {
			want[s] = true
		}
		got := Treebank.Append(nil, text)
		for _, s := range inRunes(text, got) {
			if want[s] {
				same++
			}
		}
		d := max(len(got)-len(spans), len(spans)-len(got))
		difference += d
		if 100*d <= len(spans) {
			close++
		}
		ours += len(got)
		theirs += len(spans)
	}
	f1 := 2 * float64(same) / float64(ours+theirs)
	t.Logf("%d documents; tokens: %d, spaCy %d; count off by %.2f %%, by 1 %% or less in %.1f %% of the documents; F1 of the tokens %.4f",
		len(texts), ours, theirs, 100*float64(difference)/float64(theirs), 100*float64(close)/float64(len(texts)), f1)
	if f1 < 0.99 {
		t.Errorf("F1 of the tokens is %.4f, want 0.99", f1)
	}
}

// inRunes converts spans from bytes to code points, as Python counts.
func inRunes(text string, spans []Span) [][2]int {
	var out [][2]int
	place, runes := 0, 0
	for _, s := range spans {
		runes += utf8.RuneCountInString(text[place:s.Start])
		n := utf8.RuneCountInString(text[s.Start:s.End])
		out = append(out, [2]int{runes, runes + n})
		runes += n
		place = s.End
	}
	return out
}
