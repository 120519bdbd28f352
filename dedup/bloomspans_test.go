package dedup_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
)

// runBloom returns the texts that are left, by ID, as mustRunSpans does.
func runBloom(t testing.TB, s dedup.BloomSettings, src textmill.Source, parallel int) (map[string]string, textmill.Report) {
	t.Helper()
	var out, rejects textmill.Memory
	p := &textmill.Pipeline{Source: src, Stages: []textmill.Stage{dedup.BloomSpans(s)}, Sink: &out, Rejects: &rejects, Workers: parallel}
	report, err := textmill.RunJob(t.Context(), p, parallel)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Check(); err != nil {
		t.Error(err)
	}
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
	return texts, report
}

// In one shard, it removes what Spans does.
func TestBloomSpansLikeSpans(t *testing.T) {
	for round := range 18 {
		c := spanCorpus(uint64(200+round), 25*round, 1, 20+round)
		exact := dedup.Spans{
			Store: &storage.Memory{}, Unit: dedup.SpanUnit(round % 3), Window: round % 4,
			Normalize: dedup.Normalization(round / 3 % 3), MinSpanWords: round % 5 * 2, MinWords: round % 7 * 3,
		}
		s := dedup.BloomSettings{
			Unit: exact.Unit, Window: exact.Window, Normalize: exact.Normalize,
			MinSpanWords: exact.MinSpanWords, MinWords: exact.MinWords, Memory: 256 << 10,
		}
		want := mustRunSpans(t, &exact, c, 1)
		got, report := runBloom(t, s, c, 1+round%4)
		if !maps.Equal(got, want) {
			t.Errorf("%+v: not what Spans leaves", s)
		}
		removed := 0
		for id, text := range want {
			if text != "<dropped>" && len(text) < len(c.docs["shard-0"][indexOf(c, id)].Text) {
				removed++
			}
		}
		if int64(removed) != report.Counts["dedup.documents_edited"] {
			t.Errorf("%+v: %d documents edited, counted %d", s, removed, report.Counts["dedup.documents_edited"])
		}
	}
}

func indexOf(c *corpus, id string) int {
	for i, d := range c.docs["shard-0"] {
		if d.ID == id {
			return i
		}
	}
	return -1
}

// Shards know nothing of each other, whatever the number of workers.
func TestBloomSpansOfShards(t *testing.T) {
	c := spanCorpus(300, 400, 5, 30)
	s := dedup.BloomSettings{MinWords: 4, Memory: 256 << 10}
	want := map[string]string{}
	for _, name := range c.names {
		one := &corpus{}
		one.add(name, c.docs[name]...)
		maps.Copy(want, naiveSpans(one, 1, 0, s.MinWords, lines))
	}
	for _, parallel := range []int{1, 2, 8} {
		if got, _ := runBloom(t, s, c, parallel); !maps.Equal(got, want) {
			t.Errorf("with %d at a time, another result", parallel)
		}
	}
	if err := stagetest.CheckPerShard(func() textmill.Stage { return dedup.BloomSpans(s) }, c.all()...); err != nil {
		t.Error(err)
	}
}

// Worked out by hand. In one of the peers, a least number of words switches everything
// else off.
func TestBloomSpansByHand(t *testing.T) {
	texts := []string{
		"Menu\nHome and garden\n\nA story of its own.\n",
		"Menu\n Home  and garden\n\nAnother story of four.\nMenu\n",
		"A story of  its own.\nTwo words",
		"A story of its own.",
		" \n",
		"",
	}
	c := &corpus{}
	for i, text := range texts {
		c.add("s", &textmill.Document{Text: text, ID: fmt.Sprint("d", i)})
	}
	for _, test := range []struct {
		dedup.BloomSettings
		want    []string // of documents 1 to 3
		removed int64
	}{
		{dedup.BloomSettings{}, []string{"\nAnother story of four.\n", "Two words", "<dropped>"}, 4},
		{dedup.BloomSettings{MinWords: 3}, []string{"\nAnother story of four.\n", "<dropped>", "<dropped>"}, 3},
		{dedup.BloomSettings{MinSpanWords: 2, MinWords: 2}, []string{"Menu\n\nAnother story of four.\nMenu\n", "Two words", "<dropped>"}, 2},
		{dedup.BloomSettings{MinSpanWords: 5, MinWords: 1}, []string{texts[1], "Two words", "<dropped>"}, 1},
		{dedup.BloomSettings{Window: 2}, []string{"\nAnother story of four.\nMenu\n", texts[2], texts[3]}, 1},
		{dedup.BloomSettings{Unit: dedup.Paragraphs}, []string{"Another story of four.\nMenu\n", texts[2], "<dropped>"}, 1},
	} {
		want := map[string]string{"d0": texts[0], "d1": test.want[0], "d2": test.want[1], "d3": test.want[2], "d4": texts[4], "d5": texts[5]}
		got, report := runBloom(t, test.BloomSettings, c, 1)
		if !maps.Equal(got, want) || report.Counts["dedup.spans_removed"] != test.removed {
			t.Errorf("%+v: %q, %v", test.BloomSettings, got, report.Counts)
		}
	}
	_, report := runBloom(t, dedup.BloomSettings{}, c, 1)
	want := map[string]int64{"dedup.spans": 10, "dedup.spans_removed": 4, "dedup.bytes_removed": int64(len("Menu\n Home  and garden\nMenu\n") + len("A story of  its own.\n")), "dedup.documents_edited": 2}
	if !maps.Equal(report.Counts, want) {
		t.Errorf("counted %v, want %v", report.Counts, want)
	}
}

