package filter

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/textmill/textmill/internal/words"
)

// Bounds on lists.
const (
	urlMaxLine   = 8192
	urlMaxDomain = 253
	urlMaxWord   = 64
)

//go:embed lists
var urlLists embed.FS

// AddDomains adds a list of domains and hosts, one a line: "example.com" blocks that
// and everything below, "xxx" a top-level domain. Internationalised names may be in
// either form; IP addresses are allowed.
//
// As with the other lists, blank lines and lines that begin with # are skipped,
// the list may be compressed by gzip, an error names the line, and what was read
// before it has been added. Lists are added before the stage is used.
func (u *URL) AddDomains(r io.Reader) error {
	return urlEachLine("domains", r, func(line string) error {
		host := urlHost(strings.Trim(line, "[]"))
		_, err := netip.ParseAddr(host)
		if host == "" || strings.ContainsFunc(host, urlNotInHost) || strings.IndexByte(host, ':') >= 0 && err != nil {
			return fmt.Errorf("%q is no domain: want a name such as example.com", line)
		}
		if len(host) > urlMaxDomain {
			return fmt.Errorf("a domain has at most %d characters, this one %d", urlMaxDomain, len(host))
		}
		return u.domains.add(host)
	})
}

// urlNotInHost reports whether no host, in the form of urlHost, has the character.
func urlNotInHost(r rune) bool {
	return r <= ' ' || r >= 0x7F || strings.ContainsRune(`/\?#@*%<>[]^|"`+"`", r)
}

// AddURLs adds a list of single pages, one a line, with or without a scheme.
func (u *URL) AddURLs(r io.Reader) error {
	return urlEachLine("urls", r, func(line string) error {
		key := urlKey(line)
		if key == "" {
			return fmt.Errorf("%q is no URL", line)
		}
		return u.urls.add(key)
	})
}

// AddWords adds words of which one in a URL is enough. Characters other than ASCII
// letters and digits are taken out of them, as in datatrove.
func (u *URL) AddWords(r io.Reader) error { return urlAddWords("words", &u.words, r) }

// AddSoftWords adds words of which SoftLimit different ones are enough.
func (u *URL) AddSoftWords(r io.Reader) error { return urlAddWords("soft words", &u.softWords, r) }

// AddSubwords adds strings that may occur anywhere in the URL, also across the
// boundaries of its words.
func (u *URL) AddSubwords(r io.Reader) error {
	if err := urlAddWords("subwords", &u.subwords, r); err != nil {
		return err
	}
	find, err := newURLSubwords(&u.subwords)
	if err != nil {
		return fmt.Errorf("filter: list of subwords: %w", err)
	}
	u.findSubwords = find
	return nil
}

// AddLists adds the lists in the files domains, urls, words, soft_words and subwords,
// each with the ending .txt or .txt.gz. Those that are not there are left out, but
// one must be.
func (u *URL) AddLists(files fs.FS) error {
	found := false
	for _, list := range []struct {
		name string
		add  func(io.Reader) error
	}{{"domains", u.AddDomains}, {"urls", u.AddURLs}, {"words", u.AddWords}, {"soft_words", u.AddSoftWords}, {"subwords", u.AddSubwords}} {
		for _, ending := range []string{".txt", ".txt.gz"} {
			f, err := files.Open(list.name + ending)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("filter: list of URLs: %w", err)
			}
			found = true
			err = list.add(f)
			f.Close()
			if err != nil {
				return err
			}
		}
	}
	if !found {
		return errors.New("filter: no list of URLs: want domains.txt, urls.txt, words.txt, soft_words.txt or subwords.txt")
	}
	return nil
}

func urlAddWords(name string, set *urlSet, r io.Reader) error {
	return urlEachLine(name, r, func(line string) error {
		word := make([]byte, 0, urlMaxWord)
		for _, b := range []byte(line) {
			if b >= 0x80 {
				return fmt.Errorf("%q: words in URLs are made of ASCII letters and digits", line)
			}
			if c := urlSymbol[b]; c != urlSymbols {
				word = append(word, urlLetters[c])
			}
		}
		if len(word) == 0 || len(word) > urlMaxWord {
			return fmt.Errorf("%q: want 1 to %d ASCII letters and digits", line, urlMaxWord)
		}
		return set.add(string(word))
	})
}

const urlLetters = "0123456789abcdefghijklmnopqrstuvwxyz"

// urlEachLine calls add for each line of a list that is not blank or a comment.
func urlEachLine(name string, r io.Reader, add func(line string) error) error {
	n := 0
	fail := func(err error) error { return fmt.Errorf("filter: list of %s, line %d: %w", name, n, err) }
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("filter: list of %s: %w", name, err)
		}
		in = bufio.NewReader(z)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, urlMaxLine)
	for lines.Scan() {
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if line = words.Trim(line); line == "" || line[0] == '#' {
			continue
		}
		if err := add(line); err != nil {
			return fail(err)
		}
	}
	n++
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("more than %d bytes: is this a list?", urlMaxLine)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}
