package storage_test

import (
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

func TestMemory(t *testing.T) {
	storagetest.Test(t, func(*testing.T) storage.Store { return &storage.Memory{} })
}

func TestDir(t *testing.T) {
	storagetest.Test(t, func(t *testing.T) storage.Store { return storage.Dir(t.TempDir()) })
}

func TestDirMadeWhenNeeded(t *testing.T) {
	storagetest.Test(t, func(t *testing.T) storage.Store { return storage.Dir(filepath.Join(t.TempDir(), "not", "yet")) })
}

// A store whose calls never fail passes too.
func TestFailNth(t *testing.T) {
	storagetest.Test(t, func(*testing.T) storage.Store { return storagetest.FailNth(&storage.Memory{}, 1<<30) })
}

// Put replaces an object whole, or leaves the older one, whichever call fails.
func TestPut(t *testing.T) {
	for n := 1; ; n++ {
		store := new(storage.Memory)
		write(t, store, "a", "older")
		failing := storagetest.FailNth(store, n)
		err := storage.Put(t.Context(), failing, "a", []byte("newer"))
		r, e := store.Open(t.Context(), "a")
		if e != nil {
			t.Fatal(e)
		}
		b, e := io.ReadAll(r)
		r.Close()
		switch got := string(b); {
		case e != nil:
			t.Fatal(e)
		case !failing.Failed():
			if err != nil || got != "newer" {
				t.Errorf("%q, error %v", got, err)
			}
			if n < 4 {
				t.Errorf("only %d calls were made to fail", n-1)
			}
			return
		case !errors.Is(err, storagetest.ErrInjected):
			t.Errorf("call %d failed: error %v", n, err)
		case got != "older" && got != "newer":
			t.Errorf("call %d failed: %q", n, got)
		}
	}
}
