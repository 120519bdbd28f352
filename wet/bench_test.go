package wet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// prose returns n bytes or more of made-up sentences: words of Zipfian frequency,
// so that it compresses about as web text does.
func prose(rnd *rand.Rand, vocabulary []string, n int) string {
	zipf := rand.NewZipf(rnd, 1.3, 4, uint64(len(vocabulary)-1))
	var sb strings.Builder
	for sb.Len() < n {
		for range 4 + rnd.IntN(16) {
			sb.WriteString(vocabulary[zipf.Uint64()])
			sb.WriteByte(' ')
		}
		sb.WriteString(vocabulary[rnd.IntN(len(vocabulary))])
		sb.WriteString(".\n")
	}
	return sb.String()
}

func vocabulary(rnd *rand.Rand) []string {
	const letters = "etaoinshrdlucmfwypvbgkjqxz"
	words := make([]string, 4000)
	for i := range words {
		var w []byte
		for range 2 + rnd.IntN(8) {
			w = append(w, letters[min(rnd.IntN(26), rnd.IntN(26))])
		}
		words[i] = string(w)
	}
	return words
}

type benchFile struct {
	name  string
	bytes []byte
	text  int64 // bytes of text in it
}

// benchFiles are a generated file in each layout and, if it is there, the shared
// corpus.
func benchFiles(b *testing.B) []benchFile {
	var files []benchFile
	for _, l := range []struct {
		name string
		how  Compression
	}{{"generated", PerRecord}, {"whole", Whole}, {"plain", Plain}} {
		rnd := rand.New(rand.NewPCG(1, 2))
		words := vocabulary(rnd)
		var buf bytes.Buffer
		w := NewWriter(&buf, l.how)
		f := benchFile{name: l.name}
		for i := range 1000 {
			text := prose(rnd, words, 500+rnd.IntN(9000))
			f.text += int64(len(text))
			if err := w.WriteConversion("https://example.org/"+strconv.Itoa(i), day, "", "eng", text); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		f.bytes = buf.Bytes()
		files = append(files, f)
	}
	corpus, err := os.ReadFile(filepath.FromSlash("../../shared/data/corpus/CC-SYN-SHARE-00000.warc.wet.gz"))
	if err == nil {
		f := benchFile{name: "corpus", bytes: corpus}
		for rec, err := range NewReader(bytes.NewReader(corpus), nil).Records() {
			if err != nil {
				b.Fatal(err)
			}
			f.text += int64(len(rec.Block))
		}
		files = append(files, f)
	}
	return files
}

func BenchmarkReader(b *testing.B) {
	for _, f := range benchFiles(b) {
		b.Run(f.name+"/textmill", func(b *testing.B) {
			measure(b, f, func() (docs int) {
				for rec, err := range NewReader(bytes.NewReader(f.bytes), nil).Records() {
					if err != nil {
						b.Fatal(err)
					}
					if rec.Type() == "conversion" {
						docs++
					}
				}
				return docs
			})
		})
		b.Run(f.name+"/naive", func(b *testing.B) {
			measure(b, f, func() int {
				docs, err := readNaively(f.bytes)
				if err != nil {
					b.Fatal(err)
				}
				return docs
			})
		})
	}
}

func measure(b *testing.B, f benchFile, read func() (docs int)) {
	b.SetBytes(f.text)
	b.ReportAllocs()
	docs := 0
	for b.Loop() {
		docs += read()
	}
	b.ReportMetric(float64(docs)/b.Elapsed().Seconds(), "docs/s")
}

// readNaively is the reader one writes in a minute with the fastest gzip package
// there is: it trusts Content-Length and does not survive damage.
func readNaively(file []byte) (docs int, err error) {
	var r *bufio.Reader
	if bytes.HasPrefix(file, []byte(gzipMagic)) {
		z, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			return 0, err
		}
		r = bufio.NewReaderSize(z, 1<<16)
	} else {
		r = bufio.NewReaderSize(bytes.NewReader(file), 1<<16)
	}
	var block []byte
	for {
		if _, err := r.Peek(1); err == io.EOF {
			return docs, nil
		}
		header := map[string]string{}
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return docs, err
			}
			line = bytes.TrimRight(line, "\r\n")
			if len(line) == 0 {
				break
			}
			if name, value, ok := strings.Cut(string(line), ": "); ok {
				header[name] = value
			}
		}
		n, err := strconv.Atoi(header["Content-Length"])
		if err != nil || n > 64<<20 {
			return docs, errors.New("bad length")
		}
		block = append(block[:0], make([]byte, n+len(separator))...)
		if _, err := io.ReadFull(r, block); err != nil {
			return docs, err
		}
		if header["WARC-Type"] == "conversion" {
			docs++
		}
	}
}

// Reading documents: decompression, parsing, the check of UTF-8, the copy of the
// text, and the SHA-256 of the file.
func BenchmarkSource(b *testing.B) {
	for _, f := range benchFiles(b) {
		var store storage.Memory
		put(b, &store, "x.warc.wet.gz", f.bytes)
		src := &Source{Store: &store, Names: []string{"x.warc.wet.gz"}}
		b.Run(f.name, func(b *testing.B) {
			measure(b, f, func() (docs int) {
				for _, err := range src.Read(b.Context(), textmill.Shard{Name: "x"}) {
					if err != nil {
						b.Fatal(err)
					}
					docs++
				}
				return docs
			})
		})
	}
}
