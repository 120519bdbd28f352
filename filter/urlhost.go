package filter

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/textmill/textmill/internal/words"
)

// urlSplit divides a URL into its host, port, and path with query. The scheme, what
// comes before @ and the fragment are left out. It takes whatever it gets: what is
// not there is "", and what lacks a scheme begins with the host. If nothing has to
// be changed, nothing is allocated.
func urlSplit(url string) (host, port, path string) {
	url = urlCutScheme(words.Trim(url))
	if i := strings.IndexAny(url, `/?#\`); i >= 0 {
		url, path = url[:i], url[i:]
	}
	if i := strings.IndexByte(path, '#'); i >= 0 {
		path = path[:i]
	}
	host = url[strings.LastIndexByte(url, '@')+1:]
	if i := strings.LastIndexByte(host, ']'); i >= 0 && host[0] == '[' {
		host, port = host[1:i], host[i+1:]
	} else if i := strings.IndexByte(host, ':'); i >= 0 {
		host, port = host[:i], host[i:]
	}
	return urlHost(host), strings.TrimPrefix(port, ":"), path
}

// urlCutScheme removes "http://", "//" and the like.
func urlCutScheme(url string) string {
	for i := range len(url) {
		switch c := url[i]; {
		case strings.HasPrefix(url[i:], "://") && i > 0:
			return url[i+3:]
		case i == 0 && strings.HasPrefix(url, "//"):
			return url[2:]
		case urlSymbol[c] == urlSymbols && c != '+' && c != '-' && c != '.':
			return url
		}
	}
	return url
}

// urlHost returns a host in the one form in which hosts are compared: lower case,
// punycode, no dots at its ends. An IP address is written as net/netip does.
func urlHost(host string) string {
	ascii, lower := true, true
	for i := range len(host) {
		ascii = ascii && host[i] < 0x80
		lower = lower && !('A' <= host[i] && host[i] <= 'Z')
	}
	switch {
	case !ascii:
		host = urlPunycode(host)
	case !lower:
		host = strings.ToLower(host)
	}
	host = strings.Trim(host, ".")
	if strings.IndexByte(host, ':') >= 0 {
		if ip, err := netip.ParseAddr(host); err == nil {
			return ip.String()
		}
	}
	return host
}

// urlIsIP reports whether a host is an IP address, or meant as one, and has no
// domains in it.
func urlIsIP(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return strings.Trim(last, "0123456789") == "" || strings.IndexByte(host, ':') >= 0
}

// urlRegistered returns where in a host the registered domain begins: one label
// before the public suffix, by the part of the list that is about registries, as
// tldextract does. It is 0 if the host is a suffix itself.
func urlRegistered(host string) int {
	suffix, icann := publicsuffix.PublicSuffix(host)
	for !icann {
		_, parent, ok := strings.Cut(suffix, ".")
		if !ok {
			break
		}
		suffix, icann = publicsuffix.PublicSuffix(parent)
	}
	if len(suffix) >= len(host) {
		return 0
	}
	return strings.LastIndexByte(host[:len(host)-len(suffix)-1], '.') + 1
}

// urlKey returns what of a URL is compared with a list of URLs: the host, a port
// other than 80 and 443, the path and the query, without a slash at the end.
func urlKey(url string) string {
	host, port, path := urlSplit(url)
	path = strings.TrimSuffix(path, "/")
	if port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	if i := strings.Index(url, host); i >= 0 && strings.HasPrefix(url[i+len(host):], path) {
		return url[i : i+len(host)+len(path)]
	}
	return host + path
}
