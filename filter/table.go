package filter

import (
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/internal/words"
)

// A table numbers keys in the order in which they first come, from 0 on. Its
// memory is reused from one text to the next without being cleared: a slot
// belongs to the text at hand if it has the current epoch.
type table struct {
	slots []slot
	spare []slot // what slots were before they last grew, kept for growing again
	shift uint8  // 64 less the binary logarithm of len(slots)
	epoch uint32 // never 0, which unused slots have
	n     uint32 // how many keys there are
}

type slot struct {
	key   uint64
	epoch uint32
	id    uint32
}

// reset empties t and makes room for about n keys.
func (t *table) reset(n int) {
	if t.epoch >= 1<<31 {
		clear(t.slots[:cap(t.slots)])
		clear(t.spare[:cap(t.spare)])
		t.epoch = 0
	}
	t.n = 0
	t.resize(max(minSlots, 1<<bits.Len(uint(n)+1)))
}

// minSlots is a power of two, as every number of slots is.
const minSlots = 64

// resize sets the number of slots, all of them free.
func (t *table) resize(size int) {
	if cap(t.slots) < size {
		t.slots = make([]slot, size)
	}
	t.slots = t.slots[:size]
	t.shift = uint8(64 - bits.TrailingZeros(uint(size)))
	t.epoch++
}

// grow doubles the number of slots.
func (t *table) grow() {
	old, epoch := t.slots, t.epoch
	t.slots, t.spare = t.spare, t.slots
	t.resize(2 * len(old))
	mask := uint64(len(t.slots) - 1)
	for _, s := range old {
		if s.epoch != epoch {
			continue
		}
		i := t.place(s.key)
		for t.slots[i&mask].epoch == t.epoch {
			i++
		}
		t.slots[i&mask] = slot{s.key, t.epoch, s.id}
	}
}

// take numbers a new key, whose free slot is s.
func (t *table) take(s *slot, key uint64) uint32 {
	id := t.n
	*s = slot{key, t.epoch, id}
	if t.n++; int(t.n) > len(t.slots)/2 {
		t.grow()
	}
	return id
}

// spread is 2⁶⁴ divided by the golden ratio: multiplication with it carries
// every bit of a key into the high ones.
const spread = 0x9E3779B97F4A7C15

// place returns where to start looking for key.
func (t *table) place(key uint64) uint64 { return key * spread >> (t.shift & 63) }

// number returns the number of key, which is a new one if key is new.
func (t *table) number(key uint64) uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := t.place(key); ; i++ {
		s := &t.slots[i&mask]
		if s.epoch != t.epoch {
			return t.take(s, key)
		}
		if s.key == key {
			return s.id
		}
	}
}

// parts numbers parts of a text, such as its words or lines, in the order in
// which they first come; equal parts get equal numbers. Numbers are exact: where
// hashes agree, the parts are compared.
type parts struct {
	table
	text string
	list []part // by number
}

// A part is what is the same about equal parts of a text.
type part struct {
	words.Span        // of the first one
	count      uint32 // how many there are
}

// reset empties p for about n different parts of text.
func (p *parts) reset(text string, n int) {
	p.table.reset(n)
	p.text, p.list = text, p.list[:0]
}

// A part of up to packed bytes is its own key: the bytes, and the length on
// top. The key of a longer one is a hash with hashed on top.
const (
	packed = 7
	hashed = 0xFF << 56
)

// add counts the part text[start:end] and returns its number.
func (p *parts) add(start, end int) uint32 {
	key := p.key(start, end)
	mask := uint64(len(p.slots) - 1)
	for i := p.place(key); ; i++ {
		s := &p.slots[i&mask]
		if s.epoch != p.epoch {
			p.list = append(p.list, part{words.Span{Start: start, End: end}, 1})
			return p.take(s, key)
		}
		if s.key == key {
			e := &p.list[s.id]
			if key < hashed || p.text[e.Start:e.End] == p.text[start:end] {
				e.count++
				return s.id
			}
		}
	}
}

// find returns the number of the parts that equal w, and whether there are any.
func (p *parts) find(w string) (id uint32, ok bool) {
	key := keyOf(w)
	mask := uint64(len(p.slots) - 1)
	for i := p.place(key); ; i++ {
		s := &p.slots[i&mask]
		if s.epoch != p.epoch {
			return 0, false
		}
		if s.key == key && (key < hashed || p.at(s.id) == w) {
			return s.id, true
		}
	}
}

// countOf returns how many parts equal w.
func (p *parts) countOf(w string) int {
	if id, ok := p.find(w); ok {
		return int(p.list[id].count)
	}
	return 0
}

// at returns the part with the number id.
func (p *parts) at(id uint32) string {
	e := p.list[id]
	return p.text[e.Start:e.End]
}

// key is keyOf(p.text[start:end]). It reads eight bytes at once where the text
// has them.
func (p *parts) key(start, end int) uint64 {
	n := end - start
	if n > packed || start+8 > len(p.text) {
		return keyOf(p.text[start:end])
	}
	b := p.text[start : start+8]
	w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	return w&(1<<(8*uint(n)&63)-1) | uint64(n)<<56
}

func keyOf(w string) uint64 {
	if len(w) > packed {
		return xxh3.HashString(w) | hashed
	}
	key := uint64(len(w)) << 56
	for i := range len(w) {
		key |= uint64(w[i]) << (8 * i)
	}
	return key
}
