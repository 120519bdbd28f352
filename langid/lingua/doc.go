// Package lingua detects languages with the models of lingua-go, for programs
// that would rather be slow than carry or fetch a model file of their own. A
// program that imports it grows by the 124 MB of the models; nothing else in
// textmill imports it.
//
// # How well it does
//
// Right answers among texts in languages that the chain of [langid.Script] and
// lingua can tell, and how many texts the script alone decided, with what
// success. Written Chinese languages count as "zh".
//
//	texts                                  by script  right    covered  right    texts/s
//	6,285 labelled documents, 136 languages   14.0 %   99.8 %   75.0 %   96.0 %       69
//	2,112 windows of 500 letters, UDHR        10.2 %   94.0 %   24.8 %   93.7 %      138
//	2,122 windows of 100 letters, UDHR        10.1 %   94.0 %   24.9 %   92.1 %      569
//	2,240 short sentences, Tatoeba            15.2 %   99.4 %   61.6 %   81.5 %    1,842
//
// Two fifths of the wrong answers for documents are Bosnian, Croatian and Serbian
// taken for one another; Malay and Indonesian, the Scandinavian languages and
// documents half in English follow. A text in a language that is not covered gets the name of a similar
// one that is, often with a high score: lingua has no "none of these". The
// speeds were measured on two busy cores; an idle one does two to three times as
// many. To measure again:
//
//	LANGID_ALL=1 go test -run Accuracy -v ./langid/lingua
//
// # Settings and why
//
// Low accuracy is the default. From 120 letters on lingua looks at three letters
// in a row only, whatever the mode, so that high accuracy would cost 1.9 GB of
// memory instead of 0.2 GB and 10 s of processor time at the start, and change
// nothing but the answers for short texts, of which it gets 90 % right at 30
// letters instead of 83 %. 300 letters of a text are enough: with 150, 200, 300,
// 500 and 1,000 letters, 94.5, 95.0, 96.2, 96.4 and 96.7 % of the labelled
// documents that are covered come out right, at 411, 250, 110, 62 and 64 texts a
// second.
//
// Texts of less than three letters in a row are undecided. In Devanagari, whose
// vowel signs lingua does not take for letters, that happens to short sentences.
//
// # The same answer every time
//
// Lingua-go's answer can change from run to run, and the package works around
// it. Where scripts are mixed, its rules depend on the order of a map: it is
// shown the letters of one script only, and only the languages of that script.
// It adds up probabilities in the order of a map, too, which changes the last
// bits of a confidence: confidences that agree to nine decimals are ties, which
// the alphabet decides, and scores are rounded to three decimals. The largest
// difference seen in texts of 300 letters is 1.4e-13, so that about one score in
// a billion, right between two steps, could still change in its third decimal.
//
// In high accuracy it takes a short text for Afrikaans if other languages have
// none of its letters. Such texts are left to low accuracy.
package lingua
