package wet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/textmill/textmill"
)

// words are what generated texts are made of: several scripts, blank lines, and
// what looks like the beginning or the end of a record.
var words = []string{
	"mill", "grain", "flour", "stone", "water", "wheel", "Mühle", "мельница", "粉挽き", "طاحونة", "🌾",
	"a", "the", "of", "12", "3.14", "\n", "\n\n", ". ", ", ", "WARC", "WARC/1.0", "\nWARC/1.0 is a version\n",
	"Content-Length: 7\n", "\r\n", "gzip \x1f",
}

func generated(rnd *rand.Rand, size int) string {
	var sb strings.Builder
	for sb.Len() < size {
		sb.WriteString(words[rnd.IntN(len(words))])
		sb.WriteByte(' ')
	}
	return sb.String()
}

// A sampleFile is a generated file and where its records lie.
type sampleFile struct {
	how    Compression
	bytes  []byte
	texts  []string // of its conversion records
	starts []int64  // where each record begins in the file, or in what the member inflates to
	ends   []int64
}

// makeFile generates a file of a warcinfo and n conversion records.
func makeFile(t testing.TB, how Compression, n, size int) sampleFile {
	t.Helper()
	rnd := rand.New(rand.NewPCG(5, uint64(how)))
	var buf, plain bytes.Buffer
	w, p := NewWriter(&buf, how), NewWriter(&plain, Plain)
	f := sampleFile{how: how}
	for i := range n + 1 {
		at := &buf
		if how == Whole {
			at = &plain
		}
		f.starts = append(f.starts, int64(at.Len()))
		for _, w := range []*Writer{w, p} {
			var err error
			if i == 0 {
				err = w.WriteInfo("sample.warc.wet.gz", day, nil)
			} else if i > len(f.texts) {
				f.texts = append(f.texts, generated(rnd, rnd.IntN(2*size+1)))
				err = w.WriteConversion(fmt.Sprintf("https://example.org/%d", i), day, "", "eng,deu", f.texts[i-1])
			} else {
				err = w.WriteConversion(fmt.Sprintf("https://example.org/%d", i), day, "", "eng,deu", f.texts[i-1])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		f.ends = append(f.ends, int64(at.Len()))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.bytes = buf.Bytes()
	return f
}

var layouts = map[string]Compression{"per record": PerRecord, "whole": Whole, "plain": Plain}

func TestReader(t *testing.T) {
	for name, how := range layouts {
		t.Run(name, func(t *testing.T) {
			f := makeFile(t, how, 50, 2000)
			s := summarize(bytes.NewReader(f.bytes), nil)
			if s.fatal != nil || len(s.damaged) > 0 || s.records != 51 || s.mismatches != 0 {
				t.Fatalf("%d records, %d with a wrong length, %v, %v", s.records, s.mismatches, s.damaged, s.fatal)
			}
			for i, rec := range s.kept {
				if i == 0 {
					if rec.Index != -1 || rec.Type() != "warcinfo" || rec.Header.Get("WARC-Filename") != "sample.warc.wet.gz" {
						t.Errorf("first record: %v, index %d", rec, rec.Index)
					}
					continue
				}
				if rec.Index != i-1 || string(rec.Block) != f.texts[i-1] || rec.Version != "WARC/1.0" ||
					rec.TargetURI() != fmt.Sprintf("https://example.org/%d", i) || !rec.Date().Equal(day) ||
					rec.Language() != "eng,deu" || !strings.HasPrefix(rec.ID(), "urn:uuid:") || len(rec.ID()) != 45 ||
					rec.Digest() != BlockDigest(rec.Block) || rec.VerifyDigest() != nil {
					t.Errorf("record %d: %v", i, rec)
				}
				wantOffset, wantIn, wantLength := f.starts[i], int64(0), f.ends[i]-f.starts[i]
				if how == Whole {
					wantOffset, wantIn, wantLength = 0, f.starts[i], 0
				}
				if rec.Offset != wantOffset || rec.InMember != wantIn || rec.Length != wantLength {
					t.Errorf("record %d: offset %d+%d, length %d; want %d+%d, %d", i, rec.Offset, rec.InMember, rec.Length, wantOffset, wantIn, wantLength)
				}
			}
			checkReadAt(t, f.bytes, s.kept)
		})
	}
}

// However the bytes come, the records are the same.
func TestReaderOfAwkwardReaders(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"one byte":   iotest.OneByteReader,
		"half":       iotest.HalfReader,
		"data+error": iotest.DataErrReader,
		"empty reads": func(r io.Reader) io.Reader {
			return &stutter{r: r}
		},
	}
	for layout, how := range layouts {
		f := makeFile(t, how, 20, 1000)
		damagedFile := bytes.Clone(f.bytes)
		damagedFile[len(damagedFile)/2] ^= 0x10
		for _, b := range [][]byte{f.bytes, damagedFile, f.bytes[:len(f.bytes)*3/4]} {
			want := summarize(bytes.NewReader(b), nil)
			for name, wrap := range readers {
				got := summarize(wrap(bytes.NewReader(b)), nil)
				if !sameSummary(got, want) {
					t.Errorf("%s, %s: %d records, %v, %v; want %d, %v, %v", layout, name,
						got.records, got.damaged, got.fatal, want.records, want.damaged, want.fatal)
				}
			}
		}
	}
}

func sameSummary(a, b summary) bool {
	return slices.EqualFunc(a.kept, b.kept, func(a, b *Record) bool { return sameRecord(a, b) && a.Index == b.Index }) &&
		fmt.Sprint(a.damaged, a.fatal) == fmt.Sprint(b.damaged, b.fatal)
}

// A stutter returns no bytes and no error every other time.
type stutter struct {
	r    io.Reader
	last bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.last = !s.last; s.last {
		return 0, nil
	}
	return s.r.Read(p[:min(len(p), 100)])
}

// An error of the reader is the last thing that is yielded, and is no RecordError,
// wherever it strikes.
func TestReadErrors(t *testing.T) {
	boom := errors.New("boom")
	for layout, how := range layouts {
		f := makeFile(t, how, 5, 200)
		for n := range len(f.bytes) + 1 {
			r := io.MultiReader(bytes.NewReader(f.bytes[:n]), iotest.ErrReader(boom))
			s := summarize(r, nil)
			if !errors.Is(s.fatal, boom) {
				t.Fatalf("%s: error after %d of %d bytes: got %v", layout, n, len(f.bytes), s.fatal)
			}
			checkKept(t, f, s, -1)
		}
	}
	r := NewReader(iotest.ErrReader(boom), nil)
	for range 2 { // again and again
		for rec, err := range r.Records() {
			if rec != nil || !errors.Is(err, boom) {
				t.Errorf("%v, %v", rec, err)
			}
		}
	}
	if s := summarize(&stuck{}, nil); !errors.Is(s.fatal, io.ErrNoProgress) {
		t.Errorf("a reader that returns nothing: %v", s.fatal)
	}
	if s := summarize(&liar{}, nil); s.fatal == nil {
		t.Error("a reader that returns more than fits: no error")
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

type liar struct{}

func (liar) Read(p []byte) (int, error) { return len(p) + 1, nil }

// checkKept checks that the conversion records that were read are those of the
// file: each has the text of one of them, in order, as a whole. It returns which.
// The one called except may have any text.
func checkKept(t *testing.T, f sampleFile, s summary, except int) map[int]bool {
	t.Helper()
	got := map[int]bool{}
	next := 0
	for _, rec := range s.kept {
		if rec.Type() != "conversion" {
			continue
		}
		i := slices.Index(f.texts[next:], string(rec.Block))
		if i < 0 {
			if except < 0 {
				t.Fatalf("%v: no text of the file: %q", rec, rec.Block)
			}
			continue
		}
		next += i + 1
		got[next-1] = true
	}
	return got
}

// A file that is cut anywhere gives all records before the cut, none in part, and
// an error for the one that was cut.
func TestTruncated(t *testing.T) {
	for layout, how := range layouts {
		f := makeFile(t, how, 6, 300)
		for n := range f.bytes {
			s := summarize(bytes.NewReader(f.bytes[:n]), nil)
			got := checkKept(t, f, s, -1)
			if s.fatal != nil && !(errors.Is(s.fatal, ErrNotWARC) && n < len("WARC/1.0\r\nWARC-")) {
				t.Fatalf("%s, cut at %d: %v", layout, n, s.fatal)
			}
			if how == Whole {
				if n > 0 && len(s.damaged) == 0 && s.fatal == nil {
					t.Fatalf("%s, cut at %d of %d: %v", layout, n, len(f.bytes), s.damaged)
				}
				continue
			}
			whole := 0 // records that end before the cut
			for i := range f.ends {
				end := f.ends[i]
				if how == Plain {
					end -= int64(len(separator))
				}
				if end > int64(n) {
					break
				}
				if whole++; i > 0 && !got[i-1] {
					t.Fatalf("%s, cut at %d: record %d, which ends at %d, is lost", layout, n, i, f.ends[i])
				}
			}
			if len(got) != max(whole-1, 0) {
				t.Fatalf("%s, cut at %d: %d records, want %d", layout, n, len(got), whole-1)
			}
			inRecord := whole == 0 || whole < len(f.starts) && int64(n) > f.starts[whole]
			if (len(s.damaged) == 1) != inRecord && s.fatal == nil {
				t.Fatalf("%s, cut at %d, in a record: %v; damaged: %v", layout, n, inRecord, s.damaged)
			}
		}
	}
}

// Whatever bit is flipped, only the record it is in is lost. In a file of members
// the checksum tells; in one that is not compressed a text may come out changed,
// and in one single member nothing after the damage can be read.
func TestBitFlips(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 8))
	for layout, how := range layouts {
		f := makeFile(t, how, 12, 300)
		for range 1000 {
			bit := rnd.IntN(len(f.bytes) * 8)
			b := bytes.Clone(f.bytes)
			b[bit/8] ^= 1 << (bit % 8)
			hit := slices.IndexFunc(f.ends, func(end int64) bool { return int64(bit/8) < end })
			s := summarize(bytes.NewReader(b), nil)
			if s.fatal != nil && how == PerRecord {
				t.Fatalf("%s, bit %d: %v", layout, bit, s.fatal)
			}
			switch how {
			case PerRecord:
				got := checkKept(t, f, s, -1)
				for i := range f.texts {
					if i != hit-1 && !got[i] {
						t.Fatalf("bit %d, in record %d: record %d is lost, %v", bit, hit, i+1, s.damaged)
					}
				}
				if hit > 0 && !got[hit-1] && len(s.damaged) != 1 {
					t.Fatalf("bit %d: record %d is lost, damaged: %v", bit, hit, s.damaged)
				}
				if len(s.damaged) == 1 && s.damaged[0].Offset != f.starts[hit] {
					t.Fatalf("bit %d: %v; the record is at %d", bit, s.damaged[0], f.starts[hit])
				}
			case Plain:
				got := checkKept(t, f, s, hit-1)
				for i := range f.texts {
					// A damaged header is taken for garbage, or for more text.
					if i != hit-1 && i != hit-2 && !got[i] {
						t.Fatalf("bit %d, in record %d: record %d is lost, %v", bit, hit, i+1, s.damaged)
					}
				}
			case Whole:
				if len(s.damaged) == 0 && s.fatal == nil && s.records != 13 {
					t.Fatalf("bit %d: %d records and no error", bit, s.records)
				}
				checkKept(t, f, s, -1) // this file is small enough to be checked first
			}
		}
	}
}

// Damage of other kinds: a hole, doubled and missing pieces.
func TestDamagedPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 9))
	f := makeFile(t, PerRecord, 30, 400)
	for range 200 {
		at, n := rnd.IntN(len(f.bytes)), rnd.IntN(2000)
		n = min(n, len(f.bytes)-at)
		junk := make([]byte, n)
		for name, b := range map[string][]byte{
			"zeros":    slices.Concat(f.bytes[:at], junk, f.bytes[at+n:]),
			"missing":  slices.Concat(f.bytes[:at], f.bytes[at+n:]),
			"inserted": slices.Concat(f.bytes[:at], []byte("junk \x1f\x8b\x08\x00"), f.bytes[at:]),
		} {
			s := summarize(bytes.NewReader(b), nil)
			got := checkKept(t, f, s, -1)
			for i := range f.texts {
				end := at + n
				if name == "inserted" {
					end = at
				}
				untouched := f.ends[i+1] <= int64(at) || f.starts[i+1] >= int64(end)
				if untouched && !got[i] {
					t.Fatalf("%s, %d bytes at %d: record %d at %d-%d is lost; %v", name, n, at, i+1, f.starts[i+1], f.ends[i+1], s.damaged)
				}
			}
		}
	}
}

