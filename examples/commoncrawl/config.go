package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/tokenize"
)

// A config is what the command line asks for.
type config struct {
	in        []string
	base      string
	out       string
	languages []string // empty: all
	preset    string
	dedup     string // global, shard or none
	tokenizer tokenize.Encoder
	format    string // one of formats
	workers   int
	force     bool
}

const usage = `usage: commoncrawl [-in PATH [-in PATH …]] [-out DIR] [flags]

Turns Common Crawl WET files into clean, deduplicated, tokenized shards. Run it
again to go on where it stopped. Without -in, it takes the sample built into it.

`

// parse reads the command line. Its error is one line.
func parse(args []string, stderr io.Writer) (*config, error) {
	c := &config{}
	fs := flag.NewFlagSet("commoncrawl", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line for an error, not the whole usage
	fs.Func("in", "a WET `file`, a directory, a glob, an http(s) address, or a wet.paths[.gz] listing; may be repeated", func(s string) error {
		if s == "" {
			return errors.New("empty path")
		}
		c.in = append(c.in, s)
		return nil
	})
	fs.StringVar(&c.base, "base", "", "the directory or address where the files of a wet.paths listing are (default https://data.commoncrawl.org/)")
	fs.StringVar(&c.out, "out", "out/commoncrawl", "the `directory` to write to")
	languages := fs.String("lang", "en", "comma-separated `languages` to keep, as in en,de; \"all\" keeps all and identifies none")
	fs.StringVar(&c.preset, "preset", "fineweb", "quality `rules`: "+strings.Join(filter.Presets(), ", "))
	fs.StringVar(&c.dedup, "dedup", "global", "near-duplicates to drop: those `where` in all inputs (global), in the same file (shard), or none")
	tokenizer := fs.String("tokenizer", "cl100k_base", "`vocabulary`: o200k_base, o200k_harmony, cl100k_base, p50k_base, r50k_base, or the path of a tokenizer.json")
	endOfText := fs.String("end-of-text", "", "the `token` of a tokenizer.json that ends a document, such as </s>")
	fs.StringVar(&c.format, "tokens", "megatron", "`format` of the token files: "+strings.Join(formatNames(), ", "))
	fs.IntVar(&c.workers, "workers", runtime.GOMAXPROCS(0), "how many CPUs to use; the output does not depend on it")
	fs.BoolVar(&c.force, "force", false, "begin anew if -out holds a run with other inputs or settings")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stderr, usage)
			fs.SetOutput(stderr)
			fs.PrintDefaults()
		}
		return nil, err
	}
	c.languages = splitLanguages(*languages)
	if err := c.validate(fs.Args()); err != nil {
		return nil, err
	}
	var err error
	if c.tokenizer, err = openTokenizer(*tokenizer, *endOfText); err != nil {
		return nil, fmt.Errorf("-tokenizer: %w", err)
	}
	return c, nil
}

func splitLanguages(s string) []string {
	if s == "all" {
		return nil
	}
	var out []string
	for l := range strings.SplitSeq(s, ",") {
		out = append(out, strings.ToLower(strings.TrimSpace(l)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *config) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q; paths go after -in", rest[0])
	case c.out == "":
		return errors.New("-out needs a directory")
	case c.workers < 1:
		return fmt.Errorf("-workers %d: needs to be at least 1", c.workers)
	case slices.Contains(c.languages, ""):
		return errors.New(`-lang needs languages such as en,de, or "all"`)
	case !slices.Contains([]string{"global", "shard", "none"}, c.dedup):
		return fmt.Errorf("-dedup %q: choose global, shard or none", c.dedup)
	case formats[c.format].format == nil:
		return fmt.Errorf("-tokens %q: choose one of %s", c.format, strings.Join(formatNames(), ", "))
	case !slices.Contains(filter.Presets(), c.preset):
		return fmt.Errorf("-preset %q: choose one of %s", c.preset, strings.Join(filter.Presets(), ", "))
	}
	return nil
}
