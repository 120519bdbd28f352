package langid

import (
	"strings"

	"github.com/textmill/textmill/internal/ucd"
)

// languageOf returns the language of a text in which script prevails, or "" if
// the script cannot tell.
func languageOf(script ucd.Script, h *histogram, text string) string {
	switch script {
	case ucd.Han:
		return chineseOrJapanese(h)
	case ucd.Hebrew:
		return hebrewOrYiddish(text)
	case ucd.Bengali:
		return bengaliOrAssamese(text)
	case ucd.Ethiopic:
		return amharicOrTigrinya(text)
	case ucd.Tibetan:
		return tibetanOrDzongkha(text)
	case ucd.Myanmar:
		return burmese(text)
	}
	return languageOfScript[script]
}

// languageOfScript has the scripts that are used by one language, or by one so
// much more than by any other that texts of the others are rare on the web.
// Scripts no living or liturgical language is written in are left out, and so are
// those several languages share, such as Canadian Aboriginal syllabics and
// Tifinagh.
var languageOfScript = [256]string{
	ucd.Adlam:          "ff",
	ucd.Armenian:       "hy",
	ucd.Balinese:       "ban",
	ucd.Bamum:          "bax",
	ucd.Buginese:       "bug",
	ucd.Chakma:         "ccp",
	ucd.Cherokee:       "chr",
	ucd.Coptic:         "cop",
	ucd.Georgian:       "ka",
	ucd.Gothic:         "got",
	ucd.Greek:          "el",
	ucd.Gujarati:       "gu",
	ucd.Gurmukhi:       "pa",
	ucd.Hangul:         "ko",
	ucd.HanifiRohingya: "rhg",
	ucd.Javanese:       "jv",
	ucd.Kannada:        "kn",
	ucd.Khmer:          "km",
	ucd.Lao:            "lo",
	ucd.Lepcha:         "lep",
	ucd.Limbu:          "lif",
	ucd.Lisu:           "lis",
	ucd.Malayalam:      "ml",
	ucd.Mandaic:        "mid",
	ucd.MeeteiMayek:    "mni",
	ucd.Mongolian:      "mn",
	ucd.NewTaiLue:      "khb",
	ucd.Nko:            "nqo",
	ucd.OlChiki:        "sat",
	ucd.Oriya:          "or",
	ucd.Osage:          "osa",
	ucd.Samaritan:      "smp",
	ucd.Saurashtra:     "saz",
	ucd.Sinhala:        "si",
	ucd.Sundanese:      "su",
	ucd.TaiLe:          "tdd",
	ucd.Tamil:          "ta",
	ucd.Telugu:         "te",
	ucd.Thaana:         "dv",
	ucd.Thai:           "th",
	ucd.Vai:            "vai",
	ucd.Wancho:         "nnp",
	ucd.Yi:             "ii",
}

// chineseOrJapanese goes by kana, which make up half of a Japanese text and are
// in a Chinese one only where it quotes.
func chineseOrJapanese(h *histogram) string {
	if 10*h.kana >= h.weight[ucd.Han] {
		return "ja"
	}
	return "zh"
}

// hebrewOrYiddish adds up what each letter says, in bits: the logarithm of how
// much commoner it is in Yiddish, rounded. Yiddish writes vowels, as alef, ayin
// and digraphs; het and tav are in its few Hebrew words only. The sum of a letter
// is 0.7 on average in Yiddish and -0.8 in Hebrew.
func hebrewOrYiddish(text string) string {
	bits := 0
	for _, r := range text {
		switch r {
		case 'װ', 'ױ', 'ײ':
			bits += 4
		case 'ע', 'ט', 'ן':
			bits += 2
		case 'א', 'ג', 'ק', 'ר':
			bits++
		case 'ב', 'ו', 'כ', 'ל', 'מ', 'ש':
			bits--
		case 'ה', 'ם':
			bits -= 2
		case 'ח', 'ת':
			bits -= 4
		}
	}
	if bits > 0 {
		return "yi"
	}
	return "he"
}

// bengaliOrAssamese goes by the letter for r, of which each language has its own.
func bengaliOrAssamese(text string) string {
	if strings.Count(text, "ৰ") > strings.Count(text, "র") {
		return "as"
	}
	return "bn"
}

// amharicOrTigrinya goes by the series of ቐ and ኸ, which Amharic does not use or
// hardly uses, and which make up 2 % of Tigrinya.
func amharicOrTigrinya(text string) string {
	letters, tigrinya := 0, 0
	for _, r := range text {
		if ucd.ScriptOf(r) != ucd.Ethiopic {
			continue
		}
		letters++
		if 'ቐ' <= r && r <= 'ቝ' || 'ኸ' <= r && r <= 'ዅ' {
			tigrinya++
		}
	}
	if 200*tigrinya > letters {
		return "ti"
	}
	return "am"
}

// tibetanOrDzongkha goes by common words: "is" and the plural in Tibetan, "is"
// and "do" in Dzongkha. Without any, or with as many of both, it is undecided.
func tibetanOrDzongkha(text string) string {
	tibetan := strings.Count(text, "ཡིན") + strings.Count(text, "རེད") + strings.Count(text, "རྣམས")
	dzongkha := strings.Count(text, "ཨིན") + strings.Count(text, "འབད")
	switch {
	case tibetan > dzongkha:
		return "bo"
	case dzongkha > tibetan:
		return "dz"
	}
	return ""
}

// burmese tells Burmese from the other languages of its script, such as Shan, Mon
// and Karen, each of which has letters of its own.
func burmese(text string) string {
	letters, others := 0, 0
	for _, r := range text {
		if ucd.ScriptOf(r) != ucd.Myanmar {
			continue
		}
		letters++
		if r > '၏' { // U+104F, the last sign of Burmese
			others++
		}
	}
	if 50*others > letters {
		return ""
	}
	return "my"
}
