package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// reference decodes a line by way of map[string]any, sharing nothing with the
// Decoder. What is nested is left as encoding/json made it.
func reference(line []byte, textField string) (*textmill.Document, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errReference
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errReference
	}
	doc := &textmill.Document{Index: -1}
	if doc.Text, ok = m[textField].(string); !ok {
		return nil, errReference
	}
	delete(m, textField)
	take := func(key string, f func(v any) bool) {
		if v, ok := m[key]; ok && f(v) {
			delete(m, key)
		}
	}
	text := func(dst *string) func(any) bool {
		return func(v any) (ok bool) {
			*dst, ok = v.(string)
			return ok || v == nil
		}
	}
	take("id", func(v any) bool {
		if n, ok := v.(json.Number); ok {
			doc.ID = string(n)
			return true
		}
		return text(&doc.ID)(v)
	})
	take("url", text(&doc.URL))
	take("language", text(&doc.Language))
	take("shard", text(&doc.Shard))
	take("index", func(v any) bool {
		n, ok := v.(json.Number)
		i, err := strconv.Atoi(string(n))
		if ok = ok && err == nil && i >= 0; ok {
			doc.Index = i
		}
		return ok
	})
	take("date", func(v any) bool {
		s, ok := v.(string)
		if !ok || s == "" {
			return v == nil || ok
		}
		t, err := time.Parse(time.RFC3339, s)
		doc.Date = t.UTC()
		return err == nil
	})
	if meta, ok := m["metadata"].(map[string]any); ok {
		delete(m, "metadata")
		for k, v := range meta {
			if v != nil {
				m[k] = v
			}
		}
	}
	for k, v := range m {
		if n, ok := v.(json.Number); ok {
			if i, err := n.Int64(); err == nil && !strings.ContainsAny(string(n), ".eE") {
				v = i
			} else if f, err := n.Float64(); err == nil {
				v = f
			} else {
				return nil, err
			}
		}
		if v != nil {
			doc.Meta = setAny(doc.Meta, k, v)
		}
	}
	return doc, nil
}

func setAny(m map[string]any, k string, v any) map[string]any {
	if m == nil {
		m = map[string]any{}
	}
	m[k] = v
	return m
}

// parsed undoes the storing of arrays and objects as text where the reference
// has one.
func parsed(meta, like map[string]any) map[string]any {
	meta = maps.Clone(meta)
	for k, v := range like {
		switch v.(type) {
		case []any, map[string]any:
			s, _ := meta[k].(string)
			dec := json.NewDecoder(strings.NewReader(s))
			dec.UseNumber()
			var nested any
			if dec.Decode(&nested) == nil {
				meta[k] = nested
			}
		}
	}
	return meta
}

// agree checks the Decoder, and both of its halves, against the reference.
func agree(t *testing.T, line []byte, textField string) (fast bool) {
	t.Helper()
	want, wantErr := reference(line, textField)
	if strings.Count(string(line), "[")+strings.Count(string(line), "{") > 9000 {
		return // encoding/json limits depth, which is not the same in parts
	}
	check := func(name string, got *textmill.Document, err error) {
		t.Helper()
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("%s: %q\nerror %v, want %v", name, line, err, wantErr)
		}
		if err != nil {
			return
		}
		c := *got
		c.Meta = parsed(got.Meta, want.Meta)
		if !reflect.DeepEqual(&c, want) {
			t.Fatalf("%s: %q\n%+v, want\n%+v", name, line, got, want)
		}
		if !utf8.ValidString(fmt.Sprint(got)) {
			t.Fatalf("%s: %q: not valid UTF-8: %+v", name, line, got)
		}
	}
	d := &Decoder{TextField: textField}
	got, err := d.Decode(line)
	check("Decode", got, err)
	if utf8.Valid(line) {
		rest := bytes.TrimPrefix(line, byteOrderMark)
		got, err = d.general(rest)
		check("general", got, err)
		p := parser{d: d, b: rest}
		if got, fast = p.document(); fast {
			check("parser", got, nil)
		}
	}
	return fast
}

