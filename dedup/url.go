package dedup

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// CanonicalURL returns an address without what seldom makes a difference to the page:
// the scheme, user and password, "www." and a final dot of the host, the default port,
// the fragment, a slash at the end of the path, and parameters that only say how
// somebody came there (utm_… and the click IDs of advertisers). The host is in lower
// case, and parameters are in order of name. The path and the values of parameters stay
// as they are. What cannot be parsed is returned as it is, without white space around it.
//
// It follows the SURT canonicalization of web archives where that is safe: that lowers
// the case of the path as well and removes session IDs of many kinds.
func CanonicalURL(address string) string {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	out := canonicalHost(u) + path
	if q := canonicalQuery(u.RawQuery); q != "" {
		out += "?" + q
	}
	return out
}

func canonicalHost(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if bare := strings.TrimPrefix(host, "www."); strings.Contains(bare, ".") {
		host = bare
	}
	port := u.Port()
	if port == "" || port == "80" && strings.EqualFold(u.Scheme, "http") || port == "443" && strings.EqualFold(u.Scheme, "https") {
		if strings.Contains(host, ":") { // IPv6
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

// canonicalQuery sorts the parameters by name, which keeps the order of those of the
// same name, and leaves out some.
func canonicalQuery(raw string) string {
	var kept []string
	for p := range strings.SplitSeq(raw, "&") {
		if name := parameterName(p); name != "" && !isTracking(name) {
			kept = append(kept, p)
		}
	}
	slices.SortStableFunc(kept, func(a, b string) int { return strings.Compare(parameterName(a), parameterName(b)) })
	return strings.Join(kept, "&")
}

func parameterName(p string) string {
	name, _, _ := strings.Cut(p, "=")
	return name
}

// isTracking reports whether a parameter only says where a visitor came from.
func isTracking(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "gclid", "gclsrc", "dclid", "fbclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "gbraid", "wbraid":
		return true
	}
	return strings.HasPrefix(name, "utm_")
}
