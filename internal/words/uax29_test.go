package words

import (
	"bufio"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
)

// TestWordBreakTest runs Unicode's own cases for the default word boundaries.
func TestWordBreakTest(t *testing.T) {
	f, err := os.Open(shareddata.Path(t, "unicode/debian-unicode-data-15.0/WordBreakTest.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		rule, comment, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(rule) == "" {
			continue
		}
		cases++
		text, want := parseBreaks(t, rule)
		var got []int
		for i := 0; i < len(text); {
			i, _ = segment(text, i)
			got = append(got, i)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: boundaries %v, want %v: %s", text, got, want, comment)
		}
	}
	if cases != 1823 {
		t.Errorf("read %d cases, want 1823", cases)
	}
}

// parseBreaks reads a case such as "÷ 0061 × 0308 ÷".
func parseBreaks(t *testing.T, rule string) (text string, ends []int) {
	t.Helper()
	for _, f := range strings.Fields(rule)[1:] {
		switch f {
		case "÷":
			ends = append(ends, len(text))
		case "×":
		default:
			r, err := strconv.ParseUint(f, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			text += string(rune(r))
		}
	}
	return text, ends
}

func TestUAX29Words(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"The (\"quick\") fox can't jump 32.3 feet, right?": "The|quick|fox|can't|jump|32.3|feet|right",
		"e.g. example.com a:b 1,5;6 1:2":                   "e.g|example.com|a:b|1,5;6|1|2",
		"foo_bar _x_ __ 3rd":                               "foo_bar|_x_|3rd",
		"a' 'b 'tis don’t":                                 "a|b|tis|don’t",
		"漢字 ひら カタカナ 한국어":                                   "漢|字|ひ|ら|カタカナ|한국어",
		"กำ ½ 👍 \u0301":                                    "ก|ำ|½",
		"cafe\u0301s":                                      "cafe\u0301s",
		"co\u00adoperate":                                  "co\u00adoperate",
		"\u05d0\u0022\u05d1 \u05d0\u0027":                  "\u05d0\u0022\u05d1|\u05d0\u0027",
	} {
		if got := strings.Join(at(text, UAX29.Append(nil, text)), "|"); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestUAX29FastPath compares with the segments found without the short cut for
// ASCII, on random and on real text.
func TestUAX29FastPath(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	texts := []string{}
	for range 4000 {
		texts = append(texts, randomText(rng))
	}
	if _, err := os.Stat("../../../shared/data/corpus"); err == nil {
		for _, of := range corpusTexts(t) {
			texts = append(texts, of[:min(5, len(of))]...)
		}
	}
	for _, text := range texts {
		var want []Span
		for i := 0; i < len(text); {
			end, word := segment(text, i)
			if word {
				want = append(want, Span{i, end})
			}
			i = end
		}
		if got := UAX29.Append(nil, text); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, at(text, got), at(text, want))
		}
	}
}
