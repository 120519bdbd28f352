package shuffle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// Whatever the division of the input, the order of its shards, the number of
// workers, the memory and the store: the same documents in the same order, in the
// same buckets.
func TestSameOrder(t *testing.T) {
	docs := documents(1, 800, 400)
	docs = append(docs, documents(2, 3, 80_000)...) // in several parts
	docs = append(docs, docs[len(docs)-3].Clone(), docs[len(docs)-3].Clone())
	s := &Shuffle{Store: &storage.Memory{}, Dir: "run/shuffle", Seed: 5, Buckets: 7}
	want := naive(t, s, docs)
	if got := run(t, s, divided(1, docs, 1), 1); !reflect.DeepEqual(got, want) {
		t.Fatal("not in the order of hashes")
	}
	var first map[string]string
	for i, shards := range []int{1, 7, 64} {
		for k, parallel := range []int{1, 2, 3, 8} {
			src := divided(uint64(10*i+k), docs, shards)
			s.Store = &storage.Memory{}
			if k%2 == 1 {
				s.Store = storage.Dir(t.TempDir())
			}
			s.Memory = []int64{0, minMemory}[k/2]
			out, got := sink(t)
			steps := plan(s, src, out)
			for _, step := range steps {
				step.Job.(*textmill.Pipeline).Workers = parallel
			}
			if _, err := steps.Run(t.Context(), parallel); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got()
			} else if !maps.Equal(got(), first) {
				t.Errorf("%d shards, %d at a time, %d bytes of memory: it differs", shards, parallel, s.Memory)
			}
			for name := range files(t, s.Store) {
				if !strings.HasPrefix(name, "run/shuffle/scatter/") {
					t.Errorf("left behind: %s", name)
				}
			}
		}
	}
	if len(first) != 7 {
		t.Errorf("%d files", len(first))
	}
}

// Buckets decides only where the order is cut.
func TestBucketsCutOneOrder(t *testing.T) {
	docs := documents(3, 300, 50)
	s := &Shuffle{Store: &storage.Memory{}, Seed: 9, Buckets: 1}
	want := run(t, s, divided(1, docs, 3), 2)
	for _, n := range []int{0, 2, 5, 1000} {
		s := &Shuffle{Store: &storage.Memory{}, Seed: 9, Buckets: n}
		if got := run(t, s, divided(2, docs, 3), 2); !reflect.DeepEqual(got, want) {
			t.Errorf("with %d buckets, another order", n)
		}
	}
	s = &Shuffle{Store: &storage.Memory{}, Seed: 10, Buckets: 1}
	if got := run(t, s, divided(1, docs, 3), 2); reflect.DeepEqual(got, want) {
		t.Error("with another seed, the same order")
	}
}

// With equal IDs the texts come in the same order, even if they were read in
// other shards.
func TestEqualIDs(t *testing.T) {
	var docs []*textmill.Document
	for i := range 40 {
		docs = append(docs, &textmill.Document{ID: fmt.Sprint(i % 4), Text: fmt.Sprint("text ", i), Shard: "a", Index: i})
	}
	texts := func(docs []*textmill.Document) (out []string) {
		for _, d := range docs {
			out = append(out, d.ID+" "+d.Text)
		}
		return out
	}
	want := texts(run(t, &Shuffle{Store: &storage.Memory{}}, divided(1, docs, 2), 1))
	if len(want) != 40 {
		t.Fatalf("%d documents", len(want))
	}
	for i, d := range docs {
		d.Shard, d.Index = fmt.Sprint("b", i%5), 100-i
	}
	if got := texts(run(t, &Shuffle{Store: &storage.Memory{}}, divided(2, docs, 5), 1)); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for i := 1; i < 40; i++ {
		if i%10 != 0 && want[i][:2] != want[i-1][:2] {
			t.Errorf("documents with the ID %s are apart: %v", want[i][:2], want)
		}
	}
}

