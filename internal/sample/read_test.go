package sample_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

// The reader finds in the files what Records says is there: every text, and an
// error in place of the one whose member is damaged.
func TestReadBack(t *testing.T) {
	src := &wet.Source{Store: storage.Dir(dir), Names: sample.Names()}
	shards, err := src.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for file, shard := range shards {
		want := slices.DeleteFunc(sample.Records(), func(r sample.Record) bool { return r.File != file || r.Index < 0 })
		n := 0
		for doc, err := range src.Read(t.Context(), shard) {
			if n == len(want) {
				t.Fatalf("%s: more than %d documents", shard.Name, n)
			}
			w := want[n]
			n++
			if damaged, ok := errors.AsType[*textmill.RecordError](err); ok {
				if w.Kind != sample.Damaged || damaged.Index != w.Index {
					t.Errorf("%s: %s %s cannot be read: %v", shard.Name, w.Kind, w.ID, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if doc.ID != w.ID || doc.URL != w.URL || !doc.Date.Equal(w.Date) || doc.Index != w.Index || w.Kind == sample.Damaged {
				t.Errorf("%s: read %s %d, want %s %s %d", shard.Name, doc.ID, doc.Index, w.Kind, w.ID, w.Index)
			}
			if (doc.Text == w.Text) == (w.Kind == sample.Invalid) {
				t.Errorf("%s: text of %s %s: the same is %v", shard.Name, w.Kind, w.ID, doc.Text == w.Text)
			}
		}
		if n != len(want) {
			t.Errorf("%s: %d documents, want %d", shard.Name, n, len(want))
		}
	}
}
