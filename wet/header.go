package wet

import (
	"bytes"
	"iter"
)

// A Header holds the named fields of a record, in the order in which they
// stand in the file. Repeated fields are kept, and so are unknown ones. Names
// are compared without regard to case. The zero Header is empty and ready to use.
type Header struct {
	text   []byte // names and values, one after another
	fields []field
}

// A field is where a name and its value lie in the text of a Header.
type field struct{ name, value, end int32 }

// Len returns the number of fields.
func (h *Header) Len() int { return len(h.fields) }

// Add appends a field.
func (h *Header) Add(name, value string) {
	i := len(h.text)
	h.text = append(h.text, name...)
	h.text = append(h.text, value...)
	h.fields = append(h.fields, field{int32(i), int32(i + len(name)), int32(len(h.text))})
}

// Get returns the value of the first field with the given name, or "" if there
// is none.
func (h *Header) Get(name string) string { return string(h.Bytes(name)) }

// Bytes returns the value of the first field with the given name, or nil if
// there is none. The bytes belong to h: they must not be changed, and are valid
// as long as the record is.
func (h *Header) Bytes(name string) []byte {
	for _, f := range h.fields {
		if equalFold(h.text[f.name:f.value], name) {
			return h.text[f.value:f.end:f.end]
		}
	}
	return nil
}

// Values returns the values of all fields with the given name, in order.
func (h *Header) Values(name string) []string {
	var out []string
	for _, f := range h.fields {
		if equalFold(h.text[f.name:f.value], name) {
			out = append(out, string(h.text[f.value:f.end]))
		}
	}
	return out
}

// All returns an iterator over names and values, in order.
func (h *Header) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, f := range h.fields {
			if !yield(string(h.text[f.name:f.value]), string(h.text[f.value:f.end])) {
				return
			}
		}
	}
}

// clone returns a copy that shares no memory with h.
func (h *Header) clone() Header {
	return Header{text: bytes.Clone(h.text), fields: append([]field(nil), h.fields...)}
}

// reset empties h and keeps its memory.
func (h *Header) reset() {
	h.text, h.fields = h.text[:0], h.fields[:0]
}

// parse reads the field lines in b, which end at an empty line or at the end of
// b. Lines end in CRLF or LF. A line that begins with a space or a tab continues
// the value before it, from which it is set off by one space. A line without a
// name and a colon is no field and is passed over, with what continues it.
func (h *Header) parse(b []byte) {
	h.reset()
	open := false // the last line was a field
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if len(line) == 0 {
			return
		}
		if line[0] == ' ' || line[0] == '\t' {
			if open {
				h.extend(trimBlank(line))
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		name = trimBlank(name)
		if open = len(name) > 0 && len(name) < len(line); open {
			h.append(name, trimBlank(value))
		}
	}
}

func (h *Header) append(name, value []byte) {
	i := len(h.text)
	h.text = append(h.text, name...)
	h.text = append(h.text, value...)
	h.fields = append(h.fields, field{int32(i), int32(i + len(name)), int32(len(h.text))})
}

// extend adds to the value of the last field.
func (h *Header) extend(more []byte) {
	f := &h.fields[len(h.fields)-1]
	if f.end > f.value && len(more) > 0 {
		h.text = append(h.text, ' ')
	}
	h.text = append(h.text, more...)
	f.end = int32(len(h.text))
}

// trimBlank cuts spaces, tabs and carriage returns off both ends of b.
func trimBlank(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isBlank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// equalFold reports whether b and s are equal but for the case of ASCII letters.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if c != s[i] && lower(c) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
