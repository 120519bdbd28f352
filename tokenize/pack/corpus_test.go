package pack_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/pack"
)

var (
	corpusOnce sync.Once
	corpusDocs []doc
)

// corpus returns the pages of the test corpus as cl100k_base encodes them, each with
// its end of text.
func corpus(t testing.TB) []doc {
	t.Helper()
	pages := shareddata.Corpus(t)
	enc, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		t.Fatal(err)
	}
	corpusOnce.Do(func() {
		for i := 0; i < len(pages); i += everyPage {
			p := pages[i]
			corpusDocs = append(corpusDocs, doc{p.ID, append(enc.Encode(nil, p.Text), enc.EndOfText())})
		}
	})
	return corpusDocs
}

// What the packings make of real pages: how many windows, how much padding, how many
// documents divided, and how many of those would have fit.
func TestCorpus(t *testing.T) {
	in := corpus(t)
	tokens := 0
	for _, d := range in {
		tokens += len(d.tokens)
	}
	var sb strings.Builder
	w := tabwriter.NewWriter(&sb, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "packing\twindow\twindows\tpadding\tdivided\tneedlessly\t\n")
	for _, window := range []int{2048, 4096, 8192} {
		longer, pads := 0, 0
		for _, d := range in {
			if len(d.tokens) > window {
				longer++
			}
			pads += (len(d.tokens) + window - 1) / window
		}
		full := (tokens + window - 1) / window
		for _, tt := range []struct {
			name    string
			packing tokenize.Packing
			most    int // windows
		}{
			{"Concat", pack.Concat{Window: window, Padding: new(uint32(padding))}, full},
			{"BestFit", pack.BestFit{Window: window, Padding: new(uint32(padding))}, full + full/500 + 2},
			{"BestFit 1<<20", pack.BestFit{Window: window, Padding: new(uint32(padding)), Buffer: 1 << 20}, full + full/100 + 2},
			{"Pad", pack.Pad{Window: window, Padding: new(uint32(padding))}, pads},
		} {
			windows, divided := 0, 0
			packer := tt.packing.NewPacker(func(seq tokenize.Sequence) error {
				windows++
				for _, s := range seq.Segments {
					if 0 < s.Start && s.Start <= window {
						divided++
					}
				}
				return nil
			})
			for _, d := range in {
				if err := packer.Add(d.id, d.tokens); err != nil {
					t.Fatal(err)
				}
			}
			if err := packer.Flush(); err != nil {
				t.Fatal(err)
			}
			if windows > tt.most {
				t.Errorf("%s %d: %d windows, expected %d at most", tt.name, window, windows, tt.most)
			}
			if tt.name != "Concat" && divided != longer {
				t.Errorf("%s %d: %d divided, but %d are longer than a window", tt.name, window, divided, longer)
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%.3f%%\t%d\t%d\t\n", tt.name, window, windows,
				100*(1-float64(tokens)/float64(windows*window)), divided, divided-longer)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d documents, %d tokens\n%s", len(in), tokens, &sb)
}
