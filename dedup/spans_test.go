package dedup_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// spanCorpus has n documents in shards, of lines from a small stock.
func spanCorpus(seed uint64, n, shards, stock int) *corpus {
	rng := rand.New(rand.NewPCG(seed, 11))
	c := &corpus{}
	for _, s := range rng.Perm(shards) {
		c.add(fmt.Sprintf("shard-%d", s))
	}
	for i := range n {
		var sb strings.Builder
		for range rng.IntN(12) {
			switch rng.IntN(6) {
			case 0:
				sb.WriteString("\n")
			case 1:
				fmt.Fprintf(&sb, "Only in  document %d.\n", i)
			default:
				fmt.Fprintf(&sb, "This is the line %d. And more.\n", rng.IntN(stock))
			}
		}
		d := &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", rng.Uint32(), i), Text: sb.String()}
		c.add(fmt.Sprintf("shard-%d", rng.IntN(shards)), d)
	}
	return c
}

// naiveSpans returns the texts that are left, by ID, and "" for documents that go.
func naiveSpans(c *corpus, window, minSpanWords, minWords int, pieces func(string) []string) map[string]string {
	seen, out := map[string]bool{}, map[string]string{}
	for _, d := range c.all() {
		all := pieces(d.Text)
		var solid []int
		for i, p := range all {
			if strings.TrimSpace(p) != "" {
				solid = append(solid, i)
			}
		}
		remove := map[int]bool{}
		for i := 0; i+window <= len(solid); i++ {
			first, last := solid[i], solid[i+window-1]
			span := fields(strings.Join(all[first:last+1], ""))
			if len(strings.Fields(span)) < minSpanWords {
				continue
			}
			if seen[span] {
				for k := first; k <= last; k++ {
					remove[k] = true
				}
			}
			seen[span] = true
		}
		text := ""
		for i, p := range all {
			if !remove[i] {
				text += p
			}
		}
		if len(remove) > 0 && len(strings.Fields(text)) < max(minWords, 1) {
			text = "<dropped>"
		}
		out[d.ID] = text
	}
	return out
}

func runSpans(t testing.TB, s *dedup.Spans, src textmill.Source, parallel int) (map[string]string, []textmill.Report, error) {
	t.Helper()
	var out, rejects textmill.Memory
	plan := s.Plan(src, nil, &out)
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = &rejects
	reports, err := plan.Run(t.Context(), parallel)
	texts := map[string]string{}
	for _, d := range out.Documents() {
		texts[d.ID] = d.Text
	}
	for _, d := range rejects.Documents() {
		if d.Meta["reject.reason"] != "repeated_spans" || d.Text == "" {
			t.Errorf("%s: %v", d.ID, d.Meta)
		}
		texts[d.ID] = "<dropped>"
	}
	return texts, reports, err
}

