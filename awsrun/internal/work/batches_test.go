package work

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill"
)

func TestCut(t *testing.T) {
	const mib = 1 << 20
	sizes := func(sizes ...int64) []textmill.Shard {
		shards := make([]textmill.Shard, len(sizes))
		for i, s := range sizes {
			shards[i] = textmill.Shard{Index: i, Name: fmt.Sprint(i), Size: s}
		}
		return shards
	}
	minute := Batching{Target: time.Minute}
	for _, tt := range []struct {
		name   string
		b      Batching
		shards []textmill.Shard
		states string // of each shard: . pending, f finished, q in quarantine; pending if ""
		want   string
	}{
		{"nothing", minute, nil, "", ""},
		{"one", minute, sizes(mib), "", "0..0"},
		{"a second for a MiB, if nothing was measured", minute, sizes(30*mib, 30*mib, 1), "", "0..1 2..2"},
		{"just too much", minute, sizes(30*mib, 30*mib+1), "", "0..0 1..1"},
		{"measured", Batching{Target: time.Minute, PerMiB: 3 * time.Second}, sizes(10*mib, 10*mib, 10*mib), "", "0..1 2..2"},
		{"one larger than a batch", minute, sizes(mib, 1000*mib, mib), "", "0..0 1..1 2..2"},
		{"as long as ever", minute, sizes(mib, math.MaxInt64, mib, math.MaxInt64), "", "0..0 1..1 2..2 3..3"},
		{"sizes not known, nor how long they take", minute, sizes(0, 0), "", "0..0 1..1"},
		{"sizes not known, but how long they take", Batching{Target: time.Minute, PerShard: 20 * time.Second}, sizes(0, 0, 0, 0), "", "0..2 3..3"},
		{"nothing is known", Batching{Target: 3 * time.Minute}, sizes(0, 0, 0, 0), "", "0..2 3..3"},
		{"the size counts where it is known", Batching{Target: time.Minute, PerShard: time.Second}, sizes(60*mib, 0, 0), "", "0..0 1..2"},
		{"small ones take time, too", Batching{Target: time.Second, PerMiB: 1}, sizes(1, 1, 1, 1, 1, 1), "", "0..4 5..5"},
		{"quick ones take time, too", Batching{Target: time.Second, PerShard: 1}, sizes(0, 0, 0, 0, 0, 0), "", "0..4 5..5"},
		{"no target", Batching{}, sizes(1, 0, mib), "", "0..0 1..1 2..2"},
		{"negative measurements", Batching{Target: time.Minute, PerMiB: -1, PerShard: -1}, sizes(60*mib, 0), "", "0..0 1..1"},
		{"only neighbours", minute, sizes(mib, mib, mib, mib, mib, mib), "..f.q.", "0..1 3..3 5..5"},
		{"all finished", minute, sizes(mib, mib), "fq", ""},
		{"as many as may be", Batching{Most: 3}, sizes(1, 1, 1), "", "0..0 1..1 2..2"},
		{"one more", Batching{Most: 3}, sizes(1, 1, 1, 1), "", "0..1 2..3"},
		{"two for each", Batching{Most: 3}, sizes(1, 1, 1, 1, 1, 1), "", "0..1 2..3 4..5"},
		{"more than two for each", Batching{Most: 3}, sizes(1, 1, 1, 1, 1, 1, 1), "", "0..2 3..5 6..6"},
		{"all in one", Batching{Most: 1}, sizes(1, 1, 1, 1), "", "0..3"},
		{"over gaps", Batching{Most: 2}, sizes(1, 1, 1, 1, 1, 1, 1), "f.f.q.f", "1..3 5..5"},
		{"nothing to be merged", Batching{Most: 2}, sizes(1, 1), "ff", ""},
		{"no limit", Batching{Most: -1}, sizes(1, 1, 1), "", "0..0 1..1 2..2"},
	} {
		states := make([]state, len(tt.shards))
		for i, s := range tt.states {
			states[i] = map[rune]state{'.': pending, 'f': finished, 'q': putAside}[s]
		}
		var got []string
		for _, b := range tt.b.cut(tt.shards, states) {
			got = append(got, b.String())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
	}
}

func TestParseBatch(t *testing.T) {
	for s, want := range map[string]Batch{
		"0": {0, 0}, "7": {7, 7}, "0..0": {0, 0}, "3..12": {3, 12}, "007..8": {7, 8},
		"0..2147483647": {0, math.MaxInt32},
	} {
		if b, err := ParseBatch(s); err != nil || b != want {
			t.Errorf("%q: %v, %v", s, b, err)
		}
	}
	for _, s := range []string{"", "..", "1..", "..1", "2..1", "-1", "-1..1", "+1", "1...2", "1..2..3", "a..b", "0x1", "1 ..2", "1..2147483648", "1.5"} {
		b, err := ParseBatch(s)
		if err == nil || err.Error() != fmt.Sprintf("shards %q: use numbers such as 0..9", s) || Classify(err) != Settings {
			t.Errorf("%q: %v, %v", s, b, err)
		}
	}
}

func FuzzParseBatch(f *testing.F) {
	for _, s := range []string{"", "0", "3..12", "2..1", "..", "1..2147483648", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBatch(s)
		if err != nil {
			return
		}
		if b.First < 0 || b.First > b.Last {
			t.Errorf("%q: %v", s, b)
		}
		if again, err := ParseBatch(b.String()); err != nil || again != b {
			t.Errorf("%q: %v becomes %v, %v", s, b, again, err)
		}
	})
}

func TestBatchJSON(t *testing.T) {
	b, err := json.Marshal([]Batch{{0, 9}, {10, 10}})
	if err != nil || string(b) != `[{"shards":"0..9"},{"shards":"10..10"}]` {
		t.Errorf("%s, %v", b, err)
	}
}
