// Package jsonl reads and writes documents as JSON lines, plain or compressed.
//
// # Schema
//
// A line is a document:
//
//	id        string
//	text      string
//	url       string, "" if unknown
//	date      string in the form of RFC 3339, in UTC; null if unknown
//	language  string, "" if unknown
//	shard     string
//	index     integer
//	metadata  object of strings, booleans, integers and floats, in order of key;
//	          absent if empty
//
// Floats always have a point or an exponent, so that the type of a column can be
// told from any of its values. NaN and infinities are null. [textmill.Document.Tokens]
// is not stored.
//
// Files in this form load as they are in DuckDB, pandas, pyarrow, the json loader
// of Hugging Face datasets and datatrove's JsonlReader. That loader takes the
// columns from the first file: where not every file has the same metadata, give
// it the features.
//
// # Reading
//
// Other people's files are read too: all that is needed is the text. An id may
// be a number. Fields the schema does not name, or whose type is not as above, go
// to Meta, and so does a date in another form. Fields of metadata have precedence
// over them. Numbers without point and exponent are int64 if they fit, others
// float64. Arrays and objects are kept as a string of JSON; null counts as
// absent. Bytes that are not valid UTF-8 and lone surrogates become U+FFFD. Of
// fields that appear twice the last one counts, as for encoding/json, but names
// differ if their case does.
package jsonl
