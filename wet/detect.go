package wet

import (
	"bytes"
	"fmt"
)

// foreign are the beginnings of files that people take for WARC files.
var foreign = []struct{ magic, name string }{
	{"filedesc://", "an ARC file, which came before WARC"},
	{"\x28\xb5\x2f\xfd", "compressed with zstd; decompress it first"},
	{"BZh", "compressed with bzip2; decompress it first"},
	{"\xfd7zXZ\x00", "compressed with xz; decompress it first"},
	{"\x04\x22\x4d\x18", "compressed with lz4; decompress it first"},
	{"PK\x03\x04", "a zip file"},
	{"PAR1", "a Parquet file"},
	{"<?xml", "XML, perhaps an error message of a server"},
	{"<!DOCTYPE", "HTML, perhaps an error message of a server"},
	{"<html", "HTML, perhaps an error message of a server"},
	{"crawl-data/", "a list of paths"},
}

// detectSize is how much of a file that begins with neither a record nor a gzip
// member is searched for one of them.
const detectSize = 1 << 20

// detect finds out whether the file is compressed. It should begin with a gzip
// member or a record; but either may be damaged, or missing.
func (r *Reader) detect() {
	in := &r.in
	in.need(lookAhead)
	b := bytes.TrimPrefix(in.unread(), []byte(byteOrderMark))
	switch {
	case bytes.HasPrefix(b, []byte(gzipMagic)):
		r.seg.z = &r.z
	case versionLine(b[lineEnds(b):]) > 0:
		in.i = in.n - len(b)
	default:
		in.need(detectSize)
		plain, member := in.plainRecord(), r.firstMember()
		if member >= 0 && (plain < 0 || member < plain) {
			r.seg.z = &r.z
		}
	}
}

// byteOrderMark is what text editors put at the beginning of files.
const byteOrderMark = "\xef\xbb\xbf"

// plainRecord returns where in the unread input the first record is that is not
// compressed, or -1.
func (in *input) plainRecord() int {
	b := in.unread()
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("\n"+versionPrefix))
		if i < 0 {
			return -1
		}
		from += i + 1
		if headerAt(b[from:], true) {
			return from
		}
	}
}

// firstMember returns where in the unread input the first gzip member is that
// begins with a record, or -1.
func (r *Reader) firstMember() int {
	in := &r.in
	in.mark()
	n := -1
	if r.z.resync(in) {
		n = in.i - in.hold
	}
	in.i = in.hold
	in.release()
	return n
}

// foreignTo returns an error if b begins as a file of another kind does.
func foreignTo(b []byte) error {
	for _, f := range foreign {
		if bytes.HasPrefix(b, []byte(f.magic)) {
			return fmt.Errorf("%w: it is %s", ErrNotWARC, f.name)
		}
	}
	return nil
}
