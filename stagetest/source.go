package stagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// CheckSource reads src twice and returns an error listing what it found wrong:
//
//   - the shards are the same on every call, with names of their own that can
//     be file names
//   - a shard yields the same documents each time, also when reading stopped
//     early before
//   - a pair holds a document or an error; nothing follows an error that is not
//     a [textmill.RecordError]
//   - (Shard, Index) and ID belong to one document of all shards, which need not
//     be of the shard that yields it; texts are valid UTF-8
//   - a cancelled context ends the reading with an error
func CheckSource(src textmill.Source) error {
	ctx := context.Background()
	shards, err := src.Shards(ctx)
	if err != nil {
		return err
	}
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if again, err := src.Shards(ctx); err != nil || !reflect.DeepEqual(again, shards) {
		report("listed again, the shards differ (error: %v)", err)
	}
	names, ids, places := map[string]bool{}, map[string]bool{}, map[place]bool{}
	for i, s := range shards {
		if s.Index != i {
			report("shard %s: index %d at place %d", s.Name, s.Index, i)
		}
		if names[s.Name] || s.Name == "" || strings.ContainsAny(s.Name, "/\\\x00") {
			report("shard %d: name %q is not its own or not a file name", i, s.Name)
		}
		names[s.Name] = true
		for range src.Read(ctx, s) { // stop early, once
			break
		}
		first := read(ctx, src, s, report)
		if second := read(ctx, src, s, report); !reflect.DeepEqual(first, second) {
			report("shard %s: read again, it differs", s.Name)
		}
		for _, d := range first {
			if ids[d.ID] || d.ID == "" {
				report("shard %s: ID %q is empty or not unique", s.Name, d.ID)
			}
			at := place{d.Shard, d.Index}
			if places[at] {
				report("shard %s: %s is not the only document that is %s#%d", s.Name, d.ID, at.shard, at.index)
			}
			if !utf8.ValidString(d.Text) {
				report("shard %s: text of %s is not valid UTF-8", s.Name, d.ID)
			}
			ids[d.ID], places[at] = true, true
		}
		if len(first) > 0 && !endsWhenCancelled(src, s) {
			report("shard %s: reading under a cancelled context gives no error", s.Name)
		}
	}
	return errors.Join(errs...)
}

// A place is where a document was first read.
type place struct {
	shard string
	index int
}

func read(ctx context.Context, src textmill.Source, s textmill.Shard, report func(string, ...any)) (docs []*textmill.Document) {
	ended := false
	for d, err := range src.Read(ctx, s) {
		if ended {
			report("shard %s: goes on after an error that is not a RecordError", s.Name)
		}
		if (d == nil) == (err == nil) {
			report("shard %s: a pair is neither a document nor an error", s.Name)
		}
		if err == nil {
			docs = append(docs, d)
			continue
		}
		if _, ok := errors.AsType[*textmill.RecordError](err); !ok {
			ended = true
			report("shard %s: %v", s.Name, err)
		}
	}
	return docs
}

func endsWhenCancelled(src textmill.Source, s textmill.Shard) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var last error
	for _, err := range src.Read(ctx, s) {
		last = err
	}
	return errors.Is(last, context.Canceled)
}