// Lines for which the fast path is meant.
var fastLines = []string{
	`{"text":""}`,
	` { "text" : "a" , "id" : "b" } ` + "\r",
	`{"id":"a","text":"Zeile\n\"Zwei\"","url":"u","date":"2024-02-29T00:02:03.45Z","language":"de","shard":"s","index":7,"metadata":{"a":true,"b":"x","c":1.0,"d":42,"e":false,"f":null}}`,
	`{"text":"a","metadata":{}}`,
	`{"text":"a","id":null,"url":null,"date":null,"language":null,"shard":null,"metadata":{"x":null}}`,
	`{"text":"a","id":12}`, `{"text":"a","id":-1.5e3}`,
	`{"text":"a","date":""}`, `{"text":"a","date":"2020-01-01"}`, `{"text":"a","date":"2020-01-01T00:00:00+05:30"}`, `{"date":"yesterday","text":"a"}`,
	`{"text":"a","date":"2020-02-30T00:00:00Z"}`,
	`{"text":"a","x":1,"y":-0,"z":0.1,"w":"s","v":true,"u":false,"t":1e3,"s":-1E-3,"r":1e+2}`,
	`{"text":"a","n":999999999999999999,"m":9223372036854775807,"l":9223372036854775808,"k":-9223372036854775808,"j":18446744073709551616}`,
	`{"text":"a","nested":{"b":[1,2,{"c":"]}\""}]},"list":[],"empty":{},"spaced":[ 1 , 2 ]}`,
	`{"text":"\u0041\u00e9\u2028\u98A8\ud83d\ude42\uD83D\uDE42\b\f\n\r\t\"\\\/"}`,
	`{"text":"\ud83d"}`, `{"text":"\ude42"}`, `{"text":"\ud83d\ud83d\ude42"}`, `{"text":"\ud83dx"}`, `{"text":"\ud83d\n"}`, `{"text":"\ud83d\u0041"}`, `{"text":"\ude42\ud83d"}`,
	`{"text":"\u0000\u001f\u007f"}`,
	`{"text":"é風🙂` + "\u2028\u2029\ufeff\ufffd\x7f" + `"}`,
	"\ufeff" + `{"text":"with a byte order mark"}`,
	`{"Text":"b","text":"a","TEXT":"c"}`,
	`{"text":"a","":"empty key"}`,
	`{"text":"a","index":0}`, `{"text":"a","index":-0}`,
}

// Lines that are documents but left to the general way.
var oddLines = []string{
	`{"text":"a","text":"b"}`, `{"text":"b","x":1,"x":2}`, `{"text":"b","x":null,"x":2,"x":null}`,
	`{"metadata":{"x":1},"x":2,"text":"a"}`, `{"x":2,"metadata":{"x":1},"text":"a"}`, `{"x":2,"metadata":{"x":null},"text":"a"}`,
	`{"metadata":{"a":1},"metadata":{"b":1},"text":"a"}`, `{"metadata":{"a":1},"metadata":null,"text":"a"}`, `{"metadata":{"x":1,"x":2},"text":"a"}`,
	`{"t\u0065xt":"a"}`, `{"text":"a","\u0069d":"b"}`, `{"text":"a","metadata":{"\n":1}}`,
	`{"text":"a","url":1}`, `{"text":"a","url":{"a":1}}`, `{"text":"a","id":true}`, `{"text":"a","id":[1]}`, `{"text":"a","language":false}`, `{"text":"a","shard":0}`,
	`{"text":"a","index":-1}`, `{"text":"a","index":1.0}`, `{"text":"a","index":1e2}`, `{"text":"a","index":"1"}`, `{"text":"a","index":null}`, `{"text":"a","index":9223372036854775807}`, `{"text":"a","index":9223372036854775808}`,
	`{"text":"a","date":1700000000}`, `{"text":"a","date":{}}`, `{"text":"a","date":"x","metadata":{"date":"y"}}`, `{"text":"a","metadata":{"date":"y"},"date":"x"}`,
	`{"text":"a","metadata":"string"}`, `{"text":"a","metadata":[1]}`, `{"text":"a","metadata":1}`, `{"text":"a","metadata":null}`,
	"{\"text\":\"\xff\xe2\x80\"}", "{\"text\":\"a\",\"\xff\":\"\xfe\",\"n\":[\"\xfd\"]}",
	`{"text":"a","x":` + strings.Repeat("[", 1500) + strings.Repeat("]", 1500) + `}`,
}

