package wet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/textmill/textmill"
)

// shared returns the path of a file of the shared test data.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := filepath.Abs("../../shared/data")
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs ../shared/data")
		}
		t.Skip("needs ../shared/data")
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// A summary is what a Reader found in a file.
type summary struct {
	records, conversions, mismatches int
	errors                           []error // damaged records
	fatal                            error
	kept                             []*Record
}

func summarize(b []byte, options *Options) (s summary) {
	for rec, err := range NewReader(bytes.NewReader(b), options).Records() {
		if _, ok := errors.AsType[*textmill.RecordError](err); ok {
			s.errors = append(s.errors, err)
			continue
		}
		if err != nil {
			s.fatal = err
			continue
		}
		s.records++
		if rec.Type() == "conversion" {
			s.conversions++
		}
		if rec.LengthMismatch {
			s.mismatches++
		}
		s.kept = append(s.kept, rec.Clone())
	}
	return s
}

func TestRealX(t *testing.T) {
	filepath.Walk(shared(t, "."), func(p string, fi os.FileInfo, err error) error {
		if fi.IsDir() || !(filepath.Base(filepath.Dir(filepath.Dir(p))) == "data" || true) {
			return nil
		}
		m, _ := filepath.Match("*.w*", filepath.Base(p))
		m2, _ := filepath.Match("*.arc*", filepath.Base(p))
		if !m && !m2 {
			return nil
		}
		b, _ := os.ReadFile(p)
		s := summarize(b, nil)
		fmt.Println(filepath.Base(p), s.records, s.conversions, s.mismatches, s.errors, s.fatal)
		return nil
	})
}