// rec returns a record as it stands in a file, with the given Content-Length, or
// the right one if that is "".
func rec(id, length, text string) string {
	if length == "" {
		length = fmt.Sprint(len(text))
	}
	return "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <" + id + ">\r\nContent-Length: " + length + "\r\n\r\n" + text + "\r\n\r\n"
}

// gz compresses each part as a gzip member.
func gz(parts ...string) string {
	var buf bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&buf)
		io.WriteString(w, p)
		w.Close()
	}
	return buf.String()
}

// found lists what a Reader finds: "id=text" for each record, with "!" after the
// id if its length is wrong, and the sentinel for each error.
func found(file string, options *Options) string {
	var out []string
	for rec, err := range NewReader(strings.NewReader(file), options).Records() {
		if err != nil {
			out = append(out, sentinel(err))
			continue
		}
		id := rec.ID()
		if rec.LengthMismatch {
			id += "!"
		}
		out = append(out, id+"="+string(rec.Block))
	}
	return strings.Join(out, " ")
}

func sentinel(err error) string {
	for name, e := range map[string]error{
		"TRUNCATED": ErrTruncated, "CORRUPT": ErrCorrupt, "CHECKSUM": ErrChecksum, "HEADER": ErrHeader,
		"TOOLARGE": ErrTooLarge, "GARBAGE": ErrGarbage, "NOTWARC": ErrNotWARC,
	} {
		if errors.Is(err, e) {
			if _, ok := errors.AsType[*textmill.RecordError](err); !ok {
				return "fatal:" + name
			}
			return name
		}
	}
	return err.Error()
}

