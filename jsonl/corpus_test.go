package jsonl

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
)

// generated returns documents with about size bytes of text, mostly ASCII, that
// look like pages: lines, quotes, some other scripts.
func generated(size int) []*textmill.Document {
	rng := rand.New(rand.NewPCG(1, 2))
	plain := []string{"the", "mill", "grinds", "slowly", "and", "fine", "water", "turns", "wheels", "of", "stone"}
	other := []string{"\"so\"", "don’t", "café", "Straße", "мельница", "風車", "—", "\t"}
	var docs []*textmill.Document
	for n := 0; n < size; {
		var b strings.Builder
		for range 100 + rng.IntN(900) {
			if rng.IntN(20) == 0 {
				b.WriteString(other[rng.IntN(len(other))])
			} else {
				b.WriteString(plain[rng.IntN(len(plain))])
			}
			b.WriteByte(" \n"[min(rng.IntN(12)/11, 1)])
		}
		i := len(docs)
		d := &textmill.Document{
			ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", i, rng.Uint64N(1<<48)), URL: fmt.Sprintf("https://example.com/pages/%d.html", i),
			Date: time.Unix(1700000000+int64(i), 0).UTC(), Language: "en", Text: b.String(), Shard: "generated-00000", Index: i,
		}
		d.Set("langid.score", rng.Float64())
		d.Set("filter.words", int64(rng.IntN(1000)))
		d.Set("wet.languages", "eng")
		docs, n = append(docs, d), n+b.Len()
	}
	return docs
}

// corpus returns the documents of a file of real pages, or nil.
func corpus(tb testing.TB) []*textmill.Document {
	tb.Helper()
	dir, err := filepath.Abs("../../shared/data/corpus")
	if err != nil {
		tb.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "CC-SYN-SHARE-00000.warc.wet.gz"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip("needs ../shared/data")
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	r := bufio.NewReader(z)
	var docs []*textmill.Document
	for {
		version, err := r.ReadString('\n')
		if err == io.EOF {
			return docs
		}
		header, err2 := textproto.NewReader(r).ReadMIMEHeader()
		n, err3 := strconv.Atoi(header.Get("Content-Length"))
		if err != nil || err2 != nil || err3 != nil {
			tb.Fatal(version, err, err2, err3)
		}
		text := make([]byte, n+4)
		if _, err := io.ReadFull(r, text); err != nil {
			tb.Fatal(err)
		}
		if header.Get("WARC-Type") != "conversion" {
			continue
		}
		date, err := time.Parse(time.RFC3339, header.Get("WARC-Date"))
		if err != nil {
			tb.Fatal(err)
		}
		d := &textmill.Document{
			ID: header.Get("WARC-Record-ID"), URL: header.Get("WARC-Target-URI"), Date: date.UTC(), Language: "en",
			Text: strings.ToValidUTF8(string(text[:n]), "\ufffd"), Shard: "CC-SYN-SHARE-00000", Index: len(docs) + 1,
		}
		d.Set("langid.score", 0.98)
		d.Set("filter.words", int64(n))
		d.Set("wet.languages", header.Get("WARC-Identified-Content-Language"))
		docs = append(docs, d)
	}
}
