package lingua

import (
	"maps"
	"slices"
	"strings"

	lingua "github.com/pemistahl/lingua-go"

	"github.com/textmill/textmill/internal/ucd"
)

// languages has all of lingua's by ISO 639-1 code.
var languages = func() map[string]lingua.Language {
	m := map[string]lingua.Language{}
	for _, l := range lingua.AllLanguages() {
		m[codeOf(l)] = l
	}
	return m
}()

// codes returns the codes in alphabetical order.
func codes() []string { return slices.Sorted(maps.Keys(languages)) }

func codeOf(l lingua.Language) string { return strings.ToLower(l.IsoCode639_1().String()) }

// scriptOf returns the script of a language if it is one of several of them, or
// Unknown if it has a script of its own.
func scriptOf(l lingua.Language) ucd.Script {
	switch l {
	case lingua.Belarusian, lingua.Bulgarian, lingua.Kazakh, lingua.Macedonian, lingua.Mongolian,
		lingua.Russian, lingua.Serbian, lingua.Ukrainian:
		return ucd.Cyrillic
	case lingua.Arabic, lingua.Persian, lingua.Urdu:
		return ucd.Arabic
	case lingua.Hindi, lingua.Marathi:
		return ucd.Devanagari
	case lingua.Armenian, lingua.Bengali, lingua.Chinese, lingua.Georgian, lingua.Greek, lingua.Gujarati,
		lingua.Hebrew, lingua.Japanese, lingua.Korean, lingua.Punjabi, lingua.Tamil, lingua.Telugu, lingua.Thai:
		return ucd.Unknown
	}
	return ucd.Latin
}
