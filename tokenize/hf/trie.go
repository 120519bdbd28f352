package hf

import (
	"maps"
	"slices"
)

// A trie finds the strings that begin at a place of a text. It is two arrays.
type trie struct {
	nodes []trieNode
}

// A trieNode has its children in a row of nodes, sorted, of which it knows the
// first; or, where it has many, at first plus the byte.
type trieNode struct {
	first int32 // of the children
	count int16 // of them; direct for one place for every byte
	label uint8
	value uint32 // of the string that ends here, or none
}

const (
	direct    = -1
	directMin = 12 // children from which a place for each byte is worth it
)

// newTrie stores strings with a value each. Empty strings are left out.
func newTrie(values map[string]uint32) *trie {
	keys := slices.Sorted(maps.Keys(values))
	if len(keys) > 0 && keys[0] == "" {
		keys = keys[1:]
	}
	t := &trie{nodes: []trieNode{{value: none}}}
	type job struct {
		node, depth int
		keys        []string
	}
	for queue := []job{{0, 0, keys}}; len(queue) > 0; {
		j := queue[0]
		queue = queue[1:]
		if len(j.keys) > 0 && len(j.keys[0]) == j.depth {
			t.nodes[j.node].value = values[j.keys[0]]
			j.keys = j.keys[1:]
		}
		groups := 0
		for i, k := range j.keys {
			if i == 0 || k[j.depth] != j.keys[i-1][j.depth] {
				groups++
			}
		}
		if groups == 0 {
			continue
		}
		first := len(t.nodes)
		n := &t.nodes[j.node]
		n.first, n.count = int32(first), int16(groups)
		if groups >= directMin {
			n.count = direct
			for c := range 256 {
				t.nodes = append(t.nodes, trieNode{label: uint8(c), value: none, first: -1})
			}
		}
		child := first
		for len(j.keys) > 0 {
			c := j.keys[0][j.depth]
			end := 1
			for end < len(j.keys) && j.keys[end][j.depth] == c {
				end++
			}
			at := first + int(c)
			if groups < directMin {
				at = child
				t.nodes = append(t.nodes, trieNode{label: c, value: none})
				child++
			} else {
				t.nodes[at].first = 0
			}
			queue = append(queue, job{at, j.depth + 1, j.keys[:end]})
			j.keys = j.keys[end:]
		}
	}
	return t
}

func (t *trie) root() int32 { return 0 }

// next returns the child of a node by a byte.
func (t *trie) next(at int32, c byte) (int32, bool) {
	n := &t.nodes[at]
	if n.count == direct {
		child := n.first + int32(c)
		return child, t.nodes[child].first >= 0
	}
	for child := n.first; child < n.first+int32(n.count); child++ {
		if t.nodes[child].label >= c {
			return child, t.nodes[child].label == c
		}
	}
	return 0, false
}

// value returns the value of the string that leads to a node, or none.
func (t *trie) value(at int32) uint32 { return t.nodes[at].value }

// longest returns the end and the value of the longest string that begins at i, or
// none.
func (t *trie) longest(s string, i int) (end int, value uint32) {
	value = none
	at := int32(0)
	for ; i < len(s); i++ {
		var ok bool
		if at, ok = t.next(at, s[i]); !ok {
			break
		}
		if v := t.nodes[at].value; v != none {
			end, value = i+1, v
		}
	}
	return end, value
}
