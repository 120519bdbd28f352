// Package ucd holds character data of one pinned version of Unicode, so that
// what textmill writes does not change with the version of Go it was built with.
//
// Every function is a look-up in a table of two stages: it takes constant time
// and allocates nothing. Numbers that are no code point are treated as
// unassigned ones.
package ucd

//go:generate go run ./gen -ucd ${UCD}

// Version is the version of Unicode the tables were made from.
const Version = "15.0.0"

// blockBits is the logarithm of the number of code points in a block of a table.
const (
	blockBits = 7
	blockMask = 1<<blockBits - 1
	maxRune   = 0x10FFFF
)

// A Script is a value of the property Script, such as Latin. The zero Script is
// Unknown.
type Script uint8

// ScriptOf returns the script r belongs to: Common for what many scripts share,
// such as digits, Inherited for marks that take the script of their base.
func ScriptOf(r rune) Script {
	if uint32(r) > maxRune {
		return Unknown
	}
	return Script(scriptValues[int(scriptIndex[r>>blockBits])<<blockBits|int(r&blockMask)])
}

// String returns the long name of the script in the Unicode Character Database,
// such as "Old_Italic".
func (s Script) String() string {
	if int(s) < len(scriptNames) {
		return scriptNames[s]
	}
	return scriptNames[Unknown]
}
