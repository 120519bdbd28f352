package ucd

// IsSpace reports whether r has the property White_Space: one of 25 code points.
func IsSpace(r rune) bool {
	if uint32(r) < 0x80 {
		return r == ' ' || '\t' <= r && r <= '\r'
	}
	switch r {
	case 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
		return true
	}
	return 0x2000 <= r && r <= 0x200A
}

// IsPythonSpace reports whether r is a space to Python's str.isspace, str.split
// and str.strip: White_Space and the four separators U+001C to U+001F, which are
// spaces to the bidirectional algorithm.
func IsPythonSpace(r rune) bool { return IsSpace(r) || 0x1C <= r && r <= 0x1F }
