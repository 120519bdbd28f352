// Package tokenize turns text into token ids and stores them for training.
//
// An [Encoder] turns text into ids; [Tiktoken] returns those of OpenAI's
// vocabularies. A [Stage] puts the ids of a document's text into its Tokens, on
// as many cores as the pipeline has workers. [Shards] is a sink that writes them
// as Megatron-LM reads them, and [OpenShard] reads them back:
//
//	enc, err := tokenize.Tiktoken("cl100k_base")
//	…
//	p := &textmill.Pipeline{
//		Source: source,
//		Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
//		Sink:   tokenize.Shards{Store: storage.Dir("tokens"), Encoder: enc},
//	}
//
// # Exactness
//
// The ids are those of tiktoken's encode_ordinary, release 0.14: what looks like
// a special token in a text, such as "<|endoftext|>", is ordinary text. Three
// things are settled here so that the ids of a text never change:
//
//   - Characters are classified by Unicode 16.0 ([UnicodeVersion]), as in
//     tiktoken, and not by the version of Go. Encoders that use package unicode
//     differ from tiktoken in texts with letters, marks and digits that are newer
//     than Unicode 15.0: mostly historic scripts and rare Chinese characters.
//   - A word, as the vocabulary's pattern divides text, of more than 128 KiB is
//     encoded in parts of at most that size, cut between characters. The ids
//     then differ from tiktoken's at the cuts, by a token or two; they still
//     decode to the text. So a page that is one endless run of letters takes
//     time and memory in proportion to its size, not to its square.
//   - Bytes that are not UTF-8 count as symbols and keep their value: decoding
//     gives them back. (Documents hold valid UTF-8; tiktoken takes nothing else.)
package tokenize
