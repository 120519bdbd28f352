package jsonl

import (
	"bytes"
	"encoding/json"
	"math/bits"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// A parser reads a line in the form this package writes, and near it. Wherever
// it is in doubt (bad JSON, a field that appears twice, an escape in a name) its
// methods return false, and Decoder.general has the say: it must never return
// true with another document than that, nor for a line that is refused there.
type parser struct {
	d *Decoder
	b []byte // valid UTF-8
	i int    // of the next byte in b
}

// Fields of the schema, as a set.
const (
	fieldText = 1 << iota
	fieldID
	fieldURL
	fieldDate
	fieldLanguage
	fieldShard
	fieldIndex
	fieldMetadata
)

func (p *parser) field(name []byte) int {
	if string(name) == p.d.textField() {
		return fieldText
	}
	switch string(name) {
	case "id":
		return fieldID
	case "url":
		return fieldURL
	case "date":
		return fieldDate
	case "language":
		return fieldLanguage
	case "shard":
		return fieldShard
	case "index":
		return fieldIndex
	case "metadata":
		return fieldMetadata
	}
	return 0
}

// document reads the whole line.
func (p *parser) document() (*textmill.Document, bool) {
	doc := &textmill.Document{Index: -1}
	seen := 0
	ok := p.object(func(name []byte) bool {
		f := p.field(name)
		if seen&f != 0 {
			return false
		}
		seen |= f
		return p.fieldValue(doc, f, name)
	})
	p.space()
	return doc, ok && p.i == len(p.b) && seen&fieldText != 0
}

// fieldValue reads the value of a field of the line.
func (p *parser) fieldValue(doc *textmill.Document, field int, name []byte) bool {
	switch field {
	case 0:
		return p.meta(doc, p.d.name(name))
	case fieldIndex:
		n, ok := p.integer()
		doc.Index = int(n)
		return ok && n >= 0 && int64(doc.Index) == n
	case fieldMetadata:
		return p.object(func(name []byte) bool { return p.meta(doc, p.d.name(name)) })
	}
	if field != fieldText && p.literal("null") {
		return true
	}
	if field == fieldID && !p.at('"') {
		start := p.i
		ok := p.number()
		doc.ID = string(p.b[start:p.i])
		return ok
	}
	s, ok := p.str()
	if !ok {
		return false
	}
	switch field {
	case fieldText:
		doc.Text = string(s)
	case fieldID:
		doc.ID = string(s)
	case fieldURL:
		doc.URL = string(s)
	case fieldLanguage:
		doc.Language = p.d.name(s)
	case fieldShard:
		doc.Shard = p.d.name(s)
	case fieldDate:
		return p.date(doc, s, name)
	}
	return ok
}

// date sets the date, or what stands for it if it has another form.
func (p *parser) date(doc *textmill.Document, s, name []byte) (ok bool) {
	if len(s) == 0 {
		return true
	}
	if doc.Date, ok = parseDate(string(s)); ok {
		return true
	}
	if _, twice := doc.Meta[string(name)]; twice {
		return false
	}
	doc.Set(p.d.name(name), string(s))
	return true
}

// meta reads a value into doc.Meta.
func (p *parser) meta(doc *textmill.Document, key string) bool {
	if _, twice := doc.Meta[key]; twice || p.i == len(p.b) {
		return false
	}
	switch c := p.b[p.i]; c {
	case '"':
		s, ok := p.str()
		if ok {
			doc.Set(key, string(s))
		}
		return ok
	case 't', 'f':
		doc.Set(key, c == 't')
		return p.literal("true") || p.literal("false")
	case 'n':
		return p.literal("null")
	case '{', '[':
		return p.nested(doc, key)
	}
	start := p.i
	if n, ok := p.integer(); ok {
		doc.Set(key, n)
		return true
	}
	p.i = start
	if !p.number() {
		return false
	}
	v, err := number(p.b[start:p.i])
	doc.Set(key, v)
	return err == nil
}

// object reads an object: it calls value at the value of each field. The name is
// valid until then.
func (p *parser) object(value func(name []byte) bool) bool {
	p.space()
	if !p.byte('{') {
		return false
	}
	p.space()
	if p.byte('}') {
		return true
	}
	for {
		name, ok := p.plainStr()
		if !ok {
			return false
		}
		p.space()
		if !p.byte(':') {
			return false
		}
		p.space()
		if !value(name) {
			return false
		}
		p.space()
		if p.byte('}') {
			return true
		}
		if !p.byte(',') {
			return false
		}
		p.space()
	}
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

// byte passes over c if it is next.
func (p *parser) byte(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) literal(s string) bool {
	if len(p.b)-p.i >= len(s) && string(p.b[p.i:p.i+len(s)]) == s {
		p.i += len(s)
		return true
	}
	return false
}

// plainStr reads a string without escapes.
func (p *parser) plainStr() ([]byte, bool) {
	if !p.byte('"') {
		return nil, false
	}
	start := p.i
	p.i = scan(p.b, p.i)
	s := p.b[start:p.i]
	return s, p.byte('"')
}

// str reads a string. It is valid until the next call.
func (p *parser) str() ([]byte, bool) {
	if !p.at('"') {
		return nil, false
	}
	s, ok := p.plainStr()
	if ok {
		return s, true
	}
	p.d.scratch = append(p.d.scratch[:0], s...)
	for { // p is at an escape, or in trouble
		if !p.escape() {
			return nil, false
		}
		start := p.i
		p.i = scan(p.b, p.i)
		p.d.scratch = append(p.d.scratch, p.b[start:p.i]...)
		if p.byte('"') {
			return p.d.scratch, true
		}
	}
}

func (p *parser) at(c byte) bool { return p.i < len(p.b) && p.b[p.i] == c }

// escape reads an escape, if one is next, and appends what it stands for.
func (p *parser) escape() bool {
	if len(p.b)-p.i < 2 || p.b[p.i] != '\\' {
		return false
	}
	c := p.b[p.i+1]
	switch c {
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case '"', '\\', '/':
	case 'u':
		return p.unicode()
	default:
		return false
	}
	p.d.scratch = append(p.d.scratch, c)
	p.i += 2
	return true
}

// unicode reads an escape \uXXXX, or two that form a surrogate pair.
func (p *parser) unicode() bool {
	r, ok := hex4(p.b[p.i+2:])
	if !ok {
		return false
	}
	p.i += 6
	if utf16.IsSurrogate(r) {
		low := rune(-1)
		if len(p.b)-p.i >= 6 && p.b[p.i] == '\\' && p.b[p.i+1] == 'u' {
			low, _ = hex4(p.b[p.i+2:])
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			p.i += 6
		}
	}
	p.d.scratch = utf8.AppendRune(p.d.scratch, r)
	return true
}

// hex4 returns the value of the first four bytes of b, or -1.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return -1, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// scan returns the index of the first byte of b, from i on, that is a control
// character, quote or backslash, or len(b).
func scan(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		if m := special(load(b[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

// integer reads a number of at most 18 digits without point and exponent.
func (p *parser) integer() (int64, bool) {
	negative := p.byte('-')
	start := p.i
	var n int64
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		if p.i-start == 18 {
			return 0, false
		}
		n = n*10 + int64(p.b[p.i]-'0')
		p.i++
	}
	digits := p.i - start
	if digits == 0 || digits > 1 && p.b[start] == '0' || p.at('.') || p.at('e') || p.at('E') {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// number passes over a number.
func (p *parser) number() bool {
	p.byte('-')
	if !p.byte('0') && !p.digits() {
		return false
	}
	if p.byte('.') && !p.digits() {
		return false
	}
	if p.byte('e') || p.byte('E') {
		if !p.byte('+') {
			p.byte('-')
		}
		return p.digits()
	}
	return true
}

// digits passes over one digit or more.
func (p *parser) digits() bool {
	start := p.i
	for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

// maxDepth of what nested reads: well below the 10,000 of encoding/json, which
// counts from outside.
const maxDepth = 1000

// nested reads an array or object as JSON text.
func (p *parser) nested(doc *textmill.Document, key string) bool {
	start, depth := p.i, 0
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case '{', '[':
			if depth++; depth > maxDepth {
				return false
			}
		case '}', ']':
			depth--
		case '"':
			if _, ok := p.str(); !ok {
				return false
			}
			continue
		}
		p.i++
		if depth == 0 {
			var out bytes.Buffer
			if json.Compact(&out, p.b[start:p.i]) != nil {
				return false
			}
			doc.Set(key, out.String())
			return true
		}
	}
	return false
}

// parseDate returns the time, in UTC, of a string in the form of RFC 3339.
func parseDate(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, false
	}
	return t.UTC(), true
}
