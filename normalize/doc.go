// Package normalize has stages that edit text: they settle how characters are
// encoded ([Unicode]), tidy white space ([Whitespace]), remove lines without
// words ([SymbolLines]) and mask addresses ([PII]). [Standard] is the first two.
//
// All keep every document, are safe for concurrent use, and leave valid UTF-8 valid.
// A text they have nothing to change in stays the same string, and nothing is
// allocated for it. To apply one of them twice is to apply it once. What they
// decide about characters rests on the tables of one version of Unicode, 15.0, so
// that output does not change with the version of Go.
//
// # Order
//
// First what repairs a wrong encoding, which needs the control characters that
// Unicode removes; then Unicode, SymbolLines, Whitespace, PII. The comment on
// [Standard] says why.
package normalize
