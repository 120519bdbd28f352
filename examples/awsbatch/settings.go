package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/textmill/textmill/filter"
)

// settings are those of the plan, as its flags give them. All that the output depends
// on is among them.
type settings struct {
	in        inputs
	anonymous bool
	languages languages
	preset    choice
	dedup     choice
	tokenizer string
	endOfText string
	tokens    choice
	layout    choice
	maxErrors int
}

// flags returns the defaults and the flags that change them.
func flags() (*settings, *flag.FlagSet) {
	s := &settings{
		languages: languages{"en"},
		preset:    choice{"fineweb", filter.Presets()},
		dedup:     choice{"global", []string{"global", "shard", "none"}},
		tokens:    choice{"megatron", formatNames()},
		layout:    choice{"fused", []string{"fused", "staged"}},
	}
	fs := flag.NewFlagSet("awsbatch", flag.ContinueOnError)
	fs.Var(&s.in, "in", "a WET `file`, a directory, a pattern, an http(s) address, s3://BUCKET/PREFIX, or a wet.paths[.gz] listing, here or there; may be repeated (default the sample built in)")
	fs.BoolVar(&s.anonymous, "anonymous", false, "read s3:// without credentials, as some public buckets allow; Common Crawl's does not")
	fs.Var(&s.languages, "lang", "comma-separated `languages` to keep, as in en,de; \"all\" keeps all and identifies none")
	fs.Var(&s.preset, "preset", "quality `rules`: "+s.preset.list())
	fs.Var(&s.dedup, "dedup", "near-duplicates to drop: those `where` in all inputs (global), in the same file (shard), or none")
	fs.StringVar(&s.tokenizer, "tokenizer", "cl100k_base", "`vocabulary`: o200k_base, o200k_harmony, cl100k_base, p50k_base, r50k_base, or a tokenizer.json by its path or as s3://BUCKET/KEY")
	fs.StringVar(&s.endOfText, "end-of-text", "", "the `token` of a tokenizer.json that ends a document, such as </s>")
	fs.Var(&s.tokens, "tokens", "`format` of the token files: "+s.tokens.list())
	fs.Var(&s.layout, "layout", "which `steps` there are: as few as can be (fused), or one for each thing that is done, with its result in files (staged)")
	fs.IntVar(&s.maxErrors, "max-errors", 1000, "how many documents and damaged records of a shard may fail in a step before the shard does; negative: any `number`")
	return s, fs
}

// inputs are the values of a flag that is repeated.
type inputs []string

func (in *inputs) String() string { return strings.Join(*in, " ") }

func (in *inputs) Set(s string) error {
	if s == "" {
		return errors.New("empty path")
	}
	*in = append(*in, s)
	return nil
}

// languages are those to keep, in order and each once; nil if all.
type languages []string

func (l *languages) String() string {
	if len(*l) == 0 {
		return "all"
	}
	return strings.Join(*l, ",")
}

func (l *languages) Set(s string) error {
	*l = nil
	if s == "all" {
		return nil
	}
	for name := range strings.SplitSeq(s, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			return errors.New(`name languages such as en,de, or "all"`)
		}
		*l = append(*l, name)
	}
	slices.Sort(*l)
	*l = slices.Compact(*l)
	return nil
}

// A choice is one of a few words.
type choice struct {
	value string
	of    []string
}

func (c *choice) String() string { return c.value }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.of, s) {
		return fmt.Errorf("choose %s", c.list())
	}
	c.value = s
	return nil
}

// list returns the words as in "a, b or c".
func (c *choice) list() string {
	last := len(c.of) - 1
	return strings.Join(c.of[:last], ", ") + " or " + c.of[last]
}
