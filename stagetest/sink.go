package stagetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/textmill/textmill"
)

// CheckSink writes to sink and returns an error listing what it found wrong.
// contents returns everything that is visible in the sink at that moment, in any
// form that can be compared, and "" if there is nothing.
//
//   - without Commit nothing becomes visible, and Close leaves nothing behind
//   - the same documents give the same contents each time
//   - committing a shard again replaces it
//   - Close after Commit does no harm
//   - a shard without documents can be committed
//
// The documents have Text and Tokens.
func CheckSink(sink textmill.Sink, contents func() (string, error)) error {
	c := &sinkCheck{sink: sink, contents: contents}
	docs := Documents()
	for _, d := range docs {
		d.Tokens = []uint32{1, 2, 3}
	}
	c.write("abandoned", docs, false)
	c.visible("after Close without Commit", "")
	c.write("a", docs, true)
	first := c.read()
	if first == "" {
		c.report("nothing is visible after Commit")
	}
	c.write("a", docs[:1], false)
	c.visible("after an abandoned rewrite", first)
	c.write("a", docs[:1], true)
	if c.read() == first {
		c.report("committing the shard again did not replace it")
	}
	c.write("a", docs, true)
	c.visible("after the same was committed again", first)
	c.write("empty", nil, true)
	return errors.Join(c.errs...)
}

type sinkCheck struct {
	sink     textmill.Sink
	contents func() (string, error)
	errs     []error
}

func (c *sinkCheck) report(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *sinkCheck) read() string {
	s, err := c.contents()
	if err != nil {
		c.report("contents: %w", err)
	}
	return s
}

func (c *sinkCheck) visible(when, want string) {
	if got := c.read(); got != want {
		c.report("%s, contents are %.80q, want %.80q", when, got, want)
	}
}

func (c *sinkCheck) write(shard string, docs []*textmill.Document, commit bool) {
	ctx := context.Background()
	w, err := c.sink.Create(ctx, textmill.Shard{Name: shard})
	if err != nil {
		c.report("create %s: %w", shard, err)
		return
	}
	for _, d := range docs {
		if err := w.Write(ctx, d); err != nil {
			c.report("write %s: %w", shard, err)
		}
	}
	if commit {
		if err := w.Commit(ctx); err != nil {
			c.report("commit %s: %w", shard, err)
		}
	}
	if err := w.Close(); err != nil {
		c.report("close %s: %w", shard, err)
	}
}
