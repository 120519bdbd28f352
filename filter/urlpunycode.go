package filter

import (
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/ucd"
)

// urlDots makes a dot of each character that separates labels (RFC 3490, 3.1).
var urlDots = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

// urlPunycode returns a host with the labels that are not ASCII in lower case and
// Punycode, "xn--…". It does without the further mappings of UTS #46, as these
// change with the version of Unicode. Labels that are not UTF-8 stay as they are.
func urlPunycode(host string) string {
	labels := strings.Split(urlDots.Replace(string(ucd.AppendLower(nil, host))), ".")
	for i, label := range labels {
		if strings.ContainsFunc(label, func(r rune) bool { return r >= utf8.RuneSelf }) && utf8.ValidString(label) && len(label) < urlMaxLine {
			labels[i] = "xn--" + urlPunycodeLabel([]rune(label))
		}
	}
	return strings.Join(labels, ".")
}

// The parameters of Punycode (RFC 3492, section 5).
const (
	punyBase, punyTMin, punyTMax = 36, 1, 26
	punySkew, punyDamp           = 38, 700
	punyBias, punyN              = 72, 0x80
	punyDigits                   = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// urlPunycodeLabel is the encoding procedure of RFC 3492, section 6.3. The label is
// so short that nothing overflows.
func urlPunycodeLabel(label []rune) string {
	var out []byte
	for _, r := range label {
		if r < punyN {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	done := basic
	if basic > 0 {
		out = append(out, '-')
	}
	for n, delta, bias := rune(punyN), 0, punyBias; done < len(label); n++ {
		next := rune(utf8.MaxRune)
		for _, r := range label {
			if n <= r {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			out = urlPunycodeNumber(out, delta, bias)
			bias = urlPunycodeBias(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
	}
	return string(out)
}

// urlPunycodeNumber appends a number with digits of generalised length.
func urlPunycodeNumber(out []byte, q, bias int) []byte {
	for k := punyBase; ; k += punyBase {
		t := min(max(k-bias, punyTMin), punyTMax)
		if q < t {
			return append(out, punyDigits[q])
		}
		out = append(out, punyDigits[t+(q-t)%(punyBase-t)])
		q = (q - t) / (punyBase - t)
	}
}

// urlPunycodeBias is the adaptation of RFC 3492, section 6.1.
func urlPunycodeBias(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