func TestEmptyInput(t *testing.T) {
	for _, src := range []*corpus{{}, {names: []string{"a", "b"}}} {
		out, got := sink(t)
		if _, err := plan(&Shuffle{Store: &storage.Memory{}, Buckets: 3}, src, out).Run(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		if want := (map[string]string{"bucket-00000.jsonl": "", "bucket-00001.jsonl": "", "bucket-00002.jsonl": ""}); !maps.Equal(got(), want) {
			t.Errorf("%v", got())
		}
	}
}

// Documents that are larger than Memory, and the same ones several times.
func TestGiantDocuments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	giant := &textmill.Document{ID: "giant", Text: noise(rng, 1<<19), Shard: "s", Index: 1}
	long := &textmill.Document{ID: "long", Text: strings.Repeat("again and ", 700_000), Shard: "s", Index: 2} // 7 MB, which compress to 300 KB
	tokens := &textmill.Document{ID: "tokens", Tokens: make([]uint32, 1<<17), Shard: "s", Index: 3}
	for i := range tokens.Tokens {
		tokens.Tokens[i] = rng.Uint32N(200_000)
	}
	docs := append(documents(4, 50, 1000), giant, long, tokens, giant.Clone(), giant.Clone(), long.Clone())
	s := &Shuffle{Store: storage.Dir(t.TempDir()), Buckets: 2, Memory: minMemory}
	if got, want := run(t, s, divided(1, docs, 4), 2), naive(t, s, docs); !reflect.DeepEqual(got, want) {
		t.Errorf("%d documents, want %d", len(got), len(want))
	}
}

func TestConformance(t *testing.T) {
	store := &storage.Memory{}
	s := &Shuffle{Store: store, Dir: "d", Buckets: 5}
	if err := stagetest.CheckSink(s.Scatter(), func() (string, error) {
		var sb strings.Builder
		all := files(t, store)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprintf(&sb, "%s: %x\n", name, sha256.Sum256([]byte(all[name])))
		}
		return sb.String(), nil
	}); err != nil {
		t.Error(err)
	}

	// From several shards, where each has a document of every index.
	src := divided(1, nil, 3)
	for i, d := range stagetest.Documents() {
		name := src.names[i%3]
		d.Shard, d.Index = name, i/3
		src.docs[name] = append(src.docs[name], d)
	}
	if _, err := (&textmill.Pipeline{Source: src, Sink: s.Scatter()}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stagetest.CheckSource(s.Gather(src)); err != nil {
		t.Error(err)
	}
}

// Whichever call of the store fails, or at whichever the process is killed, the
// plan run again has the same result.
func TestEveryFailure(t *testing.T) {
	src := divided(1, documents(8, 20, 100), 2)
	for i := range 2 { // enough for temporary files in either step
		large := &textmill.Document{ID: fmt.Sprint("large-", i), Text: noise(rand.New(rand.NewPCG(1, 1)), 110_000)}
		src.docs[src.names[0]] = append(src.docs[src.names[0]], large)
	}
	shuffle := func(s storage.Store) *Shuffle { return &Shuffle{Store: s, Dir: "d", Buckets: 1, Memory: minMemory} }
	do := func(s storage.Store) (map[string]string, error) {
		out, got := sink(t)
		_, err := plan(shuffle(s), src, out).Run(t.Context(), 1)
		return got(), err
	}
	clean := &storage.Memory{}
	want, err := do(clean)
	if err != nil {
		t.Fatal(err)
	}
	wantFiles := files(t, clean)
	step, spilled := 1, false
	if raceEnabled { // which takes ten times as long: some calls fail, others kill
		step = 3
	}
	for i, fail := range []func(storage.Store, int) *storagetest.Failing{storagetest.FailNth, storagetest.KillAfter} {
		what := []string{"fails", "kills"}[i]
		for n := 1 + i*(step-1); ; n += step {
			store := &storage.Memory{}
			failing := fail(store, n)
			got, err := do(failing)
			if !failing.Failed() {
				if err != nil || !maps.Equal(got, want) {
					t.Fatal(err)
				}
				t.Logf("%s: %d calls", what, n-1)
				break
			}
			if !errors.Is(err, storagetest.ErrInjected) {
				t.Fatalf("call %d %s: %v", n, what, err)
			}
			for name, content := range got {
				if want[name] != content {
					t.Fatalf("call %d %s: it published %s, which is not as it should be", n, what, name)
				}
			}
			for name, content := range files(t, store) {
				if strings.HasPrefix(name, "d/tmp/") {
					spilled = true
				} else if wantFiles[name] != content {
					t.Fatalf("call %d %s: it left %s, which is not as it should be", n, what, name)
				}
			}
			if got, err = do(store); err != nil || !maps.Equal(got, want) {
				t.Fatalf("after call %d %s, done again, it differs: %v", n, what, err)
			}
		}
	}
	if !spilled {
		t.Error("no temporary file was there to be left")
	}
}

