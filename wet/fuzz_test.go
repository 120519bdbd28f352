package wet

import (
	"bytes"
	"testing"
	"testing/iotest"
)

func FuzzReader(f *testing.F) {
	for _, how := range []Compression{Plain, Whole, PerRecord} {
		f.Add(makeFile(f, how, 3, 100).bytes)
	}
	f.Add([]byte(rec("a", "1", "one") + "junk\n" + rec("b", "99999999999999999999", "two")))
	f.Add([]byte(gz(rec("a", "30", "one"), "junk") + "junk" + gz(rec("b", "", "two"), rec("c", "", "three"))))
	f.Add([]byte("\x1f\x8b\x08\x1f\x00\x00\x00\x00\x00\x00\x02\x00xxname\x00comment\x00cr"))
	f.Add([]byte("filedesc://x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 100_000
		options := &Options{MaxRecord: limit}
		s := summarize(bytes.NewReader(b), options)
		checkOrder(t, b, s, limit)
		for _, want := range s.kept[:min(len(s.kept), 20)] {
			got, err := ReadAt(bytes.NewReader(b), want.Offset, want.InMember, options)
			if err != nil || !sameRecord(got, want) {
				t.Fatalf("at %d+%d: got %v, %v; want %v", want.Offset, want.InMember, got, err, want)
			}
		}
		if again := summarize(iotest.OneByteReader(bytes.NewReader(b)), options); !sameSummary(s, again) {
			t.Fatalf("byte by byte: %d records, %v, %v; want %d, %v, %v", again.records, again.damaged, again.fatal, s.records, s.damaged, s.fatal)
		}
	})
}

// checkOrder checks what holds for any input.
func checkOrder(t *testing.T, b []byte, s summary, limit int) {
	t.Helper()
	lastOffset, lastIn, lastIndex := int64(-1), int64(-1), -1
	for _, r := range s.kept {
		if len(r.Block) > limit {
			t.Fatalf("%v: larger than the limit", r)
		}
		if r.Offset < lastOffset || r.Offset == lastOffset && r.InMember <= lastIn {
			t.Fatalf("%v: at %d+%d, after %d+%d", r, r.Offset, r.InMember, lastOffset, lastIn)
		}
		lastOffset, lastIn = r.Offset, r.InMember
		if r.Offset+max(r.Length, 1) > int64(len(b)) {
			t.Fatalf("%v: ends at %d of %d bytes", r, r.Offset+r.Length, len(b))
		}
		if r.Type() == "conversion" {
			if r.Index <= lastIndex {
				t.Fatalf("%v: index %d after %d", r, r.Index, lastIndex)
			}
			lastIndex = r.Index
		}
	}
	last := int64(-1)
	for _, e := range s.damaged {
		if e.Offset < last || e.Offset+e.Length > int64(len(b)) || e.Length < 0 {
			t.Fatalf("%v: length %d, after %d, of %d bytes", e, e.Length, last, len(b))
		}
		last = e.Offset
	}
}

// FuzzDamage damages a sound file, which reaches deeper.
func FuzzDamage(f *testing.F) {
	f.Add(uint8(0), uint16(300), []byte("x"), uint16(1))
	f.Add(uint8(1), uint16(30), []byte{}, uint16(100))
	f.Add(uint8(2), uint16(250), []byte("\x1f\x8b\x08\x00"), uint16(0))
	files := []sampleFile{makeFile(f, Plain, 8, 200), makeFile(f, Whole, 8, 200), makeFile(f, PerRecord, 8, 200)}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, insert []byte, remove uint16) {
		file := files[int(which)%len(files)]
		from := int(at) % len(file.bytes)
		to := min(from+int(remove), len(file.bytes))
		b := bytes.Join([][]byte{file.bytes[:from], insert, file.bytes[to:]}, nil)
		s := summarize(bytes.NewReader(b), nil)
		checkOrder(t, b, s, defaultMaxRecord)
		if file.how != PerRecord || s.fatal != nil || bytes.Contains(insert, []byte(gzipMagic)) {
			return
		}
		got := checkKept(t, file, s, -1)
		for i := range file.texts {
			untouched := file.ends[i+1] <= int64(from) || file.starts[i+1] >= int64(to)
			if untouched && !got[i] {
				t.Fatalf("record %d at %d-%d is lost; %d-%d was replaced by %q: %v", i+1, file.starts[i+1], file.ends[i+1], from, to, insert, s.damaged)
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("A: b\r\n c\r\nD:\n\n"))
	f.Add([]byte(":\n x\nA:B:C"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Header
		h.parse(b)
		var lines bytes.Buffer
		for name, value := range h.All() {
			if name == "" || len(name)+len(value) > len(b) || bytes.ContainsAny([]byte(name+value), "\n") {
				t.Fatalf("field %q: %q", name, value)
			}
			lines.WriteString(name + ": " + value + "\n")
		}
		var again Header
		again.parse(lines.Bytes())
		if !bytes.Equal(again.text, h.text) || again.Len() != h.Len() {
			t.Fatalf("%q reads back as %q", h.text, again.text)
		}
	})
}
