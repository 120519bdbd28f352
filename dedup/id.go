package dedup

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// maxID is the longest ID of a document, in bytes.
const maxID = 1<<16 - 1

// IDs are stored after a byte that says how. Most are WARC-Record-IDs, of which
// 16 bytes of 47 carry information.
const (
	idPlain = iota // length (uvarint), bytes
	idUUID         // 16 bytes: a lower-case UUID
	idURN          // 16 bytes: the same as <urn:uuid:…>
)

const (
	uuidLen   = 36
	urnPrefix = "<urn:uuid:"
	urnSuffix = ">"
)

// appendID appends a stored ID to dst.
func appendID(dst []byte, id string) []byte {
	start := len(dst)
	if dst, ok := appendUUID(append(dst, idUUID), id); ok {
		return dst
	}
	if s, ok := strings.CutPrefix(id, urnPrefix); ok {
		if s, ok = strings.CutSuffix(s, urnSuffix); ok {
			if dst, ok := appendUUID(append(dst[:start], idURN), s); ok {
				return dst
			}
		}
	}
	dst = append(dst[:start], idPlain)
	dst = binary.AppendUvarint(dst, uint64(len(id)))
	return append(dst, id...)
}

// appendUUID appends the 16 bytes of a UUID in lower case, or returns false.
func appendUUID(dst []byte, s string) ([]byte, bool) {
	if len(s) != uuidLen {
		return dst, false
	}
	for i := 0; i < uuidLen; {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return dst, false
			}
			i++
			continue
		}
		hi, ok1 := nibble(s[i])
		lo, ok2 := nibble(s[i+1])
		if !ok1 || !ok2 {
			return dst, false
		}
		dst = append(dst, hi<<4|lo)
		i += 2
	}
	return dst, true
}

func nibble(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

var errBadID = errors.New("an ID cannot be read")

// cutID splits a stored ID off the front of b.
func cutID(b []byte) (stored, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errBadID
	}
	n := 1
	switch b[0] {
	case idUUID, idURN:
		n += 16
	case idPlain:
		size, k := binary.Uvarint(b[1:])
		if k <= 0 || size > maxID {
			return nil, nil, errBadID
		}
		n += k + int(size)
	default:
		return nil, nil, errBadID
	}
	if n > len(b) {
		return nil, nil, errBadID
	}
	return b[:n:n], b[n:], nil
}

// idString returns the ID that cutID has split off.
func idString(stored []byte) string {
	switch stored[0] {
	case idUUID:
		return uuidString(stored[1:])
	case idURN:
		return urnPrefix + uuidString(stored[1:]) + urnSuffix
	}
	_, k := binary.Uvarint(stored[1:])
	return string(stored[1+k:])
}

func uuidString(b []byte) string {
	var s [uuidLen]byte
	hex.Encode(s[:8], b[:4])
	s[8] = '-'
	hex.Encode(s[9:13], b[4:6])
	s[13] = '-'
	hex.Encode(s[14:18], b[6:8])
	s[18] = '-'
	hex.Encode(s[19:23], b[8:10])
	s[23] = '-'
	hex.Encode(s[24:], b[10:16])
	return string(s[:])
}

// checkID returns an error if a document with this ID cannot be signed.
func checkID(id string) error {
	if id == "" {
		return errors.New("dedup: the document has no ID: set one that is unique and the same on every run")
	}
	return checkIDLength(id)
}

func checkIDLength(id string) error {
	if len(id) > maxID {
		return fmt.Errorf("dedup: the document has an ID of %d bytes; use at most %d", len(id), maxID)
	}
	return nil
}

// storedIDSize returns no less than the length of the stored ID.
func storedIDSize(id string) int { return max(1+binary.MaxVarintLen32+len(id), 1+uuidLen) }
