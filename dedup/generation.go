package dedup

import "math"

// A generation remembers documents by the keys of their bands. Documents have numbers
// in order from 0.
type generation struct {
	perKey int // documents that a key is remembered for
	lanes  int // bytes of a sketch; 0 if they are not remembered

	tables   [keyTables]keyTable
	ids      idList
	idAt     []uint64 // of each document, in ids
	sketches [][]byte // in chunks of sketchesPerChunk
	charged  int64    // bytes
}

const (
	// maxDocuments is how many there can be in a generation.
	maxDocuments = math.MaxUint32

	// maxPerKey is how many documents a key is remembered for where they are
	// compared.
	maxPerKey = 8

	// sketchChunk is how many bytes of sketches are allocated at once, at least.
	sketchChunk = 16 << 10

	// generationOverhead is what a generation takes at most beside what its
	// documents are charged: chunks that are not full, and the smallest tables.
	generationOverhead = sketchChunk + idChunk + keyTables*minSlots*slotSize
)

func (g *generation) documents() int { return len(g.idAt) }

// charge returns the most memory that a document takes.
func (g *generation) charge(id string, keys []uint64) int64 {
	// Slices grow by a quarter at most once they are large.
	return int64(len(keys)*maxSlotSize+g.lanes+storedIDSize(id)) + 8*5/4
}

// full reports whether a document has no room any more. The first one always has.
func (g *generation) full(limit, charge int64) bool {
	return g.charged > 0 && limit > 0 && g.charged+charge > limit || g.documents() == maxDocuments
}

// add remembers a document.
func (g *generation) add(id string, keys []uint64, sketch []byte) {
	g.charged += g.charge(id, keys)
	doc := uint32(len(g.idAt))
	g.idAt = append(g.idAt, g.ids.add(id))
	for _, key := range keys {
		g.table(key).add(key, doc, g.perKey)
	}
	if g.lanes == 0 {
		return
	}
	if int(doc)/g.sketchesPerChunk() == len(g.sketches) {
		g.sketches = append(g.sketches, make([]byte, g.sketchesPerChunk()*g.lanes))
	}
	copy(g.sketch(doc), sketch)
}

func (g *generation) sketchesPerChunk() int { return max(1, sketchChunk/g.lanes) }

// find appends to dst the documents that have one of the keys, once for each that they
// have.
func (g *generation) find(dst []uint32, keys []uint64) []uint32 {
	for _, key := range keys {
		dst = g.table(key).find(dst, key)
	}
	return dst
}

func (g *generation) id(doc uint32) string { return g.ids.get(g.idAt[doc]) }

func (g *generation) sketch(doc uint32) []byte {
	n := g.sketchesPerChunk()
	at := int(doc) % n * g.lanes
	return g.sketches[int(doc)/n][at : at+g.lanes]
}

// reset forgets all documents and keeps most of the memory.
func (g *generation) reset() {
	for i := range g.tables {
		g.tables[i].reset()
	}
	g.ids = idList{}
	g.idAt, g.charged = g.idAt[:0], 0
}

// Keys are divided by their highest bits among tables, so that when one has to grow,
// little is moved and little is there twice.
const (
	keyTables    = 1 << keyTableBits
	keyTableBits = 6
)

func (g *generation) table(key uint64) *keyTable { return &g.tables[key>>(64-keyTableBits)] }
