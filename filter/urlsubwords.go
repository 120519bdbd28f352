package filter

import "fmt"

// urlSubwords finds out whether one of a set of strings occurs in a URL whose
// characters other than ASCII letters and digits are taken out: the automaton of
// Aho and Corasick over 36 letters and digits. A state takes 144 bytes.
type urlSubwords struct {
	next []uint32 // by state and symbol; a state is the place of its row
}

const (
	urlSymbols          = 36
	urlMaxSubwordStates = 1 << 18 // 36 MiB
	urlFound            = ^uint32(0)
)

// urlSymbol holds the symbols of bytes, or urlSymbols for those taken out.
var urlSymbol = func() (t [256]uint8) {
	for b := range t {
		switch {
		case '0' <= b && b <= '9':
			t[b] = uint8(b - '0')
		case 'a' <= b && b <= 'z':
			t[b] = uint8(b - 'a' + 10)
		case 'A' <= b && b <= 'Z':
			t[b] = uint8(b - 'A' + 10)
		default:
			t[b] = urlSymbols
		}
	}
	return t
}()

// newURLSubwords makes the automaton of the strings of a set, which consist of
// lower-case letters and digits.
func newURLSubwords(set *urlSet) (*urlSubwords, error) {
	u := &urlSubwords{next: make([]uint32, urlSymbols)}
	for i := range set.len() {
		u.insert(set.entry(i))
		if len(u.next) > urlMaxSubwordStates*urlSymbols {
			return nil, fmt.Errorf("the substrings have more than %d characters together: use fewer", urlMaxSubwordStates)
		}
	}
	u.connect()
	return u, nil
}

// insert adds a string to the trie, unless it begins with one that is there.
func (u *urlSubwords) insert(s []byte) {
	at := uint32(0)
	for i, b := range s {
		p := at + uint32(urlSymbol[b])
		switch {
		case u.next[p] == urlFound:
			return
		case i == len(s)-1:
			u.next[p] = urlFound
		case u.next[p] == 0:
			u.next[p] = uint32(len(u.next))
			u.next = append(u.next, make([]uint32, urlSymbols)...)
		}
		at = u.next[p]
	}
}

// connect makes the trie an automaton, breadth first.
func (u *urlSubwords) connect() {
	fail := make([]uint32, len(u.next)/urlSymbols)
	queue := []uint32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := range uint32(urlSymbols) {
			p, back := at+c, uint32(0)
			if at != 0 {
				back = u.next[fail[at/urlSymbols]+c]
			}
			switch {
			case u.next[p] == urlFound:
			case u.next[p] == 0 || back == urlFound:
				u.next[p] = back
			default:
				fail[u.next[p]/urlSymbols] = back
				queue = append(queue, u.next[p])
			}
		}
	}
}

// in reports whether one of the strings occurs in url.
func (u *urlSubwords) in(url string) bool {
	if u == nil {
		return false
	}
	at := uint32(0)
	for i := range len(url) {
		c := urlSymbol[url[i]]
		if c == urlSymbols {
			continue
		}
		if at = u.next[at+uint32(c)]; at == urlFound {
			return true
		}
	}
	return false
}
