package sketch

import (
	"fmt"
	"strings"
)

// A Unit is what shingles are made of.
type Unit uint8

const (
	Words      Unit = iota // see the package comment for what a word is
	Characters             // code points of the normalized text, spaces included
)

var unitNames = [...]string{"words", "characters"}

// String returns the name of u, such as "words".
func (u Unit) String() string { return name(u, unitNames[:], "Unit") }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (u Unit) MarshalText() ([]byte, error) { return marshal(u, unitNames[:], "Unit") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *Unit) UnmarshalText(text []byte) error { return unmarshal(u, unitNames[:], "unit", text) }

// A ShortPolicy says what becomes of a text with fewer units than a shingle has. To drop
// such texts, ask [Sketcher.State].
type ShortPolicy uint8

const (
	// HashWhole takes the whole text for its only shingle: short texts are
	// similar if they are the same after normalization, and not similar at all
	// otherwise.
	HashWhole ShortPolicy = iota

	// KeepAll gives such texts no sketch, as datatrove does, so that they are
	// never duplicates.
	KeepAll
)

var shortNames = [...]string{"hash_whole", "keep_all"}

// String returns the name of p, such as "hash_whole".
func (p ShortPolicy) String() string { return name(p, shortNames[:], "ShortPolicy") }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (p ShortPolicy) MarshalText() ([]byte, error) { return marshal(p, shortNames[:], "ShortPolicy") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *ShortPolicy) UnmarshalText(text []byte) error {
	return unmarshal(p, shortNames[:], "policy for short texts", text)
}

// A Scheme is a way to compute the lanes of a sketch from a set of shingles.
type Scheme uint8

const (
	// FastSimilarity is fast similarity sketching, see the package comment. It is
	// the best for all that need not agree with another program.
	FastSimilarity Scheme = iota

	// DatatroveMinHash is MinHash as datatrove 0.10 computes it with its default
	// hash: xxh64 of the units, joined by spaces, and in each lane the least of
	// (a·h+b mod 2⁶⁴) mod (2⁶¹-1), where a and b come from numpy's
	// RandomState(1). That the product wraps around makes it no permutation; no
	// harm from that was measured.
	DatatroveMinHash

	// DatasketchMinHash is datasketch's MinHash with seed 1 and, from its version
	// 2.0 on, scheme "legacy", given the units joined by spaces, as UTF-8: the
	// first 32 bits of SHA-1, little-endian, and in each lane the least of
	// ((a·h+b mod 2⁶⁴) mod (2⁶¹-1)) mod 2³². Hashes of 32 bits collide: texts of
	// millions of shingles seem more similar than they are.
	DatasketchMinHash
)

var schemeNames = [...]string{"fast_similarity", "datatrove_minhash", "datasketch_minhash"}

// String returns the name of s, such as "fast_similarity".
func (s Scheme) String() string { return name(s, schemeNames[:], "Scheme") }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (s Scheme) MarshalText() ([]byte, error) { return marshal(s, schemeNames[:], "Scheme") }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Scheme) UnmarshalText(text []byte) error {
	return unmarshal(s, schemeNames[:], "scheme", text)
}

func name[T ~uint8](v T, names []string, kind string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, uint8(v))
}

func check[T ~uint8](v T, names []string, kind string) error {
	if int(v) < len(names) {
		return nil
	}
	return fmt.Errorf("sketch: unknown %s %d; use %s", kind, uint8(v), strings.Join(names, ", "))
}

func marshal[T ~uint8](v T, names []string, kind string) ([]byte, error) {
	if err := check(v, names, kind); err != nil {
		return nil, err
	}
	return []byte(names[v]), nil
}

func unmarshal[T ~uint8](v *T, names []string, kind string, text []byte) error {
	for i, n := range names {
		if n == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("sketch: unknown %s %.40q; use %s", kind, text, strings.Join(names, ", "))
}
