package wet

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadListing(t *testing.T) {
	want := []string{"crawl-data/x/a.warc.wet.gz", "b.wet"}
	plain := "crawl-data/x/a.warc.wet.gz\r\n\n  b.wet"
	for name, listing := range map[string]string{"plain": plain, "gzip": gzipped(plain)} {
		got, err := ReadListing(iotest.OneByteReader(strings.NewReader(listing)))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestReadListingErrors(t *testing.T) {
	for _, tt := range []struct{ listing, want string }{
		{"", "the listing is empty"},
		{"\n \n", "the listing is empty"},
		{"a.wet\n/b.wet\n", "line 2: "},
		{"a.wet\nb.warc.gz\n", "line 2: b.warc.gz is not a WET file"},
		{"b.warc.wat.gz\n", "line 1: b.warc.wat.gz is not a WET file"},
		{"a.wet\n" + strings.Repeat("x", maxLine+1), "line 2 is longer than 4096 bytes"},
		{gzipped("a.wet\n")[:20], "unexpected EOF"},
		{gzipMagic + "garbage of some length", "gzip: invalid header"},
	} {
		got, err := ReadListing(strings.NewReader(tt.listing))
		if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
			t.Errorf("%.40q: %q, %v; want the error %q", tt.listing, got, err, tt.want)
		}
	}
}

// A listing that never ends is given up, and is not taken for a shorter one.
func TestReadListingIsBounded(t *testing.T) {
	blank := strings.Repeat(strings.Repeat(" ", maxLine-1)+"\n", 256)
	end := blank[:len(blank)-6] + "a.wet\n"
	listing := func(n int) io.Reader {
		var parts []io.Reader
		for range n/len(blank) - 1 {
			parts = append(parts, strings.NewReader(blank))
		}
		return io.MultiReader(append(parts, strings.NewReader(end))...)
	}
	if got, err := ReadListing(listing(maxListing)); err != nil || !slices.Equal(got, []string{"a.wet"}) {
		t.Errorf("at the limit: %q, %v", got, err)
	}
	longer := io.MultiReader(listing(maxListing), strings.NewReader("\n"))
	if _, err := ReadListing(longer); err == nil || !strings.Contains(err.Error(), "longer than 268435456 bytes") {
		t.Errorf("past the limit: %v", err)
	}
}
