package hf

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

var errNumber = errors.New("is not a number")

// float returns the number that raw is, as the library reads it: the digits as a
// whole number of 64 bits, divided or multiplied by a power of ten. This rounds
// twice, so that one number in six is not the one nearest to what is written; and
// where two ways to divide a word have the same score but for rounding, it decides.
func float(raw []byte) (float64, error) {
	s := string(raw)
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return 0, errNumber
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	var digits uint64
	exponent, i := 0, 0
	full := false // the digits no longer fit; those that follow are dropped
	whole := true // there is no fraction and no exponent
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if full = full || overflows(digits, s[i]); full {
			exponent++
			continue
		}
		digits = digits*10 + uint64(s[i]-'0')
	}
	if i < len(s) && s[i] == '.' {
		whole = false
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			if full = full || overflows(digits, s[i]); full {
				continue
			}
			digits = digits*10 + uint64(s[i]-'0')
			exponent--
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		whole = false
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > 1<<20 || e < -1<<20 {
			return 0, fmt.Errorf("is %.80s, of which the exponent is too large", raw)
		}
		exponent += e
	}
	f := float64(digits)
	if !whole || full {
		f = scale(f, exponent)
	}
	if math.IsInf(f, 0) {
		return 0, fmt.Errorf("is %.80s, which is too large", raw)
	}
	if negative {
		f = -f
	}
	return f, nil
}

func overflows(n uint64, digit byte) bool {
	const most = math.MaxUint64
	return n >= most/10 && (n > most/10 || uint64(digit-'0') > most%10)
}

// scale multiplies f with a power of ten. Divisions by less than 1e-308 are done
// in steps.
func scale(f float64, exponent int) float64 {
	for exponent < -308 && f != 0 {
		f /= 1e308
		exponent += 308
	}
	switch {
	case f == 0:
		return f
	case exponent < 0:
		return f / math.Pow10(-exponent)
	default:
		return f * math.Pow10(exponent)
	}
}
