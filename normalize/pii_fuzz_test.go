package normalize

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/shareddata"
)

func FuzzPII(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s, uint64(0))
	}
	for _, cases := range [][]string{emailCases, ipv4Cases, ipv6Cases, phoneCases} {
		for _, c := range cases {
			f.Add(strings.NewReplacer("⟦", "", "⟧", "").Replace(c), uint64(7))
		}
	}
	several := NewPII()
	several.AllIPs = true
	several.EmailAs = []string{"email@example.com", "first.last@example.org"}
	several.IPv4As = []string{"192.0.2.1", "198.51.100.7"}
	several.IPv6As = []string{"2001:db8::1", "2001:db8::2"}
	several.PhoneAs = []string{"+1-202-555-0100", "+44 20 7946 0000"}
	words := &PII{Emails: true, IPs: true, Phones: true, EmailAs: []string{"<email>"}, IPv4As: []string{"<ip>"}, IPv6As: []string{"<ip>"}, PhoneAs: []string{"<phone>", "<tel. 555-0100>"}}
	f.Fuzz(func(t *testing.T, s string, seed uint64) {
		s = strings.ToValidUTF8(s, "\ufffd")
		several.Seed = seed
		for _, p := range []*PII{NewPII(), several, words} {
			checkMatches(t, p, s)
			once, _ := p.apply(s)
			checkEdit(t, s, once)
			if again, n := p.apply(once); again != once {
				t.Errorf("applied to %q it gives %q, then %q %v", s, once, again, n)
			}
		}
	})
}

// checkMatches checks what holds for every match.
func checkMatches(t *testing.T, p *PII, s string) {
	t.Helper()
	last := 0
	sc := scanner{PII: p, s: s}
	for m, ok := sc.next(); ok; m, ok = sc.next() {
		if m.start < last || m.end <= m.start || m.end > len(s) || !utf8.ValidString(s[m.start:m.end]) {
			t.Fatalf("%q: match %v after %d", s, m, last)
		}
		last = m.end
		in := s[m.start:m.end]
		_, err := netip.ParseAddr(in)
		digits := len(canonical(nil, phone, in))
		switch {
		case m.kind == email && strings.Count(in, "@") != 1,
			m.kind == ipv4 && err != nil, m.kind == ipv6 && (err != nil || !strings.Contains(in, ":")),
			m.kind == phone && (digits < minPhoneDigits || digits > maxPhoneDigits+2+6+1):
			t.Errorf("%q: %v: %q", s, m.kind, in)
		}
	}
}

var quad = regexp.MustCompile(`^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}`)

// ipv4Slowly finds IPv4 addresses in text of digits, dots, spaces and letters.
func ipv4Slowly(s string) (out []string) {
	alnum := func(i int) bool { return i >= 0 && i < len(s) && s[i] != ' ' && s[i] != '.' }
	for i := 0; i < len(s); i++ {
		m := quad.FindString(s[i:])
		_, err := netip.ParseAddr(m)
		end := i + len(m)
		if m == "" || err != nil || alnum(i-1) || alnum(end) {
			continue
		}
		if i > 0 && s[i-1] == '.' && alnum(i-2) || end < len(s) && s[end] == '.' && alnum(end+1) {
			continue
		}
		out = append(out, "ipv4:"+m)
		i = end - 1
	}
	return out
}

// emailSlowly finds e-mail addresses in words of letters, dots and at most one @.
func emailSlowly(s string) (out []string) {
	for word := range strings.SplitSeq(s, " ") {
		local, domain, ok := strings.Cut(word, "@")
		if !ok || strings.Contains(domain, "@") || strings.HasSuffix(local, ".") {
			continue
		}
		local = local[strings.LastIndex(local, "..")+1:]
		if local = strings.TrimLeft(local, "."); local == "" {
			continue
		}
		best := ""
		labels := strings.Split(domain, ".")
		for i, l := range labels {
			if l == "" {
				break
			}
			if i > 0 && l == "org" {
				best = strings.Join(labels[:i+1], ".")
			}
		}
		if best != "" {
			out = append(out, "email:"+local+"@"+best)
		}
	}
	return out
}

