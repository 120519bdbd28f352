package sample

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// The functions in this file take an article and do to it what the web does.

// garbled returns the article as it looks when its UTF-8 is taken for Windows-1252.
func garbled(r Record) Record {
	text, err := charmap.Windows1252.NewDecoder().String(r.Text)
	if err != nil {
		panic(err) // every byte has a meaning in Windows-1252
	}
	r.Clean, r.Text = r.Text, text
	return r
}

// escaped leaves HTML character references in the text.
func escaped(r Record) Record {
	r.Clean = r.Text
	r.Text = strings.NewReplacer(
		"&", "&amp;", "'", "&#39;", `"`, "&quot;", "’", "&rsquo;", "é", "&eacute;", "è", "&egrave;",
		"«", "&laquo;", "»", "&raquo;", "ö", "&ouml;", "ä", "&auml;", "ü", "&uuml;", "©", "&copy;",
	).Replace(r.Text)
	return r
}

// untidied puts odd spaces between words, soft hyphens and zero-width spaces
// into words, control characters between lines, a byte order mark in front, and
// takes letters with accents apart.
func untidied(r Record) Record {
	r.Clean = r.Text
	spaces := []string{"\u00a0", "\u2003", "  ", "\t", " \u200b"}
	var sb strings.Builder
	sb.WriteRune('\ufeff')
	inWord, seen := 0, 0
	for _, c := range norm.NFD.String(r.Text) {
		switch {
		case c == ' ':
			seen++
			inWord = 0
			if seen%11 == 0 {
				sb.WriteString(spaces[seen/11%len(spaces)])
				continue
			}
		case c == '\n':
			inWord = 0
			sb.WriteString(" \x07\r")
		default:
			if inWord++; inWord == 7 {
				sb.WriteRune('\u00ad')
			}
		}
		sb.WriteRune(c)
	}
	r.Text = sb.String()
	return r
}

// broken puts bytes into the text that are not UTF-8: a lone byte of Latin-1, a
// sequence cut short, a surrogate, an overlong slash.
func broken(r Record) Record {
	for i, b := range []string{"caf\xe9", "\xe2\x82", "\xed\xa0\x80", "\xc0\xaf", "\xff\xfe"} {
		at := (i + 1) * len(r.Text) / 7
		for r.Text[at] != ' ' {
			at++
		}
		r.Text = r.Text[:at] + " " + b + r.Text[at:]
	}
	return r
}

// contacts are paragraphs with personal data in them: invented persons, and
// numbers and domains reserved for examples, save for two public name servers.
var contacts = []struct {
	text string
	pii  []string
}{
	{"Questions about the next date go to %s, who answers on weekdays, or by telephone to %s between nine and noon.",
		[]string{"marian.holt@brackwater-library.example", "(212) 555-0142"}},
	{"Anyone who found the brown wallet may write to %s or ring %s; the finder gets a cake and the thanks of the whole family.",
		[]string{"p.okafor+lost@mail.example.org", "+1 415 555 0117"}},
	{"The log of that night shows four requests from %s and one from %s, after which the camera was silent until the morning.",
		[]string{"203.0.113.77", "8.8.8.8"}},
	{"Orders are taken by %s, payment goes to the account %s, and the box is ready on Thursday after four.",
		[]string{"orders@quay-bakery.example", "DE89 3704 0044 0532 0130 00"}},
	{"For the excursion please send your name to %s and %s, and leave a number such as %s under which you can be reached.",
		[]string{"excursions@example.org", "j.reid@example.com", "+44 20 7946 0958"}},
	{"The machine in the hall answers at %s and, for those who are ahead of us, at %s; its name server is %s as everywhere.",
		[]string{"192.0.2.14", "2001:db8:7::2a", "1.1.1.1"}},
	{"One of the forms even had a card number on it, %s, next to the address %s, and lay on the counter for a week.",
		[]string{"4111 1111 1111 1111", "lena.strand@post.example"}},
	{"Complaints reach the chair under %s or, if it must be at once, %s.",
		[]string{"chair@parish-council.example", "555-0199"}},
}

// withContact adds a paragraph of contacts to the page.
func withContact(p page, number int) Record {
	c := contacts[number%len(contacts)]
	args := make([]any, len(c.pii))
	for i, s := range c.pii {
		args[i] = s
	}
	p.body = append(p.body, fmt.Sprintf(c.text, args...))
	r := p.record(PII)
	r.PII = c.pii
	return r
}
