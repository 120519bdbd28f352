package mds_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/mds"
)

func merge(ctx context.Context, store storage.Store, dir string) (textmill.Report, error) {
	return textmill.RunJob(ctx, mds.Merge{Store: store, Dir: dir}, 1)
}

// numbered returns a sequence that is told from others.
func numbered(i uint32) tokenize.Sequence {
	return tokenize.Sequence{Tokens: []uint32{i}, Segments: []tokenize.Segment{{ID: "a", Len: 1}}}
}

func firsts(t testing.TB, store storage.Store, dir string) string {
	t.Helper()
	seqs, err := sequences(t.Context(), store, dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []uint32
	for _, seq := range seqs {
		out = append(out, seq.Tokens[0])
	}
	return fmt.Sprint(out)
}

func TestMerge(t *testing.T) {
	for _, dir := range []string{"", "run", "a/b"} {
		store := &storage.Memory{}
		in := func(name string) string { return strings.TrimPrefix(dir+"/"+name, "/") }
		f := mds.Format{ShardBytes: 1}
		writeFile(t, store, f, in("s2"), 10, []tokenize.Sequence{numbered(4)})
		writeFile(t, store, f, in("s1/00001"), 10, []tokenize.Sequence{numbered(3)})
		writeFile(t, store, f, in("s1/00000"), 10, []tokenize.Sequence{numbered(1), numbered(2)})
		writeFile(t, store, f, in("s0"), 10, nil)
		writeFile(t, store, f, in("é"), 10, []tokenize.Sequence{numbered(5)})
		if dir != "" { // not under Dir
			writeFile(t, store, f, "run2/s", 10, []tokenize.Sequence{numbered(9)})
			writeFile(t, store, f, "other", 10, []tokenize.Sequence{numbered(9)})
		}
		put(t, store, in("s1/notindex.json"), nil)
		for range 2 { // the second time, its own index is there
			r, err := merge(t.Context(), store, dir)
			if err != nil {
				t.Fatal(err)
			}
			index := string(read(t, store, in("index.json")))
			if len(r.Outputs) != 1 || r.Outputs[0].Name != in("index.json") || r.Outputs[0].Bytes != int64(len(index)) || r.Outputs[0].SHA256 == "" {
				t.Errorf("%+v", r)
			}
			if got := firsts(t, store, dir); got != "[1 2 3 4 5]" {
				t.Errorf("dir %q: %s", dir, got)
			}
			if !strings.Contains(index, `"s1/00000/shard.00001.mds"`) || !strings.Contains(index, `"\u00e9/shard.00000.mds"`) {
				t.Error(index)
			}
		}
	}
}

func TestMergeErrors(t *testing.T) {
	store := &storage.Memory{}
	if _, err := merge(t.Context(), nil, ""); err == nil || err.Error() != "mds: Merge needs a Store" {
		t.Error(err)
	}
	if _, err := merge(t.Context(), store, "run"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "run/*/index.json") {
		t.Error(err)
	}
	if _, err := (mds.Merge{Store: store}).RunShard(t.Context(), textmill.Shard{Index: 1, Name: "other"}); err == nil || !strings.Contains(err.Error(), "no shard of a Merge") {
		t.Error(err)
	}
	writeFile(t, store, mds.Format{}, "run/a/s", 10, []tokenize.Sequence{numbered(1)})
	if _, err := merge(t.Context(), store, "run/a"); err != nil {
		t.Fatal(err)
	}
	_, err := merge(t.Context(), store, "run")
	if want := `mds: a/s/shard.00000.mds is in two indexes under "run": remove the one that was merged from others`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	put(t, store, "run/a/index.json", []byte("{"))
	if _, err := merge(t.Context(), store, "run"); err == nil || !strings.HasPrefix(err.Error(), "read run/a/index.json: mds: ") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := merge(ctx, store, "run"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Whatever call fails, the older index stays or the new one is there.
func TestMergeFaults(t *testing.T) {
	for _, fail := range []func(storage.Store, int) *storagetest.Failing{storagetest.FailNth, storagetest.KillAfter} {
		for n := 1; ; n++ {
			store := &storage.Memory{}
			writeFile(t, store, mds.Format{}, "run/a", 10, []tokenize.Sequence{numbered(1)})
			if _, err := merge(t.Context(), store, "run"); err != nil {
				t.Fatal(err)
			}
			writeFile(t, store, mds.Format{}, "run/b", 10, []tokenize.Sequence{numbered(2)})
			failing := fail(store, n)
			_, err := merge(t.Context(), failing, "run")
			if failing.Failed() != (err != nil) {
				t.Errorf("call %d: %v", n, err)
			}
			if got := firsts(t, store, "run"); got != "[1 2]" && (err == nil || got != "[1]") {
				t.Errorf("call %d: %s", n, got)
			}
			if _, err := merge(t.Context(), store, "run"); err != nil || firsts(t, store, "run") != "[1 2]" {
				t.Errorf("call %d, again: %v", n, err)
			}
			if !failing.Failed() {
				if n < 8 {
					t.Errorf("only %d calls", n)
				}
				break
			}
		}
	}
}
