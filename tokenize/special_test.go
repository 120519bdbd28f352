package tokenize

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestEncodeSpecial(t *testing.T) {
	const end, fim = "<|endoftext|>", "<|fim_prefix|>"
	e := load(t, "cl100k_base")
	asText := e.Encode(nil, end)
	if len(asText) < 2 {
		t.Fatalf("the end of text is %d", asText)
	}
	list := func(parts ...any) (out []uint32) {
		for _, p := range parts {
			switch p := p.(type) {
			case int:
				out = append(out, uint32(p))
			case string:
				out = e.Encode(out, p)
			}
		}
		return out
	}
	for _, tt := range []struct {
		text    string
		special Special
		want    []uint32
		err     string
	}{
		{text: "", special: Special{DisallowAll: true}},
		{text: "plain", special: Special{DisallowAll: true}, want: list("plain")},
		{text: end, want: asText},
		{text: end, special: Special{AllowAll: true}, want: list(100257)},
		{text: end, special: Special{Allow: []string{end}, DisallowAll: true}, want: list(100257)},
		{text: end + end, special: Special{AllowAll: true}, want: list(100257, 100257)},
		{text: "a " + end + " b", special: Special{AllowAll: true}, want: list("a ", 100257, " b")},
		{text: "a " + end + " b" + fim, special: Special{Allow: []string{fim}}, want: list("a "+end+" b", 100258)},
		{text: "<|" + end + "|>", special: Special{AllowAll: true}, want: list("<|", 100257, "|>")},
		{text: "<|endof" + end, special: Special{AllowAll: true}, want: list("<|endof", 100257)},
		{text: "<|ENDOFTEXT|>", special: Special{DisallowAll: true}, want: list("<|ENDOFTEXT|>")},
		// Text is divided at special tokens: "  " before one is at the end of a text.
		{text: "a  " + end + "b", special: Special{AllowAll: true}, want: list("a  ", 100257, "b")},
		{text: "a" + end, special: Special{DisallowAll: true}, err: `tokenize: special token "<|endoftext|>" at byte 1 of the text: allow it, or do not disallow it to encode it as text`},
		{text: fim + "ab" + end, special: Special{Disallow: []string{end}}, err: `tokenize: special token "<|endoftext|>" at byte 16 of the text: allow it, or do not disallow it to encode it as text`},
		{text: "a" + end, special: Special{Allow: []string{fim}, DisallowAll: true}, err: `tokenize: special token "<|endoftext|>" at byte 1 of the text: allow it, or do not disallow it to encode it as text`},
		{text: end, special: Special{AllowAll: true, Disallow: []string{end}}, err: `tokenize: special token "<|endoftext|>" at byte 0 of the text: allow it, or do not disallow it to encode it as text`},
		{text: "x", special: Special{Allow: []string{"<|im_start|>"}}, err: `tokenize: "<|im_start|>" is not a special token of cl100k_base`},
		{text: "x", special: Special{Disallow: []string{""}}, err: `tokenize: "" is not a special token of cl100k_base`},
	} {
		got, err := e.EncodeSpecial([]uint32{7}, tt.text, tt.special)
		if fmt.Sprint(err) != cmp.Or(tt.err, "<nil>") || !slices.Equal(got, append([]uint32{7}, tt.want...)) {
			t.Errorf("%q, %+v\n got %d, %v\nwant %d, %s", tt.text, tt.special, got, err, tt.want, tt.err)
		}
	}
}

// A special token that is not allowed hides one that begins within it only as far
// as tiktoken says: the search goes on one byte later.
func TestOverlappingSpecialTokens(t *testing.T) {
	e := readToy(t, map[string]uint32{"<|endoftext|>": 300, "<a>": 301, "<a><b>": 302, "><b>": 303, "x": 304})
	for _, tt := range []struct {
		text  string
		allow []string
		want  string
	}{
		{"<a><b>", []string{"<a>", "<a><b>"}, "302"},
		{"<a><b>", []string{"<a>"}, "60 97 62 60 98 62"}, // the longest begins here, and is not allowed
		{"<a>", []string{"<a>"}, "301"},
		{"<a><b>", []string{"><b>"}, "60 97 303"},
		{"axb", []string{"x"}, "97 304 98"},
	} {
		got, err := e.EncodeSpecial(nil, tt.text, Special{Allow: tt.allow})
		if s := strings.Trim(fmt.Sprint(got), "[]"); s != tt.want || err != nil {
			t.Errorf("%s, %q: %s, %v, want %s", tt.text, tt.allow, s, err, tt.want)
		}
	}
}

