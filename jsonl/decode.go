package jsonl

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/utf8dfa"
)

// A Decoder reads documents from lines. The zero Decoder is ready to use, by one
// goroutine at a time.
type Decoder struct {
	// TextField is the name of the field that holds the text. If "", "text".
	TextField string

	scratch []byte            // for strings with escapes
	names   map[string]string // short strings that come again and again
}

func (d *Decoder) textField() string { return cmp.Or(d.TextField, "text") }

var byteOrderMark = []byte("\ufeff")

// Decode returns the document in a line, see the package comment. Shard and ID
// are empty and Index is -1 where the line does not give them. The document
// shares no memory with line.
func (d *Decoder) Decode(line []byte) (*textmill.Document, error) {
	line = bytes.TrimPrefix(line, byteOrderMark)
	if !utf8dfa.Valid(line) {
		line = repair(line)
	}
	p := parser{d: d, b: line}
	if doc, ok := p.document(); ok {
		return doc, nil
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

const (
	maxNames = 1024 // strings kept
	maxName  = 128  // bytes in one
)

// name returns b as a string, if possible one that was returned before. Keeping
// it does not keep a document's text in memory.
func (d *Decoder) name(b []byte) string {
	if len(b) > maxName {
		return string(b)
	}
	if s, ok := d.names[string(b)]; ok {
		return s
	}
	if d.names == nil || len(d.names) == maxNames {
		d.names = make(map[string]string)
	}
	s := string(b)
	d.names[s] = s
	return s
}
