package mds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// Merge is a job of one shard that makes the directories which [Format] has
// written under Dir a single dataset: it writes Dir/index.json, which lists the
// shard files of all of them, in order of their names. Nothing is copied. A
// StreamingDataset with local=Dir, or remote=Dir, then reads the whole run.
//
// It is the step of a [textmill.Plan] after the pipeline whose sink is a
// [tokenize.Shards] with the same Store and Dir; without a plan, call
// [textmill.RunJob]. Where shards are done again, it has to be, too: until then
// the index is that of the older files.
//
// The result is that of the library's merge_index, other than that the order does
// not depend on the file system, and that directories may lie deeper, as they do
// with [tokenize.Shards.MaxTokens].
type Merge struct {
	Store storage.Store // required
	Dir   string        // where in the store; if "", at its root
}

// merged is the shard of a Merge.
var merged = textmill.Shard{Name: "index"}

// Shards implements [textmill.Job].
func (m Merge) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{merged}, nil
}

// RunShard implements [textmill.Job]. That there is nothing to merge is an error,
// which is [fs.ErrNotExist].
func (m Merge) RunShard(ctx context.Context, shard textmill.Shard) (report textmill.Report, err error) {
	start := time.Now()
	defer func() { report.Elapsed = time.Since(start) }()
	if m.Store == nil {
		return report, errors.New("mds: Merge needs a Store")
	}
	if shard != merged {
		return report, fmt.Errorf("mds: %s is no shard of a Merge, which has one, %s", shard.Name, merged.Name)
	}
	x, err := m.merge(ctx)
	if err != nil {
		return report, err
	}
	out, err := x.write(ctx, m.Store, m.Dir)
	if err == nil {
		report.Outputs = []textmill.Object{out}
	}
	return report, err
}

// merge returns the index of all files in directories under Dir.
func (m Merge) merge(ctx context.Context) (index, error) {
	all := index{Shards: []shardInfo{}, Version: formatVersion}
	seen := map[string]bool{}
	found := false
	for dir, err := range m.dirs(ctx) {
		if err != nil {
			return all, err
		}
		x, err := readIndex(ctx, m.Store, path.Join(m.Dir, dir))
		if err != nil {
			return all, err
		}
		found = true
		for _, s := range x.Shards {
			for _, f := range []*fileInfo{s.RawData, s.ZipData} {
				if f != nil {
					f.Basename = path.Join(dir, f.Basename)
				}
			}
			if name := s.RawData.Basename; seen[name] {
				return all, fmt.Errorf("mds: %s is in two indexes under %q: remove the one that was merged from others", name, m.Dir)
			}
			seen[s.RawData.Basename] = true
			all.Shards = append(all.Shards, s)
		}
	}
	if !found {
		return all, &fs.PathError{Op: "merge", Path: path.Join(m.Dir, "*/index.json"), Err: fs.ErrNotExist}
	}
	return all, nil
}

// dirs yields the directories under Dir that have an index, by their paths from it.
func (m Merge) dirs(ctx context.Context) iter.Seq2[string, error] {
	prefix := ""
	if m.Dir != "" {
		prefix = strings.TrimSuffix(m.Dir, "/") + "/"
	}
	return func(yield func(string, error) bool) {
		for info, err := range m.Store.List(ctx, prefix) {
			if err != nil {
				yield("", err)
				return
			}
			dir, ok := strings.CutSuffix(info.Name[len(prefix):], "/index.json")
			if ok && !yield(dir, nil) {
				return
			}
		}
	}
}
