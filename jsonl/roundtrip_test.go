package jsonl_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/stagetest"
	"github.com/textmill/textmill/storage"
)

func TestRoundTrip(t *testing.T) {
	for _, suffix := range []string{"", ".jsonl", ".jsonl.gz", ".jsonl.zst"} {
		store := &storage.Memory{}
		var want []*textmill.Document
		for i, d := range stagetest.Documents() {
			d.Shard, d.Index = "original", i*3
			d.Date = time.Date(2024, 2, 29, 23, 59, 59, 5000*i, time.UTC)
			d.Meta = map[string]any{"a.int": int64(i), "a.float": float64(i), "a.bool": i%2 == 0, "a.text": "é\n" + d.ID}
			want = append(want, d)
		}
		p := &textmill.Pipeline{Source: fixed(want), Sink: jsonl.Sink{Store: store, Dir: "out", Suffix: suffix}}
		r, err := p.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Outputs) != 1 || r.Outputs[0].Documents != int64(len(want)) {
			t.Errorf("outputs %+v", r.Outputs)
		}
		src := jsonl.Source{Store: store, Dir: "out"}
		shards, err := src.Shards(t.Context())
		if err != nil || len(shards) != 1 || shards[0].Name != "fixed" {
			t.Fatal(shards, err)
		}
		var got []*textmill.Document
		for d, err := range src.Read(t.Context(), shards[0]) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d)
		}
		if len(got) != len(want) {
			t.Fatalf("%d documents, want %d", len(got), len(want))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s %d:\n%v\n%v", suffix, i, fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", want[i]))
			}
		}
	}
}
