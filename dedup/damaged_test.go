package dedup_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/storage"
)

// An altered store has other contents in one file. What is written into it is lost, so
// that each step can be done over what the whole plan has left, and the change.
type altered struct {
	storage.Store
	name, content string
}

func (a *altered) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == a.name {
		return struct {
			io.ReadSeeker
			io.Closer
		}{strings.NewReader(a.content), io.NopCloser(nil)}, nil
	}
	return a.Store.Open(ctx, name)
}

func (a *altered) Create(ctx context.Context, name string) (storage.Writer, error) {
	return new(storage.Memory).Create(ctx, name)
}

// A damagedPlan is a plan of which the files are damaged. Its steps leave their files in
// store, except for temporary ones.
type damagedPlan struct {
	name  string
	steps func(store storage.Store, src textmill.Source) textmill.Plan
	src   *corpus
}

func damagedPlans() []damagedPlan {
	scratch := &storage.Memory{}
	return []damagedPlan{
		{"Exact", func(store storage.Store, src textmill.Source) textmill.Plan {
			return (&dedup.Exact{Store: store, Scratch: scratch, Partitions: 2}).Plan(src, nil, textmill.Discard)
		}, randomCorpus(4, 30, 2, 10)},
		{"Fuzzy", func(store storage.Store, src textmill.Source) textmill.Plan {
			return (&dedup.Fuzzy{Store: store, Scratch: scratch, Partitions: 2, Sketch: sketch.FineWeb(), Priority: length}).Plan(src, nil, textmill.Discard)
		}, nearCorpus(4, 30, 2)},
		{"Fuzzy with Check", func(store storage.Store, src textmill.Source) textmill.Plan {
			return (&dedup.Fuzzy{Store: store, Scratch: scratch, Partitions: 2, Sketch: sketch.FineWeb(), Check: 0.7}).Plan(src, nil, textmill.Discard)
		}, nearCorpus(4, 30, 2)},
		{"Spans", func(store storage.Store, src textmill.Source) textmill.Plan {
			return (&dedup.Spans{Store: store, Scratch: scratch, Partitions: 2}).Plan(src, nil, textmill.Discard)
		}, spanCorpus(4, 30, 2, 10)},
		{"Passages", func(store storage.Store, src textmill.Source) textmill.Plan {
			return (&dedup.Passages{Store: store, Scratch: scratch, Partitions: 2, Length: 6}).Plan(src, nil, textmill.Discard)
		}, passageCorpus(4, 30, 2, 30)},
	}
}

// errorsOf does each step that reads files, one of which has other contents.
func (p damagedPlan) errorsOf(t *testing.T, files storage.Store, name, content string) (errs []error) {
	for _, s := range p.steps(&altered{files, name, content}, p.src)[1:] {
		if _, err := textmill.RunJob(t.Context(), s.Job, 1); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Name, err))
		}
	}
	return errs
}

// Whichever file is damaged or cut short, a step says so, and names it.
func TestEveryDamagedFile(t *testing.T) {
	for _, p := range damagedPlans() {
		t.Run(p.name, func(t *testing.T) {
			store := &storage.Memory{}
			if _, err := p.steps(store, p.src).Run(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(8, 9))
			whole := files(t, store)
			names := slices.Sorted(maps.Keys(whole))
			for k, name := range names {
				content := whole[name]
				for i := range 3 {
					b := []byte(content)
					if i == 0 {
						b = b[:rng.IntN(len(b))]
					} else {
						b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
					}
					errs := p.errorsOf(t, store, name, string(b))
					if len(errs) == 0 {
						t.Errorf("%s is damaged: nobody says so", name)
					}
					for _, err := range errs {
						if !strings.Contains(err.Error(), name) {
							t.Errorf("%s is damaged: %v", name, err)
						}
					}
				}
				other := names[(k+1+rng.IntN(len(names)-1))%len(names)]
				if len(p.errorsOf(t, store, name, whole[other])) == 0 {
					t.Errorf("%s is in place of %s: nobody says so", other, name)
				}
			}
		})
	}
}

