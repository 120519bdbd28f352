package wet

import (
	"bytes"
	"math"
)

// versionPrefix begins the first line of a record, such as "WARC/1.0".
const versionPrefix = "WARC/"

// lookAhead is how many bytes headerAt wants to see.
const lookAhead = 256

// headerAt reports whether b begins as a record does: with a line "WARC/1.0", or
// another version, and a field whose name begins with "WARC-" or "Content-". If
// atEnd, nothing comes after b, which may then end in the middle of that.
func headerAt(b []byte, atEnd bool) bool {
	n := versionLine(b)
	if n < 0 {
		return false
	}
	if n == 0 || n == len(b) {
		return atEnd
	}
	return fieldAt(b[n:], "warc-", atEnd) || fieldAt(b[n:], "content-", atEnd)
}

// versionLine returns the length of the line "WARC/1.0" at the beginning of b,
// with its line end; 0 if b ends too soon to tell, and -1 if there is none.
func versionLine(b []byte) int {
	if n := min(len(b), len(versionPrefix)); string(b[:n]) != versionPrefix[:n] {
		return -1
	} else if n < len(versionPrefix) {
		return 0
	}
	i := len(versionPrefix)
	for part := range 2 { // digits, '.', digits
		digits := 0
		for i < len(b) && '0' <= b[i] && b[i] <= '9' && digits < 4 {
			i++
			digits++
		}
		if i == len(b) {
			return 0
		}
		if digits == 0 || part == 0 && b[i] != '.' {
			return -1
		}
		i += 1 - part
	}
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') && i < 32 {
		i++
	}
	if i < len(b) && b[i] == '\r' {
		i++
	}
	switch {
	case i == len(b):
		return 0
	case b[i] != '\n':
		return -1
	}
	return i + 1
}

// fieldAt reports whether b begins with a field whose name has the given prefix,
// in lower case; or, if atEnd, with the beginning of one.
func fieldAt(b []byte, prefix string, atEnd bool) bool {
	for i, c := range b {
		switch {
		case i >= lookAhead:
			return false
		case i < len(prefix):
			if lower(c) != prefix[i] {
				return false
			}
		case c == ':':
			return true
		case c <= ' ' || c >= 0x7f:
			return false
		}
	}
	return atEnd
}

// headerEnd looks for the empty line that ends the header at the beginning of b,
// which has a version line of n bytes. It returns how long the header is with
// that line, or 0 if there is no end in b. If another record begins first, cut
// is where.
func headerEnd(b []byte, n int) (end, cut int) {
	for n < len(b) {
		i := bytes.IndexByte(b[n:], '\n')
		if i < 0 {
			return 0, 0
		}
		if i == 0 || i == 1 && b[n] == '\r' {
			return n + i + 1, 0
		}
		if b[n] == versionPrefix[0] && headerAt(b[n:], false) {
			return 0, n
		}
		n += i + 1
	}
	return 0, 0
}

// lineEnds returns how many bytes at the beginning of b are CR or LF.
func lineEnds(b []byte) int {
	for i, c := range b {
		if c != '\r' && c != '\n' {
			return i
		}
	}
	return len(b)
}

// The line ends between a record and the next. Files that went through a text
// editor or a line-wise tool have LF only.
const (
	separator   = "\r\n\r\n"
	separatorLF = "\n\n"
)

// cutSeparator removes the separator at the end of b. The one with LF only
// counts if header, the record's own, has no CR either.
func cutSeparator(b, header []byte) (block []byte, ok bool) {
	if block, ok = bytes.CutSuffix(b, []byte(separator)); ok {
		return block, true
	}
	if !usesCR(header) {
		return bytes.CutSuffix(b, []byte(separatorLF))
	}
	return b, false
}

// separatorAt reports whether b begins with the separator.
func separatorAt(b, header []byte) bool {
	return bytes.HasPrefix(b, []byte(separator)) || !usesCR(header) && bytes.HasPrefix(b, []byte(separatorLF))
}

// usesCR reports whether the lines of header end in CRLF.
func usesCR(header []byte) bool {
	i := bytes.IndexByte(header, '\n')
	return i > 0 && header[i-1] == '\r'
}

// contentLength returns the value of Content-Length, or -1 if it is missing, not
// a number or given twice with different values.
func contentLength(h *Header) int64 {
	n := int64(-1)
	for _, f := range h.fields {
		if !equalFold(h.text[f.name:f.value], "Content-Length") {
			continue
		}
		v := parseLength(h.text[f.value:f.end])
		if v < 0 || n >= 0 && v != n {
			return -1
		}
		n = v
	}
	return n
}

// parseLength returns the number that b is, or -1. Numbers of more than 18
// digits come out as the largest that an int64 holds.
func parseLength(b []byte) int64 {
	n := int64(0)
	for i, c := range b {
		switch {
		case c < '0' || c > '9':
			return -1
		case i >= 18:
			n = math.MaxInt64
		default:
			n = n*10 + int64(c-'0')
		}
	}
	if len(b) == 0 {
		return -1
	}
	return n
}
