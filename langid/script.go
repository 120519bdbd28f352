package langid

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// DefaultLetters is how many letters of a text are looked at unless a Script
// says otherwise.
const DefaultLetters = 1000

// Script is a Detector that decides by script what a script can decide, and
// leaves the rest to a Model.
//
// It looks at a sample of the text and finds out which script prevails, counting
// a Han character for three letters and a kana or Hangul syllable for two, which
// is about what they say in other scripts. Thai, Greek, Georgian and some forty
// more are used by one language, or by one so much more than by others that it is
// taken. Some are shared by a few languages that differ in their letters or their
// commonest words: Japanese and Chinese, Hebrew and Yiddish, Bengali and
// Assamese, Amharic and Tigrinya, Tibetan and Dzongkha. The score is then the
// share of that script in the sample. Texts in Latin, Cyrillic, Arabic,
// Devanagari and other scripts go to the Model, as the sample.
//
// A text of less than three letters is undecided.
type Script struct {
	Model Detector // for the scripts of many languages; nil: they are undecided

	// Letters is how many letters of a text are looked at. A text of so many
	// bytes or less is looked at as a whole; of a longer one a third each is
	// taken from 5 %, 50 % and 75 % of its length on, without the lines of which
	// less than half of the characters are letters. If 0, it is DefaultLetters;
	// if negative, the whole text is looked at and no line is left out, which is
	// what datatrove, dolma and DCLM do.
	Letters int
}

// minLetters is the least number of letters to decide by.
const minLetters = 3

// Detect implements [Detector].
func (s *Script) Detect(text string) Result {
	part := text
	switch {
	case s.Letters > 0:
		part = sample(text, s.Letters)
	case s.Letters == 0:
		part = sample(text, DefaultLetters)
	}
	var h histogram
	h.add(part)
	if h.letters < minLetters {
		return Result{}
	}
	script := h.prevailing()
	if language := languageOf(script, &h, part); language != "" {
		return Result{Language: language, Score: float64(h.weight[script]) / float64(h.total), Method: "script"}
	}
	if s.Model == nil {
		return Result{}
	}
	return s.Model.Detect(part)
}

// A histogram has the weight of each script among the letters of a text. Kana and
// Bopomofo are counted as Han.
type histogram struct {
	weight  [256]int
	total   int // of all weights
	letters int
	kana    int // their weight
}

func (h *histogram) add(text string) {
	latin := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if 'a' <= c|0x20 && c|0x20 <= 'z' {
				latin++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if ucd.IsLetter(r) {
			h.addLetter(ucd.ScriptOf(r))
		}
	}
	h.weight[ucd.Latin] += latin
	h.total += latin
	h.letters += latin
}

func (h *histogram) addLetter(script ucd.Script) {
	weight := 1
	switch script {
	case ucd.Common, ucd.Inherited, ucd.Unknown:
		return
	case ucd.Han:
		weight = 3
	case ucd.Hangul:
		weight = 2
	case ucd.Bopomofo:
		script = ucd.Han
	case ucd.Hiragana, ucd.Katakana:
		script, weight = ucd.Han, 2
		h.kana += weight
	}
	h.weight[script] += weight
	h.total += weight
	h.letters++
}

// prevailing returns the script of most weight; of equals, the first by name.
func (h *histogram) prevailing() ucd.Script {
	best := 0
	for script, weight := range h.weight {
		if weight > h.weight[best] {
			best = script
		}
	}
	return ucd.Script(best)
}
