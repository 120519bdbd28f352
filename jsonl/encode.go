package jsonl

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/utf8dfa"
)

// Append appends doc as one line, newline included, to dst. The bytes depend on
// doc alone. It fails, and returns dst as it was, if a value in Meta is not of a
// type that [textmill.Document.Set] allows, or the year of Date is not one of 0
// to 9999. It allocates only to grow dst, or to sort more than 16 metadata keys.
func Append(dst []byte, doc *textmill.Document) ([]byte, error) {
	start := len(dst)
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, doc.ID)
	dst = append(dst, `,"text":`...)
	dst = appendString(dst, doc.Text)
	dst = append(dst, `,"url":`...)
	dst = appendString(dst, doc.URL)
	dst = append(dst, `,"date":`...)
	dst, err := appendDate(dst, doc.Date)
	if err != nil {
		return dst[:start], fmt.Errorf("jsonl: document %s: %w", doc.ID, err)
	}
	dst = append(dst, `,"language":`...)
	dst = appendString(dst, doc.Language)
	dst = append(dst, `,"shard":`...)
	dst = appendString(dst, doc.Shard)
	dst = append(dst, `,"index":`...)
	dst = strconv.AppendInt(dst, int64(doc.Index), 10)
	if len(doc.Meta) > 0 {
		dst = append(dst, `,"metadata":`...)
		if dst, err = appendMeta(dst, doc.Meta); err != nil {
			return dst[:start], fmt.Errorf("jsonl: document %s: %w", doc.ID, err)
		}
	}
	return append(dst, '}', '\n'), nil
}

// appendDate writes the time in UTC, so that it does not depend on the zone of
// the machine, and null for the zero time.
func appendDate(dst []byte, t time.Time) ([]byte, error) {
	if t.IsZero() {
		return append(dst, "null"...), nil
	}
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return dst, fmt.Errorf("date %v has no form in RFC 3339: use the zero time for dates that are not known", t)
	}
	dst = append(dst, '"')
	dst = t.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"'), nil
}

func appendMeta(dst []byte, meta map[string]any) ([]byte, error) {
	var space [16]string // on the stack
	keys := space[:0]
	for k := range meta {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		if i == 0 {
			dst = append(dst, '{')
		} else {
			dst = append(dst, ',')
		}
		dst = appendString(dst, k)
		dst = append(dst, ':')
		switch v := meta[k].(type) {
		case string:
			dst = appendString(dst, v)
		case bool:
			dst = strconv.AppendBool(dst, v)
		case int:
			dst = strconv.AppendInt(dst, int64(v), 10)
		case int64:
			dst = strconv.AppendInt(dst, v, 10)
		case float64:
			dst = appendFloat(dst, v)
		default:
			return dst, fmt.Errorf("metadata %q is a %T: use a string, bool, int, int64 or float64", k, v)
		}
	}
	return append(dst, '}'), nil
}

// appendFloat writes f in the shortest form that is read as the same float64,
// laid out as by encoding/json, with one difference: whole numbers keep a ".0".
// Readers that infer a type for each column would otherwise see integers in one
// file and floats in the next. NaN and the infinities, for which JSON has no
// word, become null.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	start := len(dst)
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if n := len(dst); n-start >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
			dst[n-2] = dst[n-1] // e-09 to e-9
			dst = dst[:n-1]
		}
		return dst
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendString writes s as encoding/json does without HTML escaping: U+2028 and
// U+2029 are escaped, and each byte that is not part of valid UTF-8 becomes
// \ufffd.
func appendString(dst []byte, s string) []byte {
	dst = slices.Grow(dst, len(s)+2)
	dst = append(dst, '"')
	if utf8dfa.Valid(s) {
		dst = appendValid(dst, s)
	} else {
		dst = appendInvalid(dst, s)
	}
	return append(dst, '"')
}

// appendValid is appendString without the quotes for valid UTF-8.
func appendValid(dst []byte, s string) []byte {
	start, i := 0, 0
	for {
		i = plain(s, i)
		if i == len(s) {
			return append(dst, s[start:]...)
		}
		c := s[i]
		if c == 0xE2 {
			if s[i+1] == 0x80 && s[i+2]&^1 == 0xA8 { // U+2028, U+2029
				dst = append(dst, s[start:i]...)
				dst = append(dst, `\u202`...)
				dst = append(dst, hex[s[i+2]&15])
				start = i + 3
			}
			i += 3
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
}

// appendInvalid is appendString without the quotes for anything.
func appendInvalid(dst []byte, s string) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, `\ufffd`...)
		} else {
			dst = appendValid(dst, s[:n])
		}
		s = s[n:]
	}
	return dst
}

const hex = "0123456789abcdef"

// appendEscape writes a control character, quote or backslash.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// plain returns the index of the first byte of s, from i on, that cannot be
// copied as it is or, being 0xE2, perhaps cannot; or len(s). It looks at eight
// bytes at a time.
func plain(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		w := load(s[i:])
		e2 := w ^ ones*0xE2
		if m := special(w) | (e2-ones)&^e2&highs; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == 0xE2 {
			break
		}
	}
	return i
}

// special marks by its high bit the lowest byte of w that is a control
// character, quote or backslash. Higher bytes may be marked wrongly.
func special(w uint64) uint64 {
	quote := w ^ ones*'"'
	backslash := w ^ ones*'\\'
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (w-ones*' ')&^w) & highs
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// load returns the first eight bytes of s, the first as the lowest. It compiles
// to one instruction.
func load[S string | []byte](s S) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
