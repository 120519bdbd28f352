package normalize

import (
	"context"
	"slices"

	"github.com/textmill/textmill"
	"github.com/zeebo/xxh3"
)

// PII is a stage that masks what leads to a person: e-mail addresses, IP addresses
// and telephone numbers. The zero value masks nothing; see [NewPII].
//
// # What takes their place
//
// Each kind has a list of replacements. Which one an address gets is a function of
// the address and Seed alone, by a hash of it without its accidents (the case of
// letters in an e-mail address, leading zeros and case in IPv6, the punctuation of
// a telephone number). So it is the same wherever the address occurs, whatever the
// order of the documents and the number of workers, and who is called twice in a
// text stays one person. An address that is a replacement is left alone; so to
// apply the stage twice is to apply it once.
//
// # What is found
//
// E-mail addresses: a local part and a domain whose last label is a top-level
// domain of the public suffix list (so not icon@2x.png), also in other scripts, or
// an IPv4 address in brackets. Handles such as @user@example.social, addresses
// written around ("bob at example dot org") and quoted local parts are not.
//
// IPv4 addresses: four decimal numbers up to 255 without leading zeros, with word
// boundaries on both sides: none of 1234.5.6.7, 8.8.8.8.1, v1.2.3.4,
// foo-1.2.3.4.tar.gz, or of a number after a word such as "version" or "section" or
// at the head of a title. IPv6 addresses: whatever net/netip parses, so no times
// and no hardware addresses. Unless AllIPs is set, only addresses that are global are
// masked: for IPv4 those of Python's ipaddress.is_global, which datatrove uses,
// for IPv6 those in 2000::/3, the only block given out, that are not set aside for
// documentation and the like, and IPv4 addresses mapped into IPv6.
//
// Telephone numbers, of 7 to 15 digits: everything with + and a country code; the
// national forms that look like nothing else: 212-555-0123 and its variants with
// dots, spaces and area code in parentheses, and numbers of two groups or more
// that start with a single 0, such as 020 7946 0018 or 01.23.45.67.89; and other
// groupings, or no grouping, only next to a word such as "phone", "fax",
// "tél.", "телефон" or "电话" (some 160 of them in some 25 languages). Extensions
// belong to the number. Dates, times, ranges of years, prices, decimals, numbers
// with separators for thousands, ISBNs, ZIP codes, social security, card and order
// numbers are left alone. The rules prefer a number too few to one too many: what is
// missed are local numbers without such a word near them, such as 555-0123, those
// spelled with letters, and those in digits other than ASCII's.
//
// It counts "normalize.emails", "normalize.ipv4", "normalize.ipv6" and
// "normalize.phones".
type PII struct {
	Emails bool // mask e-mail addresses
	IPs    bool // mask IP addresses
	Phones bool // mask telephone numbers

	// AllIPs masks every IP address, also those of private networks, those for
	// documentation and the like, which lead to nobody.
	AllIPs bool

	// What to put in place of an address. If empty, it is what NewPII puts there.
	EmailAs, IPv4As, IPv6As, PhoneAs []string

	// Seed chooses among replacements, if there is more than one.
	Seed uint64
}

// The replacements are reserved for examples: RFC 2606, RFC 5737, RFC 3849 and the
// numbers 555-0100 to 555-0199 of the North American Numbering Plan.
var (
	emailExamples = []string{"email@example.com"}
	ipv4Examples  = []string{"192.0.2.1"}
	ipv6Examples  = []string{"2001:db8::1"}
	phoneExamples = []string{"+1-202-555-0100"}
)

// NewPII returns the stage with all kinds of addresses masked by one fixed
// replacement each: email@example.com, 192.0.2.1, 2001:db8::1 and
// +1-202-555-0100.
func NewPII() *PII {
	return &PII{
		Emails: true, IPs: true, Phones: true,
		EmailAs: slices.Clone(emailExamples), PhoneAs: slices.Clone(phoneExamples),
		IPv4As: slices.Clone(ipv4Examples), IPv6As: slices.Clone(ipv6Examples),
	}
}

// Process implements [textmill.Stage].
func (p *PII) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	text, n := p.apply(doc.Text)
	doc.Text = text
	if n == [piiKinds]int64{} {
		return textmill.Keep, nil
	}
	textmill.Count(ctx, "normalize.emails", n[email])
	textmill.Count(ctx, "normalize.ipv4", n[ipv4])
	textmill.Count(ctx, "normalize.ipv6", n[ipv6])
	textmill.Count(ctx, "normalize.phones", n[phone])
	return textmill.Keep, nil
}

// maxRounds bounds how often a text is gone through.
const maxRounds = 8

// apply masks until nothing is left to be masked, for what stands next to an address
// may look different once that is masked. Nearly always once is enough.
func (p *PII) apply(s string) (text string, masked [piiKinds]int64) {
	for range maxRounds {
		e := editor{src: s}
		sc := scanner{PII: p, s: s}
		for m, ok := sc.next(); ok; m, ok = sc.next() {
			e.replace(m.start, m.end, p.mask(m.kind, s[m.start:m.end]))
			masked[m.kind]++
		}
		if e.cut == 0 {
			break
		}
		s = e.result()
	}
	return s, masked
}

// mask returns what to put in place of an address.
func (p *PII) mask(k piiKind, address string) string {
	choices := p.choices(k)
	if len(choices) == 1 {
		return choices[0]
	}
	var buf [64]byte
	return choices[xxh3.HashSeed(canonical(buf[:0], k, address), p.Seed)%uint64(len(choices))]
}

func (p *PII) choices(k piiKind) []string {
	own, examples := p.EmailAs, emailExamples
	switch k {
	case ipv4:
		own, examples = p.IPv4As, ipv4Examples
	case ipv6:
		own, examples = p.IPv6As, ipv6Examples
	case phone:
		own, examples = p.PhoneAs, phoneExamples
	}
	if len(own) == 0 {
		return examples
	}
	return own
}
