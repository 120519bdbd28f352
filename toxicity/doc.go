// Package toxicity rates and removes toxic text: profanity, insults, threats,
// sexual content.
//
// A [Scorer] rates a text. [Lexicon], the one here, counts words and phrases of a
// list; a trained model can take its place. Three stages use a Scorer:
//
//   - [Tag] writes the ratings into a document's annotations,
//   - [Filter] drops documents by them, or by ratings of its own,
//   - [RemoveLines] edits: it removes the lines that are toxic by themselves.
//
// [C4BadWords] is the rule of the C4 corpus: one word of a list, and the document
// goes.
//
// # What a list can do
//
// A list finds the words that are in it. [English], the bundled one, is small and
// does not cover identity attacks: it has no slurs against groups of people, nor
// does any list have the hate that needs none. It takes no notice of who speaks, of
// quotation or of irony, and it knows English only: "slut" ends Swedish films and
// "kys" is a Danish kiss. Run langid before it and set Languages. Load a list of your
// own with [ReadTSV], [ReadCSV] or [ReadWords] and [NewLexicon].
//
// Measured on labelled posts, with the limit 0.3 (LDNOOBW is a loaded list of 403
// English words, all of weight 1; "of the rest" is the share of posts not labelled
// that are flagged):
//
//	                                  bundled list                   LDNOOBW
//	posts                        precision  recall  of the rest  precision  recall
//	Davidson, hate or offensive      0.995   0.805        0.020      0.990   0.764
//	ConvAbuse, abusive               0.949   0.556        0.005      0.934   0.580
//	EDOS, sexist                     0.408   0.461        0.215      0.378   0.499
//	Hatemoji, hateful                0.492   0.103        0.108      0.500   0.114
//	Wikipedia talk, toxic            0.281   0.305        0.005      0.147   0.271
//	Fox comments, hateful            0.600   0.007        0.002      0.600   0.034
//
// Davidson's posts were gathered by words of such lists, and 83% are labelled; this
// says little about the web. The last four are what hate looks like where it was not:
// a list does not find it. On 76,564 sentences made of templates with names of groups
// ("I am a … person"), none that is harmless was flagged. Repeat it with
//
//	go test ./toxicity -run Evaluate -v
package toxicity
