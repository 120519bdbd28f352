package dedup_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/storage"
)

func TestCanonicalURL(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		" http://Example.ORG":                  "example.org",
		"https://www.example.org/":             "example.org",
		"https://example.org:443/a/":           "example.org/a",
		"http://example.org:443/a":             "example.org:443/a",
		"http://user:pw@example.org./A/b#part": "example.org/A/b",
		"http://example.org/?":                 "example.org",
		"http://example.org/?b=2&a=1&b=1&utm_source=x": "example.org?a=1&b=2&b=1",
		"http://example.org/p?UTM_campaign=1&FBCLID=9": "example.org/p",
		"http://example.org/p?q=a%20b&":                "example.org/p?q=a%20b",
		"http://example.org/%7Euser/%2F":               "example.org/%7Euser/%2F",
		"http://www.com/":                              "www.com",
		"http://www/":                                  "www",
		"http://[2001:DB8::1]/x":                       "[2001:db8::1]/x",
		"http://[2001:db8::1]:8080/x":                  "[2001:db8::1]:8080/x",
		"mailto:me@example.org":                        "mailto:me@example.org",
		"not a url":                                    "not a url",
		"http://exa mple.org/":                         "http://exa mple.org/",
		"http://bücher.example/straße?ü=1":             "bücher.example/stra%C3%9Fe?ü=1",
		"http://example.org/a?=1&x":                    "example.org/a?x",
	} {
		if got := dedup.CanonicalURL(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzCanonicalURL(f *testing.F) {
	f.Add("https://www.example.org:443/a/")
	f.Fuzz(func(t *testing.T, address string) {
		got := dedup.CanonicalURL(address)
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || strings.ContainsAny(address, "?#") || strings.TrimSpace(address) != address {
			return
		}
		if again := dedup.CanonicalURL(address + "?utm_source=1&gclid=2#part"); again != got {
			t.Errorf("%q: %q, and with what does not count %q", address, got, again)
		}
	})
}

func TestExactByURL(t *testing.T) {
	c := corpusOf("a a0 one", "a a1 two", "b b0 three", "b b1 one", "b b2 five")
	for id, address := range map[string]string{"a0": "http://example.org/x/", "a1": "http://example.org/y", "b0": "https://www.example.org/x?utm_id=1", "b1": "", "b2": ""} {
		for _, d := range c.all() {
			if d.ID == id {
				d.URL = address
			}
		}
	}
	var out, rejects textmill.Memory
	e := &dedup.Exact{Store: &storage.Memory{}, By: dedup.URL, Partitions: 3}
	plan := e.Plan(c, nil, &out)
	plan[len(plan)-1].Job.(*textmill.Pipeline).Rejects = &rejects
	reports, err := plan.Run(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	drop := map[string]string{}
	for _, d := range rejects.Documents() {
		if d.Meta["reject.reason"] != "duplicate_url" {
			t.Errorf("%v", d.Meta)
		}
		drop[d.ID], _ = d.Meta["reject.duplicate_of"].(string)
	}
	if !maps.Equal(drop, map[string]string{"b0": "a0"}) || len(out.Documents()) != 4 {
		t.Errorf("dropped %v, kept %d", drop, len(out.Documents()))
	}
	if n := reports[0].Counts["dedup.empty"]; n != 2 {
		t.Errorf("%d without an address", n)
	}
	// Files of texts are not taken for files of addresses.
	e.By = dedup.Text
	if _, err := textmill.RunJob(t.Context(), e.Match(c), 1); err == nil {
		t.Error("other settings, but no error")
	}
	e.By = 7
	if err := sign(t, e, c); err == nil || err.Error() != "create a: dedup: Exact.By is 7; use Text or URL" {
		t.Error(err)
	}
}
