package sample

import "time"

// A Record is one record of the sample and what there is to know about it.
type Record struct {
	File  int // index of its file in Names
	Index int // among the conversion records of the file, from 0; -1 if it is none
	Kind  Kind

	ID       string // WARC-Record-ID without the angle brackets
	URL      string
	Date     time.Time
	Language string // BCP 47; "mul" for several, "" for none
	Text     string // the block as written; valid UTF-8 unless Kind is Invalid

	DuplicateOf string   // ID of the record this one repeats, which comes before it
	Clean       string   // of mojibake: the text as it was meant
	PII         []string // personal data planted in Text, in order
}

// A Kind says what a record is.
type Kind string

// Good pages.
const (
	Article Kind = "article" // several paragraphs; quality rules for English should keep those in English
	Long    Kind = "long"    // an article of some hundred paragraphs
	OneLine Kind = "oneline" // an article without line ends
	PII     Kind = "pii"     // an article with personal data in it
)

// Pages that are there already, under another address or with a mark appended.
const (
	Exact Kind = "exact" // the same text
	Near  Kind = "near"  // all but a few words the same, or a paragraph missing
)

// Articles that are worth mending.
const (
	Mojibake Kind = "mojibake" // UTF-8 that was read as Windows-1252
	Entities Kind = "entities" // with HTML character references left in
	Untidy   Kind = "untidy"   // odd spaces, soft hyphens, letters taken apart, control characters
)

// Pages that no one wants in a training set.
const (
	Menu           Kind = "menu"
	Cookies        Kind = "cookies"
	Script         Kind = "script"
	Placeholder    Kind = "placeholder" // has "lorem ipsum" in a line
	Code           Kind = "code"        // has curly brackets in it
	Short          Kind = "short"
	Numbers        Kind = "numbers"
	Symbols        Kind = "symbols"
	RepeatedLines  Kind = "repeated_lines"
	RepeatedPhrase Kind = "repeated_phrase"
	List           Kind = "list"
	Ellipsis       Kind = "ellipsis"
	Hashes         Kind = "hashes"
	LongWords      Kind = "long_words"
	Rude           Kind = "rude" // swearing of the milder sort
	Gambling       Kind = "gambling"
	NoPunctuation  Kind = "no_punctuation"
	Shouting       Kind = "shouting"
	Mixed          Kind = "mixed" // two languages, line by line
	Facts          Kind = "facts" // ingredients, opening hours
	Stuffing       Kind = "stuffing"
	Empty          Kind = "empty" // nothing, or nothing but white space
)

// Records that test the reader.
const (
	Info     Kind = "warcinfo"
	Metadata Kind = "metadata"
	Invalid  Kind = "invalid" // an article with bytes in it that are not UTF-8
	Damaged  Kind = "damaged" // an article whose gzip member fails its checksum
)

// iso639 maps the languages of the sample to the codes Common Crawl writes.
var iso639 = map[string]string{
	"ar": "ara", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fr": "fra",
	"he": "heb", "hi": "hin", "it": "ita", "ja": "jpn", "ko": "kor", "nl": "nld",
	"pl": "pol", "pt": "por", "ru": "rus", "th": "tha", "tr": "tur", "uk": "ukr",
	"zh": "zho", "mul": "eng,deu",
}
