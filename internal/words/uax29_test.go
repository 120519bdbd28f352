package words

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestWordBreakTest runs Unicode's own cases for the default word boundaries.
func TestWordBreakTest(t *testing.T) {
	f, err := os.Open(shared(t, "unicode/debian-unicode-data-15.0/WordBreakTest.txt"))
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
