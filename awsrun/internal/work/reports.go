package work

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/textmill/textmill/checkpoint"
)

// readers is how many reports are read at once: a run may have a hundred thousand.
const readers = 32

// held is how many reports are in memory at once.
const held = 32 * readers

// reports yields the reports of finished shards of a list, in order of the shards'
// names, in which a manifest takes them without moving what it has.
func (r *Run) reports(ctx context.Context, l List, shards []string) iter.Seq2[checkpoint.Finished, error] {
	shards = slices.Sorted(slices.Values(shards))
	files := make([]string, len(shards))
	for i, s := range shards {
		files[i] = checkpoint.File(l.reportsDir(), s)
	}
	return func(yield func(checkpoint.Finished, error) bool) {
		i := 0
		for f, err := range r.reportFiles(ctx, files) {
			if err == nil && (f.Fingerprint != l.Fingerprint || f.Shard != shards[i]) {
				err = BadSettings(fmt.Errorf("%s is of shard %s of another run, not of %s: remove it to do the shard again", files[i], f.Shard, shards[i]))
			}
			if !yield(f, err) || err != nil {
				return
			}
			i++
		}
	}
}

// reportFiles yields stored reports, many of which it reads at once.
func (r *Run) reportFiles(ctx context.Context, files []string) iter.Seq2[checkpoint.Finished, error] {
	return func(yield func(checkpoint.Finished, error) bool) {
		for chunk := range slices.Chunk(files, held) {
			reports, err := r.readReports(ctx, chunk)
			if err != nil {
				yield(checkpoint.Finished{}, err)
				return
			}
			for _, f := range reports {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// readReports reads some. If one cannot be read, it begins no other.
func (r *Run) readReports(ctx context.Context, files []string) ([]checkpoint.Finished, error) {
	out := make([]checkpoint.Finished, len(files))
	slots := make(chan struct{}, readers)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
	)
	failed := func() error {
		mu.Lock()
		defer mu.Unlock()
		return first
	}
	for i, file := range files {
		slots <- struct{}{}
		if failed() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := r.readReport(ctx, file, &out[i]); err != nil {
				mu.Lock()
				defer mu.Unlock()
				if first == nil {
					first = err
				}
			}
		})
	}
	wg.Wait()
	return out, first
}

func (r *Run) readReport(ctx context.Context, file string, f *checkpoint.Finished) error {
	err := readJSON(ctx, r.Store, file, maxReport, "remove it to do the shard again", f)
	if err == nil && f.Shard == "" {
		err = BadSettings(fmt.Errorf("%s names no shard: remove it to do the shard again", file))
	}
	return err
}
