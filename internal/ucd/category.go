package ucd

// A Category is a value of the property General_Category.
type Category uint8

// The categories. Cn, the zero Category, is that of unassigned code points.
const (
	Cn Category = iota // unassigned
	Lu                 // letter, uppercase
	Ll                 // letter, lowercase
	Lt                 // letter, titlecase
	Lm                 // letter, modifier
	Lo                 // letter, other
	Mn                 // mark, nonspacing
	Mc                 // mark, spacing combining
	Me                 // mark, enclosing
	Nd                 // number, decimal digit
	Nl                 // number, letter
	No                 // number, other
	Pc                 // punctuation, connector
	Pd                 // punctuation, dash
	Ps                 // punctuation, open
	Pe                 // punctuation, close
	Pi                 // punctuation, initial quote
	Pf                 // punctuation, final quote
	Po                 // punctuation, other
	Sm                 // symbol, math
	Sc                 // symbol, currency
	Sk                 // symbol, modifier
	So                 // symbol, other
	Zs                 // separator, space
	Zl                 // separator, line
	Zp                 // separator, paragraph
	Cc                 // control
	Cf                 // format
	Cs                 // surrogate
	Co                 // private use
)

// categoryNames are two bytes each.
const categoryNames = "CnLuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZpCcCfCsCo"

// String returns the two letters of the category, such as "Lu".
func (c Category) String() string {
	if c > Co {
		c = Cn
	}
	return categoryNames[2*c : 2*c+2]
}

// CategoryOf returns the category of r.
func CategoryOf(r rune) Category {
	if uint32(r) > maxRune {
		return Cn
	}
	return Category(categoryValues[int(categoryIndex[r>>blockBits])<<blockBits|int(r&blockMask)])
}

// Sets of categories, one bit each.
const (
	letters     = 1<<Lu | 1<<Ll | 1<<Lt | 1<<Lm | 1<<Lo
	marks       = 1<<Mn | 1<<Mc | 1<<Me
	numbers     = 1<<Nd | 1<<Nl | 1<<No
	punctuation = 1<<Pc | 1<<Pd | 1<<Ps | 1<<Pe | 1<<Pi | 1<<Pf | 1<<Po
	symbols     = 1<<Sm | 1<<Sc | 1<<Sk | 1<<So
)

func is(r rune, set uint32) bool { return set>>CategoryOf(r)&1 != 0 }

// IsLetter reports whether r is a letter (L*).
func IsLetter(r rune) bool { return is(r, letters) }

// IsMark reports whether r is a mark (M*).
func IsMark(r rune) bool { return is(r, marks) }

// IsNumber reports whether r is a number (N*), such as a digit, Ⅷ or ½.
func IsNumber(r rune) bool { return is(r, numbers) }

// IsDigit reports whether r is a decimal digit (Nd) of any script.
func IsDigit(r rune) bool { return CategoryOf(r) == Nd }

// IsAlnum reports whether r is a letter or a number (L*, N*), as Python's
// str.isalnum does.
func IsAlnum(r rune) bool { return is(r, letters|numbers) }

// IsPunct reports whether r is punctuation (P*). Symbols such as $ + < ^ ` | ~
// are not.
func IsPunct(r rune) bool { return is(r, punctuation) }

// IsSymbol reports whether r is a symbol (S*).
func IsSymbol(r rune) bool { return is(r, symbols) }

// IsControl reports whether r is a control character (Cc).
func IsControl(r rune) bool { return CategoryOf(r) == Cc }

// IsUpper reports whether r is an upper-case letter (Lu).
func IsUpper(r rune) bool { return CategoryOf(r) == Lu }

// IsLower reports whether r is a lower-case letter (Ll).
func IsLower(r rune) bool { return CategoryOf(r) == Ll }
