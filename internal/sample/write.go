package sample

import (
	"bytes"
	"fmt"

	"github.com/textmill/textmill/wet"
)

// File returns a file of the sample as it is stored, by its index in [Names].
// Each record is a gzip member of its own, with the fields in Common Crawl's
// order. The checksum of the [Damaged] record's member is wrong, so that a
// reader has to give up that record and no other.
func File(index int) ([]byte, error) {
	var buf bytes.Buffer
	w := wet.NewWriter(&buf, wet.PerRecord)
	for _, r := range Records() {
		if r.File != index {
			continue
		}
		if err := w.WriteRecord(r.warc()); err != nil {
			return nil, fmt.Errorf("write %s: %w", r.ID, err)
		}
		if r.Kind == Damaged {
			b := buf.Bytes()
			b[len(b)-8] ^= 0xff // the first byte of the CRC-32
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// warc returns the record in the form in which it is written.
func (r Record) warc() *wet.Record {
	out := &wet.Record{Block: []byte(r.Text)}
	add := out.Header.Add
	date := r.Date.Format("2006-01-02T15:04:05Z")
	switch r.Kind {
	case Info:
		add("WARC-Type", "warcinfo")
		add("WARC-Date", date)
		add("WARC-Filename", Names()[r.File])
		add("WARC-Record-ID", "<"+r.ID+">")
		add("Content-Type", "application/warc-fields")
	case Metadata:
		add("WARC-Type", "metadata")
		add("WARC-Target-URI", r.URL)
		add("WARC-Date", date)
		add("WARC-Record-ID", "<"+r.ID+">")
		add("Content-Type", "application/warc-fields")
	default:
		add("WARC-Type", "conversion")
		add("WARC-Target-URI", r.URL)
		add("WARC-Date", date)
		add("WARC-Record-ID", "<"+r.ID+">")
		add("WARC-Refers-To", "<"+newID("refers/"+r.ID)+">")
		add("WARC-Block-Digest", wet.BlockDigest(out.Block))
		if l := iso639[r.Language]; l != "" {
			add("WARC-Identified-Content-Language", l)
		}
		add("Content-Type", "text/plain")
	}
	return out
}
