// Commoncrawl turns Common Crawl WET files into training data: it filters,
// deduplicates, masks and tokenizes them, and leaves
//
//	DIR/documents/SHARD.jsonl.gz  what was kept
//	DIR/rejects/SHARD.jsonl.gz    what was not, and why: what was filtered, then duplicates
//	DIR/tokens/SHARD.bin, .idx    token ids, for Megatron-LM
//	DIR/report.json               how many, stage by stage
//	DIR/manifest.json             settings, inputs, outputs, digests
//
// Run again, it does only what is not done yet. One run at a time may work in DIR.
// The bytes it leaves depend on the inputs, the flags and the program, and on
// nothing else.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"runtime/debug"
	"syscall"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // a shard is large buffers that come and go: a quarter less memory, no more time
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// badUse is an error of whoever gave the command: it ends with status 2.
type badUse struct{ error }

// Main is the program; it returns its exit status: 0, 1 if the job failed, and 2
// if the command made no sense, in which case nothing was done.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := command(ctx, args, stdout, stderr)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "commoncrawl: interrupted; run the same command again to go on from here")
		return 1
	}
	fmt.Fprintln(stderr, "commoncrawl:", err)
	if _, bad := errors.AsType[badUse](err); bad {
		return 2
	}
	return 1
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return badUse{err}
	}
	src, err := open(ctx, c)
	if err != nil {
		return badUse{err}
	}
	shards, err := src.Shards(ctx)
	if err != nil {
		return badUse{err}
	}
	return run(ctx, c, src, shards, stdout, stderr)
}

// sample is what the program works on when it is given nothing.
//
//go:embed testdata/*.wet.gz
var sample embed.FS

func open(ctx context.Context, c *config) (textmill.Source, error) {
	if len(c.in) > 0 {
		return wet.Open(ctx, c.in, &wet.OpenOptions{Base: c.base})
	}
	var store storage.Memory
	entries, err := sample.ReadDir("testdata")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		b, err := sample.ReadFile(path.Join("testdata", e.Name()))
		if err != nil {
			return nil, err
		}
		if err := storage.Put(ctx, &store, e.Name(), b); err != nil {
			return nil, err
		}
		names = append(names, e.Name())
	}
	return &wet.Source{Store: &store, Names: names}, nil
}
