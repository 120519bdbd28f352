package wet

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

// folder makes a directory of files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gzipped(s string) string {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	fmt.Fprint(w, s)
	w.Close()
	return buf.String()
}

// texts reads all of a source: "shard:text" for each document.
func texts(t *testing.T, src textmill.Source) string {
	t.Helper()
	shards, err := src.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range shards {
		for doc, err := range src.Read(t.Context(), s) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s.Name+":"+doc.Text)
		}
	}
	return strings.Join(out, " ")
}

func TestOpen(t *testing.T) {
	dir := folder(t, map[string]string{
		"b.warc.wet.gz":       gz(rec("b", "", "two")),
		"a.wet":               rec("a", "", "one"),
		"c.warc.wet":          rec("c", "", "three"),
		"d.wet.gz":            gz(rec("d", "", "four")),
		"notes.txt":           "not read",
		".hidden.wet":         "not read",
		"sub/e.wet":           rec("e", "", "five"),
		"crawl/x/f.wet.gz":    gz(rec("f", "", "six")),
		"crawl/x/g.wet.gz":    gz(rec("g", "", "seven")),
		"some.paths":          "x/f.wet.gz\n\n  x/g.wet.gz\r\n",
		"wet.paths.gz":        gzipped("crawl/x/g.wet.gz\ncrawl/x/f.wet.gz\n"),
		"odd[1].wet":          rec("h", "", "eight"),
		"odd name/j.warc.wet": rec("j", "", "nine"),
	})
	mux := http.NewServeMux()
	mux.Handle("/data/", http.StripPrefix("/data/", http.FileServer(http.Dir(dir))))
	server := httptest.NewServer(mux)
	defer server.Close()
	web := server.URL + "/data/"
	in := func(names ...string) []string {
		for i, n := range names {
			names[i] = filepath.Join(dir, n)
		}
		return names
	}
	for _, tt := range []struct {
		name  string
		paths []string
		base  string
		want  string
	}{
		{"a file", in("a.wet"), "", "a:one"},
		{"files, in order", in("c.warc.wet", "a.wet"), "", "c:three a:one"},
		{"a directory", in("."), "", "a:one b:two c:three d:four odd[1]:eight"},
		{"a pattern", in("[bd].*"), "", "b:two d:four"},
		{"a pattern of directories", in("s*/*.wet"), "", "e:five"},
		{"a name that looks like a pattern", in("odd[1].wet"), "", "odd[1]:eight"},
		{"a listing and a directory", in("some.paths"), filepath.Join(dir, "crawl"), "f:six g:seven"},
		{"a listing and an address", in("some.paths"), web + "crawl", "f:six g:seven"},
		{"an address", []string{web + "b.warc.wet.gz"}, "", "b:two"},
		{"an address with escapes", []string{web + "odd%20name/j.warc.wet"}, "", "j:nine"},
		{"the address of a listing", []string{web + "wet.paths.gz"}, web, "g:seven f:six"},
		{"the address of a listing, a directory", []string{web + "wet.paths.gz"}, dir, "g:seven f:six"},
		{"all sorts", append(in("sub", "a.wet"), web+"b.warc.wet.gz"), "", "e:five a:one b:two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src, err := Open(t.Context(), tt.paths, &OpenOptions{Base: tt.base})
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(t, src); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if err := stagetest.CheckSource(src); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("relative", func(t *testing.T) {
		t.Chdir(dir)
		src, err := Open(t.Context(), []string{"a.wet", "sub", "./crawl/x/*"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := texts(t, src), "a:one e:five f:six g:seven"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestOpenErrors(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.wet":             rec("a", "", "one"),
		"sub/a.warc.wet.gz": gz(rec("a", "", "one")),
		"empty.wet":         "",
		"notes.txt":         "just a text\n",
		"old.arc":           "filedesc://x",
		"none/readme":       "",
		"bad/x.wet":         "just a text",
		"empty.paths":       "\n\n",
		"missing.paths":     "a.wet\nb.wet\n",
		"twice.paths":       "a.wet\na.wet\n",
		"warc.paths":        "crawl-data/x.warc.gz\n",
		"outside.paths":     "../a.wet\n",
		"long.paths":        strings.Repeat("x", 5000),
		"broken.paths.gz":   gzipped("a.wet\n")[:20],
		"listed.wet.gz":     "crawl-data/CC-MAIN/x.wet.gz\n",
	})
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	for _, tt := range []struct {
		paths []string
		want  string
	}{
		{nil, "no input"},
		{[]string{""}, "is empty"},
		{[]string{"DIR/missing.wet"}, "missing.wet: no such file"},
		{[]string{"DIR/empty.wet"}, "empty.wet: the file is empty"},
		{[]string{"DIR/notes.txt"}, "notes.txt: wet: not a WARC file"},
		{[]string{"DIR/old.arc"}, "it is an ARC file"},
		{[]string{"DIR/listed.wet.gz"}, "it is a list of paths"},
		{[]string{"DIR/none"}, "no *.wet or *.wet.gz files in this directory"},
		{[]string{"DIR/bad"}, "x.wet: wet: not a WARC file"},
		{[]string{"DIR/*.xyz"}, "nothing matches"},
		{[]string{"DIR/[a.wet"}, "syntax error in pattern"},
		{[]string{"DIR/a.wet", "DIR/sub"}, "a.wet and DIR/sub/a.warc.wet.gz would both be shard a"},
		{[]string{"DIR/a.wet", "DIR/a.wet"}, "a.wet is given twice"},
		{[]string{"DIR/empty.paths"}, "the listing is empty"},
		{[]string{"DIR/missing.paths"}, "line 2: "},
		{[]string{"DIR/twice.paths"}, "a.wet is given twice"},
		{[]string{"DIR/warc.paths"}, "use the crawl's wet.paths.gz"},
		{[]string{"DIR/outside.paths"}, "line 1: "},
		{[]string{"DIR/long.paths"}, "line 1 is longer than"},
		{[]string{"DIR/broken.paths.gz"}, "unexpected EOF"},
		{[]string{server.URL + "/"}, "a directory on a server cannot be listed"},
		{[]string{server.URL + "/missing.wet"}, "missing.wet"},
		{[]string{server.URL + "/notes.txt"}, "not a WARC file"},
		{[]string{server.URL + "/empty.wet"}, "empty"},
		{[]string{server.URL + "/missing.paths.gz"}, "missing.paths.gz"},
		{[]string{"http://%zz/x.wet"}, "invalid URL"},
	} {
		for i, p := range tt.paths {
			tt.paths[i] = strings.ReplaceAll(p, "DIR", dir)
		}
		tt.want = strings.ReplaceAll(tt.want, "DIR", dir)
		_, err := Open(t.Context(), tt.paths, &OpenOptions{Base: dir})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", tt.paths, err, tt.want)
		}
	}
}

func TestOpenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, []string{"."}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
