// Package tokenize turns text into token ids and stores them for training.
//
// An [Encoder] turns text into ids; [Tiktoken] returns those of OpenAI's
// vocabularies, and [ReadTiktoken] those of a file in the same format. Package hf
// reads a tokenizer.json. A [Stage] puts the ids of a document's text into its
// Tokens, on as many cores as the pipeline has workers. [Shards] is a sink that
// writes them in one of the formats that trainers read, each of which is a package
// below this one:
//
//	enc, err := tokenize.Tiktoken("cl100k_base")
//	…
//	p := &textmill.Pipeline{
//		Source: source,
//		Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}},
//		Sink:   tokenize.Shards{Store: storage.Dir("tokens"), Encoder: enc, Format: megatron.Format{}},
//	}
//
// # Exactness
//
// The ids of a [BPE] are those of tiktoken, release 0.14: of encode_ordinary, for
// which what looks like a special token, such as "<|endoftext|>", is ordinary
// text; [BPE.EncodeSpecial] does what encode does. Words of any length are encoded
// exactly, in time in proportion to the length. Two things are settled here so
// that the ids of a text never change:
//
//   - Characters are classified by Unicode 16.0 ([UnicodeVersion]), as in
//     tiktoken, and not by the version of Go. Encoders that use package unicode
//     differ from tiktoken in texts with letters, marks and digits that are newer
//     than Unicode 15.0: mostly historic scripts and rare Chinese characters.
//   - Bytes that are not UTF-8 count as symbols, one by one, and keep their value:
//     decoding gives them back. (Documents hold valid UTF-8; tiktoken takes
//     nothing else.)
package tokenize