func TestAgainstSlow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(parts ...string) string {
		var sb strings.Builder
		for range rng.IntN(12) {
			sb.WriteString(parts[rng.IntN(len(parts))])
		}
		return sb.String()
	}
	ips := &PII{IPs: true, AllIPs: true}
	mails := &PII{Emails: true}
	for range 50_000 {
		s := "x " + text("0", "1", "25", "255", "256", "8", ".", ".", ".", ".", " ", "x", "8.8.8.8")
		checkFound(t, ips, s, ipv4Slowly(s)...)
		s = text("q", "w", ".", ".", "@", " ", "org", ".org", "x@q.") // no top-level domain is of q and w
		if strings.Contains(s, "@") && !regexp.MustCompile(`@[^ ]*@`).MatchString(s) {
			checkFound(t, mails, s, emailSlowly(s)...)
		}
	}
}

// phoneFormats are national and international forms by country, x for any digit,
// n for 2 to 9.
var phoneFormats = []string{
	"+1-nxx-nxx-xxxx", "+1 nxx nxx xxxx", "(nxx) nxx-xxxx", "nxx-nxx-xxxx", "nxx.nxx.xxxx", "1-nxx-nxx-xxxx", "001-nxx-nxx-xxxx", "nxx-nxx-xxxxx123", // faker's en_US
	"+1nxxnxxxxxx", "nxx nxx xxxx", "(nxx)nxx-xxxx",
	"+44 20 nxxx xxxx", "+44(0)20 nxxx xxxx", "(020) nxxx xxxx", "020 nxxx xxxx", "07nxx xxxxxx", "+447nxxxxxxxx", "01nx xxx xxxx",
	"+49 30 nxxxxxx", "+49(0)30 nxxxxxx", "030/nxxxxxx", "0nxx-nxxxxxx", "(0nxxx) nxxxxx", "0nxxx nxxxxx",
	"+33 1 nx xx xx xx", "+33 (0)1 nx xx xx xx", "0n.nx.xx.xx.xx",
	"+39 0n nxxxxxxx", "+34 nxx nxx xxx", "+34nxxxxxxxx", "+31 (0)20 nxxxxxx", "020-nxxxxxx", "+32 nxx nx xx xx", "0nxx nx xx xx",
	"+41 4n nxx xx xx", "04n nxx xx xx", "+43 1 nxxxxxx", "+45 nx xx xx xx", "+46 8 nxx xxx xx", "08-nxx xxx xx", "+47 nx xx xx xx", "+358 40 nxxxxxx",
	"+7 (495) nxx-xx-xx", "+7 495 nxx-xx-xx", "+380 44 nxx xx xx", "+48 nxx xxx xxx", "+420 nxx xxx xxx", "+36 1 nxx xxxx", "+90 212 nxx xx xx", "0nxx nxx xx xx",
	"+86 138 nxxx xxxx", "+86 10 nxxx xxxx", "010-nxxxxxxx", "0755-nxxxxxxx", "+81 3-nxxx-xxxx", "03-nxxx-xxxx", "090-nxxx-xxxx", "+82 2-nxxx-xxxx", "02-nxx-xxxx", "010-nxxx-xxxx",
	"+91 98765 nxxxx", "+91-nxxxxxxxxx", "0nn-nxxxxxxx", "+62 812-nxxx-xxxx", "0812-nxxx-xxxx", "+61 2 nxxx xxxx", "(02) nxxx xxxx", "04nn nxx xxx", "+64 9 nxx xxxx", "09-nxx xxxx",
	"+55 (11) 9nxxx-xxxx", "(11) 9nxxx-xxxx", "(11) nxxx-xxxx", "+52 55 nxxx xxxx", "+54 11 nxxx-xxxx", "+27 82 nxx xxxx", "082 nxx xxxx", "+20 2 nxxxxxxx", "+972 3-nxx-xxxx", "+966 11 nxx xxxx", "+971 4 nxx xxxx",
}