func mustRunSpans(t testing.TB, s *dedup.Spans, src textmill.Source, parallel int) map[string]string {
	t.Helper()
	texts, reports, err := runSpans(t, s, src, parallel)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range reports {
		if err := r.Check(); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	return texts
}

func lines(s string) []string { return slices.Collect(strings.Lines(s)) }

// naiveSentences knows the corpus: sentences end after ". " and "\n", and take the blank
// lines after them along.
func naiveSentences(s string) (out []string) {
	for s != "" {
		n := len(s)
		for _, end := range []string{". ", "\n"} {
			if i := strings.Index(s, end); i >= 0 {
				n = min(n, i+len(end))
			}
		}
		for n < len(s) && (s[n] == '\n' || s[n] == ' ') {
			n++
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return out
}

func TestSpansLikeAMap(t *testing.T) {
	for round := range 20 {
		n := 20 * round
		c := spanCorpus(uint64(round), n, 1+round%7, 20+round)
		s := dedup.Spans{Dir: "x", Partitions: 1 + round%5, MinWords: round % 4 * 3}
		pieces, window := lines, 1
		switch round % 4 {
		case 1:
			s.Window, window = 2, 2
		case 2:
			s.MinSpanWords = 5
		case 3:
			s.Unit, pieces, window = dedup.Sentences, naiveSentences, 3
		}
		want := naiveSpans(c, window, s.MinSpanWords, s.MinWords, pieces)
		var first map[string]string
		for _, parallel := range []int{1, 4} {
			store := &storage.Memory{}
			s.Store = store
			if got := mustRunSpans(t, &s, c, parallel); !maps.Equal(got, want) {
				for id, text := range want {
					if got[id] != text {
						t.Fatalf("round %d: %s is left with\n%q, want\n%q", round, id, got[id], text)
					}
				}
			}
			got := files(t, store)
			if first == nil {
				first = got
			} else if !maps.Equal(got, first) {
				t.Errorf("round %d: with %d at a time the files differ", round, parallel)
			}
			slices.Reverse(c.names)
		}
	}
}

// A piece that is removed is still somewhere in the corpus.
func TestSpansLoseNothing(t *testing.T) {
	for window := 1; window <= 4; window++ {
		c := spanCorpus(uint64(100+window), 300, 4, 15)
		s := &dedup.Spans{Store: &storage.Memory{}, Window: window}
		left := map[string]bool{}
		for _, text := range mustRunSpans(t, s, c, 2) {
			if text == "<dropped>" {
				continue // nothing is left of it
			}
			for _, l := range lines(text) {
				left[fields(l)] = true
			}
		}
		for _, d := range c.all() {
			for _, l := range lines(d.Text) {
				if !left[fields(l)] && fields(l) != "" {
					t.Fatalf("window %d: %q is lost", window, l)
				}
			}
		}
	}
}

func TestSpansByHand(t *testing.T) {
	c := corpusOf("a a0 ", "a a1 ", "b b0 ", "b b1 ", "b b2 ")
	texts := []string{
		"Menu\nHome\n\nA story of its own.\n",
		"Menu\n Home\n\nAnother story.\nMenu\n",
		"A story of  its own.",
		"Nothing here repeats.\nNot even this\n",
		" \n",
	}
	for i, d := range c.all() {
		d.Text = texts[i]
	}
	s := &dedup.Spans{Store: &storage.Memory{}}
	texts2, reports, err := runSpans(t, s, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a0": texts[0], "a1": "\nAnother story.\n", "b0": "<dropped>", "b1": texts[3], "b2": texts[4]}
	if !maps.Equal(texts2, want) {
		t.Errorf("%q\nwant %q", texts2, want)
	}
	r := reports[len(reports)-1]
	if r.Counts["dedup.spans_removed"] != 3 || r.Counts["dedup.bytes_removed"] != int64(len("Menu\n Home\nMenu\n")) || r.Counts["dedup.documents_edited"] != 1 || r.Dropped != 1 {
		t.Errorf("%+v", r)
	}
	s = &dedup.Spans{Store: &storage.Memory{}, Unit: dedup.Paragraphs}
	if got := mustRunSpans(t, s, c, 1); got["a1"] != "Another story.\nMenu\n" || got["b0"] != "<dropped>" {
		t.Errorf("paragraphs: %q", got)
	}
}

// A document with more repetitions than an entry of a list takes.
func TestSpansOfOneDocument(t *testing.T) {
	c := corpusOf("a a0 x", "b b0 x")
	c.docs["a"][0].Text = strings.Repeat("the same\n", 35_000)
	c.docs["b"][0].Text = strings.Repeat("the same\nand this\n", 12_000)
	s := &dedup.Spans{Store: &storage.Memory{}, Memory: 256 << 10}
	if got := mustRunSpans(t, s, c, 1); got["a0"] != "the same\n" || got["b0"] != "and this\n" {
		t.Errorf("%.100q", got)
	}
}

func TestSpansEveryFailure(t *testing.T) {
	c := spanCorpus(3, 30, 2, 10)
	good := &storage.Memory{}
	want := mustRunSpans(t, &dedup.Spans{Store: good, Partitions: 2}, c, 1)
	wantFiles := files(t, good)
	for _, kill := range []bool{false, true} {
		n := 1
		if kill {
			n = failEvery
		}
		for ; ; n += failEvery {
			store := &storage.Memory{}
			failing := storagetest.FailNth(store, n)
			if kill {
				failing = storagetest.KillAfter(store, n)
			}
			got, _, err := runSpans(t, &dedup.Spans{Store: failing, Partitions: 2}, c, 1)
			if !failing.Failed() {
				break
			}
			if err == nil && !maps.Equal(got, want) {
				t.Fatalf("call %d failed, the plan did not", n)
			}
			if got := mustRunSpans(t, &dedup.Spans{Store: store, Partitions: 2}, c, 1); !maps.Equal(got, want) {
				t.Fatalf("after call %d had failed: %v", n, got)
			}
			left := files(t, store)
			maps.DeleteFunc(left, func(name, _ string) bool { return strings.HasPrefix(name, "tmp/") })
			if !maps.Equal(left, wantFiles) {
				t.Fatalf("after call %d had failed, the files differ", n)
			}
		}
		t.Logf("%d calls", n-1)
	}
}

func TestSpansStaleFiles(t *testing.T) {
	c := spanCorpus(4, 60, 2, 10)
	s := &dedup.Spans{Store: &storage.Memory{}, Partitions: 2}
	want := mustRunSpans(t, s, c, 1)
	edited := spanCorpus(4, 60, 2, 10)
	edited.docs["shard-0"][7].Text += "\nmore"
	_, err := textmill.RunJob(t.Context(), &textmill.Pipeline{Source: edited, Stages: []textmill.Stage{s.Filter()}, Sink: textmill.Discard}, 1)
	if want[edited.docs["shard-0"][7].ID] != c.docs["shard-0"][7].Text && (err == nil || !strings.Contains(err.Error(), "give Filter the documents as they were signed")) {
		t.Errorf("an edited document: %v", err)
	}
	if _, err := textmill.RunJob(t.Context(), &textmill.Pipeline{Source: edited, Sink: s.Signatures()}, 1); err != nil {
		t.Fatal(err)
	}
	_, err = textmill.RunJob(t.Context(), &textmill.Pipeline{Source: edited, Stages: []textmill.Stage{s.Filter()}, Sink: textmill.Discard}, 1)
	if err == nil || !strings.Contains(err.Error(), "made from other signatures") {
		t.Errorf("signed again: %v", err)
	}
	other := *s
	other.Unit = dedup.Paragraphs
	if _, err := textmill.RunJob(t.Context(), other.Steps(c)[0].Job, 1); err == nil || !strings.Contains(err.Error(), "do all steps again") {
		t.Errorf("other settings: %v", err)
	}
}

func TestSpansSettings(t *testing.T) {
	store := &storage.Memory{}
	for want, s := range map[string]dedup.Spans{
		"dedup: a Spans needs a Store":                                          {},
		"dedup: Spans.Window is 1001; use 1 to 1000":                            {Store: store, Window: 1001},
		"dedup: Spans.Window is -1; use 1 to 1000":                              {Store: store, Window: -1},
		"dedup: Spans.MinSpanWords is -1 and MinWords 0; use numbers from 0 on": {Store: store, MinSpanWords: -1},
		"dedup: Spans.Partitions is -1; use 1 to 65536":                         {Store: store, Partitions: -1},
		"dedup: Spans.Memory is 5 bytes; use at least 262144":                   {Store: store, Memory: 5},
		"dedup: unknown unit 3; use Lines, Paragraphs or Sentences":             {Store: store, Unit: 3},
		"dedup: unknown normalization 9; use Whitespace, Verbatim or Loose":     {Store: store, Normalize: 9},
	} {
		if _, err := s.Signatures().Create(t.Context(), textmill.Shard{Name: "s"}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, c := range []*corpus{{}, corpusOf("a", "b")} {
		if got := mustRunSpans(t, &dedup.Spans{Store: &storage.Memory{}}, c, 1); len(got) > 0 {
			t.Error(got)
		}
	}
}
