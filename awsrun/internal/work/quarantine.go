package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/manifest"
)

// A Note says why a shard is in quarantine. It stays until [Run.Release].
type Note struct {
	Step  string `json:"step"`
	Shard string `json:"shard"`
	Error string `json:"error"`
}

// maxError is how many bytes of an error are noted.
const maxError = 64 << 10

// noteOf returns the name of the note about a shard, in the folder of the step. That
// tells which shards are in quarantine from a list of the folder.
func noteOf(shard string) string { return checkpoint.File("", shard) }

func (r *Run) putAside(ctx context.Context, step, shard string, why error) error {
	text := why.Error()
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "") + "…"
	}
	return manifest.WriteJSON(ctx, r.Store, spec.QuarantineDir(step)+"/"+noteOf(shard), Note{step, shard, text})
}

// Quarantine yields the notes of the shards that a step has put aside, in order of the
// files' names.
func (r *Run) Quarantine(ctx context.Context, step string) iter.Seq2[Note, error] {
	return func(yield func(Note, error) bool) {
		names, err := r.names(ctx, spec.QuarantineDir(step))
		if err != nil {
			yield(Note{}, err)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			n, err := r.note(ctx, step, name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed since it was listed
			}
			if !yield(n, err) || err != nil {
				return
			}
		}
	}
}

func (r *Run) note(ctx context.Context, step, name string) (n Note, err error) {
	file := spec.QuarantineDir(step) + "/" + name
	err = readJSON(ctx, r.Store, file, maxNote, "remove it to try the shard again", &n)
	if err == nil && n.Shard == "" {
		err = BadSettings(fmt.Errorf("%s names no shard: remove it", file))
	}
	return n, err
}

// Release empties the quarantine of all steps, so that the shards are tried again,
// and returns how many there were.
func (r *Run) Release(ctx context.Context) (n int, err error) {
	if err := r.verify(ctx); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	for _, s := range r.Plan {
		names, err := r.names(ctx, spec.QuarantineDir(s.Name))
		if err != nil {
			return n, err
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if err := r.Store.Remove(ctx, spec.QuarantineDir(s.Name)+"/"+name); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