// Lines that are no documents.
var badLines = []string{
	``, ` `, `null`, `true`, `1`, `"text"`, `[]`, `[{"text":"a"}]`, `{}`, `{`, `}`, `{"text"}`, `{"text":}`, `{"text":"a"`, `{"text":"a`, `{"text":"a"}}`, `{"text":"a"}x`, `{"text":"a"} {"text":"b"}`,
	`{"text":"a",}`, `{,"text":"a"}`, `{"text":"a",,"id":"b"}`, `{"text":"a" "id":"b"}`, `{"text" "a"}`, `{text:"a"}`, `{'text':'a'}`, `{"text":'a'}`,
	`{"text":null}`, `{"text":1}`, `{"text":["a"]}`, `{"text":{}}`, `{"text":true}`, `{"id":"a"}`, `{"Text":"a"}`, `{"metadata":{"text":"a"}}`,
	`{"text":"a","x":01}`, `{"text":"a","x":1.}`, `{"text":"a","x":.5}`, `{"text":"a","x":+1}`, `{"text":"a","x":-}`, `{"text":"a","x":1e}`, `{"text":"a","x":1e+}`, `{"text":"a","x":0x10}`, `{"text":"a","x":-01}`, `{"text":"a","x":1 2}`,
	`{"text":"a","x":NaN}`, `{"text":"a","x":Infinity}`, `{"text":"a","x":-Infinity}`, `{"text":"a","x":nul}`, `{"text":"a","x":nulll}`, `{"text":"a","x":True}`, `{"text":"a","x":tru}`, `{"text":"a","x":truefalse}`,
	`{"text":"a","x":1e999}`, `{"text":"a","x":-1e999}`, `{"text":"a","metadata":{"x":1e400}}`,
	`{"text":"\x"}`, `{"text":"\u12"}`, `{"text":"\u12g4"}`, `{"text":"\U0041"}`, `{"text":"\ud83d\u12"}`, `{"text":"\ud83d\uzzzz"}`, `{"text":"\'"}`, `{"text":"\`, `{"text":"\"`, `{"text":"\u`,
	"{\"text\":\"a\nb\"}", "{\"text\":\"a\tb\"}", "{\"text\":\"\x00\"}", "{\"text\":\"a\",\"k\x1f\":1}",
	`{"text":"a","x":[}`, `{"text":"a","x":[1,]}`, `{"text":"a","x":{"y"}}`, `{"text":"a","x":{"y":1]}`, `{"text":"a","x":[1}}`, `{"text":"a","x":[`, `{"text":"a","x":["\q"]}`,
	`{"text":"a","metadata":{"x"}}`, `{"text":"a","metadata":{"x":1}`, `{"text":"a","metadata":{,}}`, `{"text":"a","index":01}`, `{"text":"a","id":01}`, `{"text":"a","id":1x}`,
	"\ufeff\ufeff" + `{"text":"a"}`, "\u00a0" + `{"text":"a"}`, `{"text":"a"}` + "\x00",
	`{"text":"a","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
}

func TestDecode(t *testing.T) {
	for _, line := range fastLines {
		if !agree(t, []byte(line), "text") {
			t.Errorf("%s: left to the general way", line)
		}
	}
	for _, line := range oddLines {
		if agree(t, []byte(line), "text") {
			t.Errorf("%s: not left to the general way", line)
		}
		if _, err := new(Decoder).Decode([]byte(line)); err != nil {
			t.Errorf("%.100s: %v", line, err)
		}
	}
	for _, line := range badLines {
		if agree(t, []byte(line), "text") {
			t.Errorf("%s: not left to the general way", line)
		}
		if doc, err := new(Decoder).Decode([]byte(line)); err == nil {
			t.Errorf("%.100s: no error, but %+v", line, doc)
		}
	}
}

// Worked out by hand, so that the reference is not believed alone.
func TestDecodeValues(t *testing.T) {
	line := `{"id":7,"text":"a\ud800b","url":null,"date":"2020-01-01T00:00:00.5+02:00","language":"en","shard":"s","index":3,` +
		`"source":"web","date2":"2020","metadata":{"i":12,"f":12.0,"big":18446744073709551616,"b":true,"n":null,"l":[1, {"a":"b c"}],"source":"meta"}}`
	want := &textmill.Document{
		ID: "7", Text: "a\ufffdb", Date: time.Date(2019, 12, 31, 22, 0, 0, 500_000_000, time.UTC), Language: "en", Shard: "s", Index: 3,
		Meta: map[string]any{"source": "meta", "date2": "2020", "i": int64(12), "f": 12.0, "big": math.Pow(2, 64), "b": true, "l": `[1,{"a":"b c"}]`},
	}
	if got, err := new(Decoder).Decode([]byte(line)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v; error %v", got, want, err)
	}
	bad := map[string]string{
		`{"text":"a"`:           "bad JSON: unexpected end",
		`[]`:                    "bad JSON",
		`null`:                  "not a JSON object",
		`{"id":"a"}`:            "field text: missing",
		`{"text":1}`:            "field text: missing or not a string",
		`{"text":"","n":1e999}`: "field n: number 1e999 is out of range",
	}
	for line, want := range bad {
		if _, err := new(Decoder).Decode([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", line, err, want)
		}
	}
}

func TestDecodeTextField(t *testing.T) {
	for _, field := range []string{"content", "id", "metadata", "é"} {
		for _, format := range []string{`{"%s":"a","text":"b"}`, `{"text":"b","%s":"a","id":"x"}`, `{"text":"b"}`, `{"%s":1}`, `{"metadata":{"%[1]s":"c"},"%[1]s":"a"}`} {
			agree(t, fmt.Appendf(nil, strings.ReplaceAll(format, "%s", "%[1]s"), field), field)
		}
	}
	d := Decoder{TextField: "content"}
	doc, err := d.Decode([]byte(`{"content":"a","text":"b"}`))
	if err != nil || doc.Text != "a" || doc.Meta["text"] != "b" {
		t.Errorf("%+v, error %v", doc, err)
	}
}

// Every prefix of a line is damaged, and so is a line with a byte changed to
// something that matters, if encoding/json says so.
func TestDecodeDamaged(t *testing.T) {
	for _, line := range fastLines {
		for i := range len(line) {
			agree(t, []byte(line[:i]), "text")
			for _, c := range []byte("\"\\{}[],:0-.eE+u \x00\x1f\x80\xff") {
				b := []byte(line)
				b[i] = c
				agree(t, b, "text")
			}
		}
	}
}

// A document must not change when the line's memory is used again.
func TestDecodeShares(t *testing.T) {
	var d Decoder
	line := []byte(`{"id":"ab","text":"cd","url":"ef","language":"gh","shard":"ij","date":"kl","metadata":{"mn":"op","q":["r"]},"s":"\t"}`)
	doc, err := d.Decode(line)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(doc)
	clear(line)
	if _, err := d.Decode([]byte(`{"text":"\n\n\n\n\n","x":"\r\r\r\r\r"}`)); err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprint(doc); after != before {
		t.Errorf("%s, was %s", after, before)
	}
}

func TestDecodeManyNames(t *testing.T) {
	var d Decoder
	for i := range 3 * maxNames {
		key := fmt.Sprintf("key%d%s", i, strings.Repeat("x", i%200))
		doc, err := d.Decode(fmt.Appendf(nil, `{"text":"","%s":%d}`, key, i))
		if err != nil || doc.Meta[key] != int64(i) {
			t.Fatalf("%v %v", doc, err)
		}
		if len(d.names) > maxNames {
			t.Fatalf("%d names are kept", len(d.names))
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, lines := range [][]string{fastLines, oddLines, badLines} {
		for _, line := range lines {
			if len(line) < 1000 {
				f.Add([]byte(line))
			}
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) { agree(t, line, "text") })
}

func TestCorpusAgrees(t *testing.T) {
	for _, d := range corpus(t)[:2000] {
		same(t, d)
		line, err := Append(nil, d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := new(Decoder).Decode(line)
		if err != nil || !reflect.DeepEqual(back, d) {
			t.Fatalf("read back\n%+v, want\n%+v; error %v", back, d, err)
		}
	}
}