// templates are presidio-research's sentences, the telephone numbers and the
// confusing numbers among which are filled in.
func templates(t *testing.T, rng *rand.Rand) []string {
	data, err := os.ReadFile(shareddata.Path(t, "pii/microsoft+presidio-research/presidio_evaluator/data_generator/raw_data/templates.txt"))
	if err != nil {
		t.Fatal(err)
	}
	others := map[string][]string{
		"credit_card_number": {"4xxxxxxxxxxxxxxx", "5nxx-xxxx-xxxx-xxxx", "3n5xxxxxxxxxxx", "4nxx xxxx xxxx xxxx"},
		"ssn":                {"nxx-xx-xxxx"}, "iban": {"DE89nxxxxxxxxxxxxxxxxx", "GB29 NWBK 6016 1331 9268 19"},
		"us_driver_license": {"nxxxxxxxx", "Nxxxxxxx"}, "zipcode": {"nxxxx", "nxxxx-xxxx"}, "postcode": {"nxxxx", "SW1A nAA"},
		"date_of_birth": {"1n/12/1986", "1986-12-0n", "0n.12.1986"}, "date_time": {"1998-06-28 14:48:14", "2001-02-0n"},
		"address": {"nx n79 Main Street\nSpringfield, IL nxxxx", "nxxx Oak Ave, Suite nxx"}, "building_number": {"nxx", "n"}, "year": {"19nx", "20nx"}, "age": {"nx"},
		"ip_address": {"nx.n4.12n.7n"}, "email": {"bob.nxx@example.org"}, "url": {"https://example.org/nxx-nxx/nxxx"},
	}
	fill := func(format string) string {
		var sb strings.Builder
		ext := strings.HasSuffix(format, "x123")
		for i, c := range format {
			switch {
			case ext && i >= len(format)-4:
				sb.WriteRune(c)
			case c == 'x':
				sb.WriteByte('0' + byte(rng.IntN(10)))
			case c == 'n':
				sb.WriteByte('2' + byte(rng.IntN(8)))
			default:
				sb.WriteRune(c)
			}
		}
		return sb.String()
	}
	slot := regexp.MustCompile(`\{\{?(\w+)\}\}?`)
	var out []string
	for line := range strings.Lines(strings.ToValidUTF8(string(data), "-")) {
		line = strings.NewReplacer(`\n`, "\n", `\,`, ",").Replace(strings.TrimSpace(line))
		n := 4
		if strings.Contains(line, "{{phone_number}}") {
			n = 3 * len(phoneFormats)
		}
		for k := range n {
			phones := 0
			out = append(out, slot.ReplaceAllStringFunc(line, func(m string) string {
				name := strings.Trim(m, "{}")
				switch formats := others[name]; {
				case name == "phone_number":
					phones++
					return "⟦" + fill(phoneFormats[(k+7*phones)%len(phoneFormats)]) + "⟧"
				case formats != nil:
					return fill(formats[k%len(formats)])
				}
				return "Name"
			}))
		}
	}
	return out
}

// TestTemplates measures precision and recall for telephone numbers of many
// countries in presidio-research's sentences. Run it with -v for the figures.
func TestTemplates(t *testing.T) {
	var hit, missed, wrong int
	shown := map[string]bool{}
	p := &PII{Phones: true}
	for _, text := range templates(t, rand.New(rand.NewPCG(3, 4))) {
		want := map[string]int{}
		for _, m := range regexp.MustCompile(`⟦([^⟧]*)⟧`).FindAllStringSubmatch(text, -1) {
			want["phone:"+m[1]]++
		}
		plain := strings.NewReplacer("⟦", "", "⟧", "").Replace(text)
		for _, f := range found(p, plain) {
			if want[f]--; want[f] >= 0 {
				hit++
			} else {
				wrong++
				if key := fmt.Sprint("wrong: ", regexp.MustCompile(`\d`).ReplaceAllString(f, "x")); !shown[key] {
					shown[key] = true
					t.Logf("wrong: %s in %q", f, text)
				}
			}
		}
		for m, n := range want {
			if n > 0 {
				missed += n
				if key := regexp.MustCompile(`\d`).ReplaceAllString(m, "x"); !shown[key] {
					shown[key] = true
					t.Logf("missed: %s in %q", m, text)
				}
			}
		}
	}
	t.Logf("phone precision %d/%d, recall %d/%d", hit, hit+wrong, hit, hit+missed)
	if hit*100 < 97*(hit+missed) || hit*100 < 97*(hit+wrong) {
		t.Errorf("below 97%%")
	}
}
