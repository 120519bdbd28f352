package jsonl

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// A Decoder reads documents from lines. The zero Decoder is ready to use, by one
// goroutine at a time.
type Decoder struct {
	// TextField is the name of the field that holds the text. If "", "text".
	TextField string
}

func (d *Decoder) textField() string { return cmp.Or(d.TextField, "text") }

// Decode returns the document in a line, see the package comment. Shard and ID
// are empty and Index is -1 where the line does not give them. The document
// shares no memory with line.
func (d *Decoder) Decode(line []byte) (*textmill.Document, error) {
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	if !utf8.Valid(line) {
		line = repair(line)
	}
	return d.general(line)
}

// repair replaces each byte that is not part of valid UTF-8 by U+FFFD, as
// encoding/json does.
func repair(line []byte) []byte {
	out := make([]byte, 0, len(line)+len(line)/8)
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		out = utf8.AppendRune(out, r)
		line = line[n:]
	}
	return out
}
