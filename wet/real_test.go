package wet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/shareddata"
)

// gunzip returns what a gzip file holds.
func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A summary is what a Reader finds in a file.
type summary struct {
	records, conversions, mismatches int
	damaged                          []*textmill.RecordError
	fatal                            error
	kept                             []*Record
}

func summarize(r io.Reader, options *Options) (s summary) {
	for rec, err := range NewReader(r, options).Records() {
		if e, ok := errors.AsType[*textmill.RecordError](err); ok {
			s.damaged = append(s.damaged, e)
			continue
		}
		if err != nil {
			s.fatal = err
			continue
		}
		s.records++
		if rec.Type() == "conversion" {
			s.conversions++
		}
		if rec.LengthMismatch {
			s.mismatches++
		}
		s.kept = append(s.kept, rec.Clone())
	}
	return s
}

// Files of Common Crawl and fixtures of other projects. The counts of records
// that are there, whole or not, are those of the data's own description.
func TestRealFiles(t *testing.T) {
	const (
		slices = "wet/jeffharwell+CommonCrawlScalaTools/warcparser/src/test/resources/"
		warcio = "warc/webrecorder+warcio/test/data/"
	)
	cut := []error{ErrTruncated}
	tests := []struct {
		name                             string
		records, conversions, mismatches int
		damaged                          []error
	}{
		{"wet/commoncrawl+whirlwind-python/whirlwind.warc.wet", 2, 1, 0, nil},
		{"wet/commoncrawl+whirlwind-python/whirlwind.warc.wet.gz", 2, 1, 0, nil},
		{"wet/commoncrawl+whirlwind-python/whirlwind.warc.gz", 4, 0, 0, nil},
		{"wet/commoncrawl+whirlwind-python/whirlwind.warc.wat.gz", 2, 0, 0, nil},
		// 12 of its Content-Lengths fit by chance: their texts are of ASCII.
		{"wet/josephdviviano+whatsinthebox/data/test.warc.wet.gz", 319, 318, 306, nil},
		{"wet/derived/cc-main-2020-50-slice.permember.warc.wet.gz", 319, 318, 306, nil},
		{slices + "filter_test_1.wet.gz", 26, 25, 0, nil},
		{slices + "fragment1_incomplete_last.wet.gz", 2, 1, 0, cut},
		{slices + "fragment1_asthma_incomplete_last.wet.gz", 2, 1, 1, cut},
		{slices + "fragment2_no_header.wet.gz", 1, 1, 0, []error{ErrGarbage, ErrTruncated}},
		{slices + "fragment3.wet.gz", 6, 5, 0, nil},
		{slices + "file_headers_only.wet.gz", 0, 0, 0, cut},
		{slices + "file_and_wet_headers_only.wet.gz", 1, 0, 1, cut},
		{"wet/facebookresearch+cc_net/tests/data/sample.warc.txt", 4, 3, 4, nil},
		{"corpus/CC-SYN-SHARE-00000.warc.wet.gz", 4792, 4791, 0, nil},
		{"corpus/CC-SYN-SHARE-00001.warc.wet.gz", 4791, 4790, 0, nil},
		{warcio + "example.warc", 6, 0, 0, nil},
		{warcio + "example.warc.gz", 6, 0, 0, nil},
		{warcio + "example-bad.warc.gz.bad", 6, 0, 0, nil}, // one member
		{warcio + "example-bad-non-chunked.warc.gz", 6, 0, 0, nil},
		{warcio + "example-digest.warc", 4, 0, 0, nil},
		{warcio + "example-iana.org-chunked.warc", 3, 0, 0, nil},
		{warcio + "example-resource.warc.gz", 3, 0, 0, nil},
		{warcio + "example-space-in-target-uri.warc.gz", 2, 0, 0, nil},
		{warcio + "example-trunc.warc", 4, 0, 1, nil},
		{warcio + "example-wget-bad-target-uri.warc.gz", 6, 0, 0, nil},
		// A record that goes on in a second member.
		{warcio + "example-wrong-chunks.warc.gz", 1, 0, 0, []error{ErrTruncated, ErrGarbage}},
		{warcio + "post-test.warc.gz", 6, 0, 0, nil},
		{"warc/chatnoir-eu+chatnoir-resiliparse/tests/data/block-sized-records.warc", 3, 0, 0, nil},
		{"warc/chatnoir-eu+chatnoir-resiliparse/tests/data/block-sized-records.warc.gz", 3, 0, 0, nil},
		{"warc/chatnoir-eu+chatnoir-resiliparse/tests/data/clipped.warc.gz", 0, 0, 0, cut},
		{"warc/chatnoir-eu+chatnoir-resiliparse/tests/data/warcfile.warc.gz", 50, 0, 0, nil},
		{"warc/allenai+dolma/tests/data/warc/sample-0000.warc.gz", 48, 0, 0, nil},
		{"warc/allenai+dolma/tests/data/warc/sample-0001.warc.gz", 34, 0, 0, nil},
	}
	for _, tt := range tests {
		t.Run(filepath.Base(tt.name), func(t *testing.T) {
			b := shareddata.Read(t, tt.name)
			s := summarize(bytes.NewReader(b), nil)
			if s.fatal != nil {
				t.Fatal(s.fatal)
			}
			if s.records != tt.records || s.conversions != tt.conversions || s.mismatches != tt.mismatches {
				t.Errorf("%d records, %d conversions, %d with a wrong length; want %d, %d, %d",
					s.records, s.conversions, s.mismatches, tt.records, tt.conversions, tt.mismatches)
			}
			if len(s.damaged) != len(tt.damaged) {
				t.Fatalf("damaged: %v, want %v", s.damaged, tt.damaged)
			}
			for i, e := range s.damaged {
				if !errors.Is(e, tt.damaged[i]) {
					t.Errorf("damaged: %v, want %v", e, tt.damaged[i])
				}
			}
			checkReadAt(t, b, s.kept)
		})
	}
}