// Files whose checksums are right but whose records are not, as a program with an error
// would write: no step panics. What it finds, it says of a file or of a document.
func TestBadRecords(t *testing.T) {
	for _, p := range damagedPlans() {
		t.Run(p.name, func(t *testing.T) {
			store := &storage.Memory{}
			if _, err := p.steps(store, p.src).Run(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			rounds := 30
			if racing {
				rounds = 3
			}
			rng := rand.New(rand.NewPCG(8, 9))
			whole := files(t, store)
			found, tried := 0, 0
			for _, name := range slices.Sorted(maps.Keys(whole)) {
				for range rounds {
					content, what := withBadRecords(t, rng, whole[name])
					errs := p.errorsOf(t, store, name, content)
					tried++
					found += min(len(errs), 1)
					for _, err := range errs {
						if s := err.Error(); !strings.Contains(s, name) && !strings.Contains(s, "has not come") && !strings.Contains(s, "when it was signed") {
							t.Errorf("%s: %s: %v", name, what, err)
						}
					}
				}
			}
			t.Logf("%d of %d noticed", found, tried)
		})
	}
}

// A list that says the right things in another order is damaged.
func TestListInDisorder(t *testing.T) {
	c := corpusOf("a a0 first")
	c.add("b", &textmill.Document{ID: "b0", Text: strings.Repeat("the same\n", 25_000)}) // takes several entries
	store := &storage.Memory{}
	steps := func(store storage.Store) textmill.Plan {
		return (&dedup.Spans{Store: store, Partitions: 1}).Plan(c, nil, textmill.Discard)
	}
	if _, err := steps(store).Run(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	const name = "remove/b.list"
	head, all := parseFile(t, files(t, store)[name])
	if len(all[0]) < 3 {
		t.Fatalf("%d entries", len(all[0]))
	}
	slices.Reverse(all[0])
	filter := steps(&altered{store, name, writeFile(t, head, all)})[3]
	if _, err := textmill.RunJob(t.Context(), filter.Job, 1); err == nil || !strings.Contains(err.Error(), name+": the file is damaged") {
		t.Error(err)
	}
}

// withBadRecords returns a file of sections with one of them changed, and what was done.
func withBadRecords(t *testing.T, rng *rand.Rand, content string) (changed, what string) {
	t.Helper()
	head, all := parseFile(t, content)
	if len(all) == 0 {
		return content, "nothing"
	}
	i := rng.IntN(len(all))
	for k := range all { // one with records, if there is one
		if k = (k + i) % len(all); len(all[k]) > 0 {
			i = k
			break
		}
	}
	s := all[i]
	random := make([]byte, rng.IntN(40))
	for k := range random {
		random[k] = byte(rng.Uint32())
	}
	at := 0
	if len(s) > 0 {
		at = rng.IntN(len(s))
	}
	switch n := rng.IntN(8); {
	case n == 0 || len(s) == 0:
		what, s = "added", slices.Insert(s, at, random)
	case n == 1:
		what, s = "removed", slices.Delete(s, at, at+1)
	case n == 2:
		what, s = "twice", slices.Insert(s, at, s[at])
	case n == 3:
		other := rng.IntN(len(s))
		what, s[at], s[other] = "exchanged", s[other], s[at]
	case n == 4:
		what, s[at] = "cut", s[at][:rng.IntN(len(s[at])+1)]
	case n == 5:
		what, s[at] = "lengthened", append(s[at], random...)
	case n == 6 && len(s[at]) > 0:
		b := bytes.Clone(s[at])
		k := rng.IntN(len(b))
		for ; k < len(b) && rng.IntN(6) > 0; k++ {
			b[k] = 0xff
		}
		what, s[at] = "filled", b
	default:
		if b := bytes.Clone(s[at]); len(b) > 0 {
			b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
			what, s[at] = "flipped", b
		}
	}
	all[i] = s
	return writeFile(t, head, all), fmt.Sprintf("section %d, record %d: %s", i, at, what)
}

// parseFile returns what is in a file of sections.
func parseFile(t *testing.T, content string) (head sections.Header, all [][][]byte) {
	t.Helper()
	n := binary.LittleEndian.Uint32([]byte(content[8:]))
	if err := json.Unmarshal([]byte(content[12:12+n]), &head); err != nil {
		t.Fatal(err)
	}
	store := &altered{nil, "file", content}
	for i := range head.Sections {
		r, err := sections.Open(t.Context(), store, "file", head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Seek(i); err != nil {
			t.Fatal(err)
		}
		var records [][]byte
		for {
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, bytes.Clone(b))
		}
		all = append(all, records)
	}
	return head, all
}

func writeFile(t *testing.T, head sections.Header, all [][][]byte) string {
	t.Helper()
	sizes := make([]sections.Section, len(all))
	for i, records := range all {
		for _, r := range records {
			sizes[i].Add(r)
		}
	}
	store := &storage.Memory{}
	w, err := sections.Create(t.Context(), store, "file", head, sizes)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i, records := range all {
		for _, r := range records {
			if err := w.Add(i, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Commit(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	return files(t, store)["file"]
}