func TestSpecialTokens(t *testing.T) {
	for name, want := range map[string]string{
		"r50k_base":   "<|endoftext|> 50256",
		"p50k_edit":   "<|endoftext|> 50256, <|fim_prefix|> 50281, <|fim_middle|> 50282, <|fim_suffix|> 50283",
		"cl100k_base": "<|endoftext|> 100257, <|fim_prefix|> 100258, <|fim_middle|> 100259, <|fim_suffix|> 100260, <|endofprompt|> 100276",
		"o200k_base":  "<|endoftext|> 199999, <|endofprompt|> 200018",
	} {
		var got []string
		for text, id := range load(t, name).SpecialTokens() {
			got = append(got, fmt.Sprint(text, " ", id))
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %s, want %s", name, s, want)
		}
	}
	for range load(t, "cl100k_base").SpecialTokens() {
		break // which is the loop's right
	}
}

// Harmony's are those of o200k_base, some with names, and reserved ones.
func TestHarmony(t *testing.T) {
	e := load(t, "o200k_harmony")
	ids := maps.Collect(e.SpecialTokens())
	if len(ids) != 1091 {
		t.Errorf("%d special tokens", len(ids))
	}
	for text, want := range map[string]uint32{
		"<|startoftext|>": 199998, "<|endoftext|>": 199999, "<|reserved_200000|>": 200000, "<|reserved_200001|>": 200001,
		"<|return|>": 200002, "<|constrain|>": 200003, "<|reserved_200004|>": 200004, "<|channel|>": 200005, "<|start|>": 200006,
		"<|end|>": 200007, "<|message|>": 200008, "<|reserved_200011|>": 200011, "<|call|>": 200012, "<|reserved_200013|>": 200013,
		"<|endofprompt|>": 200018, "<|reserved_200018|>": 200018, "<|reserved_201087|>": 201087,
	} {
		if ids[text] != want {
			t.Errorf("%s: %d, want %d", text, ids[text], want)
		}
		got, err := e.EncodeSpecial(nil, "a"+text, Special{Allow: []string{text}})
		if err != nil || !slices.Equal(got, append(e.Encode(nil, "a"), want)) {
			t.Errorf("%s: %d, %v", text, got, err)
		}
		if text == "<|reserved_200018|>" {
			text = "<|endofprompt|>"
		}
		if b, err := e.Decode(nil, []uint32{want}); string(b) != text || err != nil {
			t.Errorf("%d: %s, %v", want, b, err)
		}
	}
	if _, ok := ids["<|reserved_200002|>"]; ok {
		t.Error("200002 is reserved and has a name")
	}
	base := load(t, "o200k_base")
	if e.vocab != base.vocab {
		t.Error("the tokens of o200k_base are there twice")
	}
}

func FuzzEncodeSpecial(f *testing.F) {
	f.Add("a<|endoftext|><|fim_prefix|>b", uint8(3))
	f.Add("<|<|endoftext|>", uint8(1))
	f.Add("<|endofprompt|", uint8(0xff))
	names := []string{"<|endoftext|>", "<|fim_prefix|>", "<|endofprompt|>"}
	f.Fuzz(func(t *testing.T, text string, set uint8) {
		e := load(t, "cl100k_base")
		var s Special
		for i, name := range names {
			if set>>i&1 != 0 {
				s.Allow = append(s.Allow, name)
			}
			if set>>(i+3)&1 != 0 {
				s.Disallow = append(s.Disallow, name)
			}
		}
		s.DisallowAll = set>>7 != 0
		ids, err := e.EncodeSpecial(nil, text, s)
		found := false
		for name := range e.SpecialTokens() {
			if strings.Contains(text, name) && (slices.Contains(s.Disallow, name) || s.DisallowAll && !slices.Contains(s.Allow, name)) {
				found = true
			}
		}
		if found != (err != nil) {
			t.Fatalf("%q, %+v: %v", text, s, err)
		}
		if err != nil {
			return
		}
		if back, err := e.Decode(nil, ids); string(back) != text || err != nil {
			t.Fatalf("%q comes back as %q, %v", text, back, err)
		}
		// None of these overlap, so what is allowed can be replaced one by one.
		want := []uint32(nil)
		for rest := text; ; {
			at, first := len(rest), ""
			for _, name := range s.Allow {
				if i := strings.Index(rest, name); i >= 0 && i < at {
					at, first = i, name
				}
			}
			want = e.Encode(want, rest[:at])
			if first == "" {
				break
			}
			want = append(want, e.special.ids[first])
			rest = rest[at+len(first):]
		}
		if !slices.Equal(ids, want) {
			t.Fatalf("%q, %+v\n got %d\nwant %d", text, s, ids, want)
		}
	})
}
