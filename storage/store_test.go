package storage_test

import (
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
