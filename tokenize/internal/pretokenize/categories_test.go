package pretokenize

import (
	"testing"
	"unicode/utf8"
)

// Numbers of characters as Oniguruma, with the tables of Unicode 16, matches them.
func TestCategories(t *testing.T) {
	table, classes := LoadCategories(), Load()
	var sign, punct, mark int
	for r := range rune(utf8.MaxRune + 1) {
		if table.IsSign(r) {
			sign++
			if classes.Of(r)&^Newline != 0 {
				t.Errorf("%#x is a sign and of class %b", r, classes.Of(r))
			}
		}
		if table.IsPunct(r) {
			punct++
		}
		if table.IsMark(r) {
			mark++
		}
	}
	if sign != 855+8514 || punct != 855 || mark != 2501 {
		t.Errorf("%d signs, %d of them punctuation, and %d marks", sign, punct, mark)
	}
	last := rune(-1)
	for _, d := range signsSince15 {
		if d.first <= last || d.last < d.first {
			t.Errorf("%#x is out of order", d.first)
		}
		last = d.last
	}
}
