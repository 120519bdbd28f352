package normalize

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
)

// found lists what the scanner finds, as "kind:text".
func found(p *PII, s string) (out []string) {
	sc := scanner{PII: p, s: s}
	for m, ok := sc.next(); ok; m, ok = sc.next() {
		out = append(out, m.kind.String()+":"+s[m.start:m.end])
	}
	return out
}

func (k piiKind) String() string { return [...]string{"email", "ipv4", "ipv6", "phone"}[k] }

func checkFound(t *testing.T, p *PII, text string, want ...string) {
	t.Helper()
	if got := found(p, text); strings.Join(got, " | ") != strings.Join(want, " | ") {
		t.Errorf("%q\n\tfound %q\n\twant  %q", text, got, want)
	}
}

// In the tables, the address to be found is between ⟦ and ⟧; without these,
// nothing is to be found.
func runTable(t *testing.T, p *PII, kind string, cases []string) {
	for _, c := range cases {
		var want []string
		for rest := c; ; {
			_, after, ok := strings.Cut(rest, "⟦")
			if !ok {
				break
			}
			in, after, _ := strings.Cut(after, "⟧")
			want = append(want, kind+":"+in)
			rest = after
		}
		checkFound(t, p, strings.NewReplacer("⟦", "", "⟧", "").Replace(c), want...)
	}
}

// presidio is a document of presidio-research's generated data.
type presidio struct {
	Text  string `json:"full_text"`
	Spans []struct {
		Kind  string `json:"entity_type"`
		Value string `json:"entity_value"`
		Start int    `json:"start_position"` // in code points
		End   int    `json:"end_position"`
	} `json:"spans"`
}

// TestPresidio measures precision and recall on the synthetic data of
// presidio-research. Run it with -v for the figures.
func TestPresidio(t *testing.T) {
	data, err := os.ReadFile(shareddata.Path(t, "pii/microsoft+presidio-research/tests/data/generated_small.json"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []presidio
	if err := json.Unmarshal(data, &docs); err != nil {
		t.Fatal(err)
	}
	p := NewPII()
	p.AllIPs = true
	kinds := map[string]string{"EMAIL_ADDRESS": "email", "IP_ADDRESS": "ip", "PHONE_NUMBER": "phone"}
	type score struct{ hit, missed, wrong int }
	scores := map[string]*score{"email": {}, "ip": {}, "phone": {}}
	for _, d := range docs {
		want := map[string]bool{}
		for _, sp := range d.Spans {
			if k := kinds[sp.Kind]; k != "" {
				want[fmt.Sprint(k, sp.Value)] = true
			}
		}
		for _, f := range found(p, d.Text) {
			k, v, _ := strings.Cut(f, ":")
			k = strings.TrimRight(k, "v46")
			if key := fmt.Sprint(k, v); want[key] {
				scores[k].hit++
				delete(want, key)
			} else {
				scores[k].wrong++
				t.Logf("wrong: %s in %q", f, d.Text)
			}
		}
		for key := range want {
			for k := range scores {
				if strings.HasPrefix(key, k) {
					scores[k].missed++
				}
			}
			t.Logf("missed: %s in %q", key, d.Text)
		}
	}
	for _, k := range []string{"email", "ip", "phone"} {
		s := scores[k]
		t.Logf("%-5s precision %d/%d, recall %d/%d", k, s.hit, s.hit+s.wrong, s.hit, s.hit+s.missed)
	}
	if s := scores["phone"]; s.wrong > 0 || s.missed > 1 || *scores["email"] != (score{hit: 2}) || *scores["ip"] != (score{hit: 2}) {
		t.Errorf("phone %+v, email %+v, ip %+v", *s, *scores["email"], *scores["ip"])
	}
}
