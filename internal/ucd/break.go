package ucd

// A WordBreak is a value of the property Word_Break of UAX #29.
type WordBreak uint8

// The values of Word_Break. WBOther is the zero WordBreak.
const (
	WBOther WordBreak = iota
	WBCR
	WBLF
	WBNewline
	WBExtend
	WBZWJ
	WBRegionalIndicator
	WBFormat
	WBKatakana
	WBHebrewLetter
	WBALetter
	WBSingleQuote
	WBDoubleQuote
	WBMidNumLet
	WBMidLetter
	WBMidNum
	WBNumeric
	WBExtendNumLet
	WBWSegSpace
)

// A byte of the table of breaks has the Word_Break in its low bits and three
// flags above them.
const (
	wordBreakMask     = 1<<5 - 1
	flagPictographic  = 1 << 5
	flagCased         = 1 << 6
	flagCaseIgnorable = 1 << 7
)

func breakOf(r rune) uint8 {
	if uint32(r) > maxRune {
		return 0
	}
	return breakValues[int(breakIndex[r>>blockBits])<<blockBits|int(r&blockMask)]
}

// WordBreakOf returns the Word_Break of r.
func WordBreakOf(r rune) WordBreak { return WordBreak(breakOf(r) & wordBreakMask) }

// IsExtendedPictographic reports whether r has the property
// Extended_Pictographic, as emoji and what may become emoji have.
func IsExtendedPictographic(r rune) bool { return breakOf(r)&flagPictographic != 0 }

// IsCased reports whether r has the property Cased.
func IsCased(r rune) bool { return breakOf(r)&flagCased != 0 }

// IsCaseIgnorable reports whether r has the property Case_Ignorable.
func IsCaseIgnorable(r rune) bool { return breakOf(r)&flagCaseIgnorable != 0 }
