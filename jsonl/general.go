package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/textmill/textmill"
)

var (
	errNotObject = errors.New("the line is not a JSON object")
	errNoText    = errors.New("missing or not a string")
)

// general decodes any line, with encoding/json. It is what [Decoder] means; the
// rest of it only makes the usual case fast.
func (d *Decoder) general(line []byte) (*textmill.Document, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return nil, fmt.Errorf("bad JSON: %w", err)
	}
	if fields == nil {
		return nil, errNotObject
	}
	doc := &textmill.Document{Index: -1}
	var meta map[string]json.RawMessage
	for key, raw := range fields {
		raw = bytes.TrimSpace(raw)
		known, err := false, error(nil)
		switch key {
		case d.textField():
			if raw[0] != '"' {
				return nil, fmt.Errorf("field %s: %w", key, errNoText)
			}
			doc.Text, known = unquote(raw), true
		case "id":
			doc.ID, known = scalar(raw)
		case "url":
			doc.URL, known = text(raw)
		case "language":
			doc.Language, known = text(raw)
		case "shard":
			doc.Shard, known = text(raw)
		case "date":
			doc.Date, known = date(raw)
		case "index":
			doc.Index, known = index(raw)
		case "metadata":
			if known = raw[0] == '{'; known {
				err = json.Unmarshal(raw, &meta)
			}
		}
		if err == nil && !known {
			err = set(doc, key, raw)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, ok := fields[d.textField()]; !ok {
		return nil, fmt.Errorf("field %s: %w", d.textField(), errNoText)
	}
	for key, raw := range meta { // after the others, so that these win
		if err := set(doc, key, bytes.TrimSpace(raw)); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// unquote returns the value of a JSON string known to be valid.
func unquote(raw []byte) (s string) {
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err) // not reached: it was valid as part of the line
	}
	return s
}

// text returns the value of a string or null, which counts as "".
func text(raw []byte) (string, bool) {
	switch raw[0] {
	case '"':
		return unquote(raw), true
	case 'n':
		return "", true
	}
	return "", false
}

// scalar is text that takes numbers as they are written, too.
func scalar(raw []byte) (string, bool) {
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		return string(raw), true
	}
	return text(raw)
}

// date returns the time of a string in the form of RFC 3339, or the zero time
// for an empty string or null.
func date(raw []byte) (time.Time, bool) {
	s, ok := text(raw)
	if !ok || s == "" {
		return time.Time{}, ok
	}
	return parseDate(s)
}

// index returns the value of an integer that is an index.
func index(raw []byte) (int, bool) {
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 0 {
		return -1, false
	}
	return n, true
}

// set records a field that has no place of its own in a document.
func set(doc *textmill.Document, key string, raw []byte) error {
	switch raw[0] {
	case 'n':
	case 't', 'f':
		doc.Set(key, raw[0] == 't')
	case '"':
		doc.Set(key, unquote(raw))
	case '{', '[':
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return err
		}
		doc.Set(key, b.String())
	default:
		v, err := number(raw)
		if err != nil {
			return fmt.Errorf("field %s: %w", key, err)
		}
		doc.Set(key, v)
	}
	return nil
}

// number returns an int64, or a float64 if the number has a point or exponent or
// is too large for an int64.
func number(raw []byte) (any, error) {
	if !bytes.ContainsAny(raw, ".eE") {
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return n, nil
		}
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, fmt.Errorf("number %.40s is out of range", raw)
	}
	return f, nil
}
