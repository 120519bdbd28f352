package wet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

func TestMaxRecord(t *testing.T) {
	small := rec("b", "", "two")
	for _, size := range []int{10, 5000, 300_000, 2 << 20} {
		for d, want := range map[int]string{-1: "fits", 0: "fits", 1: "TOOLARGE"} {
			text := strings.Repeat("x", size+d)
			for layout, file := range map[string]string{
				"plain":     rec("a", "", text) + small,
				"members":   gz(rec("a", "", text), small),
				"one":       gz(rec("a", "", text) + small),
				"no length": gz(rec("a", "?", text), small),
				"too long":  gz(rec("a", "99999999999", text), small),
				"too short": rec("a", "1", text) + small,
			} {
				got := found(file, &Options{MaxRecord: int64(size)})
				got = strings.ReplaceAll(strings.ReplaceAll(got, "a!=", "a="), "a="+text, "fits")
				if layout == "too long" && size > checkedSize && want == "fits" {
					want := "TOOLARGE b=two" // for all that can be told
					if got != want {
						t.Errorf("%s, %d%+d: got %.100q, want %q", layout, size, d, got, want)
					}
					continue
				}
				if got != want+" b=two" {
					t.Errorf("%s, %d%+d: got %.100q, want %q", layout, size, d, got, want+" b=two")
				}
			}
		}
	}
	if n := (&Options{MaxRecord: -1}).maxRecord(); n != maxMaxRecord {
		t.Errorf("negative: %d", n)
	}
	if n := (*Options)(nil).maxRecord(); n != 64<<20 {
		t.Errorf("default: %d", n)
	}
}

// repeat is a reader of n bytes of the same few over and over.
type repeat struct {
	s string
	n int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && n < r.n {
		n += copy(p[n:min(len(p), r.n)], r.s)
	}
	r.n -= n
	return n, nil
}

// bomb compresses a record of size bytes and what comes after it as one member.
func bomb(t *testing.T, header, text string, size int, after string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := NewWriter(&buf, Whole)
	put := func(r io.Reader) {
		chunk := make([]byte, 1<<20)
		for {
			n, err := r.Read(chunk)
			if err == nil {
				err = w.write(chunk[:n])
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	put(strings.NewReader(header))
	put(&repeat{text, size})
	put(strings.NewReader(after))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A record that is small as stored and huge inflated is passed over without
// being kept, whatever it says of its size; so is one that is all header.
func TestBombs(t *testing.T) {
	const size = 12 << 20
	header := func(length string) string {
		return "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <a>\r\nContent-Length: " + length + "\r\n\r\n"
	}
	next := rec("b", "", "two")
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"declared", bomb(t, header(fmt.Sprint(size)), "x", size, ""), "TOOLARGE b=two"},
		{"declared small", bomb(t, header("10"), "x", size, ""), "TOOLARGE b=two"},
		{"not declared", bomb(t, header("?"), "x", size, ""), "TOOLARGE b=two"},
		{"lines", bomb(t, header("?"), "x\n", size, ""), "TOOLARGE b=two"},
		{"almost records", bomb(t, header("?"), "WARC/1.0\r\n", size/4, ""), "TOOLARGE b=two"},
		{"a record after it", bomb(t, header(fmt.Sprint(size)), "x", size, separator+rec("c", "", "three")), "TOOLARGE c=three b=two"},
		{"header", bomb(t, "WARC/1.0\r\nWARC-Type: conversion\r\n", "X: y\r\n", size/4, ""), "HEADER b=two"},
		{"header line", bomb(t, "WARC/1.0\r\nWARC-Type: ", "x", size, ""), "HEADER b=two"},
		{"no record", bomb(t, "", "\x00", size, ""), "GARBAGE b=two"},
		{"line ends", bomb(t, "", "\r\n", size, ""), "b=two"},
		{"line ends after a block, in the window from its beginning", []byte(rec("a", "0", "") + strings.Repeat("\r\n", 5<<20)), "a= b=two"},
		{"line ends after a block", bomb(t, header("0"), "\r\n", size, ""), "a= b=two"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := string(tt.file) + gz(next)
			if !bytes.HasPrefix(tt.file, []byte(gzipMagic)) {
				file = string(tt.file) + next
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := found(file, &Options{MaxRecord: 100_000})
			runtime.ReadMemStats(&after)
			if got != tt.want {
				t.Errorf("got %.100q, want %q", got, tt.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("%d bytes allocated for a limit of 100 KB", n)
			}
		})
	}
}

// Many members, each damaged at its end and holding all the next, must not be
// decoded again and again.
func TestNestedMembers(t *testing.T) {
	// A member that claims a stored block reaching over the following ones.
	var one bytes.Buffer
	one.WriteString(gzipHeader)
	block := versionPrefix + "1.0\r\nWARC-Type: conversion\r\n"
	one.Write([]byte{0, 0xff, 0xff, 0, 0}) // stored, 65535 bytes, not the last block
	one.WriteString(block)
	file := bytes.Repeat(one.Bytes(), 3<<20/one.Len())
	s := summarize(bytes.NewReader(file), nil)
	if s.fatal != nil || len(s.damaged) == 0 {
		t.Errorf("%v, %v", s.fatal, s.damaged)
	}
}

// A single record larger than what is checked before anything is used is checked
// all the same, as its end is that of its member.
func TestLargeRecordIsChecked(t *testing.T) {
	text := strings.Repeat("all work and no play ", 200_000)
	file := []byte(gz(rec("a", "", text)))
	if got := found(string(file)+gz(rec("b", "", "two")), nil); got != "a="+text+" b=two" {
		t.Errorf("whole: %.100q", got)
	}
	file[len(file)-6] ^= 1
	if got := found(string(file)+gz(rec("b", "", "two")), nil); got != "CHECKSUM b=two" {
		t.Errorf("damaged: %.100q", got)
	}
}

// In a large member of several records, those before the damage are there.
func TestLargeMemberDamaged(t *testing.T) {
	f := makeFile(t, Whole, 1800, 1000)
	b := bytes.Clone(f.bytes[:len(f.bytes)*3/4])
	s := summarize(bytes.NewReader(b), nil)
	got := checkKept(t, f, s, -1)
	if len(got) < 1200 || len(s.damaged) == 0 || s.fatal != nil {
		t.Errorf("%d records, damaged: %v, %v", len(got), s.damaged, s.fatal)
	}
	last := s.damaged[len(s.damaged)-1]
	if !errors.Is(last, ErrTruncated) || last.Offset != 0 || last.Length != 0 {
		t.Errorf("%v", last)
	}
	for i := range len(got) {
		if !got[i] {
			t.Errorf("record %d is lost", i)
		}
	}
}

// Nothing is allocated for a record.
func TestReaderAllocations(t *testing.T) {
	for layout, how := range layouts {
		f := makeFile(t, how, 800, 2000)
		r := bytes.NewReader(f.bytes)
		n := 0
		allocs := testing.AllocsPerRun(3, func() {
			r.Reset(f.bytes)
			n = 0
			for rec, err := range NewReader(r, nil).Records() {
				if err != nil || rec.Block == nil || rec.Type() == "" {
					t.Fatal(err)
				}
				n++
			}
		})
		if n != 801 || allocs > 40 {
			t.Errorf("%s: %v allocations for %d records", layout, allocs, n)
		}
	}
}
