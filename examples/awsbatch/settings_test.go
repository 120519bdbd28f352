package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestDefaults(t *testing.T) {
	s, fs := flags()
	if got, want := fmt.Sprintln(s.in, s.anonymous, s.languages, s.preset.value, s.dedup.value, s.tokenizer, s.endOfText, s.tokens.value, s.layout.value, s.maxErrors),
		"[] false [en] fineweb global cl100k_base  megatron fused 1000\n"; got != want {
		t.Errorf("defaults %swant     %s", got, want)
	}
	var help strings.Builder
	fs.SetOutput(&help)
	fs.PrintDefaults()
	for _, want := range []string{
		"-in file", "-lang languages\n", "(default en)", "(default fineweb)", "(default global)", "(default fused)",
		"fineweb-code or fineweb-paper", "datatrove, mds, megatron, npy or parquet", "(default 1000)",
	} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("the help does not say %q:\n%s", want, help.String())
		}
	}
}

func TestFlags(t *testing.T) {
	s, fs := flags()
	err := fs.Parse(strings.Fields("-in a -in b,c -anonymous -lang de,EN,de -preset gopher -dedup none -tokenizer t.json -end-of-text </s> -tokens npy -layout staged -max-errors -1"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.in, []string{"a", "b,c"}) || !slices.Equal(s.languages, []string{"de", "en"}) {
		t.Errorf("inputs %q, languages %q", s.in, s.languages)
	}
	if got, want := fmt.Sprintln(s.anonymous, s.preset.value, s.dedup.value, s.tokenizer, s.endOfText, s.tokens.value, s.layout.value, s.maxErrors),
		"true gopher none t.json </s> npy staged -1\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// What a flag prints, it takes.
	if err := fs.Set("lang", fs.Lookup("lang").Value.String()); err != nil || !slices.Equal(s.languages, []string{"de", "en"}) {
		t.Errorf("%v, %q", err, s.languages)
	}
	if err := fs.Set("lang", "all"); err != nil || s.languages != nil || s.languages.String() != "all" {
		t.Errorf("all languages: %v, %q", err, s.languages)
	}
}

func TestBadFlags(t *testing.T) {
	for _, tt := range []struct{ flag, value, want string }{
		{"in", "", "empty path"},
		{"lang", "en,,de", `name languages such as en,de, or "all"`},
		{"lang", "", "name languages"},
		{"preset", "best", "choose "},
		{"dedup", "everything", "choose global, shard or none"},
		{"tokens", "binary", "choose datatrove, mds, megatron, npy or parquet"},
		{"layout", "Fused", "choose fused or staged"},
		{"max-errors", "few", "parse error"},
	} {
		_, fs := flags()
		fs.SetOutput(io.Discard)
		err := fs.Parse([]string{"-" + tt.flag, tt.value})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("-%s %q: %v, want %q", tt.flag, tt.value, err, tt.want)
		}
	}
}
