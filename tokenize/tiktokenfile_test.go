package tokenize

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pkoukk/tiktoken-go-loader/assets"
)

// toyFile returns a file with every byte, by its value, and other tokens.
func toyFile(tokens ...string) string {
	var sb strings.Builder
	for b := range 256 {
		fmt.Fprintf(&sb, "%s %d\n", base64.StdEncoding.EncodeToString([]byte{byte(b)}), b)
	}
	for i, s := range tokens {
		fmt.Fprintf(&sb, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(s)), 256+i)
	}
	return sb.String()
}

func readToy(t *testing.T, special map[string]uint32, tokens ...string) *BPE {
	t.Helper()
	e, err := ReadTiktoken(strings.NewReader(toyFile(tokens...)), TiktokenFile{Name: "toy", Pattern: CL100K, Special: special})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestReadTiktoken(t *testing.T) {
	e := readToy(t, map[string]uint32{"<|endoftext|>": 300, "<|x|>": 270}, "th", "the", " the")
	if e.Name() != "toy" || e.VocabSize() != 301 || e.EndOfText() != 300 {
		t.Errorf("%s, %d, %d", e.Name(), e.VocabSize(), e.EndOfText())
	}
	if got := e.Encode(nil, "the other"); !slices.Equal(got, []uint32{257, ' ', 'o', 257, 'r'}) {
		t.Errorf("%d", got)
	}
	// Joining does not lead to xyz: it is a token as a word, and not in one.
	e = readToy(t, map[string]uint32{"<|endoftext|>": 300}, "xyz", "th", "the", " the")
	if got := e.Encode(nil, "xyz xyz the"); !slices.Equal(got, []uint32{256, ' ', 'x', 'y', 'z', 259}) {
		t.Errorf("%d", got)
	}
	e, err := ReadTiktoken(strings.NewReader(toyFile()), TiktokenFile{
		Name: "toy", Pattern: GPT2, Special: map[string]uint32{"</s>": 256}, EndOfText: "</s>", Size: 512,
	})
	if err != nil || e.VocabSize() != 512 || e.EndOfText() != 256 {
		t.Error(err)
	}
	// A file of OpenAI's gives what the name gives.
	file, err := assets.Assets.ReadFile("r50k_base.tiktoken")
	if err != nil {
		t.Fatal(err)
	}
	e, err = ReadTiktoken(iotest.HalfReader(bytes.NewReader(file)), TiktokenFile{
		Name: "mine", Pattern: GPT2, Special: map[string]uint32{"<|endoftext|>": 50256},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range sampleTexts()[:50] {
		if !slices.Equal(e.Encode(nil, text), load(t, "gpt2").Encode(nil, text)) {
			t.Fatalf("%.50q: differs", text)
		}
	}
}

func TestReadTiktokenErrors(t *testing.T) {
	good := TiktokenFile{Name: "toy", Pattern: CL100K, Special: map[string]uint32{"<|endoftext|>": 300}}
	changed := func(change func(*TiktokenFile)) TiktokenFile {
		f := good
		change(&f)
		return f
	}
	long := strings.Repeat("a", 1025)
	for _, tt := range []struct {
		file     string
		settings TiktokenFile
		want     string
	}{
		{"", good, "byte 0x00 is no token"},
		{"YQ==", good, "line 1 is not a token and an id"},
		{"YQ== 0\n? 1", good, "line 2 is damaged: illegal base64 data at input byte 0"},
		{"\n\nYQ= 0\n", good, "line 3 is damaged: illegal base64 data at input byte 3"},
		{"YQ== x", good, `line 1 has an id that is not a number below 2097151: "x"`},
		{"YQ== -1", good, `line 1 has an id that is not a number below 2097151: "-1"`},
		{"YQ== 2097151", good, `line 1 has an id that is not a number below 2097151: "2097151"`},
		{"YQ== 99999999999", good, `line 1 has an id that is not a number below 2097151: "99999999999"`},
		{"YQ== 0 0", good, `line 1 has an id that is not a number below 2097151: "0 0"`},
		{"YQ== 0\nYg== 0", good, "line 2 is a second one with id 0, after line 1"},
		{" 0", good, "line 1 has a token of 0 bytes; there may be 1 to 1024"},
		{toyFile(long), good, "line 257 has a token of 1025 bytes; there may be 1 to 1024"},
		{toyFile("ab", "bc", "ab"), good, `line 259: id 258: token "ab" has another id, 256`},
		{toyFile() + "YWI= 5000", good, "more than 4096 ids in a row, up to 4352, are missing"},
		{"YWI= 256\n" + strings.Replace(toyFile(), "\n", "\n\n", 1), good, ""},
		{toyFile("abc", "ab"), good, `line 257: id 256: token "abc" is made of tokens with higher ids`},
		{strings.Replace(toyFile(), "YQ== 97\n", "", 1), good, "byte 0x61 is no token"},
		{toyFile(), changed(func(f *TiktokenFile) { f.Pattern = "" }), `no pattern is called ""; there are gpt2, cl100k and o200k`},
		{toyFile(), changed(func(f *TiktokenFile) { f.EndOfText = "</s>" }), `the end of text, "</s>", is not one of the special tokens`},
		{toyFile(), changed(func(f *TiktokenFile) { f.Special = nil }), `the end of text, "<|endoftext|>", is not one of the special tokens`},
		{toyFile(), changed(func(f *TiktokenFile) { f.Special = map[string]uint32{"<|endoftext|>": 97} }), `special token "<|endoftext|>" has the id 97 of token "a"`},
		{toyFile(), changed(func(f *TiktokenFile) { f.Special = map[string]uint32{"": 300} }), `special token "" cannot have id 300`},
		{toyFile(), changed(func(f *TiktokenFile) { f.Special = map[string]uint32{"<|endoftext|>": 1 << 31} }), `special token "<|endoftext|>" cannot have id 2147483648`},
		{toyFile(), changed(func(f *TiktokenFile) { f.Size = 300 }), "a size of 300 is not between that of the tokens, 301, and 2097151"},
		{toyFile(), changed(func(f *TiktokenFile) { f.Size = 1 << 30 }), "a size of 1073741824 is not between that of the tokens, 301, and 2097151"},
	} {
		_, err := ReadTiktoken(strings.NewReader(tt.file), tt.settings)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%.40q: %v", tt.file, err)
		case tt.want != "" && (err == nil || err.Error() != "tokenize: vocabulary toy: "+tt.want):
			t.Errorf("%.40q:\n got %v\nwant %s", tt.file, err, tt.want)
		}
	}
	broken := errors.New("the disk is gone")
	if _, err := ReadTiktoken(iotest.ErrReader(broken), good); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := ReadTiktoken(endless{}, good); err == nil || err.Error() != "tokenize: vocabulary toy: the file has more than 134217728 bytes" {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '\n'
	}
	return len(b), nil
}

// FuzzReadTiktoken reads damaged files: an error, or an encoder that works.
func FuzzReadTiktoken(f *testing.F) {
	f.Add("YWI= 256\n", uint32(300))
	f.Add("YWI= 256\nYWJj 257\n\nYWJjZA== 260", uint32(256))
	f.Add("YWJj 256\nYWI= 257\n", uint32(1))
	f.Fuzz(func(t *testing.T, lines string, end uint32) {
		e, err := ReadTiktoken(strings.NewReader(toyFile()+lines), TiktokenFile{
			Name: "fuzz", Pattern: O200K, Special: map[string]uint32{endOfText: end},
		})
		if err != nil {
			return
		}
		for _, text := range []string{lines, "abcabcd abc", "ab"} {
			ids := e.Encode(nil, text)
			if back, err := e.Decode(nil, ids); err != nil || string(back) != text {
				t.Fatalf("%q: %q comes back as %q, %v", lines, text, back, err)
			}
			if n := e.Count(text); n != len(ids) {
				t.Fatalf("%q: %q: %d ids are counted as %d", lines, text, len(ids), n)
			}
		}
	})
}
