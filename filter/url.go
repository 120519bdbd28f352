package filter

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/words"
)

// URL is a stage that drops documents by their URL. The rules are those of
// datatrove's URLFilter, after RefinedWeb (Penedo et al. 2023, appendix G.1), in its
// order, with its reasons:
//
//	domain                the registered domain is listed (example.co.uk, by the
//	                      Public Suffix List), or what it is below, or the IP address
//	subdomain             a name below it is listed, up to the whole host
//	url                   the page is listed
//	hard_blacklisted      one of the words is a word of the URL
//	soft_blacklisted      SoftLimit or more of the soft words are
//	blacklisted_subword   one of the substrings is in what is left of the URL when
//	                      all but letters and digits is taken out
//
// The words of a URL are what lies between characters other than ASCII letters and
// digits, the scheme included. A document without URL is kept, unless RequireURL.
//
// It differs from datatrove in this:
//
//   - Words are compared without regard to case. There, the words of the URL keep
//     their capitals while the lists are in lower case, so that /PORN/ passes.
//   - Hosts are compared in lower case and as punycode, without a dot at the end.
//   - A listed name blocks all below it, as such lists mean it; there, a listed
//     blog.example.com does not block www.blog.example.com.
//   - Of a listed page the scheme, what comes before @, the default ports,
//     the fragment and a slash at the end do not matter; there, all must be equal.
//   - A document without URL is not an error.
//
// Malformed URLs are read as far as that makes sense: where there is no host, the
// rules about words are left. The zero URL has no lists and keeps everything.
type URL struct {
	// SoftLimit is how many different soft words it takes; 0 means they do not
	// matter.
	SoftLimit int

	// RequireURL drops documents without URL, for the reason "no_url".
	RequireURL bool

	domains, urls              urlSet
	words, softWords, subwords urlSet
	findSubwords               *urlSubwords
}

// NewURL returns a URL with SoftLimit 2 and the bundled lists: some dozens of words
// of adult sites, gambling and pill spam, and no real domain. A crawl wants longer
// ones, such as those of the Université Toulouse Capitole, by [URL.AddDomains].
func NewURL() *URL {
	u := &URL{SoftLimit: 2}
	lists, err := fs.Sub(urlLists, "lists")
	if err == nil {
		err = u.AddLists(lists)
	}
	if err != nil {
		panic(fmt.Sprint("the bundled lists: ", err)) // a test reads them
	}
	return u
}

// Process implements [textmill.Stage].
func (u *URL) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	url := words.Trim(doc.URL)
	if url == "" {
		if u.RequireURL {
			return textmill.Drop("no_url"), nil
		}
		return textmill.Keep, nil
	}
	if reason := u.judgeHost(url); reason != "" {
		return textmill.Drop(reason), nil
	}
	if u.urls.len() > 0 && u.urls.has(urlKey(url)) {
		return textmill.Drop("url"), nil
	}
	if v := u.judgeWords(url); v.Dropped() {
		return v, nil
	}
	if u.findSubwords.in(url) {
		return textmill.Drop("blacklisted_subword"), nil
	}
	return textmill.Keep, nil
}

// judgeHost looks up the host and all it is below, the shortest name first. The
// Public Suffix List is needed only for the reason, and so for few documents.
func (u *URL) judgeHost(url string) (reason string) {
	if u.domains.len() == 0 {
		return ""
	}
	host, _, _ := urlSplit(url)
	if urlIsIP(host) {
		if u.domains.has(host) {
			return "domain"
		}
		return ""
	}
	for start := len(host); start > 0; {
		start = strings.LastIndexByte(host[:start-1], '.') + 1
		if u.domains.has(host[start:]) {
			if start < urlRegistered(host) {
				return "subdomain"
			}
			return "domain"
		}
	}
	return ""
}

// urlMaxSoft bounds how many different soft words are counted.
const urlMaxSoft = 1000

// judgeWords looks up the words of the URL.
func (u *URL) judgeWords(url string) textmill.Verdict {
	var buf [16]int
	soft := buf[:0] // numbers of the soft words found
	var word [urlMaxWord]byte
	for i := 0; i < len(url); i++ {
		n := 0
		for ; i < len(url); i++ {
			c := urlSymbol[url[i]]
			if c == urlSymbols {
				break
			}
			if n < len(word) {
				word[n] = urlLetters[c]
			}
			n++
		}
		if n == 0 || n > max(u.words.longest, u.softWords.longest) {
			continue
		}
		if j, _ := urlFind(&u.words, word[:n]); j >= 0 {
			return textmill.Drop("hard_blacklisted")
		}
		if j, _ := urlFind(&u.softWords, word[:n]); j >= 0 && len(soft) < urlMaxSoft && !slices.Contains(soft, j) {
			soft = append(soft, j)
		}
	}
	if u.SoftLimit > 0 && len(soft) >= u.SoftLimit {
		return textmill.Drop("soft_blacklisted").Measured(float64(len(soft)), float64(u.SoftLimit))
	}
	return textmill.Keep
}

// MarshalJSON describes the stage in the manifest of a run: its settings and, of
// each list, the number of entries and a digest.
func (u *URL) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		SoftLimit                                 int
		RequireURL                                bool
		Domains, URLs, Words, SoftWords, Subwords *urlSet
	}{u.SoftLimit, u.RequireURL, &u.domains, &u.urls, &u.words, &u.softWords, &u.subwords})
}
