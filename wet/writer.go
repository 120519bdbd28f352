package wet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
)

// Compression is how a WARC file is compressed.
type Compression uint8

// The ways to store records. All of them can be read; Common Crawl's way is the
// first: any record can be reached by its offset, and damage stays within one.
const (
	PerRecord Compression = iota // a gzip member for each record
	Whole                        // one gzip member for the whole file
	Plain                        // not compressed
)

// A Writer writes WARC/1.0 files as Common Crawl's WET files are laid out. What
// it writes is a function of what it is given: no clock, no random numbers, no
// file names in gzip headers.
//
// After an error, all calls return it.
type Writer struct {
	w    io.Writer
	how  Compression
	z    *flate.Writer
	open bool   // a gzip member is begun
	crc  uint32 // of what is in it
	n    uint32 // bytes in it, modulo 2³²
	buf  bytes.Buffer
	err  error
}

// NewWriter returns a Writer that writes to w. Its caller closes w.
func NewWriter(w io.Writer, how Compression) *Writer {
	return &Writer{w: w, how: how}
}

// WriteInfo writes a warcinfo record, which stands at the head of a file: the
// file's own name, the date it was made, and fields such as "isPartOf".
func (w *Writer) WriteInfo(filename string, date time.Time, fields *Header) error {
	var r Record
	r.Header.Add("WARC-Type", "warcinfo")
	r.Header.Add("WARC-Date", formatDate(date))
	r.Header.Add("WARC-Filename", filename)
	r.Header.Add("WARC-Record-ID", recordID("warcinfo", filename, date, ""))
	r.Header.Add("Content-Type", "application/warc-fields")
	var block bytes.Buffer
	if fields != nil {
		writeFields(&block, fields)
	}
	block.WriteString("\r\n")
	r.Block = block.Bytes()
	return w.WriteRecord(&r)
}

// WriteConversion writes a conversion record, the kind that holds the text of a
// page. The id is a URI such as "urn:uuid:…", without angle brackets; if it is
// "", it is made of the other arguments, so that equal records have equal ids.
// The lang is a list of ISO 639-3 codes; it may be "".
func (w *Writer) WriteConversion(url string, date time.Time, id, lang, text string) error {
	if id == "" {
		id = recordID("conversion", url, date, text)
	} else {
		id = "<" + id + ">"
	}
	r := Record{Block: []byte(text)}
	r.Header.Add("WARC-Type", "conversion")
	r.Header.Add("WARC-Target-URI", url)
	r.Header.Add("WARC-Date", formatDate(date))
	r.Header.Add("WARC-Record-ID", id)
	r.Header.Add("WARC-Block-Digest", BlockDigest(r.Block))
	if lang != "" {
		r.Header.Add("WARC-Identified-Content-Language", lang)
	}
	r.Header.Add("Content-Type", "text/plain")
	return w.WriteRecord(&r)
}

// WriteRecord writes r: its version, its fields in order and its block. The
// value of Content-Length is that of the block, whatever r says; the field is
// added at the end if r has none. Offset, Length and Index are not looked at.
func (w *Writer) WriteRecord(r *Record) error {
	if w.err != nil {
		return w.err
	}
	w.buf.Reset()
	if err := encodeRecord(&w.buf, r); err != nil {
		return err // nothing was written, so the file is still sound
	}
	w.err = w.write(w.buf.Bytes())
	if w.how == PerRecord && w.err == nil {
		w.err = w.endMember()
	}
	return w.err
}

// Close ends the file. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.how == Whole {
		w.err = w.write(nil) // an empty file is an empty member
		if w.err == nil {
			w.err = w.endMember()
		}
	}
	if err := w.err; err != nil {
		return err
	}
	w.err = errClosed
	return nil
}

var errClosed = errors.New("wet: write to a closed Writer")

// gzipHeader begins each member: deflate, no name, no time, made on Unix.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"

// write writes uncompressed bytes, opening a gzip member if none is open.
func (w *Writer) write(b []byte) error {
	if w.how == Plain {
		_, err := w.w.Write(b)
		return err
	}
	if w.z == nil {
		z, err := flate.NewWriter(w.w, flate.DefaultCompression)
		if err != nil {
			return err
		}
		w.z = z
	}
	if !w.open {
		w.open, w.crc, w.n = true, 0, 0
		if _, err := io.WriteString(w.w, gzipHeader); err != nil {
			return err
		}
	}
	w.crc = crc32.Update(w.crc, crc32.IEEETable, b)
	w.n += uint32(len(b))
	_, err := w.z.Write(b)
	return err
}

// endMember closes the gzip member.
func (w *Writer) endMember() error {
	if err := w.z.Close(); err != nil {
		return err
	}
	var trailer [8]byte
	binary.LittleEndian.PutUint32(trailer[:4], w.crc)
	binary.LittleEndian.PutUint32(trailer[4:], w.n)
	w.open = false
	w.z.Reset(w.w)
	_, err := w.w.Write(trailer[:])
	return err
}

// encodeRecord appends r as it stands in an uncompressed file.
func encodeRecord(buf *bytes.Buffer, r *Record) error {
	version := r.Version
	if version == "" {
		version = "WARC/1.0"
	}
	length := strconv.Itoa(len(r.Block))
	seen := false
	var h Header
	for name, value := range r.Header.All() {
		if err := checkField(name, value); err != nil {
			return err
		}
		if strings.EqualFold(name, "Content-Length") {
			if seen {
				continue
			}
			seen, value = true, length
		}
		h.Add(name, value)
	}
	if !seen {
		h.Add("Content-Length", length)
	}
	buf.WriteString(version)
	buf.WriteString("\r\n")
	writeFields(buf, &h)
	buf.WriteString("\r\n")
	buf.Write(r.Block)
	buf.WriteString("\r\n\r\n")
	return nil
}

func writeFields(buf *bytes.Buffer, h *Header) {
	for name, value := range h.All() {
		buf.WriteString(name)
		buf.WriteString(": ")
		buf.WriteString(value)
		buf.WriteString("\r\n")
	}
}

// checkField returns an error for a field that would read back as something else.
func checkField(name, value string) error {
	if name == "" || strings.ContainsAny(name, ": \t\r\n") {
		return fmt.Errorf("wet: field name %q is empty or has a colon, blank or line end in it", name)
	}
	if strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("wet: value of field %s has a line end in it: %q", name, value)
	}
	return nil
}

func formatDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// recordID makes a URN of the form of a random UUID from what it is given.
func recordID(kind, name string, date time.Time, text string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n", kind, name, formatDate(date))
	io.WriteString(h, text)
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x80 // version 8: made by rules of one's own
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("<urn:uuid:%x-%x-%x-%x-%x>", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
