package dedup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/textmill/textmill/internal/sections"
)

// What the steps leave for each other are files of package sections.

// readAll calls yield with the records of a section, and closes it. An sections.ErrDamaged of
// yield is about the file.
func readAll(r *sections.Reader, yield func(record []byte) error) (err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		b, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := yield(b); err == sections.ErrDamaged {
			return r.Wrap(err)
		} else if err != nil {
			return err
		}
	}
}

// notExist adds to an error that says that a file is missing what to do.
func notExist(err error, advice string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dedup: %s: %w", advice, err)
	}
	return err
}
