package sketch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/internal/shareddata"
)

// script returns a Python script.
func script(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// asLines puts texts as one JSON string a line.
func asLines(t testing.TB, texts []string) *bytes.Buffer {
	t.Helper()
	b := &bytes.Buffer{}
	e := json.NewEncoder(b)
	for _, text := range texts {
		if err := e.Encode(text); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// The lanes are the numbers that datatrove and datasketch themselves make of the same
// texts: words of one and of all scripts, hard cases and real pages.
func TestPeers(t *testing.T) {
	python := peers.Python(t)
	t.Log(python)
	var texts []string
	add := func(text string) {
		if utf8.ValidString(text) {
			texts = append(texts, text, "one two three four "+text) // so that it is not too short
		}
	}
	for _, text := range hardTexts {
		add(text)
	}
	for i, r := range sample.Records() {
		if i%2 == 0 {
			add(r.Text)
		}
	}
	for i, p := range shareddata.Corpus(t) {
		if i%16 == 0 {
			add(p.Text)
		}
	}
	out := json.NewDecoder(bytes.NewReader(peers.Run(t, script(t, "signatures.py"), nil, asLines(t, texts))))

	settings := FineWeb()
	settings.Short = KeepAll
	settings.Scheme = DatatroveMinHash
	datatrove := must(t, settings)
	settings.Scheme = DatasketchMinHash
	datasketch := must(t, settings)
	sketched, different := 0, 0
	for _, text := range texts {
		var want [2][]uint64
		if err := out.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if datatrove.Sketch(text) {
			sketched++
		}
		datasketch.Sketch(text)
		if !slices.Equal(datatrove.Lanes(), want[0]) || !slices.Equal(datasketch.Lanes(), want[1]) {
			if different++; different < 10 {
				t.Errorf("%.300q: lanes differ: datatrove %x.., %x..; datasketch %x.., %x..", text,
					head(datatrove.Lanes()), head(want[0]), head(datasketch.Lanes()), head(want[1]))
			}
		}
	}
	t.Logf("%d texts, %d sketches, %d of them differ", len(texts), sketched, different)
}

func head(v []uint64) []uint64 { return v[:min(len(v), 2)] }

// peersBytes is how much text the peers are given.
const peersBytes = 8 << 20

// BenchmarkPeers makes signatures with 112 lanes of the shingles of five words of the
// same pages with this package and with three Python packages, on one thread each, and
// prints a table of what was measured, in processor time. It runs once:
//
//	TEXTMILL_PYTHON=$(internal/peers/setup) go test -run '^$' -bench Peers ./dedup/sketch
func BenchmarkPeers(b *testing.B) {
	peers.Python(b)
	var texts []string
	size := 0
	pages := shareddata.Corpus(b)
	for i := 0; size < peersBytes; i = (i + 7) % len(pages) {
		if utf8.ValidString(pages[i].Text) {
			texts = append(texts, pages[i].Text)
			size += len(pages[i].Text)
		}
	}
	var normalized []string
	for _, text := range texts {
		units, between := slowUnits(FineWeb(), text)
		normalized = append(normalized, strings.Join(units, between))
	}
	input := asLines(b, texts)
	for b.Loop() {
		table := fmt.Sprintf("%d texts, %.1f MB, MB/s of processor time on one thread:\n\n", len(texts), float64(size)/1e6) +
			"| | from text | from normalized text, in Python from shingles |\n|---|---:|---:|\n"
		row := func(name string, text, shingles time.Duration) {
			table += fmt.Sprintf("| %s | %.1f | %.1f |\n", name, float64(size)/1e6/text.Seconds(), float64(size)/1e6/shingles.Seconds())
		}
		for scheme := range Scheme(len(schemeNames)) {
			row("textmill, "+scheme.String(), sketchTime(b, Datatrove, scheme, texts), sketchTime(b, None, scheme, normalized))
		}
		out := json.NewDecoder(bytes.NewReader(peers.Run(b, script(b, "speed.py"), nil, bytes.NewReader(input.Bytes()))))
		for out.More() {
			var r struct {
				Name           string
				Text, Shingles float64
			}
			if err := out.Decode(&r); err != nil {
				b.Fatal(err)
			}
			row(r.Name, time.Duration(r.Text*1e9), time.Duration(r.Shingles*1e9))
		}
		fmt.Println(table) // of a log, the end would be cut off
	}
}

// sketchTime returns the processor time that sketches take, keys and bits included:
// the least of three times, as the others are long enough to be measured once.
func sketchTime(b *testing.B, n Normalization, scheme Scheme, texts []string) time.Duration {
	s := FineWeb()
	s.Normalize, s.Scheme = n, scheme
	k := must(b, s)
	best := time.Duration(math.MaxInt64)
	for range 3 {
		start := processorTime(b)
		for _, text := range texts {
			if k.Sketch(text) {
				k.Keys()
				k.Bits()
			}
		}
		best = min(best, processorTime(b)-start)
	}
	return best
}
