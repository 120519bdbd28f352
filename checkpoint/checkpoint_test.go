package checkpoint_test

import (
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/storage"
)

func TestFinishedShardsAreNotDoneAgain(t *testing.T) {
	calls := 0
	p := &textmill.Pipeline{
		Source:  textmill.Documents(&textmill.Document{Text: "a"}),
		Stages:  []textmill.Stage{textmill.Map("count", func(*textmill.Document) { calls++ })},
		Sink:    &textmill.Memory{},
		Workers: 1,
	}
	j := checkpoint.Job(p, storage.Dir(t.TempDir()), "reports", "f")
	for range 2 {
		r, err := textmill.RunJob(t.Context(), j, 1)
		if err != nil || r.Written != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if calls != 1 {
		t.Errorf("shard was done %d times", calls)
	}
}
