package filter

import (
	"fmt"
	"strings"

	"github.com/textmill/textmill"
)

// presets are the rules of well-known data sets, in the order of [Presets].
var presets = []struct {
	name  string
	rules func() []Rules
}{
	{"gopher", func() []Rules { return []Rules{NewGopherRepetition(), NewGopherQuality()} }},
	{"c4", func() []Rules { return []Rules{NewC4Quality()} }},
	{"fineweb", func() []Rules { return fineWeb(0.01) }},
	{"fineweb-code", func() []Rules { return fineWeb(0.01) }},
	{"fineweb-paper", func() []Rules { return fineWeb(0.1) }},
}

func fineWeb(maxDupLineChars float64) []Rules {
	c4, quality := NewC4Quality(), NewFineWebQuality()
	c4.FilterNoTerminalPunct = false
	quality.MaxDupLineChars = maxDupLineChars
	return []Rules{NewGopherRepetition(), NewGopherQuality(), c4, quality}
}

// Presets returns the names that [Preset] knows.
func Presets() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// Preset returns the quality rules of a well-known data set, with all thresholds as
// published and Treebank words. It is one stage, a [*Quality] with the name of the
// preset, so that statistics are shared.
//
//   - gopher: [GopherRepetition], [GopherQuality].
//   - c4: [C4Quality].
//   - fineweb-code: GopherRepetition, GopherQuality, C4Quality without the rule about
//     terminal punctuation, [FineWebQuality]: the program that made FineWeb.
//   - fineweb-paper: the same with the limit for characters in repeated lines that
//     the paper gives, 0.1 instead of 0.01.
//   - fineweb: fineweb-code, for the data set is what the program made.
//
// They leave out what is not about quality: language, URLs, duplicates, bad words.
func Preset(name string) ([]textmill.Stage, error) {
	for _, p := range presets {
		if p.name == name {
			return []textmill.Stage{textmill.Named(name, &Quality{Rules: p.rules()})}, nil
		}
	}
	return nil, fmt.Errorf("filter: no preset is called %q; use one of %s", name, strings.Join(Presets(), ", "))
}
