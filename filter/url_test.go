package filter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/net/idna"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/ucd"
	"github.com/textmill/textmill/internal/words"
	"github.com/textmill/textmill/stagetest"
)

// urlVerdict is what the stage says to a document with the URL.
func urlVerdict(t *testing.T, u *URL, url string) string {
	t.Helper()
	v, err := u.Process(t.Context(), &textmill.Document{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// urlWith returns a URL with lists, whose entries are separated by spaces.
func urlWith(t testing.TB, domains, urls, words, soft, sub string) *URL {
	t.Helper()
	u := &URL{SoftLimit: 2}
	lines := func(s string) io.Reader { return strings.NewReader(strings.ReplaceAll(s, " ", "\n")) }
	if err := errors.Join(u.AddDomains(lines(domains)), u.AddURLs(lines(urls)), u.AddWords(lines(words)), u.AddSoftWords(lines(soft)), u.AddSubwords(lines(sub))); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestURLRules(t *testing.T) {
	u := urlWith(t,
		"bad.com bad.co.uk blog.host.com user.github.io xxx 192.0.2.7 2001:db8::1 münchen.de xn--e1afmkfd.com localhost EVIL.ORG.",
		"http://good.com/bad/ good.com/q?a=1 https://Good.com:8080/p plain.com",
		"porn Bad-Word", "sex cam hot", "freeporn b4d")
	const soft2, soft3 = "drop: soft_blacklisted (2, limit 2)", "drop: soft_blacklisted (3, limit 2)"
	tests := []struct{ url, want string }{
		{"http://good.com/", "keep"},

		{"http://bad.com/", "drop: domain"},
		{"https://www.bad.com/x?y#z", "drop: domain"},
		{"http://a.b.c.bad.com", "drop: domain"},
		{"bad.com/x", "drop: domain"},
		{"//bad.com/x", "drop: domain"},
		{"ftp://bad.com/x", "drop: domain"},
		{"HTTP://WWW.BAD.COM/", "drop: domain"},
		{"http://bad.com./", "drop: domain"},
		{"http://bad.com:8080/", "drop: domain"},
		{"http://user:pass@bad.com/", "drop: domain"},
		{"http://good.com@bad.com/", "drop: domain"},
		{"http://good.com\\@bad.com/", "keep"}, // the host ends at the backslash
		{"http://bad.com@good.com/", "keep"},
		{"http://bad.com?x", "drop: domain"},
		{"http://bad.com#x", "drop: domain"},
		{" http://bad.com/\n", "drop: domain"},
		{"http://notbad.com/", "keep"},
		{"http://bad.com.good.com/", "keep"},
		{"http://good.com/bad.com", "keep"},
		{"http://good.com/?u=http://bad.com/", "keep"},
		{"http://x.bad.co.uk/", "drop: domain"},
		{"http://co.uk/", "keep"},
		{"http://bad.uk/", "keep"},
		{"http://anything.xxx/", "drop: domain"},
		{"http://evil.org/", "drop: domain"},

		{"http://blog.host.com/", "drop: subdomain"},
		{"http://www.blog.host.com/", "drop: subdomain"},
		{"http://host.com/", "keep"},
		{"http://other.host.com/", "keep"},
		{"http://user.github.io/", "drop: subdomain"}, // github.io is a suffix, but no registry's
		{"http://other.github.io/", "keep"},

		{"http://192.0.2.7/x", "drop: domain"},
		{"http://192.0.2.70/x", "keep"},
		{"http://1.192.0.2.7/", "keep"},
		{"http://[2001:db8::1]/x", "drop: domain"},
		{"http://[2001:DB8:0:0:0:0:0:1]:80/x", "drop: domain"},
		{"http://[2001:db8::2]/", "keep"},
		{"http://localhost:8080/", "drop: domain"},

		{"http://münchen.de/", "drop: domain"},
		{"http://MÜNCHEN.de/", "drop: domain"},
		{"http://www.xn--mnchen-3ya.de/", "drop: domain"},
		{"http://www．münchen。de/", "drop: domain"},
		{"http://пример.com/", "drop: domain"},
		{"http://XN--E1AFMKFD.com/", "drop: domain"},

		{"http://good.com/bad", "drop: url"},
		{"https://GOOD.com:443/bad/#top", "drop: url"},
		{"http://user@good.com/bad", "drop: url"},
		{"http://good.com/Bad", "keep"},
		{"http://good.com/bad/x", "keep"},
		{"http://good.com/bad?x", "keep"},
		{"http://www.good.com/bad", "keep"},
		{"http://good.com/q?a=1", "drop: url"},
		{"http://good.com/q?a=2", "keep"},
		{"http://good.com:8080/p", "drop: url"},
		{"http://good.com/p", "keep"},
		{"http://plain.com/", "drop: url"},

		{"http://good.com/porn", "drop: hard_blacklisted"},
		{"http://good.com/PORN/", "drop: hard_blacklisted"}, // passes in datatrove
		{"http://porn.good.com/", "drop: hard_blacklisted"},
		{"http://good.com/a-porn_b.html", "drop: hard_blacklisted"},
		{"http://good.com/?q=porn&x", "drop: hard_blacklisted"},
		{"http://good.com/pornography", "keep"},
		{"http://good.com/badword", "drop: hard_blacklisted"},
		{"http://good.com/bad-word", "keep"}, // it is a word of the list, but two of the URL
		{"porn", "drop: hard_blacklisted"},

		{"http://good.com/sex", "keep"},
		{"http://good.com/sex/sex", "keep"},
		{"http://good.com/sex-cam", soft2},
		{"http://good.com/Sex-CAM", soft2},
		{"http://hot.good.com/sex?cam", soft3},
		{"http://good.com/sex-cam/porn", "drop: hard_blacklisted"},

		{"http://good.com/myfreeporns", "drop: blacklisted_subword"},
		{"http://good.com/free-p.o.r.n", "drop: blacklisted_subword"},
		{"http://free.PORNish.com/", "drop: blacklisted_subword"},
		{"http://good.com/b/4/d", "drop: blacklisted_subword"},
		{"http://good.com/freepor", "keep"},
		{"http://good.com/ffreefreeporny", "drop: blacklisted_subword"},

		{"", "keep"}, {"  ", "keep"}, {":", "keep"}, {"://", "keep"}, {"http://", "keep"}, {"http:///x", "keep"}, {"/x", "keep"},
		{"mailto:a@good.com", "keep"}, {"urn:uuid:1", "keep"}, {"data:text/plain,x", "keep"}, {"http://[::1", "keep"}, {"http://]/", "keep"},
		{"http://.../", "keep"}, {"http://a..com/", "keep"}, {"http://%/", "keep"}, {"\xff\xfe", "keep"}, {"http://\xff.com/", "keep"},
	}
	for _, tt := range tests {
		if got := urlVerdict(t, u, tt.url); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.url, got, tt.want)
		}
	}
}

func TestURLSettings(t *testing.T) {
	u := &URL{}
	for _, url := range []string{"", "http://porn.example/sex"} {
		if got := urlVerdict(t, u, url); got != "keep" {
			t.Errorf("the zero URL on %q: %s", url, got)
		}
	}
	u.RequireURL = true
	if got := urlVerdict(t, u, " "); got != "drop: no_url" {
		t.Errorf("a URL is required: %s", got)
	}
	u = urlWith(t, "", "", "", "a b c", "")
	for limit, want := range map[int]string{0: "keep", 1: "drop: soft_blacklisted (3, limit 1)", 3: "drop: soft_blacklisted (3, limit 3)", 4: "keep"} {
		u.SoftLimit = limit
		if got := urlVerdict(t, u, "http://a.b/c/a"); got != want {
			t.Errorf("SoftLimit %d: %s, want %s", limit, got, want)
		}
	}
}

func TestURLBundledLists(t *testing.T) {
	u := NewURL()
	for url, want := range map[string]string{
		"http://www.adult.example/":                        "drop: domain",
		"https://example.com/blocked":                      "drop: url",
		"http://example.org/free-porn":                     "drop: hard_blacklisted",
		"http://example.org/online-casino-bonus":           "drop: soft_blacklisted (2, limit 2)",
		"http://example.org/bestcasinos":                   "drop: blacklisted_subword",
		"http://example.org/sex-education":                 "keep",
		"http://www.essex.example/essex-campus/":           "keep",
		"http://example.org/adult-education/course":        "keep",
		"http://scunthorpe.example/pharmacy":               "keep",
		"http://example.org/casino-royale-film":            "keep",
		"http://example.org/middlesex-analysis/title.html": "keep",
	} {
		if got := urlVerdict(t, u, url); got != want {
			t.Errorf("%q: %s, want %s", url, got, want)
		}
	}
}

func TestURLLists(t *testing.T) {
	add := map[string]func(*URL, io.Reader) error{
		"domains": (*URL).AddDomains, "urls": (*URL).AddURLs, "words": (*URL).AddWords, "soft words": (*URL).AddSoftWords, "subwords": (*URL).AddSubwords,
	}
	tests := []struct{ list, in, err string }{
		{"domains", "\ufeffa.com\r\n\n# no\n .b.com. \n[::1]\nxn--e1afmkfd\n", ""},
		{"domains", "a.com\nhttp://b.com/\n", `filter: list of domains, line 2: "http://b.com/" is no domain: want a name such as example.com`},
		{"domains", "0.0.0.0 b.com\n", `filter: list of domains, line 1: "0.0.0.0 b.com" is no domain: want a name such as example.com`},
		{"domains", "*.b.com\n", `filter: list of domains, line 1: "*.b.com" is no domain: want a name such as example.com`},
		{"domains", "b.com:80\n", `filter: list of domains, line 1: "b.com:80" is no domain: want a name such as example.com`},
		{"domains", "a:b:c\n", `filter: list of domains, line 1: "a:b:c" is no domain: want a name such as example.com`},
		{"domains", "\n...\n", `filter: list of domains, line 2: "..." is no domain: want a name such as example.com`},
		{"domains", strings.Repeat("a", 253), ""},
		{"domains", strings.Repeat("a", 254), "filter: list of domains, line 1: a domain has at most 253 characters, this one 254"},
		{"urls", "http://a.com/\nb.com/x y\n", ""},
		{"urls", "http:///#x\n", `filter: list of urls, line 1: "http:///#x" is no URL`},
		{"urls", "\n" + strings.Repeat("a", urlMaxLine+1), "filter: list of urls, line 2: more than 8192 bytes: is this a list?"},
		{"words", "a-B c\n#\n1\n", ""},
		{"words", "a\n--\n", `filter: list of words, line 2: "--": want 1 to 64 ASCII letters and digits`},
		{"soft words", "жа", `filter: list of soft words, line 1: "жа": words in URLs are made of ASCII letters and digits`},
		{"subwords", strings.Repeat("a", 64), ""},
		{"subwords", strings.Repeat("a", 65), `filter: list of subwords, line 1: "` + strings.Repeat("a", 65) + `": want 1 to 64 ASCII letters and digits`},
	}
	for _, tt := range tests {
		err := add[tt.list](&URL{}, strings.NewReader(tt.in))
		if got := fmt.Sprint(err); got != tt.err && !(err == nil && tt.err == "") {
			t.Errorf("%s %.20q: got %q, want %q", tt.list, tt.in, got, tt.err)
		}
	}
	boom := errors.New("boom")
	for name, add := range add {
		if err := add(&URL{}, io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(boom))); !errors.Is(err, boom) {
			t.Errorf("%s: a reader that fails: %v", name, err)
		}
		if err := add(&URL{}, strings.NewReader("\x1f\x8bnot gzip")); err == nil {
			t.Errorf("%s: a damaged gzip file is read", name)
		}
		if err := add(&URL{}, bytes.NewReader(urlGzip(t, "a\nb\n")[:20])); err == nil {
			t.Errorf("%s: a gzip file cut short is read", name)
		}
	}
}

func urlGzip(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestURLAddLists(t *testing.T) {
	u := &URL{}
	files := fstest.MapFS{"domains.txt.gz": {Data: urlGzip(t, "a.com\nb.com\n")}, "words.txt": {Data: []byte("x\n")}}
	if err := u.AddLists(files); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{"http://b.com": "drop: domain", "http://c.com/x": "drop: hard_blacklisted"} {
		if got := urlVerdict(t, u, url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	if err := u.AddLists(fstest.MapFS{"domain.txt": {}}); err == nil {
		t.Error("a folder without lists is accepted")
	}
	files["subwords.txt"] = &fstest.MapFile{Data: []byte("\n\xff")}
	if err := u.AddLists(files); err == nil {
		t.Error("a damaged list is accepted")
	}
}

func TestURLSubwordsBound(t *testing.T) {
	var sb strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&sb, "%04d%s\n", i, strings.Repeat("x", 60))
	}
	if err := (&URL{}).AddSubwords(strings.NewReader(sb.String())); err == nil || !strings.Contains(err.Error(), "use fewer") {
		t.Errorf("300,000 states: %v", err)
	}
}

func FuzzURLPunycode(f *testing.F) {
	for _, s := range []string{"münchen", "пример", "ｘ字a-b", "bücher-übersicht", "😀", "ü", "-ü-", "a\u0301", "\U0010ffff\u0080"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, label string) {
		if !utf8.ValidString(label) || strings.ContainsAny(label, ".。．｡") || len(label) > 200 || strings.TrimFunc(label, func(r rune) bool { return r < 0x80 }) == "" {
			return
		}
		label = string(ucd.AppendLower(nil, label))
		want, err := idna.Punycode.ToASCII(label)
		if err != nil || strings.HasPrefix(label, "xn--") {
			return
		}
		if got := urlPunycode(label); got != want {
			t.Errorf("%q: %s, want %s", label, got, want)
		}
	})
}

// A set of many strings finds them all and no others.
func TestURLSet(t *testing.T) {
	var s urlSet
	if s.has("") || s.has("a") {
		t.Error("the empty set has something")
	}
	for range 2 {
		for i := range 100_000 {
			if err := s.add(fmt.Sprint(i, ".example")); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 200_000 {
		if got := s.has(fmt.Sprint(i, ".example")); got != (i < 100_000) {
			t.Fatalf("%d: %v", i, got)
		}
	}
	if s.len() != 100_000 {
		t.Errorf("%d strings", s.len())
	}
}

func TestURLJSON(t *testing.T) {
	a := urlWith(t, "a.com b.com", "", "x", "y", "z")
	b := urlWith(t, "b.com a.com b.com", "", "x", "y", "z")
	c := urlWith(t, "a.com c.com", "", "x", "y", "z")
	asJSON := func(u *URL) string {
		out, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if asJSON(a) != asJSON(b) || asJSON(a) == asJSON(c) {
		t.Errorf("%s\n%s\n%s", asJSON(a), asJSON(b), asJSON(c))
	}
	if want := `{"SoftLimit":2,"RequireURL":false,"Domains":{"entries":2,"digest":"xxh3:`; !strings.HasPrefix(asJSON(a), want) {
		t.Errorf("got %s, want %s…", asJSON(a), want)
	}
}

func TestURLStage(t *testing.T) {
	docs := []*textmill.Document{{ID: "x", URL: "http://example.com/sex-cam-casino-poker"}, {ID: "y"}, {ID: "z", URL: "http://adult.example/"}}
	if err := stagetest.Check(func() textmill.Stage { return NewURL() }, docs...); err != nil {
		t.Error(err)
	}
}

func TestURLDoesNotAllocate(t *testing.T) {
	u, ctx := NewURL(), t.Context()
	doc := &textmill.Document{URL: "https://user@www.example.co.uk:443/Some/Page-of-Words/index.html?q=1#x"}
	if n := testing.AllocsPerRun(100, func() { u.Process(ctx, doc) }); n > 1 { // for the default port
		t.Errorf("%v allocations", n)
	}
	doc.URL = "https://www.example.co.uk/Some/Page-of-Words/index.html?q=sex&r=Adult"
	if n := testing.AllocsPerRun(100, func() { u.Process(ctx, doc) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzURLLists(f *testing.F) {
	f.Add("a.com\n# b\n\r\n[::1]\nhttp://x/y\n")
	f.Add("\x1f\x8b\x08\x00")
	f.Add("\ufeffМосква.рф\nword\n")
	f.Fuzz(func(t *testing.T, list string) {
		for _, line := range strings.Split(list, "\n") {
			u := &URL{SoftLimit: 1}
			domain := u.AddDomains(strings.NewReader(line)) == nil && u.domains.len() == 1
			if domain && !strings.Contains(line, ":") { // what was listed is found
				line := strings.Trim(words.Trim(strings.TrimPrefix(line, "\ufeff")), "[]")
				if got := urlVerdict(t, u, "http://"+line+"/x"); !strings.Contains(got, "domain") {
					t.Errorf("%q is listed, but %s", line, got)
				}
			}
			if u = (&URL{}); u.AddURLs(strings.NewReader(line)) == nil && u.urls.len() == 1 {
				if got := urlVerdict(t, u, strings.TrimPrefix(line, "\ufeff")); got != "drop: url" {
					t.Errorf("%q is listed, but %s", line, got)
				}
			}
		}
		u := &URL{}
		u.AddWords(strings.NewReader(list))
		u.AddSoftWords(strings.NewReader(list))
		u.AddSubwords(strings.NewReader(list))
	})
}

// The rules about words against their definition.
func FuzzURL(f *testing.F) {
	f.Add("http://user@WWW.example.co.uk:80/free-Porn/?q=sex%20cam#x", "porn freeporn sex cam")
	f.Add("http://[::1]:8080/a..b", "ab b aab")
	f.Add("http://пример.рф/\xff", "x")
	f.Fuzz(func(t *testing.T, url, list string) {
		var listed []string
		for _, w := range strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') }) {
			if len(w) <= urlMaxWord && len(listed) < 20 {
				listed = append(listed, w)
			}
		}
		isOther := func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
		}
		inURL, squeezed := map[string]bool{}, ""
		for _, w := range strings.FieldsFunc(url, isOther) {
			w = strings.ToLower(w)
			inURL[w] = true
			squeezed += w
		}
		soft, sub := map[string]bool{}, false
		for _, w := range listed {
			if inURL[w] {
				soft[w] = true
			}
			sub = sub || strings.Contains(squeezed, w)
		}
		lines := strings.Join(listed, "\n")
		expect := func(u *URL, want string) {
			if got := urlVerdict(t, u, url); got != want {
				t.Errorf("%q, words %q: %s, want %s", url, listed, got, want)
			}
		}
		hard, softly, subs := &URL{}, &URL{SoftLimit: 2}, &URL{}
		if err := errors.Join(hard.AddWords(strings.NewReader(lines)), softly.AddSoftWords(strings.NewReader(lines)), subs.AddSubwords(strings.NewReader(lines))); err != nil {
			t.Fatal(err)
		}
		want := func(is bool, reason string) string {
			if is {
				return "drop: " + reason
			}
			return "keep"
		}
		expect(hard, want(len(soft) > 0, "hard_blacklisted"))
		expect(softly, want(len(soft) > 1, fmt.Sprintf("soft_blacklisted (%d, limit 2)", len(soft))))
		expect(subs, want(sub, "blacklisted_subword"))
		urlVerdict(t, NewURL(), url)
	})
}

func BenchmarkURL(b *testing.B) {
	u, ctx := NewURL(), b.Context()
	var domains strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&domains, "site-%d.example\n", i)
	}
	if err := u.AddDomains(strings.NewReader(domains.String())); err != nil {
		b.Fatal(err)
	}
	var docs []*textmill.Document
	size := 0
	for i := range 1000 {
		url := fmt.Sprintf("https://www.site-%d.example.co.uk/%d/03/The-miller-and-the-wheel/index.html?page=%d", i, 1990+i%30, i)
		docs = append(docs, &textmill.Document{URL: url})
		size += len(url)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, doc := range docs {
			if v, err := u.Process(ctx, doc); err != nil || !v.Kept() {
				b.Fatal(v, err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(docs))/b.Elapsed().Seconds(), "docs/s")
}

func ExampleURL() {
	u := NewURL()
	if err := u.AddDomains(strings.NewReader("spam.example\n")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	for _, url := range []string{"https://www.spam.example/", "https://example.org/Casino/POKER", "https://example.org/mill"} {
		v, _ := u.Process(context.Background(), &textmill.Document{URL: url})
		fmt.Println(url, v)
	}
	// Output:
	// https://www.spam.example/ drop: domain
	// https://example.org/Casino/POKER drop: soft_blacklisted (2, limit 2)
	// https://example.org/mill keep
}
