package words

import (
	"slices"
	"strings"
	"testing"
)

func TestSentences(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"one", "one"},
		{"One. Two! Three?", "One. |Two! |Three?"},
		{"One.Two 3.14 a.b", "One.Two 3.14 a.b"},
		{"Wait... what?! Yes.", "Wait... |what?! |Yes."},
		{`"Stop." (He stopped.) Then`, `"Stop." |(He stopped.) |Then`},
		{"a title\nOne. \n\n Two", "a title\n|One. \n\n |Two"},
		{"今日は。明日！「はい。」です？ｘ", "今日は。|明日！|「はい。」|です？|ｘ"},
		{"यह एक है। वह दो है॥ तीन", "यह एक है। |वह दो है॥ |तीन"},
		{"هل هذا؟ نعم۔ لا", "هل هذا؟ |نعم۔ |لا"},
		{"  leading. x", "  leading. |x"},
		{"end.\u3000next", "end.\u3000|next"},
		{"\n\n", "\n\n"},
		{"bad \xff. utf8", "bad \xff. |utf8"},
	}
	for _, tt := range tests {
		if got := strings.Join(slices.Collect(Sentences(tt.text)), "|"); got != tt.want {
			t.Errorf("%q:\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

func FuzzSentences(f *testing.F) {
	f.Add("One. Two! 。\n\xff")
	f.Fuzz(func(t *testing.T, text string) {
		var sb strings.Builder
		for s := range Sentences(text) {
			if s == "" {
				t.Fatal("an empty sentence")
			}
			sb.WriteString(s)
		}
		if sb.String() != text {
			t.Fatalf("%q came back as %q", text, sb.String())
		}
	})
}
