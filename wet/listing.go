package wet

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/textmill/textmill/storage"
)

const (
	maxListing = 256 << 20 // bytes, as uncompressed
	maxLine    = 4 << 10   // bytes
)

// ReadListing returns the names in a listing such as the wet.paths.gz of a crawl,
// compressed or not, for files that are in a store which [Open] does not know. It
// returns an error for a listing that is empty or goes on for more than 256 MiB, a
// name that no object can have, and a file that is of a crawl and no WET file.
func ReadListing(r io.Reader) ([]string, error) {
	var names []string
	err := eachListed(r, func(name string) error {
		names = append(names, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// eachListed calls add with the names in a listing. Its errors say in which line.
func eachListed(r io.Reader, add func(name string) error) error {
	lines := bufio.NewReader(r)
	if magic, _ := lines.Peek(len(gzipMagic)); string(magic) == gzipMagic {
		z, err := gzip.NewReader(lines)
		if err != nil {
			return err
		}
		lines = bufio.NewReader(z)
	}
	left := &io.LimitedReader{R: lines, N: maxListing + 1}
	sc := bufio.NewScanner(left)
	sc.Buffer(nil, maxLine)
	i, n := 1, 0
	for ; sc.Scan(); i++ {
		name := strings.TrimSpace(sc.Text())
		if name == "" {
			continue
		}
		err := checkListed(name)
		if err == nil {
			err = add(name)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", i, err)
		}
		n++
	}
	switch {
	case sc.Err() == bufio.ErrTooLong:
		return fmt.Errorf("line %d is longer than %d bytes: this is no listing of files", i, maxLine)
	case sc.Err() != nil:
		return sc.Err()
	case left.N == 0:
		return fmt.Errorf("the listing is longer than %d bytes: divide it", maxListing)
	case n == 0:
		return errors.New("the listing is empty")
	}
	return nil
}

// checkListed returns an error unless name can be that of a WET file in a store.
func checkListed(name string) error {
	if err := storage.CheckName("read", name); err != nil {
		return err
	}
	if strings.HasSuffix(name, ".warc.gz") || strings.HasSuffix(name, ".wat.gz") {
		return fmt.Errorf("%s is not a WET file: use the crawl's wet.paths.gz", name)
	}
	return nil
}
