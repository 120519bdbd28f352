package toxicity

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadTSV(t *testing.T) {
	tests := []struct{ in, want, err string }{
		{"", "[]", ""},
		{"\n\n# nothing\n  \n", "[]", ""},
		{"damn", "[{damn toxic 1}]", ""},
		{"damn\tprofanity\t0.25\r\nshut up\tinsult\n", "[{damn profanity 0.25} {shut up insult 1}]", ""},
		{"\ufeffdamn\t\t0\n", "[{damn toxic 0}]", ""},
		{" damn \t a \t 1e-3 ", "[{damn a 0.001}]", ""},
		{"a, b\ta", "[{a, b a 1}]", ""},
		{"x\n\ty\n", "", "toxicity: list of words, line 2: entry without text"},
		{"# \nx\ty\tz\n", "", `toxicity: list of words, line 2: weight "z"; want a number from 0.001 to 1000, or 0 for an exception`},
		{"x\ty\tNaN", "", "toxicity: list of words, line 1: weight NaN; want a number from 0.001 to 1000, or 0 for an exception"},
		{"x\ty\tInf", "", "toxicity: list of words, line 1: weight +Inf; want a number from 0.001 to 1000, or 0 for an exception"},
		{"x\ty\t1\t2", "", "toxicity: list of words, line 1: 4 fields; want text, category and weight"},
		{"x\tY", "", `toxicity: list of words, line 1: category "Y"; use a name such as "insult"`},
		{"a\n\nb\xff", "", `toxicity: list of words, line 3: entry "b\xff" is not UTF-8: convert the list`},
		{"a\n" + strings.Repeat("x", maxLine+1), "", "toxicity: list of words, line 2: line of more than 4096 bytes: is this a list of words?"},
		{"a\n" + strings.Repeat("x", MaxEntry+1), "", `toxicity: list of words, line 2: entry of 257 bytes, "xxxxxxxxxxxxxxxxxxxx"…; at most 256 are allowed`},
	}
	for _, tt := range tests {
		entries, err := ReadTSV(strings.NewReader(tt.in))
		check(t, tt.in, entries, err, tt.want, tt.err)
	}
}

func check(t *testing.T, in string, entries []Entry, err error, want, wantErr string) {
	t.Helper()
	if wantErr != "" {
		if err == nil || err.Error() != wantErr {
			t.Errorf("%.40q: error %v, want %s", in, err, wantErr)
		}
		return
	}
	if got := fmt.Sprint(entries); err != nil || got != want {
		t.Errorf("%.40q: %s, %v; want %s", in, got, err, want)
	}
}

func TestReadCSV(t *testing.T) {
	tests := []struct{ in, want, err string }{
		{"", "[]", ""},
		{"\ufeffdamn\n# no\n\nshut up,insult,2\r\n\"a, b\",,0\n", "[{damn toxic 1} {shut up insult 2} {a, b toxic 0}]", ""},
		{"\"two\nlines\",a\n", "[{two\nlines a 1}]", ""},
		{"damn\n\n,a\n", "", "toxicity: list of words, line 3: entry without text"},
		{"a\nx,a,b", "", `toxicity: list of words, line 2: weight "b"; want a number from 0.001 to 1000, or 0 for an exception`},
		{"a,b,1,2", "", "toxicity: list of words, line 1: 4 fields; want text, category and weight"},
		{"a\n\"b\n", "", `toxicity: list of words: parse error on line 2, column 4: extraneous or missing " in quoted-field`},
		{"a\n" + strings.Repeat("x", maxLine+1), "", "toxicity: list of words: line of more than 4096 bytes: is this a list of words?"},
	}
	for _, tt := range tests {
		entries, err := ReadCSV(strings.NewReader(tt.in))
		check(t, tt.in, entries, err, tt.want, tt.err)
	}
}

func TestReadWords(t *testing.T) {
	entries, err := ReadWords(strings.NewReader("damn\r\n# no\n shut up \nx\ty"), "mild", 0.5)
	check(t, "words", entries, err, "[{damn mild 0.5} {shut up mild 0.5} {x\ty mild 0.5}]", "")
	_, err = ReadWords(strings.NewReader("damn"), "mild", -1)
	check(t, "weight", nil, err, "", "toxicity: list of words, line 1: weight -1; want a number from 0.001 to 1000, or 0 for an exception")
}

// endless is a list without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "a\n"[i%2]
	}
	return len(p) &^ 1, nil
}

func TestListBounds(t *testing.T) {
	readers := map[string]func(io.Reader) ([]Entry, error){
		"tsv": ReadTSV, "csv": ReadCSV,
		"words": func(r io.Reader) ([]Entry, error) { return ReadWords(r, "", 1) },
	}
	boom := errors.New("boom")
	if entries, err := ReadTSV(io.LimitReader(endless{}, 2*MaxEntries)); err != nil || len(entries) != MaxEntries {
		t.Errorf("as many entries as allowed: %v", err)
	}
	for name, read := range readers {
		if name != "words" { // which reads like tsv
			if _, err := read(endless{}); !errors.Is(err, errTooManyEntries) {
				t.Errorf("%s: a list without end: %v", name, err)
			}
		}
		if _, err := read(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(boom))); !errors.Is(err, boom) {
			t.Errorf("%s: a reader that fails: %v", name, err)
		}
		entries, err := read(iotest.OneByteReader(strings.NewReader("a\nb c\n")))
		check(t, name, entries, err, "[{a toxic 1} {b c toxic 1}]", "")
	}
}

func FuzzReadTSV(f *testing.F) {
	f.Add("damn\tprofanity\t0.25\n# no\n\nshut up\n")
	f.Add("\ufeffa\r\n\tb\n\x00\t\t0")
	f.Fuzz(func(t *testing.T, in string) {
		entries, err := ReadTSV(strings.NewReader(in))
		if err != nil || strings.ContainsAny(in, "#\ufeff") {
			return
		}
		// What was read can be written and read again.
		var sb strings.Builder
		for _, e := range entries {
			fmt.Fprintf(&sb, "%s\t%s\t%v\n", e.Text, e.Category, e.Weight)
		}
		again, err := ReadTSV(strings.NewReader(sb.String()))
		if err != nil || !slices.Equal(again, entries) {
			t.Errorf("%q: read %v, and again %v, %v", in, entries, again, err)
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("damn,profanity,0.25\n\"a, \"\"b\"\"\",x\n# no\n\n")
	f.Add("\ufeff\"a\r\n\",b,0\n\"")
	f.Fuzz(func(t *testing.T, in string) {
		entries, err := ReadCSV(strings.NewReader(in))
		for _, e := range entries {
			if err := e.check(); err != nil {
				t.Errorf("%q: %v", in, err)
			}
		}
		if err != nil && entries != nil {
			t.Error("entries beside an error")
		}
	})
}