// checkReadAt reads each record again by its offset.
func checkReadAt(t *testing.T, b []byte, records []*Record) {
	t.Helper()
	step := 1
	if last := records; len(last) > 0 && last[len(last)-1].InMember > 100000 {
		step = 29 // each time, the member is inflated from its beginning
	}
	for i := 0; i < len(records); i += step {
		want := records[i]
		got, err := ReadAt(bytes.NewReader(b), want.Offset, want.InMember, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !sameRecord(got, want) || got.Index != -1 {
			t.Errorf("record %d read again: got %v, want %v", i, got, want)
		}
	}
}

// sameRecord compares all but the Index.
func sameRecord(a, b *Record) bool {
	return a.Version == b.Version && bytes.Equal(a.Header.text, b.Header.text) && bytes.Equal(a.Block, b.Block) &&
		a.Offset == b.Offset && a.InMember == b.InMember && a.Length == b.Length && a.LengthMismatch == b.LengthMismatch
}

func TestNotWARC(t *testing.T) {
	for _, name := range []string{
		"warc/webrecorder+warcio/test/data/bad.arc",
		"warc/webrecorder+warcio/test/data/example.arc",
		"warc/webrecorder+warcio/test/data/example.arc.gz",
		"warc/webrecorder+warcio/test/data/example-space-in-url.arc",
		"warc/chatnoir-eu+chatnoir-resiliparse/tests/data/block-sized-records.warc.lz4",
		"README.md",
	} {
		s := summarize(bytes.NewReader(shareddata.Read(t, name)), nil)
		if !errors.Is(s.fatal, ErrNotWARC) || len(s.damaged) > 0 || s.records > 0 {
			t.Errorf("%s: %v, %v, %d records", name, s.fatal, s.damaged, s.records)
		}
	}
}

// The real slice is the same text whichever way it is packed: of its texts, none
// begins or ends where another one does.
func TestRealSliceIsWhole(t *testing.T) {
	whole := shareddata.Read(t, "wet/josephdviviano+whatsinthebox/data/test.warc.wet.gz")
	plain := gunzip(t, whole)
	parts := shareddata.Read(t, "wet/derived/cc-main-2020-50-slice.permember.warc.wet.gz")
	want := summarize(bytes.NewReader(whole), nil)
	size := 0
	for name, b := range map[string][]byte{"plain": plain, "member per record": parts} {
		got := summarize(bytes.NewReader(b), nil)
		if len(got.kept) != len(want.kept) {
			t.Fatalf("%s: %d records, want %d", name, len(got.kept), len(want.kept))
		}
		for i, rec := range got.kept {
			if !bytes.Equal(rec.Block, want.kept[i].Block) || rec.Index != want.kept[i].Index {
				t.Errorf("%s: record %d differs", name, i)
			}
			if i > 0 && (!utf8.Valid(rec.Block) || bytes.Contains(rec.Block, []byte("WARC/1.0\r\n")) || bytes.HasSuffix(rec.Block, []byte(separator))) {
				t.Errorf("%s: record %d has more than its text in it", name, i)
			}
			size += len(rec.Block)
		}
	}
	if size < 2*2_300_000 {
		t.Errorf("%d bytes of text; the slice has more", size/2)
	}
}

// Digests that Common Crawl wrote agree with the blocks.
func TestRealDigests(t *testing.T) {
	for name, want := range map[string]int{
		"wet/commoncrawl+whirlwind-python/whirlwind.warc.wet.gz":                                   2,
		"corpus/CC-SYN-SHARE-00000.warc.wet.gz":                                                    4791,
		"wet/jeffharwell+CommonCrawlScalaTools/warcparser/src/test/resources/filter_test_1.wet.gz": 25,
	} {
		agree := 0
		for _, rec := range summarize(bytes.NewReader(shareddata.Read(t, name)), nil).kept {
			switch err := rec.VerifyDigest(); {
			case err == nil:
				agree++
			case err == ErrDigest:
				t.Errorf("%s: %v: %v", name, rec, err)
			}
		}
		if agree != want {
			t.Errorf("%s: %d digests agree, want %d", name, agree, want)
		}
	}
}
