package hf

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A precompiled is the table of replacements of a SentencePiece model: a trie, as a
// double array, of what is replaced, and what it is replaced by.
type precompiled struct {
	units []uint32
	texts string    // each ends with a zero byte
	first [256]bool // bytes that something to be replaced begins with
}

func readPrecompiled(f *fields) (*precompiled, error) {
	encoded := f.text("precompiled_charsmap")
	if f.err != nil {
		return nil, f.err
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("is not base 64: %w", err)
	}
	if len(data) < 4 {
		return nil, errors.New("has no length")
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if uint64(size) > uint64(len(data)) || size%4 != 0 {
		return nil, fmt.Errorf("has a trie of %d bytes, of %d bytes in all", size, len(data))
	}
	p := &precompiled{units: make([]uint32, size/4), texts: string(data[size:])}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	if !utf8.ValidString(p.texts) {
		return nil, errors.New("has replacements that are not UTF-8")
	}
	for c := range 256 {
		_, p.first[c] = p.child(p.rootOffset(), byte(c))
	}
	return p, nil
}

// The units of the double array: see the format of darts-clone. The lowest eight
// bits of a unit are the byte that leads to it, and the highest is set in a leaf.
// The rest is how far its children are from it.

func (p *precompiled) rootOffset() uint32 {
	if len(p.units) == 0 {
		return 0
	}
	return offset(p.units[0])
}

func offset(unit uint32) uint32 { return (unit >> 10) << ((unit & (1 << 9)) >> 6) }

// child returns the unit that the byte leads to from a node with children at at.
func (p *precompiled) child(at uint32, c byte) (unit uint32, ok bool) {
	i := at ^ uint32(c)
	if c == 0 || uint64(i) >= uint64(len(p.units)) {
		return 0, false
	}
	unit = p.units[i]
	return unit, unit&(1<<31|0xff) == uint32(c)
}

// transform returns what s is replaced by. Like the library, it takes the shortest
// beginning of s that is in the trie, and what that is replaced by stands for all
// of s.
func (p *precompiled) transform(s string) (string, bool) {
	at := p.rootOffset()
	for i := range len(s) {
		unit, ok := p.child(at, s[i])
		if !ok {
			return "", false
		}
		node := at ^ uint32(s[i])
		at = node ^ offset(unit)
		if unit>>8&1 != 0 {
			if uint64(at) >= uint64(len(p.units)) {
				return "", false
			}
			start := p.units[at] & (1<<31 - 1)
			if uint64(start) > uint64(len(p.texts)) {
				return "", false
			}
			text := p.texts[start:]
			if end := strings.IndexByte(text, 0); end >= 0 {
				text = text[:end]
			}
			return text, true
		}
	}
	return "", false
}

// apply implements normalizer. The library asks for what people take for a
// character, a grapheme cluster, if it is short, and then for its characters one by
// one. It loses count of characters that are replaced by nothing, so origin is that
// of the original only as long as nothing is.
func (p *precompiled) apply(n *normal) {
	s := n.text
	var out []byte // of s[:i], if it is not the same
	changed := false
	origin := 0
	for i := 0; i < len(s); {
		if !p.first[s[i]] && s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			if changed {
				out = append(out, s[i])
			}
			i++
			continue
		}
		end := i + clusterLength(s[i:])
		if end-i < maxCluster {
			if text, ok := p.transform(s[i:end]); ok {
				if !changed {
					out, changed = append(make([]byte, 0, len(s)+16), s[:i]...), true
				}
				out = append(out, text...)
				if i == 0 {
					origin = len(text)
				}
				i = end
				continue
			}
		}
		for i < end {
			_, k := utf8.DecodeRuneInString(s[i:])
			text, ok := p.transform(s[i : i+k])
			if ok && !changed {
				out, changed = append(make([]byte, 0, len(s)+16), s[:i]...), true
			}
			if !ok {
				text = s[i : i+k]
			}
			if changed {
				out = append(out, text...)
			}
			if i == 0 {
				origin = len(text)
			}
			i += k
		}
	}
	if !changed {
		return
	}
	if n.origin > 0 {
		n.origin = max(origin, 1) // whatever is first now takes the place of the first
	}
	n.text = string(out)
}

// maxCluster is the size in bytes from which clusters are not asked for.
const maxCluster = 6
