package manifest_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
)

// A manifest takes the report of each shard, and can tell later whether the
// outputs are still what was written.
func Example() {
	ctx, store := context.Background(), &storage.Memory{}
	p := &textmill.Pipeline{
		Source: textmill.Documents(&textmill.Document{ID: "a", Text: "The mill stands by the river."}),
		Sink:   jsonl.Sink{Store: store, Suffix: ".jsonl"},
	}
	stages, err := textmill.Describe(p.Stages...)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := manifest.New(map[string]string{"language": "en"}, manifest.Step{Name: "clean", Stages: stages})
	if err != nil {
		fmt.Println(err)
		return
	}
	shards, err := p.Shards(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, shard := range shards {
		report, err := p.RunShard(ctx, shard)
		if err != nil {
			fmt.Println(err)
			return
		}
		m.Add(shard.Name, report)
	}
	if err := m.Write(ctx, store, "manifest.json"); err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range m.Shards[0].Outputs {
		fmt.Println(o.Name, o.Documents, o.SHA256[:8])
	}
	fmt.Println(m.Verify(ctx, store))
	// Output:
	// documents.jsonl 1 2dcd926e
	// <nil>
}
