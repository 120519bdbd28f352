package shuffle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/textmill/textmill"
)

func testHash(id string) uint64 { return uint64(len(id)) << 40 }

// records returns the records of a document.
func records(t testing.TB, d *textmill.Document) (out [][]byte) {
	t.Helper()
	e := encoder{hash: testHash}
	if err := e.encode(d, func(r []byte) error { out = append(out, bytes.Clone(r)); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// decodeAll returns the documents of sorted records.
func decodeAll(records [][]byte) (docs []*textmill.Document, err error) {
	j := joiner{next: func() ([]byte, error) {
		if len(records) == 0 {
			return nil, io.EOF
		}
		r := records[0]
		records = records[1:]
		return r, nil
	}}
	d := decoder{hash: testHash}
	for {
		body, copies, err := j.join()
		if err == io.EOF {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		for range copies {
			doc, err := d.decode(j.key[:], body)
			if err != nil {
				return nil, err
			}
			docs = append(docs, doc)
		}
	}
}

// Every field comes back as it was, to the difference between nil and empty.
func TestDocuments(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	tests := []*textmill.Document{
		{ID: "x"},
		{ID: "x", URL: "u", Language: "l", Text: "t", Shard: "s", Index: 7},
		{ID: strings.Repeat("i", 70_000), Index: math.MaxInt},
		{ID: "\x00\xff", Text: "not \xff valid", Index: -1},
		{ID: "x", Index: math.MinInt, Tokens: []uint32{}, Meta: map[string]any{}},
		{ID: "x", Tokens: []uint32{0, 127, 128, math.MaxUint32}},
		{ID: "x", Date: time.Unix(0, 0).UTC()},
		{ID: "x", Date: time.Unix(-1<<40, 999_999_999).UTC()},
		{ID: "x", Date: time.Date(2025, 3, 8, 1, 2, 3, 4, time.FixedZone("", -5*3600-1))},
		{ID: "x", Meta: map[string]any{"": "", "a.b": "c", "t": true, "f": false, "i": math.MinInt, "j": int64(math.MaxInt64), "z": 0.0, "n": math.Copysign(0, -1), "inf": math.Inf(1)}},
		{ID: "x", Text: strings.Repeat("a", 10<<20)},
		{ID: "x", Text: noise(rng, 1<<20)},
	}
	for n := partSize - 40; n < partSize+10; n++ { // around the end of a part
		tests = append(tests, &textmill.Document{ID: "x", Text: noise(rng, n)})
	}
	for _, want := range tests {
		r := records(t, want)
		got, err := decodeAll(r)
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%.200v came back as %.200v, %v", want, got, err)
		}
		for i, r := range r {
			if p, err := parsePart(r); err != nil || p.number != i || len(r) > headSize+binary.MaxVarintLen32+partSize {
				t.Errorf("%.200v: part %d has the number %d and %d bytes, %v", want, i, p.number, len(r), err)
			}
		}
	}
	nan := &textmill.Document{ID: "x", Meta: map[string]any{"n": math.Float64frombits(0x7ff8000000000123)}}
	got, err := decodeAll(records(t, nan))
	if err != nil || math.Float64bits(got[0].Meta["n"].(float64)) != 0x7ff8000000000123 {
		t.Errorf("NaN came back as %v, %v", got, err)
	}
	now := time.Now() // with a monotonic clock and a zone that has a name
	if got, err = decodeAll(records(t, &textmill.Document{ID: "x", Date: now})); err != nil || !got[0].Date.Equal(now) {
		t.Errorf("%v came back as %v, %v", now, got, err)
	}
}

// The order of records is that of the parts of documents, however many of these are
// the same.
func TestJoin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		var want []*textmill.Document
		var all [][]byte
		for i := range 1 + rng.IntN(6) {
			d := &textmill.Document{ID: strings.Repeat("x", 1+i/2), Text: noise(rng, rng.IntN(4*partSize))}
			for range 1 + rng.IntN(3) {
				want = append(want, d)
				all = append(all, records(t, d)...)
			}
		}
		rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		slices.SortFunc(all, bytes.Compare)
		got, err := decodeAll(all)
		if err != nil || len(got) != len(want) {
			t.Fatalf("round %d: %d documents, want %d, %v", round, len(got), len(want), err)
		}
		count := map[string]int{}
		for i := range got {
			count[got[i].Text]++
			count[want[i].Text]--
		}
		for _, n := range count {
			if n != 0 {
				t.Fatalf("round %d: other documents", round)
			}
		}
		// Without one of the records, or with one twice, it is an error, unless that
		// leaves whole documents.
		i := rng.IntN(len(all))
		for what, bad := range map[string][][]byte{"missing": slices.Delete(slices.Clone(all), i, i+1), "twice": slices.Insert(slices.Clone(all), i, all[i])} {
			got, err := decodeAll(bad)
			if err != nil && !errors.Is(err, errBadDocument) {
				t.Errorf("round %d: %s: %v", round, what, err)
			}
			if p, _ := parsePart(all[i]); err == nil && (p.length == 0 || p.length > partSize) {
				t.Errorf("round %d: part %d is %s, and %d documents came", round, p.number, what, len(got))
			}
		}
	}
}

// Stored documents are the same on every machine and with every version.
func TestStoredForm(t *testing.T) {
	d := &textmill.Document{ID: "id", URL: "u", Date: time.Unix(1, 2).UTC(), Language: "en", Text: "text text text text", Tokens: []uint32{300}, Meta: map[string]any{"k": 1.0}, Shard: "s", Index: 1}
	raw := appendPlace(nil, d)
	raw, err := appendFields(raw, d)
	if err != nil {
		t.Fatal(err)
	}
	wantRaw := "0173" + "02" + // shard, index
		"026964" + "0175" + "02656e" + // ID, URL, language
		"01" + "02" + "02" + "00" + // date
		"02" + "016b" + "05" + "000000000000f03f" + // metadata
		"02" + "ac02" + // tokens
		"13" + "74657874207465787420746578742074657874" // text
	if got := fmt.Sprintf("%x", raw); got != wantRaw {
		t.Errorf("%s\nwant\n%s", got, wantRaw)
	}
	var c compressor
	want := "14" + "0c61626364" + "3e0400" // 20 bytes: a literal of 4, a copy of 16 from 4 back
	if got := fmt.Sprintf("%x", c.compress(nil, []byte(strings.Repeat("abcd", 5)))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A text for each way to write literals and copies.
func TestCompress(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var c compressor
	try := func(what string, src []byte) {
		t.Helper()
		z := c.compress([]byte("before"), src)
		if !bytes.HasPrefix(z, []byte("before")) {
			t.Errorf("%s: what was there before is gone", what)
		}
		z = z[len("before"):]
		got, err := decompress(nil, z)
		if err != nil || !bytes.Equal(got, src) {
			t.Errorf("%s: %d bytes came back as %d, %v", what, len(src), len(got), err)
		}
		if most := len(src) + len(src)/1000 + 16; len(z) > most {
			t.Errorf("%s: %d bytes take %d", what, len(src), len(z))
		}
		var fresh compressor
		if again := fresh.compress(nil, src); !bytes.Equal(again, z) {
			t.Errorf("%s: it depends on what was compressed before", what)
		}
	}
	for n := range 300 {
		try(fmt.Sprint("noise ", n), []byte(noise(rng, n)))
		try(fmt.Sprint("run of ", n), bytes.Repeat([]byte("x"), n))
		try(fmt.Sprint("words ", n), []byte(text(rng, n)))
	}
	for _, n := range []int{1 << 8, 1<<8 + 1, 1 << 16, 1<<16 + 1, 1<<16 + 5, 1<<20 + 5} {
		try(fmt.Sprint("noise ", n), []byte(noise(rng, n)))
		try(fmt.Sprint("run of ", n), bytes.Repeat([]byte("x"), n))
	}
	for _, gap := range []int{1, 4, 11, 12, 63, 64, 65, 2046, 2047, 2048, 2049, maxBack - 1, maxBack, maxBack + 1, 1 << 17} {
		for _, n := range []int{4, 5, 11, 12, 63, 64, 65, 67, 68, 69, 200} {
			word := noise(rng, n)
			try(fmt.Sprintf("%d bytes after %d", n, gap), []byte(word+noise(rng, gap)+word+noise(rng, 20)))
		}
	}
}

// Nothing that is not our own makes the decompressor ask for much memory or panic.
func TestHugeLengths(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, b := range []string{"", "\x80", "\xff\xff\xff\xff\x07abc", "\xff\xff\xff\xff\x0fabc", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		if _, err := decompress(nil, []byte(b)); err == nil {
			t.Errorf("%x was taken", b)
		}
	}
	for _, b := range []string{"\xff\xff\xff\x7f", "\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x7f", "\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x7f"} {
		if _, _, err := parseDocument([]byte(b)); err == nil {
			t.Errorf("%x was taken", b)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzParseDocument(f *testing.F) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 20 {
		d := &textmill.Document{ID: "some id", Text: text(rng, 50), Shard: "s", Index: 3}
		decorate(d, rng)
		b, err := appendFields(appendPlace(nil, d), d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, s, err := parseDocument(b)
		if err != nil {
			return
		}
		again := appendPlace(nil, d)
		n := len(again)
		if again, err = appendFields(again, d); err != nil {
			t.Fatal(err)
		}
		e, s2, err := parseDocument(again)
		if err != nil || s2 != sumsOf(again[:n], again[n:]) {
			t.Fatalf("%x became %x, which cannot be read: %v", b, again, err)
		}
		third, err := appendFields(appendPlace(nil, e), e)
		if err != nil || !bytes.Equal(third, again) {
			t.Fatalf("%x became %x, then %x, %v", b, again, third, err)
		}
		if bytes.Equal(again, b) && s != s2 {
			t.Fatal("the same bytes have other sums")
		}
	})
}

func FuzzCompress(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("the mill, the mill, the miller and the mill"))
	f.Add(bytes.Repeat([]byte("abcd"), 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c compressor
		z := c.compress(nil, b)
		got, err := decompress(nil, z)
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%x came back as %x, %v", b, got, err)
		}
		if got, err = s2.Decode(nil, z); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%x came back as %x, %v", b, got, err)
		}
		decompress(nil, b) // of anything
	})
}

// Any records, sorted, are documents that make just these records, or an error.
func FuzzRecords(f *testing.F) {
	join := func(records [][]byte) (b []byte) {
		for _, r := range records {
			b = append(binary.AppendUvarint(b, uint64(len(r))), r...)
		}
		return b
	}
	rng := rand.New(rand.NewPCG(9, 9))
	small := records(f, &textmill.Document{ID: "a", Text: "text"})
	large := records(f, &textmill.Document{ID: "b", Text: noise(rng, partSize+100)})
	f.Add(join(small))
	f.Add(join(large))
	f.Add(join([][]byte{large[0], large[0], large[1], large[1]}))
	f.Add(join([][]byte{large[0], large[1], large[1]}))
	f.Add(join(large[1:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		var in [][]byte
		for len(b) > 0 {
			n, k := binary.Uvarint(b)
			if k <= 0 || n > uint64(len(b)-k) {
				return
			}
			in = append(in, b[k:k+int(n)])
			b = b[k+int(n):]
		}
		slices.SortFunc(in, bytes.Compare)
		docs, err := decodeAll(in)
		if err != nil {
			return
		}
		var keys [][]byte
		for _, d := range docs {
			for _, r := range records(t, d) {
				keys = append(keys, r[:hashSize])
			}
		}
		if len(docs) > len(in) {
			t.Fatalf("%d documents of %d records", len(docs), len(in))
		}
		for i, r := range in {
			if len(keys) == len(in) && !bytes.Equal(keys[i], r[:hashSize]) {
				t.Fatalf("record %d has another hash", i)
			}
		}
	})
}
