package sketch

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
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
