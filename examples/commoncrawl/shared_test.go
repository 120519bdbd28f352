package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/shareddata"
)

// Real crawl files, whole and damaged, compressed in every way: the job gets
// through them, and every document is accounted for.
func TestRealFiles(t *testing.T) {
	root := shareddata.Path(t, "wet")
	var args []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".wet.gz") || strings.HasSuffix(path, ".warc.txt") {
			args = append(args, "-in", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Log("\n" + mill(t, append(args, "-lang", "all", "-out", dir)...))
	r := readReport(t, dir)
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Read < 640 || r.Written == 0 || r.Damaged == 0 {
		t.Errorf("%d read, %d written, %d damaged", r.Read, r.Written, r.Damaged)
	}
	documents, rejects := load(t, dir, "documents"), load(t, dir, "rejects")
	if n := int64(len(documents) + len(rejects)); n != r.Read {
		t.Errorf("%d documents and rejects, %d read", n, r.Read)
	}
	for _, d := range rejects {
		if s, _ := d.Meta["reject.stage"].(string); strings.TrimSpace(s) == "" {
			t.Errorf("%s#%d: no stage", d.Shard, d.Index)
		}
	}
	checkTokens(t, dir, r)
	checkManifest(t, dir, r)
}
