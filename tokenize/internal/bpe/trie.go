package bpe

// A trie finds the longest token at a place of a text. It is a double array: the
// child of a node for a byte is at the node's base, exclusive or the byte, if
// what is there says that it was reached by that byte. No two nodes have the same
// base, so that says enough, and a step is one load.
type trie struct {
	nodes []node
	root  node
}

// A node is its token, or None, in the low 24 bits; above it, in 8 bits, the byte
// that leads to it; above that, in 32 bits, its base.
type node uint64

func (n node) token() uint32 { return uint32(n) & None }
func (n node) by() byte      { return byte(n >> 24) }
func (n node) base() uint32  { return uint32(n >> 32) }

func newNode(base uint32, by byte, token uint32) node {
	return node(base)<<32 | node(by)<<24 | node(token)
}

// In every block of 256, two bases belong to no node. The first is what the
// places that are not in use claim to be reached from, the second is the base
// of the nodes that have no children.
const (
	baseOfFree = 0
	baseOfLeaf = 1
)

// longest returns the longest token that s[i:] begins with, or None.
func (t *trie) longest(s string, i int) uint32 {
	nodes := t.nodes
	n, token := t.root, uint32(None)
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
			token = k
		}
	}
	return token
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
	for i := uint32(hashPair(parent, uint32(c))) & mask; ; i = (i + 1) & mask {
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
	blocks []block
}

type block struct {
	full  [256]bool // a node is there
	taken [256]bool // a node has this base
	free  int
}

const openBlocks = 12

// fit returns a base for children with these labels and takes their places.
func (p *packer) fit(labels []byte) uint32 {
	for i := max(0, len(p.blocks)-openBlocks); i < len(p.blocks); i++ {
		if b := &p.blocks[i]; b.free >= len(labels) {
			if base, ok := b.fit(labels); ok {
				return uint32(i<<8) | base
			}
		}
	}
	p.blocks = append(p.blocks, block{free: 256})
	b := &p.blocks[len(p.blocks)-1]
	b.taken[baseOfFree], b.taken[baseOfLeaf] = true, true
	base, _ := b.fit(labels) // nothing else is there
	return uint32((len(p.blocks)-1)<<8) | base
}

func (b *block) fit(labels []byte) (uint32, bool) {
next:
	for base := range 256 {
		if b.taken[base] {
			continue
		}
		for _, c := range labels {
			if b.full[byte(base)^c] {
				continue next
			}
		}
		b.taken[base] = true
		b.free -= len(labels)
		for _, c := range labels {
			b.full[byte(base)^c] = true
		}
		return uint32(base), true
	}
	return 0, false
}
