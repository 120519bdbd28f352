package stagetest

import (
	"fmt"
	"iter"
	"strings"

	"github.com/textmill/textmill"
)

// Texts yields texts that stages have been known to stumble over, each with a
// name: empty, blank, one rune, very long lines with and without spaces, many
// scripts, combining marks, emoji sequences, NUL and other controls, every kind
// of line break. All are valid UTF-8; the longest has 4 MB.
func Texts() iter.Seq2[string, string] {
	return func(yield func(name, text string) bool) {
		for _, t := range texts {
			if !yield(t.name, t.text()) {
				return
			}
		}
	}
}

// Documents returns a document for each of [Texts], with an ID and a URL.
func Documents() []*textmill.Document {
	var docs []*textmill.Document
	for name, text := range Texts() {
		i := len(docs)
		docs = append(docs, &textmill.Document{
			ID: fmt.Sprintf("stagetest-%d", i), URL: "https://example.org/" + strings.ReplaceAll(name, " ", "-"),
			Language: "en", Text: text, Shard: "stagetest", Index: i,
		})
	}
	return docs
}

var texts = []struct {
	name string
	text func() string
}{
	{"empty", is("")},
	{"space", is(" ")},
	{"newlines", is("\n\n\n")},
	{"all white space", is("\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2003\u2028\u2029\u202f\u205f\u3000\x1c\x1d\x1e\x1f")},
	{"one rune", is("x")},
	{"one digit", is("7")},
	{"one mark", is("\u0301")},
	{"one wide rune", is("字")},
	{"highest code point", is("\U0010ffff")},
	{"replacement characters", is("\ufffd\ufffd \ufffd")},
	{"prose", is("The miller wakes before the sun. She opens the sluice, and the wheel begins to turn.\nBy noon the flour is in the sacks; by night it is bread.\n")},
	{"prose without line break", is("Nobody has counted the steps to the tower, but everybody who climbed them is sure of the number.")},
	{"repeated word", is(strings.Repeat("word ", 5_000))},
	{"repeated line", is(strings.Repeat("this line comes again and again.\n", 500))},
	{"many short lines", is(strings.Repeat("a\n", 5_000))},
	{"paragraphs", is("one.\n\ntwo.\n\n\n\nthree.\n\none.")},
	{"line breaks of all kinds", is("a\nb\rc\r\nd\ve\ff\x1cg\x1dh\x1ei\u0085j\u2028k\u2029l")},
	{"punctuation", is("... !!! ??? --- ••• ### … — “” «» {} [] () <> \\ / | ~ ^ ` ' \"")},
	{"numbers", is("1 22 333 4,444 5.5 1e9 2024-02-30 12:34:56 192.0.2.1 ::1 +1 (555) 010-0199 ١٢٣ १२३ ⅷ ½")},
	{"addresses", is("mailto:a.b+c@example.org, <x@y.example> @ @@ a@ @b http://user:pw@example.org:80/?q=%20#f")},
	{"accents", is("naïve café, Ångström, a\u0301 e\u0301\u0323, ﬁ ligature, İstanbul, ΣΊΣΥΦΟΣ, straße, ǅ")},
	{"cyrillic", is("Мельник встаёт до рассвета, и колесо начинает вращаться.")},
	{"chinese", is("磨坊主在日出前醒来。水轮开始转动，面粉装满了袋子。")},
	{"japanese", is("粉屋は夜明け前に起きる。水車がゆっくりと回りはじめる。ﾃｽﾄ")},
	{"korean", is("방앗간 주인은 해가 뜨기 전에 일어난다. 한글")},
	{"thai", is("เจ้าของโรงสีตื่นก่อนพระอาทิตย์ขึ้นทุกวัน")},
	{"hindi", is("चक्कीवाला सूरज निकलने से पहले उठता है।")},
	{"arabic", is("يستيقظ الطحّان قبل شروق الشمس، ثم تدور العجلة.")},
	{"hebrew", is("הטוחן מתעורר לפני הזריחה, והגלגל מתחיל להסתובב.")},
	{"mixed directions", is("abc \u202eאבג\u202c 123 \u2067شمس\u2069 def")},
	{"emoji", is("👩‍👩‍👧‍👦🏳️‍🌈👍🏽 ☺️ 🇨🇭 #️⃣")},
	{"zero width", is("z\u200be\u200cr\u200do\u2060w\ufeffidth\u00ad")},
	{"byte order mark", is("\ufeffwith a byte order mark")},
	{"NUL", is("nul\x00byte\x00\x00")},
	{"controls", is("bell\x07 back\x08space esc\x1b[31mred\x1b[0m del\x7f c1\u0080\u009f")},
	{"mojibake", is("donâ€™t worry, itâ€™s fine â€” Ã©tÃ©")},
	{"private and unassigned", is("\ue000\uf8ff\U000f0000 \u0378 \ufdd0 \uffff")},
	{"many marks on one letter", is("a" + strings.Repeat("\u0300", 10_000))},
	{"long word", is(strings.Repeat("a", 1<<18))},
	{"long run of Chinese", is(strings.Repeat("磨", 1<<16))},
	{"long line", func() string { return strings.Repeat("0123456789 abcdefghij, ", 4<<20/23) }},
}

func is(s string) func() string { return func() string { return s } }
