package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun"
)

// judged is a source of WET files that says of a file of which nothing can be read that
// its data is bad: to try again is of no use, and to take it for an empty one would hide
// what was lost. Damage in a file that has readable records costs the damaged ones.
type judged struct{ textmill.Source }

func (j judged) Read(ctx context.Context, shard textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		var readable bool
		var damage *textmill.RecordError // the last
		for doc, err := range j.Source.Read(ctx, shard) {
			if r, ok := errors.AsType[*textmill.RecordError](err); ok {
				damage = r
			}
			readable = readable || err == nil
			if !yield(doc, err) {
				return
			}
		}
		if !readable && damage != nil {
			// Not wrapped, as it is about all of the file.
			yield(nil, awsrun.BadData(fmt.Errorf("nothing in the file can be read; the last of it: %v", damage)))
		}
	}
}