// The same on a disk, killed now and then.
func TestKilledOnDisk(t *testing.T) {
	src := divided(1, documents(8, 200, 3000), 3)
	shuffle := func(s storage.Store) *Shuffle { return &Shuffle{Store: s, Buckets: 2, Memory: minMemory} }
	out, want := sink(t)
	if _, err := plan(shuffle(&storage.Memory{}), src, out).Run(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n += 17 {
		dir := storage.Dir(t.TempDir())
		failing := storagetest.KillAfter(dir, n)
		out, got := sink(t)
		_, err := plan(shuffle(failing), src, out).Run(t.Context(), 2)
		if err == nil {
			t.Logf("%d calls", n)
			break
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			t.Fatal(err)
		}
		if _, err := plan(shuffle(dir), src, out).Run(t.Context(), 2); err != nil || !maps.Equal(got(), want()) {
			t.Fatalf("killed after call %d and done again, it differs: %v", n, err)
		}
	}
}

// The same shards, done on several machines at the same time.
func TestAtTheSameTime(t *testing.T) {
	src := divided(1, documents(10, 1000, 500), 4)
	s := &Shuffle{Store: &storage.Memory{}, Buckets: 3, Memory: minMemory}
	out, want := sink(t)
	if _, err := plan(s, src, out).Run(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.Store = &storage.Memory{}
	out, got := sink(t)
	for _, step := range plan(s, src, out) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := textmill.RunJob(t.Context(), step.Job, 2); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if !maps.Equal(got(), want()) {
		t.Error("it differs")
	}
}

// Files of another run, or shards left out: an error, each time, or no difference.
func TestStaleAndMissingFiles(t *testing.T) {
	two := divided(1, documents(1, 30, 20), 2)
	three := divided(2, documents(1, 30, 20), 3)
	scatter := func(s *Shuffle, src textmill.Source) error {
		_, err := (&textmill.Pipeline{Source: src, Sink: s.Scatter()}).Run(t.Context())
		return err
	}
	gather := func(s *Shuffle, src textmill.Source) (docs []*textmill.Document, err error) {
		var out textmill.Memory
		_, err = (&textmill.Pipeline{Source: s.Gather(src), Sink: &out}).Run(t.Context())
		return out.Documents(), err
	}
	tests := []struct {
		name      string
		scattered []*corpus
		gathered  *corpus
		edit      func(*Shuffle)
		want      string
	}{
		{"nothing scattered", nil, two, nil, "scatter all shards before gathering them; there is nothing of shard-00"},
		{"a shard is missing", []*corpus{two}, three, nil, "scatter all shards before gathering them; there is nothing of shard-002: open d/scatter/shard-002.docs"},
		{"another seed", []*corpus{two}, two, func(s *Shuffle) { s.Seed = 1 }, `.docs: it was made with the settings {"format":1,"seed":0,"buckets":4}, this run has {"format":1,"seed":1,"buckets":4}: do all steps again`},
		{"other buckets", []*corpus{two}, two, func(s *Shuffle) { s.Buckets = 5 }, "it was made with the settings"},
		{"more shards in an earlier run", []*corpus{three, two}, two, nil, ""},
		{"scattered twice", []*corpus{two, two}, two, nil, ""},
		{"other memory", []*corpus{two}, two, func(s *Shuffle) { s.Memory = minMemory }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := &storage.Memory{}
			s := Shuffle{Store: store, Dir: "d", Buckets: 4}
			for _, src := range tt.scattered {
				if err := scatter(&s, src); err != nil {
					t.Fatal(err)
				}
			}
			want := naive(t, &s, slices.Concat(slices.Collect(maps.Values(two.docs))...))
			if tt.edit != nil {
				tt.edit(&s)
			}
			got, err := gather(&s, tt.gathered)
			switch {
			case tt.want == "" && (err != nil || !reflect.DeepEqual(got, want)):
				t.Errorf("%d documents, %v", len(got), err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v; want %s", err, tt.want)
			}
		})
	}
}

// Every file, damaged or in place of another, is an error that names it.
func TestDamagedFiles(t *testing.T) {
	src := divided(3, documents(3, 200, 300), 2)
	store := &storage.Memory{}
	s := &Shuffle{Store: store, Dir: "d", Buckets: 3}
	if _, err := (&textmill.Pipeline{Source: src, Sink: s.Scatter()}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	whole := files(t, store)
	for name, content := range whole {
		try := func(what, damaged string) {
			put(t, store, name, []byte(damaged))
			_, err := (&textmill.Pipeline{Source: s.Gather(src), Sink: textmill.Discard, MaxErrors: -1}).Run(t.Context())
			if err == nil {
				t.Errorf("%s: %s: no error", name, what)
			} else if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %s: the error does not name the file: %v", name, what, err)
			}
		}
		for range 40 {
			b := []byte(content)
			i := rng.IntN(len(b))
			b[i] ^= 1 << rng.IntN(8)
			try(fmt.Sprintf("bit of byte %d", i), string(b))
			try(fmt.Sprintf("cut to %d", i), content[:i])
		}
		for other, content := range whole {
			if other != name {
				try("replaced by "+other, content)
			}
		}
		put(t, store, name, []byte(content))
	}
}

func TestSettingsAndMisuse(t *testing.T) {
	ctx := t.Context()
	for want, s := range map[string]Shuffle{
		"a Shuffle needs a Store":                     {},
		"Buckets is -1; use 1 to 65536":               {Store: &storage.Memory{}, Buckets: -1},
		"Buckets is 65537; use 1 to 65536":            {Store: &storage.Memory{}, Buckets: 65537},
		"Memory is 262143 bytes; use at least 262144": {Store: &storage.Memory{}, Memory: 262143},
		"Memory is -1 bytes; use at least 262144":     {Store: &storage.Memory{}, Memory: -1},
	} {
		_, err := s.Scatter().Create(ctx, textmill.Shard{Name: "a"})
		_, err2 := s.Gather(&corpus{}).Shards(ctx)
		for _, err := range []error{err, err2} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
	s := &Shuffle{Store: &storage.Memory{}, Buckets: 2}
	last := func(g textmill.Source, shard textmill.Shard) (err error) {
		for _, err = range g.Read(ctx, shard) {
		}
		return err
	}
	for want, err := range map[string]error{
		"give Gather the source":                    last(s.Gather(nil), textmill.Shard{Name: "bucket-00000"}),
		"two shards are called a":                   last(s.Gather(&corpus{names: []string{"a", "a"}}), textmill.Shard{Name: "bucket-00000"}),
		"bucket-00002 is no shard of this source":   last(s.Gather(&corpus{}), textmill.Shard{Name: "bucket-00002", Index: 2}),
		"bucket-00001 is no shard of this source":   last(s.Gather(&corpus{}), textmill.Shard{Name: "bucket-00001"}),
		"a is no shard of this source, which has 2": last(s.Gather(&corpus{}), textmill.Shard{Name: "a"}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}

	w, err := s.Scatter().Create(ctx, textmill.Shard{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	bad := &textmill.Document{ID: "x"}
	bad.Set("a.b", []int{1})
	if err := w.Write(ctx, bad); err == nil || !strings.Contains(err.Error(), `document x: metadata "a.b" is a []int: use a string`) {
		t.Error(err)
	}
	if err := w.Commit(ctx); err == nil {
		t.Error("committed after an error")
	}
	w.Close()
	if w, err = s.Scatter().Create(ctx, textmill.Shard{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(ctx, &textmill.Document{ID: "x"}), w.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
	if w.Write(ctx, &textmill.Document{ID: "y"}) == nil || w.Commit(ctx) == nil {
		t.Error("written or committed after commit")
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if w, err = s.Scatter().Create(ctx, textmill.Shard{Name: "b"}); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(ctx, &textmill.Document{Text: "x"}); err == nil || !strings.Contains(err.Error(), "has no ID") {
		t.Error(err)
	}
}

// opens counts what is open.
type opens struct {
	storage.Store
	mu         sync.Mutex
	open, most int
}

type openReader struct {
	io.ReadCloser
	o *opens
}

func (o *opens) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := o.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open++
	o.most = max(o.most, o.open)
	return &openReader{r, o}, nil
}

func (r *openReader) Close() error {
	r.o.mu.Lock()
	defer r.o.mu.Unlock()
	r.o.open--
	return r.ReadCloser.Close()
}

// Wherever one stops reading, by leaving or by cancelling, files are closed and
// temporary ones removed.
func TestStoppingEarly(t *testing.T) {
	src := divided(3, documents(3, 400, 2000), 20)
	store := &opens{Store: &storage.Memory{}}
	s := &Shuffle{Store: store, Buckets: 1, Memory: minMemory}
	if _, err := (&textmill.Pipeline{Source: src, Sink: s.Scatter()}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := files(t, store)
	shard := textmill.Shard{Name: "bucket-00000"}
	for _, stop := range []int{1, 2, 399, 400} {
		n := 0
		for _, err := range s.Gather(src).Read(t.Context(), shard) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		n = 0
		var last error
		for _, err := range s.Gather(src).Read(ctx, shard) {
			if last = err; n == stop-1 {
				cancel()
			}
			n++
		}
		cancel()
		if !errors.Is(last, context.Canceled) || n != stop+1 {
			t.Errorf("cancelled after %d: %d came, the last %v", stop, n, last)
		}
		if store.open != 0 || !maps.Equal(files(t, store), before) {
			t.Errorf("%d open, %d files, before %d", store.open, len(files(t, store)), len(before))
		}
	}
	if store.most > 20 {
		t.Errorf("%d files were open at once", store.most)
	}
}

// Scratch takes what is temporary.
func TestScratch(t *testing.T) {
	src := divided(3, documents(3, 600, 2000), 2)
	scratch := &opens{Store: &storage.Memory{}}
	s := &Shuffle{Store: &storage.Memory{}, Scratch: scratch, Buckets: 1, Memory: minMemory}
	var out textmill.Memory
	if _, err := plan(s, src, &out).Run(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if scratch.most == 0 || len(files(t, scratch)) > 0 {
		t.Errorf("%d were open, %v are left", scratch.most, slices.Collect(maps.Keys(files(t, scratch))))
	}
}

// The report of scatter lists its files.
func TestOutputs(t *testing.T) {
	src := divided(3, documents(3, 100, 20), 3)
	reports, err := plan(&Shuffle{Store: &storage.Memory{}, Dir: "d"}, src, jsonl.Sink{Store: &storage.Memory{}}).Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var docs int64
	for _, o := range reports[0].Outputs {
		docs += o.Documents
		if !strings.HasPrefix(o.Name, "d/scatter/shard-00") || o.Bytes == 0 || len(o.SHA256) != 64 {
			t.Errorf("%+v", o)
		}
	}
	if docs != 100 || len(reports[0].Outputs) != 3 || len(reports[1].Outputs) != 64 {
		t.Errorf("%d documents in %d files, then %d files", docs, len(reports[0].Outputs), len(reports[1].Outputs))
	}
}

// Files whose checksums are right but whose records are not: what a program with
// an error would write.
func TestBadRecords(t *testing.T) {
	src := &corpus{names: []string{"a"}}
	s := &Shuffle{Store: &storage.Memory{}, Buckets: 2}
	x, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	bucketOf := func(r []byte) int { return x.bucket(hashOf(r)) }
	recordsOf := func(d *textmill.Document) (out [][]byte) {
		e := encoder{hash: x.hash}
		if err := e.encode(d, func(r []byte) error { out = append(out, slices.Clone(r)); return nil }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	var in [2][][]byte // a document of three parts in each bucket
	rng := rand.New(rand.NewPCG(1, 2))
	for i := 0; in[0] == nil || in[1] == nil; i++ {
		r := recordsOf(&textmill.Document{ID: fmt.Sprint(i), Text: noise(rng, 2*partSize+100)})
		in[bucketOf(r[0])] = r
	}
	a := in[0]
	edited := func(i, at int) [][]byte {
		out := slices.Clone(a)
		out[i] = slices.Clone(a[i])
		out[i][at] ^= 1
		return out
	}
	tests := map[string]struct {
		first [][]byte // bucket
		want  string
	}{
		"as it should be":     {a, ""},
		"twice":               {[][]byte{a[0], a[0], a[1], a[1], a[2], a[2]}, ""},
		"of another bucket":   {in[1], "scatter/a.docs: section 0: the file is damaged"},
		"out of order":        {[][]byte{a[1], a[0], a[2]}, "scatter/a.docs: section 0: the file is damaged"},
		"too short":           {[][]byte{a[0][:headSize-1]}, "scatter/a.docs: section 0: the file is damaged"},
		"no first part":       {a[1:], "bucket-00000: a document does not hold"},
		"no middle part":      {[][]byte{a[0], a[2]}, "bucket-00000: a document does not hold"},
		"no last part":        {a[:2], "bucket-00000: a document does not hold"},
		"twice but for one":   {[][]byte{a[0], a[0], a[1], a[2]}, "bucket-00000: a document does not hold"},
		"another hash":        {edited(0, hashSize-1)[:1], "bucket-00000: a document does not hold"},
		"other data":          {edited(1, headSize+50), "bucket-00000: a document does not hold"},
		"other data in one":   {[][]byte{a[0], a[0], a[1], edited(1, headSize+50)[1], a[2], a[2]}, "bucket-00000: a document does not hold"},
		"a length of nothing": {[][]byte{append(slices.Clone(a[0][:headSize]), 0)}, "scatter/a.docs: section 0: the file is damaged"},
	}
	for what, tt := range tests {
		t.Run(what, func(t *testing.T) {
			all := make([]sections.Section, 2)
			for _, r := range tt.first {
				all[0].Add(r)
			}
			w, err := sections.Create(t.Context(), s.Store, x.file("a"), x.header("a"), all)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			for _, r := range tt.first {
				if err := w.Add(0, r); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Commit(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			_, err = textmill.RunJob(t.Context(), &textmill.Pipeline{Source: s.Gather(src), Sink: textmill.Discard}, 1)
			if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
