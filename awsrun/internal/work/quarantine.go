package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/manifest"
)

// A Note says why a shard is in quarantine.
type Note struct {
	Step  string `json:"step"`
	Shard string `json:"shard"`
	Error string `json:"error"`
}

// maxError is how many bytes of an error are noted.
const maxError = 64 << 10

// maxNote is the size in bytes up to which a note is read.
const maxNote = 1 << 20

func (r *Run) putAside(ctx context.Context, step, shard string, why error) error {
	text := why.Error()
	if len(text) > maxError {
		text = text[:maxError] + "…"
	}
	return manifest.WriteJSON(ctx, r.Store, checkpoint.File(spec.QuarantineDir(step), shard), Note{step, shard, text})
}

// Quarantine yields the notes of the shards that a step has put aside.
func (r *Run) Quarantine(ctx context.Context, step string) iter.Seq2[Note, error] {
	return func(yield func(Note, error) bool) {
		for info, err := range r.Store.List(ctx, spec.QuarantineDir(step)+"/") {
			if err != nil {
				yield(Note{}, err)
				return
			}
			var n Note
			err := readJSON(ctx, r.Store, info.Name, maxNote, &n)
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed since it was listed
			}
			if err == nil && n.Shard == "" {
				err = fmt.Errorf("%s names no shard: remove it", info.Name)
			}
			if !yield(n, err) || err != nil {
				return
			}
		}
	}
}

// Release empties the quarantine of all steps, so that the shards are tried again,
// and returns how many there were.
func (r *Run) Release(ctx context.Context) (n int, err error) {
	for _, s := range r.Plan {
		for note, err := range r.Quarantine(ctx, s.Name) {
			if err != nil {
				return n, err
			}
			if err := r.Store.Remove(ctx, checkpoint.File(spec.QuarantineDir(s.Name), note.Shard)); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
