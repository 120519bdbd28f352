package dedup

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/shareddata"
	"github.com/textmill/textmill/stagetest"
)

// nearText returns a text of n words that no other seed gives, of which about the
// fraction changed, at random places, are those of another seed.
func nearText(seed, n int, changed float64, other int) string {
	random := rand.New(rand.NewPCG(uint64(seed), uint64(other)))
	var b []byte
	for i := range n {
		s := seed
		if random.Float64() < changed {
			s = other
		}
		for _, v := range []int{s, i} {
			for ; v > 0; v /= 20 {
				b = append(b, 'a'+byte(v%20))
			}
			b = append(b, 'z')
		}
		b = append(b, ' ')
	}
	return string(b)
}

func nearDocument(i int, text string) *textmill.Document {
	return &textmill.Document{ID: fmt.Sprintf("<urn:uuid:%08x-0000-4000-8000-%012x>", i, i), Text: text, Shard: "s", Index: i}
}

func nearDocuments(texts ...string) (docs []*textmill.Document) {
	for i, t := range texts {
		docs = append(docs, nearDocument(i, t))
	}
	return docs
}

func fineWeb(check float64) InShardSettings {
	return InShardSettings{Sketch: sketch.FineWeb(), Check: check}
}

// verdicts runs the stage over documents of one shard.
func verdicts(t testing.TB, s InShardSettings, docs []*textmill.Document) (out []textmill.Verdict) {
	t.Helper()
	stage := FuzzyInShard(s)
	for _, d := range docs {
		v, err := stage.Process(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestFuzzyInShard(t *testing.T) {
	docs := nearDocuments(
		nearText(1, 300, 0, 0),
		nearText(2, 300, 0, 0),
		nearText(1, 300, 0, 0),                  // the first again
		strings.ToUpper(nearText(2, 300, 0, 0)), // the second, in another case
		nearText(1, 300, 0.01, 3),               // nearly the first
		nearText(1, 300, 0.5, 4),                // hardly the first
		"", "   ", "...", "",                    // nothing is like nothing
		"Just four words here", "just four words, here!", "just four other words",
		"five words are a shingle", "Five words are: a shingle", "five words are no shingle",
		nearText(5, 300, 0, 0)+" "+nearText(2, 40, 0, 0), // another text with a little of the second
	)
	want := []int{-1, -1, 0, 1, 0, -1, -1, -1, -1, -1, -1, 10, -1, -1, 13, -1, -1}
	for _, check := range []float64{0, 0.6} {
		for i, v := range verdicts(t, fineWeb(check), docs) {
			if want[i] < 0 {
				if !v.Kept() {
					t.Errorf("check %v: document %d: %v; want it kept", check, i, v)
				}
				continue
			}
			similarity, limit, measured := v.Measurement()
			if v.Reason() != "near_duplicate" || v.Survivor() != docs[want[i]].ID || measured != (check > 0) {
				t.Errorf("check %v: document %d: %v; want a duplicate of %d", check, i, v, want[i])
			}
			exact := i != 4
			if measured && (limit != check || similarity < check || exact && similarity != 1 || !exact && similarity == 1) {
				t.Errorf("check %v: document %d: %v", check, i, v)
			}
		}
	}
	short := fineWeb(0)
	short.Sketch.Short = sketch.KeepAll
	for i, v := range verdicts(t, short, docs) {
		if i >= 6 && i <= 12 && !v.Kept() {
			t.Errorf("document %d has less than five words, and %v", i, v)
		}
	}
}

// What is dropped is compared with what stays: no chains.
func TestFuzzyInShardChain(t *testing.T) {
	base := strings.Fields(nearText(1, 1000, 0, 0))
	other := strings.Fields(nearText(2, 1000, 0, 0))
	var docs []*textmill.Document
	for i := range 11 { // each step replaces a twentieth
		docs = append(docs, nearDocument(i, strings.Join(append(slices.Clone(other[:50*i]), base[50*i:]...), " ")))
	}
	kept := 0
	for i, v := range verdicts(t, fineWeb(0.7), docs) {
		if v.Kept() {
			kept++
		}
		if i == 10 && !v.Kept() && v.Survivor() == docs[0].ID {
			t.Errorf("half of the words are others, and %v", v)
		}
	}
	if kept < 3 || kept > 6 {
		t.Errorf("%d of the chain stay", kept)
	}
}

// With Check, a document is dropped for the most similar one, and for the first of
// several.
func TestFuzzyInShardBest(t *testing.T) {
	docs := nearDocuments(
		nearText(1, 400, 0.12, 7),
		nearText(1, 400, 0.12, 8),
		nearText(1, 400, 0, 0),
		nearText(1, 400, 0, 0),
	)
	v := verdicts(t, fineWeb(0.8), docs)
	if !v[0].Kept() || !v[1].Kept() || !v[2].Kept() || v[3].Survivor() != docs[2].ID {
		t.Errorf("verdicts %v", v)
	}
}

// A model of the stage with maps and without care for memory.
type model struct {
	InShardSettings
	sketcher    *sketch.Sketcher
	generations []*modelGeneration
	forgotten   int
}

type modelGeneration struct {
	byKey   map[uint64][]int
	ids     []string
	bits    [][]byte
	charged int64
}

func (m *model) process(doc *textmill.Document) textmill.Verdict {
	if !m.sketcher.Sketch(doc.Text) {
		return textmill.Keep
	}
	keys := m.sketcher.Keys()
	best, survivor := -1.0, ""
	for _, g := range m.generations {
		var docs []int
		for _, key := range keys {
			docs = append(docs, g.byKey[key]...)
		}
		slices.Sort(docs)
		for _, i := range docs {
			if m.Check == 0 {
				return textmill.Drop("near_duplicate").DuplicateOf(g.ids[i])
			}
			if s := sketch.Similarity(m.sketcher.Bits(), g.bits[i]); s >= m.Check && s > best {
				best, survivor = s, g.ids[i]
			}
		}
	}
	if survivor != "" {
		return textmill.Drop("near_duplicate").DuplicateOf(survivor).Measured(best, m.Check)
	}
	// 19 bytes a key, those of the sketch and of the ID, 10 for where that is.
	charge := int64(19*len(keys) + storedIDSize(doc.ID) + 10)
	if m.Check > 0 {
		charge += int64(m.Sketch.Lanes())
	}
	limit := m.Memory/4 - 16<<10 - 64<<10 - 64*16*12
	if n := len(m.generations); n == 0 || m.Memory > 0 && m.generations[n-1].charged+charge > limit {
		if n == 4 {
			m.forgotten += len(m.generations[0].ids)
			m.generations = m.generations[1:]
		}
		m.generations = append(m.generations, &modelGeneration{byKey: map[uint64][]int{}})
	}
	g := m.generations[len(m.generations)-1]
	g.charged += charge
	for _, key := range keys {
		if len(g.byKey[key]) < 8 {
			g.byKey[key] = append(g.byKey[key], len(g.ids))
		}
	}
	g.ids = append(g.ids, doc.ID)
	g.bits = append(g.bits, slices.Clone(m.sketcher.Bits()))
	return textmill.Keep
}

// compareWithModel returns which documents are dropped and how many were forgotten.
func compareWithModel(t *testing.T, s InShardSettings, docs []*textmill.Document) (dropped map[string]bool, forgotten int) {
	t.Helper()
	dropped = map[string]bool{}
	k, err := sketch.New(s.Sketch)
	if err != nil {
		t.Fatal(err)
	}
	m := &model{InShardSettings: s, sketcher: k}
	rejects := &textmill.Memory{}
	p := &textmill.Pipeline{
		Source: textmill.Documents(docs...), Stages: []textmill.Stage{FuzzyInShard(s)},
		Sink: textmill.Discard, Rejects: rejects,
	}
	report, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rejected := rejects.Documents()
	for i, d := range docs {
		v := m.process(d)
		if !v.Dropped() {
			continue
		}
		dropped[d.ID] = true
		if len(rejected) == 0 {
			t.Fatalf("document %d: want %v", i, v)
		}
		r := rejected[0]
		rejected = rejected[1:]
		got := textmill.Drop(r.Meta["reject.reason"].(string)).DuplicateOf(r.Meta["reject.duplicate_of"].(string))
		if value, ok := r.Meta["reject.value"].(float64); ok {
			got = got.Measured(value, r.Meta["reject.limit"].(float64))
		}
		if r.ID != d.ID || got.String() != v.String() {
			t.Fatalf("%s: %v; want %s, %v", r.ID, got, d.ID, v)
		}
	}
	if len(rejected) > 0 {
		t.Fatalf("%s and %d more were dropped", rejected[0].ID, len(rejected)-1)
	}
	if n := report.Counts["dedup.forgotten"]; n != int64(m.forgotten) {
		t.Errorf("%d were forgotten, want %d", n, m.forgotten)
	}
	return dropped, m.forgotten
}

// nearDuplicates returns documents of which many are like others, near and far.
func nearDuplicates(n int) (docs []*textmill.Document) {
	random := rand.New(rand.NewPCG(5, 6))
	for i := range n {
		t := nearText(i, 60, 0, 0)
		if i > 0 && random.IntN(3) == 0 {
			t = nearText(random.IntN(i), 60, random.Float64()/10, n+i)
		}
		docs = append(docs, nearDocument(i, t))
	}
	return docs
}

func TestFuzzyInShardModel(t *testing.T) {
	docs := nearDuplicates(3000)
	wide := sketch.FineWeb()
	wide.Bands, wide.Rows = 100, 4
	many := sketch.Settings{Size: 1, Bands: 100, Rows: 1} // whose keys many have
	for _, s := range []InShardSettings{
		fineWeb(0), fineWeb(0.8),
		{Sketch: wide, Memory: 4 << 20}, {Sketch: wide, Check: 0.8, Memory: 4 << 20},
		{Sketch: many, Check: 0.9, Memory: 4 << 20},
	} {
		dropped, forgotten := compareWithModel(t, s, docs)
		t.Logf("check %v, memory %d: %d dropped, %d forgotten", s.Check, s.Memory, len(dropped), forgotten)
		if (forgotten > 0) != (s.Memory > 0) || len(dropped) == 0 {
			t.Errorf("check %v, memory %d: %d dropped, %d forgotten", s.Check, s.Memory, len(dropped), forgotten)
		}
	}
}

// The same on real pages: those of which it is known how similar they are, and every
// tenth of the others. Of each pair that is nearly the same, one goes.
func TestFuzzyInShardCorpus(t *testing.T) {
	var pairs [][2]string
	paired := map[string]bool{}
	for line := range bytes.Lines(shareddata.Gunzip(t, "corpus/near_pairs.tsv.gz")) {
		if f := strings.Fields(string(line)); f[2] >= "0.9" {
			pairs = append(pairs, [2]string{f[0], f[1]})
			paired[f[0]], paired[f[1]] = true, true
		}
	}
	var docs []*textmill.Document
	for i, p := range shareddata.Corpus(t) {
		if paired[p.ID] || i%10 == 0 {
			docs = append(docs, &textmill.Document{ID: p.ID, Text: p.Text, Shard: "s", Index: i})
		}
	}
	for _, check := range []float64{0, 0.7} {
		dropped, _ := compareWithModel(t, fineWeb(check), docs)
		both := 0
		for _, p := range pairs {
			if !dropped[p[0]] && !dropped[p[1]] {
				both++
			}
		}
		t.Logf("check %v: %d of %d dropped; of %d pairs of similarity 0.9 or more, both stay of %d", check, len(dropped), len(docs), len(pairs), both)
		if both*100 > len(pairs)*2 {
			t.Errorf("check %v: of %d similar pairs, both stay of %d", check, len(pairs), both)
		}
	}
}

func TestFuzzyInShardConforms(t *testing.T) {
	for _, s := range []InShardSettings{fineWeb(0), fineWeb(0.75)} {
		if err := stagetest.CheckPerShard(func() textmill.Stage { return FuzzyInShard(s) }, nearDuplicates(400)...); err != nil {
			t.Error(err)
		}
	}
}

func TestFuzzyInShardSettings(t *testing.T) {
	for _, s := range []InShardSettings{
		{}, fineWeb(-0.1), fineWeb(1.1),
		{Sketch: sketch.FineWeb(), Memory: 1}, {Sketch: sketch.FineWeb(), Memory: 4<<20 - 1}, {Sketch: sketch.FineWeb(), Memory: -1},
	} {
		if err := s.Validate(); err == nil {
			t.Errorf("%+v is valid", s)
		}
		if _, err := FuzzyInShard(s).Process(t.Context(), nearDocument(0, "a")); err == nil {
			t.Errorf("%+v works", s)
		}
	}
	for _, s := range []InShardSettings{fineWeb(0), fineWeb(1), {Sketch: sketch.NeMo(), Memory: 4 << 20}} {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
	}
	d := nearDocument(0, nearText(1, 20, 0, 0))
	d.ID = strings.Repeat("x", maxID+1)
	if _, err := FuzzyInShard(fineWeb(0)).Process(t.Context(), d); err == nil {
		t.Error("an ID that is too long is taken")
	}
}

// What a document takes is what the documentation says, and a limit holds.
func TestFuzzyInShardMemory(t *testing.T) {
	const n = 40000
	for _, c := range []struct {
		InShardSettings
		least, most float64 // bytes a document
	}{
		{fineWeb(0), 235, 291},
		{fineWeb(0.7), 347, 403},
		{InShardSettings{Sketch: sketch.FineWeb(), Check: 0.7, Memory: 8 << 20}, 0, 8 << 20 / n},
	} {
		random := rand.New(rand.NewPCG(9, 9))
		keys, bits := make([]uint64, 14), []byte(nil)
		if c.Check > 0 {
			bits = make([]byte, 112)
		}
		s, err := newFuzzyInShard(c.InShardSettings)
		if err != nil {
			t.Fatal(err)
		}
		before := heap()
		peak := before
		for i := range n {
			for j := range keys {
				keys[j] = random.Uint64()
			}
			s.remember(context.Background(), nearDocument(i, "").ID, keys, bits)
			if i%10000 == 9999 {
				peak = max(peak, heap())
			}
		}
		each := float64(peak-before) / n
		t.Logf("check %v, memory %d: %.0f bytes a document", c.Check, c.Memory, each)
		if each < c.least*0.98 || each > c.most*1.02 {
			t.Errorf("check %v, memory %d: %.0f bytes a document; want %.0f to %.0f", c.Check, c.Memory, each, c.least, c.most)
		}
		runtime.KeepAlive(s)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A keyTable does what a map does, for keys that are 0, equal, and next to each other.
func TestKeyTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, perKey := range []int{1, maxPerKey} {
		for _, spread := range []uint64{3, 50, 1 << 20, 1 << 58} {
			table, want := &keyTable{}, map[uint64][]uint32{}
			for i := range uint32(5000) {
				key := random.Uint64N(spread)
				if i%2 == 0 { // high in the table, to go round its end
					key = 1<<58 - 1 - key
				}
				table.add(key, i, perKey)
				if len(want[key]) < perKey {
					want[key] = append(want[key], i)
				}
			}
			for key, docs := range want {
				got := table.find(nil, key)
				slices.Sort(got)
				if !slices.Equal(got, docs) {
					t.Fatalf("key %x: %v, want %v", key, got, docs)
				}
			}
			if got := table.find(nil, 1<<57+12345); got != nil && want[1<<57+12345] == nil {
				t.Errorf("an unknown key has %v", got)
			}
			if table.reset(); table.find(nil, 0) != nil {
				t.Error("something is left after a reset")
			}
		}
	}
}

func BenchmarkFuzzyInShard(b *testing.B) {
	docs := nearDuplicates(5000)
	name := "generated"
	if !testing.Short() {
		docs = nil
		for i, p := range shareddata.Corpus(b) {
			docs = append(docs, &textmill.Document{ID: p.ID, Text: p.Text, Shard: "s", Index: i})
		}
		name = "corpus"
	}
	size := 0
	for _, d := range docs {
		size += len(d.Text)
	}
	for _, check := range []float64{0, 0.7} {
		b.Run(fmt.Sprintf("%s/check=%v", name, check), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				verdicts(b, fineWeb(check), docs)
			}
			b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}
