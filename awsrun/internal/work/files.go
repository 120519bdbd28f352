package work

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/textmill/textmill/storage"
)

// How long files may be, in bytes, to be read.
const (
	maxFile   = 16 << 20
	maxList   = 1 << 30 // of maxShards shards
	maxNote   = 1 << 20
	maxReport = 64 << 20
)

// ReadJSON reads an object that a command wrote. If there is none, the error is
// [fs.ErrNotExist].
func ReadJSON(ctx context.Context, store storage.Store, name string, v any) error {
	return readJSON(ctx, store, name, maxFile, "remove it", v)
}

// readJSON reads an object of at most max bytes. If there is none, the error is
// [fs.ErrNotExist]. The errors about what is in it tell what to do about that: as
// objects are stored whole or not at all, it was not left by a killed program.
func readJSON(ctx context.Context, store storage.Store, name string, max int64, remedy string, v any) error {
	r, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, max+1))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", name, err)
	case int64(len(b)) > max:
		return BadSettings(fmt.Errorf("%s is longer than %d bytes, so it was not written by this program: %s", name, max, remedy))
	}
	if err := json.Unmarshal(b, v); err != nil {
		return BadSettings(fmt.Errorf("%s is damaged: %s: %w", name, remedy, err))
	}
	return nil
}

// names returns the names of what is in a folder, folders in it aside.
func (r *Run) names(ctx context.Context, dir string) (map[string]bool, error) {
	names := map[string]bool{}
	for info, err := range r.Store.List(ctx, dir+"/") {
		if err != nil {
			return nil, err
		}
		if name := info.Name[len(dir)+1:]; !strings.Contains(name, "/") {
			names[name] = true
		}
	}
	return names, nil
}
