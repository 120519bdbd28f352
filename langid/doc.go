// Package langid identifies the language of documents.
//
// Two stages do it: [Tag] sets a document's Language and how sure it is, [Keep]
// drops what is not wanted. What they rest on is a [Detector]. [Script] is the
// one every other is put behind: it decides from a sample of the text what the
// script alone can decide, at next to no cost, and leaves the rest to a model.
//
//	stages := []textmill.Stage{
//		&langid.Tag{Detector: detector},
//		&langid.Keep{Languages: []string{"en"}, MinScore: 0.65},
//	}
//
// Package langid/lingua makes a detector of the models of lingua-go, which are
// 124 MB; only programs that import it carry them.
package langid
