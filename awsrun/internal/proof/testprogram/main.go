// Testprogram runs a small plan whose shards go wrong when they are told to.
//
// Its inputs are texts that it makes up. The step words writes them down in upper case, a
// file for each shard; the step total, of one shard, counts what is in all of them.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// Shards by their number; -1 for none.
var (
	shards    = flag.Int("shards", 24, "how many `shards` there are")
	documents = flag.Int("documents", 10, "how many `documents` a shard has")
	mib       = flag.Int64("mib", 1, "how many `MiB` a shard is said to have: with two, it is a batch by itself")
	pause     = flag.Duration("pause", 0, "how long a shard takes at least")
	hurry     = flag.Int("hurry", -1, "the `shard` that takes no pause")
	poison    = flag.Int("poison", -1, "the `shard` whose data is bad")
	refuse    = flag.Int("refuse", -1, "the `shard` to which the settings seem wrong")
	hog       = flag.Int("hog", -1, "the `shard` that takes 3 GiB, whatever the limit")
	room      = flag.Int("room", -1, "the `shard` that needs more than 3 GiB")
	fail      = flag.Int("fail", -1, "the `shard` that fails whenever it is tried")
)

func main() {
	awsrun.Main(plan, awsrun.Config{
		Name: "proof", Flags: flag.CommandLine, Version: "1",
		// A MiB is taken to last a second, so there are two shards in a batch.
		Default: awsrun.Step{BatchDuration: 2 * time.Second},
		Steps:   map[string]awsrun.Step{"words": {ToleratedFailurePercentage: 10}},
	})
}

func plan(_ context.Context, store storage.Store) (textmill.Plan, error) {
	src := awsrun.Inputs(texts{})
	words := &textmill.Pipeline{Source: src, Stages: []textmill.Stage{textmill.Map("upper", upper)}, Sink: jsonl.Sink{Store: store, Dir: "words"}}
	return textmill.Plan{{Name: "words", Job: words}, {Name: "total", Job: total{src, store}}}, nil
}

func upper(doc *textmill.Document) { doc.Text = strings.ToUpper(doc.Text) }

// texts are the inputs.
type texts struct{}

func (texts) Shards(context.Context) ([]textmill.Shard, error) {
	var out []textmill.Shard
	for i := range *shards {
		out = append(out, textmill.Shard{Index: i, Name: fmt.Sprintf("input-%05d", i), Size: *mib << 20})
	}
	return out, nil
}

func (texts) Read(ctx context.Context, s textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		if err := fault(ctx, s); err != nil {
			yield(nil, err)
			return
		}
		for i := range *documents {
			if number(s) == *poison && i == *documents/2 {
				yield(nil, awsrun.BadData(errors.New("this shard is poisoned")))
				return
			}
			doc := &textmill.Document{Shard: s.Name, Index: i, Text: strings.Repeat(fmt.Sprintf("text %d of %s. ", i, s.Name), 20)}
			if !yield(doc, nil) {
				return
			}
		}
	}
}

// number returns that of an input, which stays the same where others are left out.
func number(s textmill.Shard) (n int) {
	fmt.Sscanf(s.Name, "input-%d", &n)
	return n
}

const threeGiB = 3 << 30

// fault is what goes wrong with a shard before it is read.
func fault(ctx context.Context, s textmill.Shard) error {
	n := number(s)
	if n != *hurry {
		select {
		case <-time.After(*pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	switch {
	case n == *hog:
		fill(make([]byte, threeGiB))
	case n == *refuse:
		return awsrun.BadSettings(errors.New("no shard can be done with these settings"))
	case n == *fail:
		return errors.New("this shard fails whenever it is tried")
	case n == *room && debug.SetMemoryLimit(-1) < threeGiB:
		return fmt.Errorf("this shard needs more than 3 GiB: %w", syscall.ENOMEM)
	}
	return nil
}

// fill touches memory, so that there has to be some.
func fill(b []byte) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
}

// total counts the texts that the first step has left.
type total struct {
	src   textmill.Source
	store storage.Store
}

func (total) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "all"}}, nil
}

func (t total) RunShard(ctx context.Context, _ textmill.Shard) (textmill.Report, error) {
	inputs, err := t.src.Shards(ctx)
	if err != nil {
		return textmill.Report{}, err
	}
	texts, bytes := 0, 0
	for i, in := range inputs {
		words := jsonl.Source{Store: t.store, Dir: "words", Names: []string{in.Name + ".jsonl.gz"}}
		for doc, err := range words.Read(ctx, textmill.Shard{Name: in.Name}) {
			if err != nil {
				return textmill.Report{}, fmt.Errorf("input %d: %w", i, err)
			}
			texts, bytes = texts+1, bytes+len(doc.Text)
		}
	}
	return t.write(ctx, fmt.Sprintf("%d inputs, %d texts, %d bytes\n", len(inputs), texts, bytes))
}

func (t total) write(ctx context.Context, text string) (textmill.Report, error) {
	w, err := t.store.Create(ctx, "total.txt")
	if err != nil {
		return textmill.Report{}, err
	}
	defer w.Close()
	if _, err := io.WriteString(w, text); err != nil {
		return textmill.Report{}, err
	}
	sum := sha256.Sum256([]byte(text))
	out := textmill.Object{Name: "total.txt", Bytes: int64(len(text)), SHA256: hex.EncodeToString(sum[:])}
	return textmill.Report{Outputs: []textmill.Object{out}}, w.Commit(ctx)
}
