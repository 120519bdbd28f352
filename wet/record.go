package wet

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Record is one record of a WARC file.
type Record struct {
	Version string // "WARC/1.0"; a Writer takes "" for that
	Header  Header
	Block   []byte // what the record holds; in a conversion record, text

	// Index numbers the conversion records of a file from 0. A damaged record
	// takes a number as well, as it may have been one. It is -1 for records of
	// other types and for those that ReadAt returns.
	Index int

	// Offset says where the record begins in the file as stored. In a gzip file
	// that is where the member begins which the record begins in, and InMember
	// is how many bytes of what the member inflates to come before the record.
	// InMember is 0 if each record has a member of its own, as in Common
	// Crawl's files, and in a file that is not compressed.
	Offset   int64
	InMember int64

	// Length is how many bytes the record takes in the file as stored, with
	// what separates it from the next; 0 if it shares a gzip member with others
	// so that it cannot be told.
	Length int64

	// LengthMismatch says that Content-Length is missing or does not fit the
	// block, whose end was found by other signs.
	LengthMismatch bool
}

// Type returns the value of WARC-Type in lower case, such as "conversion".
func (r *Record) Type() string {
	v := r.Header.Bytes("WARC-Type")
	for _, t := range recordTypes {
		if equalFold(v, t) {
			return t
		}
	}
	return strings.ToLower(string(v))
}

// recordTypes are the types that the WARC standard knows, the most frequent in
// WET files first.
var recordTypes = [...]string{
	"conversion", "warcinfo", "response", "request", "metadata", "resource", "revisit", "continuation",
}

// ID returns WARC-Record-ID without the angle brackets around it.
func (r *Record) ID() string { return string(unwrap(r.Header.Bytes("WARC-Record-ID"))) }

// TargetURI returns WARC-Target-URI, without the angle brackets that WARC/1.0
// allows around it.
func (r *Record) TargetURI() string { return string(unwrap(r.Header.Bytes("WARC-Target-URI"))) }

// Date returns WARC-Date, or the zero time if it is missing or not a date.
func (r *Record) Date() time.Time { return parseDate(r.Header.Bytes("WARC-Date")) }

// Language returns WARC-Identified-Content-Language: a comma-separated list of
// ISO 639-3 codes that a detector assigned, the most likely first. It is not
// the truth: pages of placeholder text, for one, are called Latin.
func (r *Record) Language() string {
	return string(r.Header.Bytes("WARC-Identified-Content-Language"))
}

// Digest returns WARC-Block-Digest or else WARC-Payload-Digest, as it stands in
// the file, such as "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"; "" if there is none.
func (r *Record) Digest() string { return string(r.digest()) }

func (r *Record) digest() []byte {
	if d := r.Header.Bytes("WARC-Block-Digest"); d != nil {
		return d
	}
	return r.Header.Bytes("WARC-Payload-Digest")
}

// ErrDigest is returned by VerifyDigest if the block is not the one that the
// digest was made of.
var ErrDigest = errors.New("wet: block does not match its digest")

// ErrNoDigest is returned by VerifyDigest if there is nothing to verify.
var ErrNoDigest = errors.New("wet: no digest of the block that can be verified")

// VerifyDigest compares the block with WARC-Block-Digest, or with
// WARC-Payload-Digest in records whose payload is the block, as it is in
// conversion records. It knows SHA-1, SHA-256 and MD5, in base 32 or
// hexadecimal. It returns [ErrDigest] or [ErrNoDigest], or nil if they agree.
//
// Neither Reader nor Source calls it for records that look sound: it costs more
// than reading the rest of the record.
func (r *Record) VerifyDigest() error {
	d := r.Header.Bytes("WARC-Block-Digest")
	if d == nil && r.Type() == "conversion" {
		d = r.Header.Bytes("WARC-Payload-Digest")
	}
	algorithm, value, ok := bytes.Cut(d, []byte(":"))
	if !ok {
		return ErrNoDigest
	}
	var sum []byte
	switch {
	case equalFold(algorithm, "sha1"):
		s := sha1.Sum(r.Block)
		sum = s[:]
	case equalFold(algorithm, "sha256"):
		s := sha256.Sum256(r.Block)
		sum = s[:]
	case equalFold(algorithm, "md5"):
		s := md5.Sum(r.Block)
		sum = s[:]
	default:
		return ErrNoDigest
	}
	if equalFold(value, hex.EncodeToString(sum)) ||
		equalFold(bytes.TrimRight(value, "="), base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum)) {
		return nil
	}
	return ErrDigest
}

// BlockDigest returns the digest of block that Common Crawl writes: SHA-1 in
// base 32.
func BlockDigest(block []byte) string {
	sum := sha1.Sum(block)
	return "sha1:" + base32.StdEncoding.EncodeToString(sum[:])
}

// Clone returns a copy of r that shares no memory with it.
func (r *Record) Clone() *Record {
	c := *r
	c.Header = r.Header.clone()
	c.Block = bytes.Clone(r.Block)
	return &c
}

// unwrap removes a pair of angle brackets around b.
func unwrap(b []byte) []byte {
	if len(b) >= 2 && b[0] == '<' && b[len(b)-1] == '>' {
		return trimBlank(b[1 : len(b)-1])
	}
	return b
}

// dateLayouts are the forms of WARC-Date: WARC/1.0 has the first, with seconds;
// WARC/1.1 allows fractions of a second, which time.Parse reads by itself, and
// less exact dates.
var dateLayouts = [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"}

func parseDate(b []byte) time.Time {
	if len(b) == 0 || len(b) > 64 {
		return time.Time{}
	}
	s := string(b)
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// String returns the record as text for tests and logs: type, address and size.
func (r *Record) String() string {
	return fmt.Sprintf("%s %s (%d bytes)", r.Type(), r.TargetURI(), len(r.Block))
}
