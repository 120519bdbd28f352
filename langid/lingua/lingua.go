package lingua

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	lingua "github.com/pemistahl/lingua-go"

	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/langid"
)

// Options are the settings of a detector. The zero Options are all languages in
// low accuracy.
type Options struct {
	// Languages are the ISO 639-1 codes, which are BCP 47 tags too, of the
	// languages to tell apart; empty means all 75. Fewer are told apart better
	// and faster, but a text in another language is taken for the nearest of
	// them. So the Latin, Cyrillic, Arabic and Devanagari scripts each need two
	// languages at least, or none, which leaves texts in the script undecided.
	// Languages that have a script of their own are found whether they are
	// listed or not.
	Languages []string

	// HighAccuracy looks at one to five letters in a row in texts of less than
	// 120 letters instead of three. It makes no difference to longer ones. The
	// models take 1.9 GB of memory instead of 0.2 GB, once short texts come, and
	// ten seconds to load.
	HighAccuracy bool
}

// letters is how many letters of a text New has the detector look at: lingua's
// time grows with them, its accuracy hardly. See the package comment.
const letters = 300

// New returns a detector: [langid.Script] with lingua as its model, for the
// languages that share a script. It looks at 300 letters of a text unless the
// caller changes Letters. New fails if a language is unknown or alone in its
// script. Models are loaded when the first text needs them.
func New(o Options) (*langid.Script, error) {
	m := &model{Options: o}
	for _, code := range o.Languages {
		if _, ok := languages[code]; !ok {
			return nil, fmt.Errorf("lingua: unknown language %q: use ISO 639-1 codes such as %q, one of %s", code, "en", strings.Join(codes(), " "))
		}
	}
	for i, script := range scripts {
		var chosen []lingua.Language
		for _, code := range codes() {
			if l := languages[code]; scriptOf(l) == script && (len(o.Languages) == 0 || slices.Contains(o.Languages, code)) {
				chosen = append(chosen, l)
			}
		}
		switch len(chosen) {
		case 0:
			continue
		case 1:
			return nil, fmt.Errorf("lingua: %s is the only language listed of those in %v script: list those to tell it from", codeOf(chosen[0]), script)
		}
		build := lingua.NewLanguageDetectorBuilder().FromLanguages(chosen...)
		if o.HighAccuracy {
			m.high[i] = build.Build()
		}
		m.low[i] = build.WithLowAccuracyMode().Build()
	}
	return &langid.Script{Model: m, Letters: letters}, nil
}

// scripts are those several of lingua's languages are written in.
var scripts = [...]ucd.Script{ucd.Latin, ucd.Cyrillic, ucd.Arabic, ucd.Devanagari}

// model is lingua, a detector of its own for each script. It implements
// [langid.Detector].
type model struct {
	Options
	low, high [len(scripts)]lingua.LanguageDetector
}

// method is what langid.Result says of the model.
const method = "lingua"

// Detect looks at the letters of the script that prevails. The score is lingua's
// confidence times the share of these letters.
func (m *model) Detect(text string) langid.Result {
	i, share := prevailing(text)
	if i < 0 || m.low[i] == nil {
		return langid.Result{}
	}
	words, n := wordsOf(text, scripts[i])
	detector := m.low[i]
	if m.HighAccuracy && n < 120 && safe(words) {
		detector = m.high[i]
	}
	best, confidence := choose(detector.ComputeLanguageConfidenceValues(words))
	if confidence == 0 {
		return langid.Result{}
	}
	return langid.Result{Language: best, Score: round(confidence*share, 1e3), Method: method}
}

// choose returns the code and the confidence of the best of values, or 0 if
// lingua knows nothing.
//
// Lingua adds up probabilities in the order of a map, so the last bits of a
// confidence differ from run to run. Confidences that are the same to nine
// decimals, thousands of times the difference seen, are therefore taken for equal,
// and the code that comes first in the alphabet wins.
func choose(values []lingua.ConfidenceValue) (code string, confidence float64) {
	best := slices.MinFunc(values, func(a, b lingua.ConfidenceValue) int {
		return cmp.Or(
			cmp.Compare(round(b.Value(), 1e9), round(a.Value(), 1e9)),
			cmp.Compare(codeOf(a.Language()), codeOf(b.Language())))
	})
	return codeOf(best.Language()), round(best.Value(), 1e9)
}

func round(x, steps float64) float64 { return math.Round(x*steps) / steps }

// safe reports whether lingua's high accuracy can be trusted with a short text.
// If one of the languages has none of the text's letters, lingua counts the
// letters it should have counted for it for Afrikaans, which then wins. Every
// language in Latin script has an a and an e, and Afrikaans is out of the question
// in other scripts.
func safe(words string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(words, " "))
	return ucd.ScriptOf(r) != ucd.Latin || strings.ContainsAny(words, "aAeE")
}

// prevailing returns the index in scripts of the one with the most letters in
// text and their share among all letters, or -1 if it is none of them.
func prevailing(text string) (index int, share float64) {
	var count [256]int
	total := 0
	for _, r := range text {
		if ucd.IsLetter(r) {
			if s := ucd.ScriptOf(r); s > ucd.Inherited {
				count[s]++
				total++
			}
		}
	}
	best := 0
	for s, n := range count {
		if n > count[best] {
			best = s
		}
	}
	index = slices.Index(scripts[:], ucd.Script(best))
	return index, float64(count[best]) / float64(max(total, 1))
}

// wordsOf returns the words of text that are written in script, and the number of
// their letters. Lingua's rules depend on the order of a map where scripts are
// mixed, so it never sees two.
func wordsOf(text string, script ucd.Script) (words string, letters int) {
	var b strings.Builder
	b.Grow(len(text))
	gap := false
	for _, r := range text {
		if !ucd.IsLetter(r) || ucd.ScriptOf(r) != script {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
		letters++
	}
	return b.String(), letters
}
