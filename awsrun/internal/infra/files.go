package infra

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// listFile holds the names of the files that are ours, one a line.
const listFile = ".textmill-files"

const (
	maxList   = 64 << 10 // bytes of listFile
	tempFile  = ".textmill-new"
	permFiles = 0o644
)

var fileName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(tf|json|md)$`)

// writeFiles makes the directory hold the files, in the place of those that it has
// written there before. If it is stopped, doing it again does the rest.
func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("infra: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("infra: %w", err)
	}
	defer root.Close()
	old, err := readList(root)
	if err != nil {
		return err
	}
	if err := checkForeign(root, files, old); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(files))
	// At any time the list has everything of ours that may be there.
	if err := writeList(root, append(names, old...)); err != nil {
		return err
	}
	for _, name := range names {
		if err := replace(root, name, files[name]); err != nil {
			return err
		}
	}
	for _, name := range old {
		if _, ok := files[name]; ok {
			continue
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("infra: %w", err)
		}
	}
	return writeList(root, names)
}

// checkForeign returns an error if a file would be replaced that is not ours.
func checkForeign(root *os.Root, files map[string][]byte, old []string) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if slices.Contains(old, name) {
			continue
		}
		switch there, err := readFile(root, name, int64(len(files[name]))); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("infra: %w", err)
		case !bytes.Equal(there, files[name]):
			return fmt.Errorf("infra: %s is there already, and %s does not say that it is ours: use another directory, or move the file away",
				root.Name()+string(os.PathSeparator)+name, listFile)
		}
	}
	return nil
}

func readList(root *os.Root) ([]string, error) {
	b, err := readFile(root, listFile, maxList)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("infra: %w", err)
	case len(b) > maxList:
		return nil, fmt.Errorf("infra: %s is longer than %d bytes: it is no list of files", listFile, maxList)
	}
	names := strings.Fields(string(b))
	for _, name := range names {
		// What is listed may be removed.
		if !fileName.MatchString(name) {
			return nil, fmt.Errorf("infra: %s names %q, which is no file of the module: correct or remove it", listFile, name)
		}
	}
	return names, nil
}

func writeList(root *os.Root, names []string) error {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	return replace(root, listFile, []byte(strings.Join(names, "\n")+"\n"))
}

// readFile reads a file, or so much of it that one sees that it is longer than max.
func readFile(root *os.Root, name string, max int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, max+1))
}

// replace puts a file in the place of an older one, whole or not at all.
func replace(root *os.Root, name string, b []byte) error {
	err := root.WriteFile(tempFile, b, permFiles)
	if err == nil {
		err = root.Rename(tempFile, name)
	}
	if err != nil {
		return fmt.Errorf("infra: write %s: %w", name, errors.Join(err, removeTemp(root)))
	}
	return nil
}

func removeTemp(root *os.Root) error {
	if err := root.Remove(tempFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
