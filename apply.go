package textmill

import (
	"context"
	"iter"
)

// Apply applies stages to documents as they come: in order, on the caller's
// goroutine. It is the pipeline for when there is no Source or Sink. Errors are
// passed on, and what is dropped is gone. The result is a single-use iterator if
// docs is.
func Apply(ctx context.Context, docs iter.Seq2[*Document, error], stages ...Stage) iter.Seq2[*Document, error] {
	all := chain(stages)
	return func(yield func(*Document, error) bool) {
		for doc, err := range docs {
			var v Verdict
			if err == nil {
				v, err = all.Process(ctx, doc)
			}
			switch {
			case err != nil:
				if !yield(nil, err) {
					return
				}
			case v.kind == keep:
				if !yield(doc, nil) {
					return
				}
			case v.kind == replace:
				for _, d := range v.docs {
					if !yield(d, nil) {
						return
					}
				}
			}
		}
	}
}
