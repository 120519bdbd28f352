package hf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A bpe is a model of type BPE: a list of merges, each of two tokens to a third.
// Of all neighbours that may be merged, those are that come first in the list, and
// of these the leftmost.
//
// In a byte-level vocabulary a word is the bytes of the text and not the
// characters that the vocabulary writes for them.
type bpe struct {
	vocab  *vocabulary
	merges *pairs
	single []uint64 // a bit for every id: merging its characters leads to it

	bytes  bool        // words are bytes
	ofByte [256]uint32 // the token that is a byte, if bytes is set
	ofRune *runeTable  // the token that is a character, if it is not
	prefix string      // of every character of a word but the first
	suffix string      // of the last character of a word

	fallback     [256]uint32 // the token for a byte of a character that is no token
	hasFallback  bool
	isFallback   map[uint32]bool
	unknown      uint32 // the token for a character that is no token, or none
	fuseUnknown  bool
	ignoreMerges bool // a word that is a token is that token

	crossing *bigrams        // neighbours within tokens; nil if words must not be divided
	spaced   bool            // words may be divided before every metaspace that does not follow one
	unmerged map[string]bool // tokens that merging does not lead to, if ignoreMerges is set
}

const (
	maxTokens      = 1 << 22
	maxMerges      = 1 << 23
	maxTokenLength = 1 << 14
	scanLimit      = 64 // characters in a word up to which a scan for the lowest rank beats a heap
)

// A merge is two tokens of a file that become a third.
type merge struct{ left, right string }

// bpeFile is the part of a file that describes a bpe.
type bpeFile struct {
	tokens     map[string]uint32
	merges     []merge
	unknown    string
	hasUnknown bool
	bpe        bpe
}

func readBPE(f *fields) (*bpeFile, error) {
	m := &bpeFile{}
	if dropout := f.optional("dropout"); dropout != nil {
		if p, err := float(dropout); err != nil || p != 0 {
			f.fail("dropout", fmt.Errorf("is %.80s; merging at random is not supported", dropout))
		}
	}
	f.optional("cache_capacity")
	m.unknown, m.hasUnknown = f.optionalText("unk_token")
	m.bpe.prefix, _ = f.optionalText("continuing_subword_prefix")
	m.bpe.suffix, _ = f.optionalText("end_of_word_suffix")
	m.bpe.fuseUnknown = f.flag("fuse_unk", false)
	m.bpe.hasFallback = f.flag("byte_fallback", false)
	m.bpe.ignoreMerges = f.flag("ignore_merges", false)
	var err error
	if raw := f.required("vocab"); raw != nil {
		if m.tokens, err = readVocab(raw); err != nil {
			f.fail("vocab", err)
		}
	}
	if raw := f.required("merges"); raw != nil {
		if m.merges, err = readMerges(raw); err != nil {
			f.fail("merges", err)
		}
	}
	return m, f.close()
}

// readVocab reads an object of tokens and their ids.
func readVocab(raw []byte) (map[string]uint32, error) {
	tokens := map[string]uint32{}
	used := make([]uint64, maxTokens/64)
	return tokens, members(raw, func(key, value []byte) error {
		token, err := text(key)
		if err != nil {
			return err
		}
		if len(token) > maxTokenLength {
			return fmt.Errorf("has a token of %d bytes; there may be %d", len(token), maxTokenLength)
		}
		id, err := number(value, maxTokens-1)
		if err != nil {
			return fmt.Errorf("has a token %q of which the id %w", token, err)
		}
		if _, ok := tokens[token]; ok {
			return fmt.Errorf("has the token %q twice", token)
		}
		if used[id>>6]>>(id&63)&1 != 0 {
			return fmt.Errorf("has two tokens with id %d, one of them %q", id, token)
		}
		used[id>>6] |= 1 << (id & 63)
		tokens[token] = id
		return nil
	})
}

// readMerges reads an array of merges, each an array of two tokens or a text with
// a space between them.
func readMerges(raw []byte) ([]merge, error) {
	var list []merge
	return list, elements(raw, func(value []byte) error {
		if len(list) == maxMerges {
			return fmt.Errorf("has more than %d entries", maxMerges)
		}
		var m merge
		if value[0] == '[' {
			var pair []string
			err := elements(value, func(value []byte) error {
				s, err := text(value)
				pair = append(pair, s)
				return err
			})
			if err != nil {
				return fmt.Errorf("entry %d: %w", len(list), err)
			}
			if len(pair) != 2 {
				return fmt.Errorf("entry %d has %d tokens, not two", len(list), len(pair))
			}
			m = merge{pair[0], pair[1]}
		} else {
			line, err := text(value)
			if err != nil {
				return fmt.Errorf("entry %d: %w", len(list), err)
			}
			if strings.HasPrefix(line, "#version") {
				return nil
			}
			var ok bool
			if m.left, m.right, ok = strings.Cut(line, " "); !ok || strings.Contains(m.right, " ") {
				return fmt.Errorf("entry %d, %q, is not two tokens and a space", len(list), line)
			}
		}
		list = append(list, m)
		return nil
	})
}