func TestLayouts(t *testing.T) {
	a, b, c := rec("a", "", "one"), rec("b", "", "two"), rec("c", "", "three")
	lf := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	quote := "see:\n" + rec("x", "", "quoted") + "end"
	inQuote := rec("q", "", quote)
	broken := func(s string) string { return s[:len(s)-8] + "\x00" + s[len(s)-7:] }
	tests := []struct{ name, file, want string }{
		{"plain", a + b, "a=one b=two"},
		{"members", gz(a, b), "a=one b=two"},
		{"one member", gz(a + b), "a=one b=two"},
		{"members of several", gz(a+b, c), "a=one b=two c=three"},
		{"LF only", lf(a + b), "a=one b=two"},
		{"LF only, members", gz(lf(a), lf(b)), "a=one b=two"},
		{"empty blocks", rec("a", "", "") + rec("b", "", ""), "a= b="},
		{"version 1.1", strings.Replace(a, "1.0", "1.1", 1) + b, "a=one b=two"},
		{"version 0.18", strings.Replace(a, "1.0", "0.18", 1) + b, "a=one b=two"},
		{"byte order mark", "\xef\xbb\xbf" + a, "a=one"},
		{"empty lines first", "\r\n\n" + a, "a=one"},
		{"more empty lines between", a + "\r\n\r\n\n" + b, "a=one b=two"},
		{"fewer", strings.TrimSuffix(a, "\r\n") + b, "a=one b=two"},
		{"none", strings.TrimSuffix(a, "\r\n\r\n") + b, "a=one b=two"},
		{"no separator at the end", a + strings.TrimSuffix(b, "\r\n\r\n"), "a=one b=two"},
		{"part of one", a + strings.TrimSuffix(b, "\n\r\n"), "a=one b=two"},
		{"empty members", gz("", a, "", b, ""), "a=one b=two"},
		{"NULs after a member", gz(a) + "\x00\x00\x00" + gz(b) + "\x00\x00", "a=one b=two"},
		{"name and comment in the gzip header", strings.Replace(gz(a), "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\xff\x03\x00abcname\x00comment\x00\x00\x00", 1), "a=one"},

		// Wrong lengths.
		{"too short, plain", rec("a", "1", "one") + b, "a!=one b=two"},
		{"too long, plain", rec("a", "30", "one") + b, "a!=one b=two"},
		{"missing", strings.Replace(a, "Content-Length: 3\r\n", "", 1) + b, "a!=one b=two"},
		{"no number", rec("a", "3x", "one") + b, "a!=one b=two"},
		{"negative", rec("a", "-3", "one") + b, "a!=one b=two"},
		{"absurd", rec("a", "99999999999999999999999999", "one") + b, "a!=one b=two"},
		{"large", rec("a", "999999999999", "one") + b, "a!=one b=two"},
		{"empty", rec("a", " ", "one") + b, "a!=one b=two"},
		{"twice, the same", strings.Replace(a, "Content-Length: 3\r\n", "Content-Length: 3\r\ncontent-length: 3\r\n", 1) + b, "a=one b=two"},
		{"twice, different", strings.Replace(a, "Content-Length: 3\r\n", "Content-Length: 3\r\nContent-Length: 2\r\n", 1) + b, "a!=one b=two"},
		{"too short, members", gz(rec("a", "1", "one"), b), "a!=one b=two"},
		{"too long, members", gz(rec("a", "30", "one"), b), "a!=one b=two"},
		{"too long, one member", gz(rec("a", "30", "one") + b), "a!=one b=two"},
		{"too short, one member, last", gz(a + rec("b", "1", "two")), "a=one b!=two"},
		{"too long, last of one member", gz(a + rec("b", "30", "two")), "a=one b!=two"},
		{"too long, last, plain", a + rec("b", "30", "two"), "a=one TRUNCATED"},
		{"too long, last, LF only, one member", gz(lf(a + rec("b", "30", "two"))), "a=one TRUNCATED"},
		{"too short, last, plain", a + rec("b", "1", "two"), "a=one b!=two"},
		{"missing, last, plain", a + strings.Replace(b, "Content-Length: 3\r\n", "", 1), "a=one b!=two"},
		{"missing, last, plain, no separator", a + strings.TrimSuffix(strings.Replace(b, "Content-Length: 3\r\n", "", 1), "\r\n\r\n"), "a=one TRUNCATED"},
		{"too long by exactly the next record", rec("a", fmt.Sprint(3+4+len(b)), "one") + b + c, "a=one\r\n\r\n" + b + " c=three"},

		// Records in texts.
		{"quoted record", inQuote + b, "q=" + quote + " b=two"},
		{"quoted record, members", gz(inQuote, b), "q=" + quote + " b=two"},
		{"quoted version line", rec("a", "", "x\nWARC/1.0\ny") + b, "a=x\nWARC/1.0\ny b=two"},
		{"quoted version line, wrong length", rec("a", "1", "x\nWARC/1.0\ny") + b, "a!=x\nWARC/1.0\ny b=two"},
		{"quoted record, wrong length", rec("a", "1", "x\r\n\r\nWARC/1.0\r\nWARC-Type: y") + b, "a=x != b=two"},

		// Cut short.
		{"cut, then another", a[:len(a)-6] + b, "TRUNCATED b=two"},
		{"cut in the header, then another", a[:40] + "\r\n" + b, "HEADER b=two"},
		{"member cut before it was compressed", gz(a[:len(a)-5], b), "TRUNCATED b=two"},
		{"header cut before it was compressed", gz(a[:30], b), "TRUNCATED b=two"},
		{"member cut", gz(a, b)[:len(gz(a, b))-1], "a=one TRUNCATED"},
		{"goes on in another member", gz(rec("a", "20", "one"), "and more", b), "TRUNCATED GARBAGE b=two"},

		// Garbage.
		{"before, plain", "rest of a text\n" + a + b, "GARBAGE a=one b=two"},
		{"between, plain", a + "junk\n" + b, "a=one GARBAGE b=two"},
		{"between, plain, no line end", a + "junk" + b, "a=one GARBAGE b=two"},
		{"after, plain", a + "junk", "a=one GARBAGE"},
		{"NULs between, plain", a + "\x00\x00\x00\n" + b, "a=one GARBAGE b=two"},
		{"before members", "junk" + gz(a, b), "GARBAGE a=one b=two"},
		{"between members", gz(a) + "junk" + gz(b), "a=one GARBAGE b=two"},
		{"after members", gz(a) + "junk", "a=one GARBAGE"},
		{"in a member of its own", gz(a, "junk", b), "a=one GARBAGE b=two"},
		{"first in a member", gz(a, "junk\n"+b), "a=one GARBAGE b=two"},
		{"last in a member", gz(a+"junk", b), "a=one GARBAGE b=two"},
		{"after a block without a separator", strings.TrimSuffix(a, separator) + "junk\n" + b, "a!=onejunk\n b=two"},
		{"the same, but the digest tells", withDigest("a", "one", "junk\n") + b, "a=one GARBAGE b=two"},

		// Damaged members.
		{"checksum", broken(gz(a)) + gz(b), "CHECKSUM b=two"},
		{"checksum of the last", gz(a) + broken(gz(b)), "a=one CHECKSUM"},
		{"checksum of one for all", broken(gz(a + b)), "CHECKSUM CHECKSUM"},
		{"checksum of one for all, with digests", broken(gz(withDigest("a", "one", "\r\n\r\n") + withDigest("b", "two", "\r\n\r\n"))), "a=one b=two CHECKSUM"},
		{"deflate", gz(a)[:10] + "\xff" + gz(a)[11:] + gz(b), "CORRUPT b=two"},
		{"header", "\x1f\x8b\x07" + gz(a)[3:] + gz(b), "CORRUPT b=two"},
		{"reserved flags", "\x1f\x8b\x08\x80" + gz(a)[4:] + gz(b), "CORRUPT b=two"},
		{"first byte", "\x1e" + gz(a)[1:] + gz(b), "GARBAGE b=two"},
		{"endless name in the header", "\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff" + strings.Repeat("x", 70000) + gz(b), "CORRUPT b=two"},

		// Headers.
		{"no type", strings.Replace(a, "WARC-Type: conversion\r\n", "WARC-Date: 2020\r\n", 1) + b, "HEADER b=two"},
		{"lower case", strings.ToLower(a[10:]), "fatal:NOTWARC"},
		{"case of names", "WARC/1.0\r\nwarc-type: CONVERSION\r\nwarc-RECORD-id: <a>\r\nCONTENT-length: 3\r\n\r\none\r\n\r\n", "a=one"},
		{"not in brackets", strings.NewReplacer("<", "", ">", "").Replace(a), "a=one"},
		{"blanks around values", strings.NewReplacer(": ", ":\t  ", "\r\n", " \r\n").Replace(a[:len(a)-9]) + "\r\none\r\n\r\n", "a=one"},
		{"endless", "WARC/1.0\r\nWARC-Type: conversion\r\n" + strings.Repeat("X: y\r\n", 20000) + "\r\n" + b, "HEADER b=two"},
		{"endless line", "WARC/1.0\r\nWARC-Type: " + strings.Repeat("x", 100000) + b, "HEADER b=two"},
		{"endless line, then a record", "WARC/1.0\r\nWARC-Type: " + strings.Repeat("x", 100000) + "\n" + b, "HEADER b=two"},

		// Other things.
		{"nothing", "", "fatal:NOTWARC"},
		{"an empty member", gz(""), "fatal:NOTWARC"},
		{"text", "just a text\nof two lines", "fatal:NOTWARC"},
		{"text in a member", gz("just a text"), "GARBAGE fatal:NOTWARC"},
		{"ARC", "filedesc://x.arc 0.0.0.0 2014 text/plain 75\n1 0 x\n", "fatal:NOTWARC"},
		{"ARC in a member", gz("filedesc://x.arc 0.0.0.0 2014 text/plain 75\n1 0 x\n"), "fatal:NOTWARC"},
		{"zstd", "\x28\xb5\x2f\xfd\x00\x00", "fatal:NOTWARC"},
		{"HTML", "<!DOCTYPE html><title>503</title>", "fatal:NOTWARC"},
		{"line ends", "\r\n\r\n", "fatal:NOTWARC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := found(tt.file, nil); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// withDigest is rec with WARC-Block-Digest and something else as the separator.
func withDigest(id, text, separator string) string {
	return "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <" + id + ">\r\nWARC-Block-Digest: " + BlockDigest([]byte(text)) +
		"\r\nContent-Length: " + fmt.Sprint(len(text)) + "\r\n\r\n" + text + separator
}

func TestHeader(t *testing.T) {
	file := "WARC/1.1\r\n" +
		"WARC-Type: conversion\r\n" +
		"X-Unknown: first\r\n" +
		"WARC-Target-URI: <https://example.org/a b>\r\n" +
		"x-unknown:second\r\n" +
		"no colon here\r\n" +
		" and what continues it\r\n" +
		": no name\r\n" +
		"X-Folded: one\r\n" +
		"\ttwo \r\n" +
		"  three\r\n" +
		"X-Empty:\r\n" +
		" filled\r\n" +
		"X-Colons: a:b: c\r\n" +
		"WARC-Date: 2020-11-29T22:06:08.123456789Z\r\n" +
		"Content-Length: 0\r\n\r\n\r\n\r\n"
	for rec, err := range NewReader(strings.NewReader(file), nil).Records() {
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name, value := range rec.Header.All() {
			got = append(got, name+"="+value)
		}
		want := []string{
			"WARC-Type=conversion", "X-Unknown=first", "WARC-Target-URI=<https://example.org/a b>", "x-unknown=second",
			"X-Folded=one two three", "X-Empty=filled", "X-Colons=a:b: c", "WARC-Date=2020-11-29T22:06:08.123456789Z", "Content-Length=0",
		}
		if !slices.Equal(got, want) || rec.Header.Len() != len(want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if v := rec.Header.Values("X-UNKNOWN"); !slices.Equal(v, []string{"first", "second"}) {
			t.Errorf("values: %q", v)
		}
		if rec.Header.Get("x-folded") != "one two three" || rec.Header.Get("missing") != "" || rec.Header.Bytes("missing") != nil {
			t.Error("wrong values")
		}
		if rec.Version != "WARC/1.1" || rec.TargetURI() != "https://example.org/a b" || rec.Date().Nanosecond() != 123456789 {
			t.Errorf("%v %v %v", rec.Version, rec.TargetURI(), rec.Date())
		}
	}
}

func TestDates(t *testing.T) {
	for in, want := range map[string]string{
		"2020-11-29T22:06:08Z":      "2020-11-29T22:06:08Z",
		"2020-11-29T22:06:08.5Z":    "2020-11-29T22:06:08.5Z",
		"2020-11-29T22:06:08+02:00": "2020-11-29T20:06:08Z",
		"2020-11-29T22:06Z":         "2020-11-29T22:06:00Z",
		"2020-11-29":                "2020-11-29T00:00:00Z",
		"2020-11":                   "2020-11-01T00:00:00Z",
		"2020":                      "2020-01-01T00:00:00Z",
		"":                          "0001-01-01T00:00:00Z",
		"yesterday":                 "0001-01-01T00:00:00Z",
		"2020-13-29T22:06:08Z":      "0001-01-01T00:00:00Z",
		strings.Repeat("2", 100):    "0001-01-01T00:00:00Z",
	} {
		if got := parseDate([]byte(in)).Format(time.RFC3339Nano); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestDigests(t *testing.T) {
	// Of "abc", by the standards that define them.
	for in, want := range map[string]error{
		"sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5":                                   nil,
		"SHA1:vgmt4nsha2awvor6evyxqugcnsonbwe5":                                   nil,
		"sha1:a9993e364706816aba3e25717850c26c9cd0d89d":                           nil,
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad": nil,
		"sha256:XJ4BNP4PAHH6UQKBIDPF3LRCEOYAGYNDSYLXVHFUCD7WD4QACWWQ====":         nil,
		"md5:900150983cd24fb0d6963f7d28e17f72":                                    nil,
		"sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA":                                   ErrDigest,
		"sha1:":                                                                   ErrDigest,
		"crc32:352441c2":                                                          ErrNoDigest,
		"VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5":                                        ErrNoDigest,
		"":                                                                        ErrNoDigest,
	} {
		r := Record{Block: []byte("abc")}
		r.Header.Add("WARC-Block-Digest", in)
		if err := r.VerifyDigest(); err != want {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
	}
	r := Record{Block: []byte("abc")}
	r.Header.Add("WARC-Payload-Digest", "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5")
	if err := r.VerifyDigest(); err != ErrNoDigest { // the payload is a part of the block
		t.Errorf("payload of an unknown type: %v", err)
	}
	r.Header.Add("WARC-Type", "conversion")
	if err := r.VerifyDigest(); err != nil || r.Digest() != "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5" {
		t.Errorf("payload of a conversion: %v", err)
	}
}

func TestReadAtErrors(t *testing.T) {
	a, b := gz(rec("a", "", "one")), gz(rec("b", "", "two"))
	bad := []byte(b)
	bad[len(bad)-1] ^= 1
	file := bytes.NewReader([]byte(a + string(bad) + a))
	for _, tt := range []struct {
		offset, inMember int64
		want             error
	}{
		{-1, 0, ErrNoRecord},
		{0, -1, ErrNoRecord},
		{0, 5, ErrNoRecord},
		{int64(len(a)), 0, ErrChecksum},
		{int64(len(a + b + a)), 0, ErrNotWARC},
		{1 << 60, 0, ErrNotWARC},
	} {
		if r, err := ReadAt(file, tt.offset, tt.inMember, nil); !errors.Is(err, tt.want) {
			t.Errorf("%d+%d: %v, %v; want %v", tt.offset, tt.inMember, r, err, tt.want)
		}
	}
	if r, err := ReadAt(file, int64(len(a+b)), 0, nil); err != nil || r.String() != "conversion  (3 bytes)" {
		t.Errorf("%v, %v", r, err)
	}
	boom := errors.New("boom")
	if _, err := ReadAt(failingAt{boom}, 0, 0, nil); !errors.Is(err, boom) {
		t.Errorf("%v", err)
	}
}

type failingAt struct{ err error }

func (f failingAt) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// Going on with a second range over Records is going on with the next record.
func TestRecordsAfterBreak(t *testing.T) {
	r := NewReader(strings.NewReader(gz(rec("a", "", "one"), rec("b", "", "two"))), nil)
	var got []string
	for range 3 {
		for rec, err := range r.Records() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, rec.ID())
			break
		}
	}
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}
