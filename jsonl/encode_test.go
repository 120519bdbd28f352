package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

// same compares Append with encoding/json.
func same(t *testing.T, d *textmill.Document) {
	t.Helper()
	got, err := Append([]byte("before"), d)
	want, wantErr := encode(d)
	if err != nil || wantErr != nil {
		t.Fatalf("errors %v and %v", err, wantErr)
	}
	if want = append([]byte("before"), want...); !bytes.Equal(got, want) {
		t.Fatalf("got\n%q, want\n%q", got, want)
	}
}

func TestAppend(t *testing.T) {
	d := &textmill.Document{
		ID: "a", URL: "https://example.com/?a=b&c=<d>", Date: time.Date(2024, 2, 29, 1, 2, 3, 450_000_000, time.FixedZone("", 3600)),
		Language: "de", Text: "Zeile\n\"Zwei\"", Shard: "s", Index: 7,
	}
	d.Set("b.score", 1.0)
	d.Set("a.flag", true)
	d.Set("c.n", 42)
	d.Set("b.name", "x")
	want := `{"id":"a","text":"Zeile\n\"Zwei\"","url":"https://example.com/?a=b&c=<d>","date":"2024-02-29T00:02:03.45Z",` +
		`"language":"de","shard":"s","index":7,"metadata":{"a.flag":true,"b.name":"x","b.score":1.0,"c.n":42}}` + "\n"
	if got, err := Append(nil, d); string(got) != want || err != nil {
		t.Errorf("got  %s want %s error %v", got, want, err)
	}
	want = `{"id":"","text":"","url":"","date":null,"language":"","shard":"","index":0}` + "\n"
	if got, err := Append(nil, &textmill.Document{}); string(got) != want || err != nil {
		t.Errorf("got  %s want %s error %v", got, want, err)
	}
}

// Every byte, every rune that may matter, at every place in a word of eight.
func TestAppendStrings(t *testing.T) {
	var special []string
	for b := range 256 {
		special = append(special, string([]byte{byte(b)}))
	}
	for _, r := range []rune{0x7f, 0x80, 0x7ff, 0x800, 0x2027, 0x2028, 0x2029, 0x202a, 0x20a8, 0x2128, 0xa028, 0xd7ff, 0xe000, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x10ffff} {
		special = append(special, string(r))
	}
	special = append(special, "\xe2", "\xe2\x80", "\xe2\x80\xa7", "\xe2\x81\xa8", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x99", "\xe2\x80\xe2\x80\xa8", "\xa8\x80\xe2")
	for _, s := range special {
		for before := range 17 {
			for _, after := range []int{0, 1, 7, 8, 9} {
				for _, filler := range []string{"x", "é"} {
					same(t, &textmill.Document{Text: strings.Repeat(filler, before) + s + strings.Repeat(filler, after)})
				}
			}
		}
	}
	for _, d := range stagetest.Documents() {
		same(t, d)
	}
}

func TestAppendRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"plain text ", "\n", "\"", "\\", "\u2028", "\u2029", "‘", "é", "風", "🙂", "\xff", "\xe2\x80", "\x00", "\x1f", "\x7f", "\b\f\r\t", "<&>"}
	for range 2000 {
		var b strings.Builder
		for range rng.IntN(40) {
			b.WriteString(pieces[rng.IntN(len(pieces))][:])
		}
		d := &textmill.Document{ID: b.String(), Text: b.String() + b.String(), URL: b.String(), Index: rng.Int()}
		d.Set(b.String(), b.String())
		d.Set("n", rng.Int64()-rng.Int64())
		d.Set("f", math.Float64frombits(rng.Uint64()))
		same(t, d)
	}
}

