package normalize

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

func stages() map[string]func() textmill.Stage {
	return map[string]func() textmill.Stage{
		"Unicode":     func() textmill.Stage { return NewUnicode() },
		"Whitespace":  func() textmill.Stage { return NewWhitespace() },
		"SymbolLines": func() textmill.Stage { return &SymbolLines{Replacement: "***"} },
		"PII":         func() textmill.Stage { return NewPII() },
		"Standard":    Standard,
		"all": func() textmill.Stage {
			return textmill.Chain(NewUnicode(), &SymbolLines{}, NewWhitespace(), NewPII())
		},
		"zero": func() textmill.Stage {
			return textmill.Chain(&Unicode{}, &Whitespace{}, &SymbolLines{}, &PII{})
		},
	}
}

func TestContract(t *testing.T) {
	for name, open := range stages() {
		t.Run(name, func(t *testing.T) {
			if err := stagetest.Check(open); err != nil {
				t.Error(err)
			}
		})
	}
}

func process(t testing.TB, s textmill.Stage, text string) string {
	t.Helper()
	doc := &textmill.Document{Text: text}
	if v, err := s.Process(t.Context(), doc); err != nil || !v.Kept() {
		t.Fatal(v, err)
	}
	return doc.Text
}

// To apply a stage twice is to apply it once: on awkward texts, on the shared
// corpus, on pieces of all tables put together at random.
func TestTwiceIsOnce(t *testing.T) {
	var texts []string
	for _, text := range stagetest.Texts() {
		if len(text) < 1<<20 {
			texts = append(texts, text)
		}
	}
	var pieces []string
	for _, cases := range [][]string{emailCases, ipv4Cases, ipv6Cases, phoneCases, fuzzSeeds} {
		for _, c := range cases {
			pieces = append(pieces, strings.NewReplacer("⟦", "", "⟧", "").Replace(c))
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	between := []string{"", " ", "\n", ".", ",", "-", ": ", "/", "(", ")", "@", "\u200b", "字"}
	for range 10_000 {
		var sb strings.Builder
		for range 1 + rng.IntN(4) {
			p := []rune(pieces[rng.IntN(len(pieces))])
			if len(p) > 1 && rng.IntN(3) == 0 {
				p = p[rng.IntN(len(p)):]
			}
			if len(p) > 80 {
				p = p[:80]
			}
			sb.WriteString(string(p) + between[rng.IntN(len(between))])
		}
		texts = append(texts, sb.String())
	}
	for name, open := range stages() {
		s := open()
		if name == "all" { // masking gives a joiner another neighbour
			continue
		}
		for _, text := range texts {
			once := process(t, s, text)
			if again := process(t, s, once); again != once {
				t.Errorf("%s applied to %.300q gives %.300q, then %.300q", name, text, once, again)
			}
		}
	}
}

func TestTwiceIsOnceOnCorpus(t *testing.T) {
	s := stages()["all"]()
	for _, texts := range corpus(t) {
		for _, text := range texts[:min(len(texts), 100)] {
			once := process(t, s, text)
			if again := process(t, s, once); again != once {
				t.Errorf("applied to %.200q it gives %.200q, then %.200q", text, once, again)
			}
		}
	}
}

// A text with nothing to change comes back as it is, without an allocation. (But for
// one when something like icon@2x.png is held against the public suffix list.)
func TestNothingToDo(t *testing.T) {
	texts := []string{
		"", "x", "The mill stands by the river, and in 1987 its wheel was mended.\n\n\tIt took 3.5 years (1,200 days) at 10:30, @home.\n  - yes\n",
		"Мельница стоит у реки.", "磨坊在河边。", "粉屋は川のそばにある。", "चक्की नदी के किनारे है।", "क़लम", "โรงสีอยู่ริมแม่น้ำ", "می\u200cخواهم",
		"Cối xay bên sông.", "👩\u200d🚀 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "@home v1.2.3.4 10.0.0.1 2024-01-15 12:30:45 555-0123",
		"2001:db8::1 192.0.2.1 email@example.com +1-202-555-0100", "שלום\u200e!",
	}
	s := textmill.Chain(NewUnicode(), &SymbolLines{}, &Whitespace{Spaces: true, Collapse: true, LineEnds: true, MaxNewlines: 2}, NewPII())
	ctx := t.Context()
	doc := &textmill.Document{}
	for _, text := range texts {
		n := testing.AllocsPerRun(10, func() {
			doc.Text = text
			if _, err := s.Process(ctx, doc); err != nil {
				t.Fatal(err)
			}
		})
		if doc.Text != text || n != 0 {
			t.Errorf("%q: %v allocations, %q", text, n, doc.Text)
		}
	}
}

// 256 KB of what is worst for a scanner takes a fraction of a second. If it took
// the square of that, this test would not come to its end.
func TestNoBlowUp(t *testing.T) {
	const size = 1 << 18
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	all := stages()["all"]()
	took := func(text string) time.Duration {
		start := time.Now()
		process(t, all, text)
		return time.Since(start)
	}
	for _, unit := range []string{
		"@", "a@", "a.", "a.a@", "@a.a", "a@a.a.", "a@b.com@", "1", "1.", "1 ", "1-", "1.1.1.1.", "8.8.8.8 ", "8.8.8.8,", ":", "::", "a:", "1:", "2600:", "2600::1 ",
		"+", "+1", "(1)", "(1) ", "12 34 ", "202-555-0123 ", "phone 1", "phone 555 0123 ", "- ", "\n", " \n", " ", "\t ", "\u00a0", "\u3000 ", "\r", "\r\n", "\x00",
		"\u200b", "\u200c", "\u200d", "क\u200d", "م\u200c\u200b", "\u0301", "\u0301\u0316", "e\u0301", "\u202a", "\u202a\u202c", "\u2067", "\u2069\u2067", "\u200e", "\U000e0041", "🏴\U000e0041",
		"\u1161", "\u11a8", "각\u11a8", "\u094d", "\u093c", "-\n", "-\n\n", "\ufdd0", "\u202f", "ᠠ\u202f",
	} {
		text := fill(unit)
		t.Logf("%q: %v", unit, took(text))
	}
}

// What an address is replaced with depends on it alone.
func TestReplacementsDependOnAddress(t *testing.T) {
	p := NewPII()
	p.EmailAs = []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"}
	p.IPv4As = []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}
	p.IPv6As = []string{"2001:db8::1", "2001:db8::2", "2001:db8::3"}
	p.PhoneAs = []string{"+1-202-555-0100", "+1-202-555-0101", "+1-202-555-0102"}
	var lines []string
	for i := range 50 {
		lines = append(lines, fmt.Sprintf("user%d@mail.org", i), fmt.Sprintf("8.8.%d.8", i), fmt.Sprintf("2600::%x", i+1), fmt.Sprintf("+44 20 7946 00%02d", i))
	}
	of := map[string]string{}
	used := map[string]bool{}
	for _, l := range lines {
		of[l] = process(t, p, l)
		used[of[l]] = true
	}
	if len(used) != 4+3+3+3 {
		t.Errorf("%d replacements used", len(used))
	}
	shuffled := slices.Clone(lines)
	rand.New(rand.NewPCG(7, 8)).Shuffle(len(lines), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for i, got := range strings.Split(process(t, p, strings.Join(shuffled, "\n")), "\n") {
		if got != of[shuffled[i]] {
			t.Errorf("%s is %s alone, %s among others", shuffled[i], of[shuffled[i]], got)
		}
	}
	// The same address, written differently.
	for _, same := range [][2]string{
		{"User7@Mail.ORG", "user7@mail.org"}, {"2600:0:0:0:0:0:0:AB", "2600::ab"}, {"+44 (20) 7946-0007", "+44 20 7946 0007"},
	} {
		if a, b := process(t, p, same[0]), process(t, p, same[1]); a != b {
			t.Errorf("%s is %s, %s is %s", same[0], a, same[1], b)
		}
	}
	other := *p
	other.Seed = 1
	differ := 0
	for _, l := range lines {
		if process(t, &other, l) != of[l] {
			differ++
		}
	}
	if differ < len(lines)/3 {
		t.Errorf("another seed changes %d of %d", differ, len(lines))
	}
}

func TestWellFormedIPv6(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	parts := []string{"0", "1", "ab", "2600", "12345", ":", ":", ":", "::", ".", "1.2.3.4", "256"}
	for range 100_000 {
		s := ""
		for range 1 + rng.IntN(16) {
			s += parts[rng.IntN(len(parts))]
		}
		_, err := netip.ParseAddr(s)
		if got := wellFormed(s); strings.Contains(s, ":") && got != (err == nil) {
			t.Fatalf("%s: %v, but netip says: %v", s, got, err)
		}
	}
}

func TestFields(t *testing.T) {
	text := "bob@example.org 8.8.8.8 2600::1 202-555-0123"
	for _, tt := range []struct {
		p    PII
		want string
	}{
		{PII{}, text},
		{PII{Emails: true}, "email@example.com 8.8.8.8 2600::1 202-555-0123"},
		{PII{IPs: true}, "bob@example.org 192.0.2.1 2001:db8::1 202-555-0123"},
		{PII{Phones: true}, "bob@example.org 8.8.8.8 2600::1 +1-202-555-0100"},
		{PII{Emails: true, EmailAs: []string{"<email>"}}, "<email> 8.8.8.8 2600::1 202-555-0123"},
		{*NewPII(), "email@example.com 192.0.2.1 2001:db8::1 +1-202-555-0100"},
	} {
		if got := process(t, &tt.p, text); got != tt.want {
			t.Errorf("%+v: %q", tt.p, got)
		}
	}
}

func TestCounts(t *testing.T) {
	docs := []*textmill.Document{
		{ID: "1", Text: "e\u0301\r\na\u200bb\u200c\x00\x01\u202a\ufdd0\n\n\n\n--- \n  x  y"},
		{ID: "2", Text: "nothing to do"},
		{ID: "3", Text: "bob@example.org, eve@example.org, 8.8.8.8, 2600::1, 202-555-0123"},
	}
	for _, workers := range []int{1, 3} {
		out := &textmill.Memory{}
		p := &textmill.Pipeline{
			Source:  textmill.Documents(docs[0].Clone(), docs[1].Clone(), docs[2].Clone()),
			Stages:  []textmill.Stage{NewUnicode(), &SymbolLines{}, NewWhitespace(), NewPII()},
			Sink:    out,
			Workers: workers,
		}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{
			"normalize.nfc": 1, "normalize.line_breaks": 1, "normalize.zero_width": 2, "normalize.controls": 2, "normalize.directions": 1,
			"normalize.noncharacters": 1, "normalize.symbol_lines": 1, "normalize.whitespace": 1, "normalize.whitespace_bytes": 3,
			"normalize.emails": 2, "normalize.ipv4": 1, "normalize.ipv6": 1, "normalize.phones": 1,
		}
		if fmt.Sprint(r.Counts) != fmt.Sprint(want) {
			t.Errorf("counts %v, want %v", r.Counts, want)
		}
		if got := out.Documents()[0].Text; got != "é\nab\n\n  x y" {
			t.Errorf("text %q", got)
		}
	}
}

func TestSettings(t *testing.T) {
	infos, err := textmill.Describe(Standard(), &SymbolLines{Replacement: "*"}, NewPII())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(infos)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"settings":{"NFC":true,"LineBreaks":true,"Controls":true,"ZeroWidth":true,"Directions":true,"Noncharacters":true,"PrivateUse":false}`,
		`"settings":{"Spaces":true,"Collapse":true,"LineEnds":true,"Indents":false,"MaxNewlines":2,"Ends":true}`,
		`"settings":{"Replacement":"*"}`,
		`"EmailAs":["email@example.com"]`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}