// build makes the tables. If byteLevel is set, words will be bytes.
func (m *bpeFile) build(byteLevel bool) (*bpe, error) {
	b := &m.bpe
	b.unknown = none
	if id, ok := m.tokens[m.unknown]; ok && m.hasUnknown {
		b.unknown = id
	} else if m.hasUnknown && !(byteLevel && m.alphabet()) {
		return nil, fmt.Errorf("model: unk_token %q is not in the vocabulary", m.unknown)
	}
	b.isFallback = map[uint32]bool{}
	for i := range b.fallback {
		b.fallback[i] = none
		if id, ok := m.tokens[fmt.Sprintf("<0x%02X>", i)]; ok && b.hasFallback {
			b.fallback[i] = id
			b.isFallback[id] = true
		}
	}
	b.bytes = byteLevel
	keys := m.tokens
	if byteLevel {
		keys = make(map[string]uint32, len(m.tokens))
		for t, id := range m.tokens {
			if s, ok := toBytes(t); ok {
				keys[s] = id
			}
		}
	}
	b.vocab = newVocabulary(keys)
	b.indexCharacters(keys)
	if err := m.indexMerges(); err != nil {
		return nil, err
	}
	b.findSingle(keys)
	return b, nil
}

// alphabet reports whether every byte has a token, as it should be where words
// are bytes.
func (m *bpeFile) alphabet() bool {
	for _, r := range charOf {
		if _, ok := m.tokens[string(r)]; !ok {
			return false
		}
	}
	return true
}

func (b *bpe) indexCharacters(keys map[string]uint32) {
	for i := range b.ofByte {
		b.ofByte[i] = none
	}
	b.ofRune = newRuneTable()
	for t, id := range keys {
		if b.bytes && len(t) == 1 {
			b.ofByte[t[0]] = id
		} else if r, n := utf8.DecodeRuneInString(t); !b.bytes && n > 0 && n == len(t) {
			b.ofRune.put(r, id)
		}
	}
}

func (m *bpeFile) indexMerges() error {
	b := &m.bpe
	b.merges = newPairs(len(m.merges))
	divisible := b.prefix == "" && b.suffix == "" && (!b.bytes || m.alphabet())
	crossing := newBigrams(len(m.merges))
	space, _ := utf8.DecodeRuneInString(metaspaceChar)
	b.spaced = !b.bytes && b.ofRune.get(space) != none
	stand := b.standIns()
	for rank, pair := range m.merges {
		right := pair.right
		if len(right) <= len(b.prefix) {
			return fmt.Errorf("model: merges: entry %d, %q and %q, adds nothing", rank, pair.left, pair.right)
		}
		whole := pair.left + right[len(b.prefix):]
		l, ok1 := m.tokens[pair.left]
		r, ok2 := m.tokens[right]
		id, ok3 := m.tokens[whole]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("model: merges: entry %d, of %q and %q to %q, has a token that is not in the vocabulary",
				rank, pair.left, right, whole)
		}
		b.merges.put(l, r, uint32(rank), id)
		bytes := whole
		if b.bytes {
			bytes, _ = toBytes(whole)
		}
		crossing.add(bytes)
		b.spaced = b.spaced && !strings.Contains(strings.TrimLeft(whole, metaspaceChar), metaspaceChar)
		if stand[l] || stand[r] {
			divisible = false
		}
	}
	if divisible {
		b.crossing = crossing
	}
	return nil
}

// standIns returns the tokens that may be in a word where the text is something
// else than their characters.
func (b *bpe) standIns() map[uint32]bool {
	ids := map[uint32]bool{b.unknown: true}
	for _, id := range b.fallback {
		ids[id] = true
	}
	return ids
}

// findSingle finds the tokens that merging leads to, which is nearly all of them:
// a word that is one of them need not be merged.
func (b *bpe) findSingle(keys map[string]uint32) {
	highest := uint32(0)
	for _, id := range keys {
		highest = max(highest, id)
	}
	b.single = make([]uint64, highest/64+1)
	if b.ignoreMerges {
		b.unmerged = map[string]bool{}
	}
	s := new(scratch) // merging needs no cache
	var ids []uint32
	for t, id := range keys {
		if t == "" {
			continue
		}
		ids = b.mergeWord(ids[:0], t, s)
		if len(ids) == 1 && ids[0] == id {
			b.single[id>>6] |= 1 << (id & 63)
		} else if b.ignoreMerges {
			b.unmerged[t] = true
		}
	}
}

func (b *bpe) kind(id uint32) (unknown, fallback bool) {
	return id == b.unknown, b.isFallback[id]
}
