package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/stagetest"
)

// shardsOf says which shards there are, with their sizes.
func shardsOf(t *testing.T, src textmill.Source) string {
	t.Helper()
	shards, err := src.Shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range shards {
		out = append(out, fmt.Sprintf("%s:%d", s.Name, s.Size))
	}
	return strings.Join(out, " ")
}

func open(t *testing.T, args ...string) textmill.Source {
	t.Helper()
	src, err := settingsOf(t, args...).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// Without -in, the inputs are the files of examples/commoncrawl.
func TestSample(t *testing.T) {
	const dir = "../commoncrawl/testdata"
	if got, want := shardsOf(t, open(t)), shardsOf(t, open(t, "-in", dir)); got != want {
		t.Errorf("shards %s, want %s", got, want)
	}
	for i, name := range sample.Names() {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(sampleFile(t, i), want) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestInputsOnS3(t *testing.T) {
	files := deal(t, 4)
	zero, one, two, three := files[0], files[1], files[2], files[3]
	site := newSite(t, map[string][]byte{
		"bucket/crawl/wet.paths":                    []byte("crawl/x/one.warc.wet.gz\ncrawl/y/zero.warc.wet.gz\ncrawl/y/missing.warc.wet.gz\n"),
		"bucket/crawl/x/one.warc.wet.gz":            one,
		"bucket/crawl/y/zero.warc.wet.gz":           zero,
		"bucket/crawl/y/zero.warc.gz":               []byte("not a WET file"),
		"bucket/crawl/y/a b+c=ü.wet":                two,
		"bucket/crawl-2/other.warc.wet.gz":          one,
		"bucket/crawl-2/other.warc.wet.gz.json":     []byte("{}"),
		"bucket/not/only.warc.gz":                   []byte("not a WET file"),
		"bucket/crawl-3/not/directly/below.wet.gz":  zero,
		"bucket/crawl-3/not/directly/beside.wet.gz": three,
	})
	size := func(name string, b []byte) string { return fmt.Sprintf("%s:%d", name, len(b)) }
	for _, tt := range []struct{ name, in, request, want string }{
		{"a listing", "crawl/wet.paths", "GET crawl/wet.paths", "one:0 zero:0 missing:0"},
		{"a file", "crawl/x/one.warc.wet.gz", "HEAD crawl/x/one.warc.wet.gz", size("one", one)},
		{"a file with an odd name", "crawl/y/a b+c=ü.wet", "HEAD crawl/y/a b+c=ü.wet", size("a b+c=ü", two)},
		{"a prefix", "crawl", "LIST crawl/", size("one", one) + " " + size("a b+c=ü", two) + " " + size("zero", zero)},
		{"a prefix with a slash", "crawl-2/", "LIST crawl-2/", size("other", one)},
		{"a prefix of folders", "crawl-3", "LIST crawl-3/", size("below", zero) + " " + size("beside", three)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			site.seen()
			src := open(t, "-in", "s3://bucket/"+tt.in)
			if got := shardsOf(t, src); got != tt.want {
				t.Errorf("shards %s, want %s", got, tt.want)
			}
			method, key, _ := strings.Cut(tt.request, " ")
			want := []string{method + " bucket/" + key + " eu-central-1"}
			if got := site.seen(); !slices.Equal(got, want) {
				t.Errorf("to find out it took %q, want %q", got, want)
			}
			if strings.Contains(tt.want, "missing") {
				return
			}
			if err := stagetest.CheckSource(src); err != nil {
				t.Error(err)
			}
		})
	}
}

// The bucket of Common Crawl is asked where it is, wherever the program runs.
func TestBucketOfCommonCrawl(t *testing.T) {
	site := newSite(t, map[string][]byte{"commoncrawl/crawl-data/X/wet.paths": []byte("crawl-data/X/a.warc.wet.gz\n")})
	if got := shardsOf(t, open(t, "-in", "s3://commoncrawl/crawl-data/X/wet.paths")); got != "a:0" {
		t.Errorf("shards %s", got)
	}
	if got := site.seen(); !slices.Equal(got, []string{"GET commoncrawl/crawl-data/X/wet.paths us-east-1"}) {
		t.Errorf("requests %q", got)
	}
}

// The whole bucket is a prefix, too.
func TestBucketAsInput(t *testing.T) {
	file := deal(t, 1)[0]
	newSite(t, map[string][]byte{"bucket/zero.warc.wet.gz": file, "bucket/readme": nil})
	want := fmt.Sprintf("zero:%d", len(file))
	for _, in := range []string{"s3://bucket", "s3://bucket/"} {
		if got := shardsOf(t, open(t, "-in", in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestAnonymous(t *testing.T) {
	site := newSite(t, map[string][]byte{"bucket/x/zero.warc.wet.gz": deal(t, 1)[0]})
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	src := open(t, "-in", "s3://bucket/x", "-anonymous")
	if err := stagetest.CheckSource(src); err != nil {
		t.Error(err)
	}
	requests := site.seen()
	if len(requests) < 2 {
		t.Errorf("requests %q", requests)
	}
	for _, r := range requests {
		if strings.HasSuffix(r, "-1") {
			t.Errorf("%s", r)
		}
	}
}

// Inputs from everywhere make one source.
func TestInputsOfAllSorts(t *testing.T) {
	dir, files := t.TempDir(), deal(t, 4)
	newSite(t, map[string][]byte{"bucket/x/zero.warc.wet.gz": files[0], "bucket/y/one.warc.wet.gz": files[1]})
	for name, b := range map[string][]byte{"two.warc.wet.gz": files[2], "three.warc.wet.gz": files[3]} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	src := open(t, "-in", filepath.Join(dir, "th*"), "-in", "s3://bucket/y", "-in", filepath.Join(dir, "two.warc.wet.gz"), "-in", "s3://bucket/x")
	want := fmt.Sprintf("one:%d zero:%d three:%d two:%d", len(files[1]), len(files[0]), len(files[3]), len(files[2]))
	if got := shardsOf(t, src); got != want {
		t.Errorf("shards %s, want %s", got, want)
	}
	if err := stagetest.CheckSource(src); err != nil {
		t.Error(err)
	}
	twice := open(t, "-in", "s3://bucket/x", "-in", "s3://bucket/x/zero.warc.wet.gz")
	if _, err := twice.Shards(t.Context()); err == nil || !strings.Contains(err.Error(), "two shards are called zero") {
		t.Errorf("an input that is given twice: %v", err)
	}
}
