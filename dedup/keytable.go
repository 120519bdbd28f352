package dedup

import "math/bits"

// A keyTable maps keys, which are hashes, to documents, several to a key. It is a hash
// table with linear probing that is never more than four fifths full and grows by a
// quarter.
type keyTable struct {
	keys []uint64 // 0 where a slot is free
	docs []uint32
	used int
}

const (
	minSlots = 16
	slotSize = 8 + 4

	// maxSlotSize is how many bytes a key takes at most in a large table: right
	// after it has grown, it is 0.64 full. The least is slotSize / 0.8 = 15.
	maxSlotSize = 19
)

// The key 0 is taken for this one.
const keyForZero = 0x9E3779B97F4A7C15

func orNotZero(key uint64) uint64 {
	if key == 0 {
		return keyForZero
	}
	return key
}

// slot returns where to begin to look for a key. The highest bits of keys in a table
// are equal.
func (t *keyTable) slot(key uint64) int {
	i, _ := bits.Mul64(key<<keyTableBits, uint64(len(t.keys)))
	return int(i)
}

// find appends the documents of a key to dst.
func (t *keyTable) find(dst []uint32, key uint64) []uint32 {
	if t.used == 0 {
		return dst
	}
	key = orNotZero(key)
	for i := t.slot(key); t.keys[i] != 0; {
		if t.keys[i] == key {
			dst = append(dst, t.docs[i])
		}
		if i++; i == len(t.keys) {
			i = 0
		}
	}
	return dst
}

// add adds a document to a key, unless it has so many already.
func (t *keyTable) add(key uint64, doc uint32, perKey int) {
	if t.used*5 >= len(t.keys)*4 {
		t.grow()
	}
	t.put(orNotZero(key), doc, perKey)
}

func (t *keyTable) put(key uint64, doc uint32, perKey int) {
	i := t.slot(key)
	for t.keys[i] != 0 {
		if t.keys[i] == key {
			if perKey--; perKey == 0 {
				return
			}
		}
		if i++; i == len(t.keys) {
			i = 0
		}
	}
	t.keys[i], t.docs[i] = key, doc
	t.used++
}

func (t *keyTable) grow() {
	old := *t
	n := max(minSlots, len(old.keys)+len(old.keys)/4)
	*t = keyTable{keys: make([]uint64, n), docs: make([]uint32, n)}
	for i, key := range old.keys {
		if key != 0 {
			t.put(key, old.docs[i], maxPerKey)
		}
	}
}

func (t *keyTable) reset() {
	clear(t.keys)
	t.used = 0
}
