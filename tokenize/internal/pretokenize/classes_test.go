package pretokenize

import (
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// The classes are those of Unicode 16.0: numbers of characters as tiktoken's
// regular expressions match them.
func TestClasses(t *testing.T) {
	table := Load()
	count := map[Class]int{}
	for r := range rune(utf8.MaxRune + 1) {
		for c := Letter; c <= Lower; c <<= 1 {
			if table.Of(r)&c != 0 {
				count[c]++
			}
		}
	}
	const (
		l, n, m                = 141028, 1911, 2501
		lu, ll, lt, lm, lo, ws = 1858, 2258, 31, 404, 136477, 25
	)
	for c, want := range map[Class]int{
		Letter: l, Number: n, Space: ws, Newline: 2,
		Upper: lu + lt + lm + lo + m, Lower: ll + lm + lo + m,
	} {
		if count[c] != want {
			t.Errorf("class %b: %d characters, want %d", c, count[c], want)
		}
	}
	if len(table.blocks) > 256 {
		t.Errorf("%d blocks do not fit into a byte", len(table.blocks))
	}
	if ucd.Version != "15.0.0" {
		t.Errorf("ucd is of Unicode %s: make since15 anew", ucd.Version)
	}
	last := rune(-1)
	for _, d := range since15 {
		if d.first <= last || d.last < d.first {
			t.Errorf("%#x is out of order", d.first)
		}
		for r := d.first; r <= d.last; r++ {
			if ucd.CategoryOf(r) != ucd.Cn {
				t.Errorf("%#x was there in 15.0", r)
			}
		}
		last = d.last
	}
}
