// Package pack makes fixed context windows of documents, as training wants them:
// sequences of tokens that all have the same length. There are three ways, each a
// [tokenize.Packing]:
//
//   - [Concat] puts documents one after another and cuts every Window tokens. It
//     wastes nothing, and cuts most of the documents that come near a boundary.
//   - [BestFit] divides no document that fits into a window, and still wastes next to
//     nothing: best-fit decreasing, after arXiv 2404.10830.
//   - [Pad] has one document to a window and fills the rest with padding.
//
// They are a field of the sink:
//
//	tokenize.Shards{
//		…
//		Packing: pack.BestFit{Window: 2048, Padding: new(enc.EndOfText())},
//	}
//
// Window counts the tokens that are stored. A trainer that shifts a sequence by one
// to get inputs and targets, both of the length it trains with, needs a Window of one
// more.
//
// # Segments
//
// A window says which documents it has, in [tokenize.Sequence.Segments]. What is made
// of them, so that documents in the same window do not see each other:
// [Positions] start again with each segment, and [Boundaries] are what attention
// kernels for sequences of several lengths call cu_seqlens. Whether segments are
// stored depends on the format.
//
// All pieces of a document are there, and together they are the document, token for
// token. The one exception is the last window of [Concat.DropLast]. A document without tokens has no segment; with an end of text,
// every document has tokens.
//
// # Padding
//
// Padding comes after the last segment of a window, and nowhere else. Its id has to be
// one of the vocabulary. That of the end of text is usual, and what OpenAI's
// vocabularies, which have no other for it, leave one with; a trainer then has to tell
// padding by the segments or by what follows an end of text, if the loss is not to
// count it. It is not the default since a Packing does not know the encoder, and
// not 0 since that is a word in many vocabularies: without Padding, the first
// document is an error.
//
// # Determinism
//
// The windows of a shard depend on its documents, their order and the settings
// alone. Windows do not cross shards.
package pack
