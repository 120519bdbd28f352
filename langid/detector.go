package langid

// A Detector tells which language a text is written in.
type Detector interface {
	// Detect returns the language of text, which is valid UTF-8 of any length.
	//
	// It is called concurrently. The same text must give the same result in
	// every run and on every machine. A detector of a model should keep no
	// text and allocate little: it runs once for every document of a corpus.
	Detect(text string) Result
}

// A Result is what a Detector found out about a text.
type Result struct {
	Language string  // BCP 47 tag such as "en" or "pt"; "" if undecided
	Score    float64 // confidence from 0 to 1; 0 if undecided
	Method   string  // what decided: "script" or the name of a model; "" if undecided
}
