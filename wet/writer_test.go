package wet

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"time"
)

var day = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

const twoRecords = "WARC/1.0\r\n" +
	"WARC-Type: warcinfo\r\n" +
	"WARC-Date: 2026-03-04T05:06:07Z\r\n" +
	"WARC-Filename: a.warc.wet.gz\r\n" +
	"WARC-Record-ID: <urn:uuid:cd69f330-2a4d-86cd-b8b2-24643e236999>\r\n" +
	"Content-Type: application/warc-fields\r\n" +
	"Content-Length: 20\r\n" +
	"\r\n" +
	"isPartOf: A TEST\r\n" +
	"\r\n" +
	"\r\n\r\n" +
	"WARC/1.0\r\n" +
	"WARC-Type: conversion\r\n" +
	"WARC-Target-URI: https://example.org/\r\n" +
	"WARC-Date: 2026-03-04T05:06:07Z\r\n" +
	"WARC-Record-ID: <urn:uuid:0>\r\n" +
	"WARC-Block-Digest: sha1:JPELT6ZZZTKA5ELRZFCLDSSAJEF5XKAU\r\n" +
	"WARC-Identified-Content-Language: eng\r\n" +
	"Content-Type: text/plain\r\n" +
	"Content-Length: 13\r\n" +
	"\r\n" +
	"Grüße, Welt" +
	"\r\n\r\n"

func writeTwo(t *testing.T, how Compression) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := writeTo(NewWriter(&buf, how)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func writeTo(w *Writer) error {
	var h Header
	h.Add("isPartOf", "A TEST")
	err := w.WriteInfo("a.warc.wet.gz", day, &h)
	if err == nil {
		err = w.WriteConversion("https://example.org/", day, "urn:uuid:0", "eng", "Grüße, Welt")
	}
	if err == nil {
		err = w.Close()
	}
	return err
}

func TestWriter(t *testing.T) {
	for how, members := range map[Compression]int{Plain: 0, Whole: 1, PerRecord: 2} {
		out := writeTwo(t, how)
		if n := bytes.Count(out, []byte(gzipHeader)); n != members {
			t.Errorf("%d: %d gzip members, want %d", how, n, members)
		}
		if how != Plain {
			z, err := gzip.NewReader(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if out, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if string(out) != twoRecords {
			t.Errorf("%d: got\n%s\nwant\n%s", how, out, twoRecords)
		}
	}
}

func TestWriterIsDeterministic(t *testing.T) {
	a := writeTwo(t, PerRecord)
	time.Sleep(time.Millisecond)
	if !bytes.Equal(a, writeTwo(t, PerRecord)) {
		t.Error("two files of the same records differ")
	}
}

func TestWriterRejectsFieldsThatWouldReadBackDifferently(t *testing.T) {
	for _, f := range [][2]string{{"", "x"}, {"a:b", "x"}, {"a b", "x"}, {"A", "x\r\nB: y"}, {"A", "x\n"}} {
		var r Record
		r.Header.Add(f[0], f[1])
		var buf bytes.Buffer
		w := NewWriter(&buf, Plain)
		if err := w.WriteRecord(&r); err == nil || buf.Len() > 0 {
			t.Errorf("%q: error %v, %d bytes written", f, err, buf.Len())
		}
		if err := w.WriteConversion("u", day, "", "", "t"); err != nil {
			t.Errorf("%q: the Writer is unusable after it: %v", f, err)
		}
	}
}

type failAt struct{ left int }

func (w *failAt) Write(b []byte) (int, error) {
	if len(b) > w.left {
		n := w.left
		w.left = 0
		return n, io.ErrShortWrite
	}
	w.left -= len(b)
	return len(b), nil
}

// The error of the underlying writer comes out, wherever it strikes.
func TestWriterReportsErrors(t *testing.T) {
	for _, how := range []Compression{Plain, Whole, PerRecord} {
		for n := 0; n < len(writeTwo(t, how)); n += 5 {
			w := NewWriter(&failAt{n}, how)
			if err := writeTo(w); err == nil {
				t.Fatalf("%d: no error though the disk was full after %d bytes", how, n)
			}
			if w.WriteConversion("u", day, "", "", "t") == nil {
				t.Fatalf("%d: no error after an error", how)
			}
		}
	}
}

// Content-Length is that of the block, once, where the record has it.
func TestWriterSetsContentLength(t *testing.T) {
	r := Record{Version: "WARC/1.1", Block: []byte("text")}
	r.Header.Add("content-length", "99")
	r.Header.Add("X", "y")
	r.Header.Add("Content-Length", "98")
	var buf bytes.Buffer
	if err := NewWriter(&buf, Plain).WriteRecord(&r); err != nil {
		t.Fatal(err)
	}
	if want := "WARC/1.1\r\ncontent-length: 4\r\nX: y\r\n\r\ntext\r\n\r\n"; buf.String() != want {
		t.Errorf("got %q, want %q", buf.String(), want)
	}
}

func TestWriterAfterClose(t *testing.T) {
	for _, how := range []Compression{Plain, Whole, PerRecord} {
		var buf bytes.Buffer
		w := NewWriter(&buf, how)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		n := buf.Len()
		if w.WriteConversion("u", day, "", "", "t") == nil || w.Close() == nil || buf.Len() != n {
			t.Errorf("%d: it can be used after Close", how)
		}
	}
}