func TestAppendFloats(t *testing.T) {
	floats := map[float64]string{
		0: "0.0", 1: "1.0", -1: "-1.0", 0.5: "0.5", 1e-6: "0.000001", 9.9e-7: "9.9e-7", 1e-9: "1e-9", 1e-10: "1e-10", 1e-100: "1e-100",
		123456789: "123456789.0", 1e20: "100000000000000000000.0", 1e21: "1e+21", math.MaxFloat64: "1.7976931348623157e+308",
		math.SmallestNonzeroFloat64: "5e-324", math.Inf(1): "null", math.Inf(-1): "null", math.Copysign(0, -1): "-0.0",
	}
	check := func(f float64, want string) {
		t.Helper()
		if got := string(appendFloat([]byte("x"), f)); got != "x"+want {
			t.Errorf("%v: %s, want x%s", f, got, want)
		}
		b, err := float(f).MarshalJSON()
		if err != nil || string(b) != want {
			t.Errorf("%v: encoding/json %s, want %s; error %v", f, b, want, err)
		}
	}
	for f, want := range floats {
		if f != 0 {
			check(f, want)
		}
	}
	check(0, "0.0")
	check(math.Copysign(0, -1), "-0.0")
	check(math.NaN(), "null")
}

func TestAppendMeta(t *testing.T) {
	for _, n := range []int{1, 2, 15, 16, 17, 100} {
		d := &textmill.Document{}
		for i := range n {
			d.Set(strings.Repeat("k", i%7)+string(rune('0'+i)), i)
		}
		same(t, d)
	}
	d := &textmill.Document{Meta: map[string]any{}}
	same(t, d)
}

func TestAppendErrors(t *testing.T) {
	for name, d := range map[string]*textmill.Document{
		"slice":     {ID: "x", Meta: map[string]any{"a": []string{"b"}}},
		"nil":       {ID: "x", Meta: map[string]any{"a": nil}},
		"int32":     {ID: "x", Meta: map[string]any{"a": int32(1)}},
		"year 1e4":  {ID: "x", Date: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"year -1":   {ID: "x", Date: time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC)},
		"zone 9999": {ID: "x", Date: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600))},
	} {
		got, err := Append([]byte("before"), d)
		if string(got) != "before" || err == nil || !strings.Contains(err.Error(), "document x") {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
	}
	for _, year := range []int{0, 1, 9999} {
		same(t, &textmill.Document{Date: time.Date(year, 6, 1, 0, 0, 0, 1, time.UTC)})
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 1<<20)
	for _, d := range generated(10_000) {
		if n := testing.AllocsPerRun(10, func() { Append(buf, d) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("id", "text\n\u2028", "url", "k", "v", int64(1), 0.5, int64(1700000000))
	f.Add("\xff", "\xe2\x80", "\"\\", "\x00", "é", int64(-1), math.Inf(1), int64(0))
	f.Fuzz(func(t *testing.T, id, text, url, key, value string, n int64, x float64, sec int64) {
		d := &textmill.Document{ID: id, Text: text, URL: url, Shard: value, Language: key, Index: int(n)}
		if sec != 0 {
			d.Date = time.Unix(sec%200e9, n%1e9).UTC()
		}
		d.Set("n", n)
		d.Set("x", x)
		d.Set(key, value)
		got, err := Append(nil, d)
		want, wantErr := encode(d)
		if (err != nil) != (wantErr != nil) || !bytes.Equal(got, want) {
			t.Fatalf("got\n%q %v, want\n%q %v", got, err, want, wantErr)
		}
		if err != nil {
			return
		}
		if !json.Valid(got) || !utf8.Valid(got) || bytes.IndexByte(got, '\n') != len(got)-1 {
			t.Fatalf("not a line of JSON: %q", got)
		}
		back, err := new(Decoder).Decode(got)
		if err != nil || !equal(back, d) {
			t.Fatalf("read back\n%+v, want\n%+v; error %v", back, d, err)
		}
	})
}

// equal reports whether back is what becomes of d by way of a line.
func equal(back, d *textmill.Document) bool {
	valid := func(s string) string { return string(repair([]byte(s))) }
	if back.ID != valid(d.ID) || back.Text != valid(d.Text) || back.URL != valid(d.URL) || back.Language != valid(d.Language) ||
		back.Shard != valid(d.Shard) || !back.Date.Equal(d.Date) || back.Index != d.Index && d.Index >= 0 {
		return false
	}
	for k, v := range d.Meta {
		switch w := v.(type) {
		case float64:
			if math.IsNaN(w) || math.IsInf(w, 0) {
				continue
			}
		case string:
			v = valid(w)
		}
		if back.Meta[valid(k)] != v {
			return false
		}
	}
	return true
}

var errReference = errors.New("refused")
