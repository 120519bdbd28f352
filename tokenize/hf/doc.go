// Package hf reads tokenizer.json, the file in which Hugging Face describes a
// vocabulary, and encodes texts as its library tokenizers does, id for id:
//
//	t, err := hf.Read(file, hf.Config{Name: "llama-3", EndOfText: "<|end_of_text|>"})
//	…
//	ids = t.Encode(ids[:0], text)
//
// The reference is tokenizers 0.23.3. The tests hold every part against it, on
// every code point, and whole tokenizers as of GPT-2, Llama 2 and 3, Qwen 2,
// DeepSeek V3, Mistral, Gemma, T5, XLM-R and BERT.
//
// # What is supported
//
//   - Models: BPE, Unigram, WordPiece and WordLevel, with all settings but dropout.
//   - Normalizers: NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace,
//     Prepend, Nmt, Precompiled, BertNormalizer, ByteLevel, Sequence.
//   - Pre-tokenizers: ByteLevel, Split, Digits, Metaspace, Whitespace,
//     WhitespaceSplit, Punctuation, BertPreTokenizer, CharDelimiterSplit,
//     FixedLength, Sequence; not UnicodeScripts.
//   - Post-processors: TemplateProcessing, BertProcessing, RobertaProcessing,
//     ByteLevel, Sequence, of which there is what concerns single texts.
//   - Decoders: ByteLevel, ByteFallback, Replace, Fuse, Strip, Metaspace, WordPiece,
//     BPEDecoder, Sequence; not CTC.
//   - Added tokens with all of their flags.
//
// Regular expressions are not compiled: those of GPT-2, cl100k, o200k, Llama 3 and
// 4, Qwen, DeepSeek, Tekken, Falcon, StarCoder, BLOOM and CLIP are known, and some
// for digits and white space. Anything else is an error that names it, and so is
// every field that is not known: a tokenizer that is nearly right is of no use.
//
// # What to know
//
// As in the library, an added token has the id that the model's vocabulary gives
// it or, if it is not there, the next free one, whatever the file says.
//
// The library knows several versions of Unicode: regular expressions go by 16.0,
// lower case and digits by 17.0, punctuation by 8.0 and normal forms by 9.0. This
// package does the same.
//
// Words repeat, so their ids are kept in a cache of 6 MB for every goroutine that
// encodes. A long word is divided where that has no effect, as between the words of
// a SentencePiece vocabulary, to which a document is one word. What cannot be
// divided, such as a run of one letter, takes time n log n and 40 bytes of memory
// for every character.
package hf
