package normalize

import (
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

const (
	nonJoiner = 0x200C
	zwj       = 0x200D
	tatweel   = 0x640 // belongs to Arabic, though its script is Common
	blackFlag = 0x1F3F4
)

// joins reports whether the joiner r at i of the source matters: what stands on
// its two sides decides. See the comment on Unicode.ZeroWidth.
func (x *stripper) joins(r rune, i, w int) bool {
	before, repeated := x.before(r, i)
	if repeated {
		return false
	}
	after := x.after(i + w)
	if r == zwj {
		return inJoiningScript(before) || inJoiningScript(after) ||
			ucd.IsExtendedPictographic(before) && ucd.IsExtendedPictographic(after)
	}
	switch {
	case inJoiningScript(before):
		return inWord(after) || ucd.IsMark(before)
	case inJoiningScript(after):
		return inWord(before)
	}
	return false
}

// after returns the first rune at or after i that is seen: neither one that is
// taken out, nor a joiner, nor a control of direction. It is 0 at the end.
func (x *stripper) after(i int) rune {
	// A run of joiners is gone through once, not once for each.
	i = max(i, x.visible)
	for i < len(x.src) {
		r, w := utf8.DecodeRuneInString(x.src[i:])
		if k := kindOf(r); k != joiner && k != direction && !x.drops(k) {
			x.visible = i
			return r
		}
		i += w
	}
	x.visible = i
	return 0
}

// before returns the last rune of the new text so far that is seen and is no mark
// common to many scripts, nor a skin tone: the one that a joiner at i of the
// source comes after. It also reports whether it comes after another joiner r.
func (x *stripper) before(r rune, i int) (base rune, repeated bool) {
	const far = 32 // nobody writes more marks on a letter
	parts := [2]string{x.out.String(), x.src[x.from:i]}
	first := true
	for n, p := 0, 1; n < far && p >= 0; n++ {
		if parts[p] == "" {
			p--
			continue
		}
		b, w := utf8.DecodeLastRuneInString(parts[p])
		parts[p] = parts[p][:len(parts[p])-w]
		k := kindOf(b)
		if k == direction {
			continue
		}
		if first && b == r {
			return 0, true
		}
		first = false
		switch {
		case k == joiner, 0x1F3FB <= b && b <= 0x1F3FF, ucd.IsMark(b) && ucd.ScriptOf(b) == ucd.Inherited:
			continue
		}
		return b, false
	}
	return 0, false
}

// flag returns the length in bytes of the tags at i of the source if they make the
// flag of a part of a country (UTS #51, section C.1): a black flag, then one to
// six letters or digits, then the end. Otherwise it returns 0.
func (x *stripper) flag(i int) int {
	last, _ := utf8.DecodeLastRuneInString(x.src[x.from:i])
	if x.from == i {
		last, _ = utf8.DecodeLastRuneInString(x.out.String())
	}
	if last != blackFlag {
		return 0
	}
	for n := range 7 {
		r, w := utf8.DecodeRuneInString(x.src[i+4*n:])
		switch {
		case r == 0xE007F && n > 0:
			return 4*n + w
		case 0xE0030 <= r && r <= 0xE0039, 0xE0061 <= r && r <= 0xE007A:
		default:
			return 0
		}
	}
	return 0
}

func inWord(r rune) bool { return ucd.IsAlnum(r) || ucd.IsMark(r) }

// inJoiningScript reports whether r is a letter or mark of a script in which the
// joiners change how words are written.
func inJoiningScript(r rune) bool {
	if r < 0x600 || !ucd.IsLetter(r) && !ucd.IsMark(r) {
		return false
	}
	if r == tatweel {
		return true
	}
	switch ucd.ScriptOf(r) {
	case ucd.Arabic, ucd.Syriac, ucd.Nko, ucd.Mandaic, ucd.Mongolian, ucd.PhagsPa, ucd.Manichaean,
		ucd.PsalterPahlavi, ucd.HanifiRohingya, ucd.Adlam, ucd.Sogdian, ucd.OldUyghur, ucd.Chorasmian,
		ucd.Devanagari, ucd.Bengali, ucd.Gurmukhi, ucd.Gujarati, ucd.Oriya, ucd.Tamil, ucd.Telugu,
		ucd.Kannada, ucd.Malayalam, ucd.Sinhala, ucd.Tibetan, ucd.Myanmar, ucd.Khmer, ucd.Limbu,
		ucd.Balinese, ucd.Javanese, ucd.Sundanese, ucd.Buginese, ucd.Batak, ucd.Lepcha, ucd.TaiTham,
		ucd.Cham, ucd.MeeteiMayek, ucd.SylotiNagri, ucd.Saurashtra, ucd.Kaithi, ucd.Sharada, ucd.Grantha,
		ucd.Newa, ucd.Tirhuta, ucd.Modi, ucd.Takri, ucd.Brahmi, ucd.Chakma, ucd.Khudawadi, ucd.Khojki:
		return true
	}
	return false
}