// A shard with more spans than there is memory for: what is found is right at the rate
// that was asked for, and what was not remembered is kept.
func TestBloomSpansFull(t *testing.T) {
	s := dedup.BloomSettings{FalsePositive: 0.001, Memory: 256 << 10}
	capacity := int(s.Capacity())
	if capacity != 4096*512/16 {
		t.Fatalf("room for %d", capacity)
	}
	const perDocument = 1000
	line := func(i int) string { return fmt.Sprintf("line %d\n", i) }
	c := &corpus{}
	for from := 0; from < 2*capacity; from += perDocument {
		var sb strings.Builder
		for i := range perDocument {
			sb.WriteString(line(from + i))
		}
		c.add("s", &textmill.Document{ID: fmt.Sprint("d", from), Text: sb.String()})
	}
	early, late := line(7), line(2*capacity-7)
	c.add("s", &textmill.Document{ID: "again", Text: early + late})
	got, report := runBloom(t, s, c, 1)
	if got["again"] != late {
		t.Errorf("what repeats the first and the last document is left with %q", got["again"])
	}
	n := report.Counts
	spans, wrong := n["dedup.spans"]-2, n["dedup.spans_removed"]-1
	t.Logf("of %d different lines, %d were removed, %d not remembered", spans, wrong, n["dedup.spans_not_remembered"])
	if spans-wrong+1 != int64(capacity)+n["dedup.spans_not_remembered"] {
		t.Errorf("remembered are others than %d: %v", capacity, n)
	}
	// While it fills, few; then as theory says: 0.000844 of each.
	if want := 0.000844 * float64(capacity); float64(wrong) < want*0.8 || float64(wrong) > want*1.45 {
		t.Errorf("%d lines were removed that are new, want about %.0f", wrong, want*1.15)
	}
}

func TestBloomSettings(t *testing.T) {
	for want, s := range map[string]dedup.BloomSettings{
		"dedup: BloomSettings.Window is 1001; use 1 to 1000":                            {Window: 1001},
		"dedup: BloomSettings.Window is -1; use 1 to 1000":                              {Window: -1},
		"dedup: BloomSettings.MinSpanWords is -1 and MinWords 0; use numbers from 0 on": {MinSpanWords: -1},
		"dedup: BloomSettings.MinSpanWords is 0 and MinWords -1; use numbers from 0 on": {MinWords: -1},
		"dedup: BloomSettings.Memory is 5 bytes; use 262144 to 1099511627776":           {Memory: 5},
		"dedup: BloomSettings.Memory is -1 bytes; use 262144 to 1099511627776":          {Memory: -1},
		"dedup: BloomSettings.Memory is 1099511627777 bytes; use 262144 to":             {Memory: 1<<40 + 1},
		"dedup: BloomSettings.FalsePositive is 1; use a probability":                    {FalsePositive: 1},
		"dedup: BloomSettings.FalsePositive is -0.1; use a probability":                 {FalsePositive: -0.1},
		"dedup: BloomSettings.FalsePositive is 1e-09; use a probability from 1.45e-07":  {FalsePositive: 1e-9},
		"dedup: unknown unit 3; use Lines, Paragraphs or Sentences":                     {Unit: 3},
		"dedup: unknown normalization 9; use Whitespace, Verbatim or Loose":             {Normalize: 9},
	} {
		if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if n := s.Capacity(); n != 0 {
			t.Errorf("%+v has a capacity of %d", s, n)
		}
		if _, err := dedup.BloomSpans(s).Process(t.Context(), &textmill.Document{Text: "x"}); err == nil {
			t.Errorf("%+v works", s)
		}
	}
	var s dedup.BloomSettings
	if err := s.Validate(); err != nil || s.Capacity() != 64<<20/64*512/23 {
		t.Errorf("%v, room for %d", err, s.Capacity())
	}
	s = dedup.BloomSettings{Unit: dedup.Sentences, Window: 2, Normalize: dedup.Loose, MinSpanWords: 3, MinWords: 4, FalsePositive: 0.01, Memory: 1 << 20}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var again dedup.BloomSettings
	if err := json.Unmarshal(b, &again); err != nil || again != s {
		t.Errorf("%s: %+v, %v", b, again, err)
	}
}

func BenchmarkBloomSpans(b *testing.B) {
	docs, size := pagesOrMade(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		s := dedup.BloomSpans(dedup.BloomSettings{})
		for _, d := range docs {
			if _, err := s.Process(b.Context(), d.Clone()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
}
