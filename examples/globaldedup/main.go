// Globaldedup removes near-duplicates from JSON lines: of documents that say nearly the
// same, in whichever files they are, one stays. It leaves
//
//	DIR/documents/SHARD.jsonl.gz  what stays
//	DIR/rejects/SHARD.jsonl.gz    what does not, with the ID of the document that stays in
//	                              its place, and of how many it is one
//	DIR/dedup/                    sketches: what a later run needs to know of this one
//
// With -earlier, what an earlier run has seen goes as well, without its texts being read.
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
	"runtime"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/storage"
)

// A config is what the command line asks for.
type config struct {
	in, out string
	earlier []string
}

func main() {
	var c config
	flag.StringVar(&c.in, "in", "", "the `directory` of .jsonl, .jsonl.gz or .jsonl.zst files to read")
	flag.StringVar(&c.out, "out", "out/globaldedup", "the `directory` to write to")
	flag.Func("earlier", "the `directory` an earlier run wrote to; may be given several times", func(dir string) error {
		c.earlier = append(c.earlier, dir)
		return nil
	})
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c, os.Stdout, os.Stderr); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, c config, stdout, progress io.Writer) error {
	if c.in == "" {
		return errors.New("say with -in where the JSON lines are")
	}
	f := fuzzy(c.out)
	for _, dir := range c.earlier {
		if filepath.Clean(dir) == filepath.Clean(c.out) {
			return fmt.Errorf("-earlier and -out are both %s: write to another directory", dir)
		}
		f.Earlier = append(f.Earlier, dedup.Earlier{Fuzzy: fuzzy(dir), Source: shardsOf{jsonl.Source{Store: storage.Dir(dir), Dir: "documents"}}})
	}
	store := storage.Dir(c.out)
	plan := f.Plan(jsonl.Source{Store: storage.Dir(c.in)}, nil, jsonl.Sink{Store: store, Dir: "documents"})
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = jsonl.Sink{Store: store, Dir: "rejects"}
	var last textmill.Report
	for _, s := range plan {
		if p, ok := s.Job.(*textmill.Pipeline); ok {
			p.Progress = show(s.Name, progress)
		}
		var err error
		if last, err = textmill.RunJob(ctx, s.Job, runtime.GOMAXPROCS(0)); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		fmt.Fprintln(progress, s.Name, "done")
	}
	if last.Read == 0 {
		return fmt.Errorf("there are no documents in .jsonl, .jsonl.gz or .jsonl.zst files in %s", c.in)
	}
	fmt.Fprint(stdout, last)
	return nil
}

// fuzzy returns the settings of a run that writes to dir. They are the same for all runs,
// so that these can be compared.
func fuzzy(dir string) *dedup.Fuzzy {
	return &dedup.Fuzzy{Store: storage.Dir(dir), Dir: "dedup", Sketch: sketch.FineWeb()}
}

// shardsOf lists the shards that a run has read by the files that it has written.
type shardsOf struct{ textmill.Source }

func (s shardsOf) Shards(ctx context.Context) ([]textmill.Shard, error) {
	shards, err := s.Source.Shards(ctx)
	for i := range shards {
		shards[i].Name = strings.ReplaceAll(shards[i].Name, "%25", "%")
	}
	return shards, err
}

// show returns a hook that prints how far a shard is.
func show(step string, w io.Writer) func(textmill.Shard, textmill.Report) {
	return func(s textmill.Shard, r textmill.Report) {
		fmt.Fprintf(w, "%s: %s: %d documents, %.1f MB\n", step, s.Name, r.Read, float64(r.BytesRead)/1e6)
	}
}
