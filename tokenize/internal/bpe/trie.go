package bpe

import "math/bits"

// A trie finds the longest token at a place of a text. It is a double array: the
// child of a node for a byte is at the node's base, exclusive or the byte, if
// what is there says that it was reached by that byte. No two nodes have the same
// base, so that says enough, and a step is one load.
type trie struct {
	nodes []node
	root  node
}

// A node is the byte that leads to it, in the lowest 8 bits; its token, or None;
// and its base, in the highest 32 bits.
type node uint64

func (n node) by() byte      { return byte(n) }
func (n node) token() uint32 { return uint32(n) >> 8 & None }
func (n node) base() uint32  { return uint32(n >> 32) }

func newNode(base uint32, by byte, token uint32) node {
	return node(base)<<32 | node(token)<<8 | node(by)
}

// In every block of 256, two bases belong to no node. The first is what the
// places that are not in use claim to be reached from, the second is the base
// of the nodes that have no children.
const (
	baseOfFree = 0
	baseOfLeaf = 1
)

// longest returns the longest token that s[i:] begins with, and where it ends;
// or None.
func (t *trie) longest(s string, i int) (token uint32, end int) {
	nodes := t.nodes
	n := t.root
	token = None
	for ; i < len(s); i++ {
		c := s[i]
		at := n.base() ^ uint32(c)
		if uint(at) >= uint(len(nodes)) {
			break
		}
		n = nodes[at]
		if n.by() != c {
			break
		}
		if k := n.token(); k != None {
			token, end = k, i+1
		}
	}
	return token, end
}

// A builder is a trie that can grow: nodes with lists of children, and a table of
// the children by parent and byte.
type builder struct {
	nodes    []builderNode
	children []uint32 // open addressing by hash; 0 is free
}

type builderNode struct {
	parent  uint32
	child   uint32 // the latest, 0 if there is none
	sibling uint32 // the one before it, 0 if there is none
	token   uint32
	by      byte
}

func newBuilder(size int) *builder {
	b := &builder{nodes: make([]builderNode, 1, size), children: make([]uint32, tableSize(size))}
	b.nodes[0].token = None
	return b
}

// place returns where the child is, or would be, in the table.
func (b *builder) place(parent uint32, c byte) uint32 {
	mask := uint32(len(b.children) - 1)
	for i := uint32(mix(uint64(parent)<<8|uint64(c)^mix0, mix1)) & mask; ; i = (i + 1) & mask {
		k := b.children[i]
		if k == 0 || b.nodes[k].parent == parent && b.nodes[k].by == c {
			return i
		}
	}
}

// add makes a path for s and returns its last node.
func (b *builder) add(s string) uint32 {
	n := uint32(0)
	for i := range len(s) {
		n = b.child(n, s[i])
	}
	return n
}

func (b *builder) child(n uint32, c byte) uint32 {
	at := b.place(n, c)
	if k := b.children[at]; k != 0 {
		return k
	}
	k := uint32(len(b.nodes))
	b.nodes = append(b.nodes, builderNode{parent: n, sibling: b.nodes[n].child, token: None, by: c})
	b.nodes[n].child = k
	b.children[at] = k
	if 2*len(b.nodes) > len(b.children) {
		b.grow()
	}
	return k
}

func (b *builder) grow() {
	b.children = make([]uint32, 2*len(b.children))
	for k := 1; k < len(b.nodes); k++ {
		n := &b.nodes[k]
		b.children[b.place(n.parent, n.by)] = uint32(k)
	}
}

// pack makes the double array. Nodes are placed in the order in which they came
// up, which is that of the ids: what is frequent in texts is together in memory.
func (b *builder) pack() trie {
	var p packer
	base := make([]uint32, len(b.nodes))
	place := make([]uint32, len(b.nodes))
	var labels []byte
	for k := range b.nodes {
		base[k] = baseOfLeaf
		if b.nodes[k].child == 0 {
			continue
		}
		labels = labels[:0]
		for c := b.nodes[k].child; c != 0; c = b.nodes[c].sibling {
			labels = append(labels, b.nodes[c].by)
		}
		base[k] = p.fit(labels)
		for c := b.nodes[k].child; c != 0; c = b.nodes[c].sibling {
			place[c] = base[k] ^ uint32(b.nodes[c].by)
		}
	}
	t := trie{nodes: make([]node, 256*max(1, len(p.blocks)))}
	for i := range t.nodes {
		t.nodes[i] = newNode(baseOfLeaf, byte(i)^baseOfFree, None)
	}
	for k, n := range b.nodes {
		if k > 0 {
			t.nodes[place[k]] = newNode(base[k], n.by, n.token)
		}
	}
	t.root = newNode(base[0], 0, None)
	return t
}

// A packer finds room in blocks of 256 nodes. It looks for it in the latest only,
// which are full but for a few per cent when others come after them.
type packer struct {
	blocks []*block
}

type block struct {
	used  [4]uint64 // a bit for each place where a node is
	bases [4]uint64 // a bit for each base that a node has
	free  int       // places
}

const openBlocks = 12

// fit returns a base for children with these labels and takes their places.
func (p *packer) fit(labels []byte) uint32 {
	for i := max(0, len(p.blocks)-openBlocks); i < len(p.blocks); i++ {
		if b := p.blocks[i]; b.free >= len(labels) {
			if base, ok := b.fit(labels); ok {
				return uint32(i)<<8 | uint32(base)
			}
		}
	}
	b := &block{free: 256}
	setBit(&b.bases, baseOfFree)
	setBit(&b.bases, baseOfLeaf)
	p.blocks = append(p.blocks, b)
	base, _ := b.fit(labels) // nothing else is there
	return uint32(len(p.blocks)-1)<<8 | uint32(base)
}

func (b *block) fit(labels []byte) (base byte, ok bool) {
	for i, used := range b.used {
		for free := ^used; free != 0; free &= free - 1 {
			base = byte(i<<6|bits.TrailingZeros64(free)) ^ labels[0]
			if b.fits(base, labels) {
				setBit(&b.bases, base)
				for _, c := range labels {
					setBit(&b.used, base^c)
				}
				b.free -= len(labels)
				return base, true
			}
		}
	}
	return 0, false
}

func (b *block) fits(base byte, labels []byte) bool {
	if bit(&b.bases, base) {
		return false
	}
	for _, c := range labels {
		if bit(&b.used, base^c) {
			return false
		}
	}
	return true
}

func bit(set *[4]uint64, i byte) bool { return set[i>>6]>>(i&63)&1 != 0 }
func setBit(set *[4]uint64, i byte)   { set[i>>6] |= 1 << (i & 63) }
