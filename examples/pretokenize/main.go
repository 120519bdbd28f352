// Pretokenize turns JSON lines into files of tokens that are ready for training: all
// documents in random order, packed into windows of one length. It leaves
// DIR/tokens/bucket-00000.bin and .idx and so on, for Megatron-LM. They depend on the
// set of documents and the flags, not on how the documents are divided into files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/shuffle"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/megatron"
	"github.com/textmill/textmill/tokenize/pack"
)

// A config is what the command line asks for.
type config struct {
	in, out   string
	seed      uint64
	window    int
	tokenizer string
}

func main() {
	var c config
	flag.StringVar(&c.in, "in", "", "the `directory` of .jsonl, .jsonl.gz or .jsonl.zst files to read")
	flag.StringVar(&c.out, "out", "out/pretokenize", "the `directory` to write to")
	flag.Uint64Var(&c.seed, "seed", 0, "of the order")
	flag.IntVar(&c.window, "window", 2048, "the length of a context, in `tokens`")
	flag.StringVar(&c.tokenizer, "tokenizer", "cl100k_base", "`vocabulary`: o200k_base, cl100k_base, p50k_base or r50k_base")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c, os.Stdout, os.Stderr); err != nil {
		log.Fatal(err)
	}
}

// buckets is into how many files the tokens go. The order does not depend on it.
const buckets = 16

func run(ctx context.Context, c config, stdout, progress io.Writer) error {
	if c.in == "" {
		return errors.New("say with -in where the JSON lines are")
	}
	enc, err := tokenize.Tiktoken(c.tokenizer)
	if err != nil {
		return err
	}
	store := storage.Dir(c.out)
	src := jsonl.Source{Store: storage.Dir(c.in)}
	order := &shuffle.Shuffle{Store: store, Dir: "shuffle", Seed: c.seed, Buckets: buckets}
	tokens := tokenize.Shards{
		Store: store, Dir: "tokens", Encoder: enc, Format: megatron.Format{},
		Packing: pack.BestFit{Window: c.window, Padding: new(enc.EndOfText())},
	}
	plan := textmill.Plan{
		{Name: "scatter", Job: &textmill.Pipeline{Source: src, Sink: order.Scatter(), Progress: show(progress)}},
		{Name: "gather", Job: &textmill.Pipeline{
			Source: order.Gather(src), Stages: []textmill.Stage{tokenize.Stage{Encoder: enc}}, Sink: tokens, Progress: show(progress),
		}},
	}
	reports, err := plan.Run(ctx, 1)
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, tokenize.StatsOf(reports[1]))
	return os.RemoveAll(filepath.Join(c.out, order.Dir)) // the copy of the texts between the steps
}

// show returns a hook that prints how far a shard is.
func show(w io.Writer) func(textmill.Shard, textmill.Report) {
	return func(s textmill.Shard, r textmill.Report) {
		fmt.Fprintf(w, "%s: %d documents, %.1f MB\n", s.Name, r.Read, float64(r.BytesRead)/1e6)
	}
}
