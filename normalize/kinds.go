package normalize

// A kind is what the stage Unicode sees in a character.
type kind uint8

const (
	ordinary     kind = iota
	lineBreak         // other than \n
	control           // but for line breaks and tabs
	invisible         // zero width and without effect on what surrounds it
	joiner            // U+200C, U+200D
	tag               // U+E0000 to U+E007F
	direction         // controls of bidirectional text
	noncharacter      // never a character: U+FDD0 to U+FDEF, U+FFFE, U+FFFF, …
	privateUse        // without a meaning that is agreed upon
	kinds             // how many there are
)

// kindOf returns the kind of r.
func kindOf(r rune) kind {
	switch {
	case r < 0xA0:
		return kindOfASCII(r)
	case r < 0x2000:
		switch r {
		case 0xAD: // soft hyphen
			return invisible
		case 0x61C: // Arabic letter mark
			return direction
		}
		return ordinary
	case r < 0x2070:
		return kindOfPunctuation(r)
	case r < 0xE000:
		return ordinary
	}
	switch {
	case r <= 0xF8FF:
		return privateUse
	case 0xFDD0 <= r && r <= 0xFDEF || r&0xFFFE == 0xFFFE:
		return noncharacter
	case r == 0xFEFF: // byte order mark
		return invisible
	case 0xFFF9 <= r && r <= 0xFFFC: // interlinear annotations, object replacement
		return control
	case 0xE0000 <= r && r <= 0xE007F:
		return tag
	case 0xF0000 <= r:
		return privateUse
	}
	return ordinary
}

func kindOfASCII(r rune) kind {
	switch {
	case r == '\n' || r == '\t' || ' ' <= r && r < 0x7F:
		return ordinary
	case '\v' <= r && r <= '\r' || r == 0x85:
		return lineBreak
	}
	return control
}

// kindOfPunctuation is kindOf for U+2000 to U+206F.
func kindOfPunctuation(r rune) kind {
	switch {
	case r == 0x200B || r == 0x2060: // zero width space, word joiner
		return invisible
	case r == 0x200C || r == 0x200D:
		return joiner
	case r == 0x200E || r == 0x200F || 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069:
		return direction
	case r == 0x2028 || r == 0x2029:
		return lineBreak
	case 0x206A <= r: // deprecated format characters
		return control
	}
	return ordinary
}
