package textmill

import "fmt"

// A Verdict says what is to become of a document. The zero Verdict is [Keep].
type Verdict struct {
	kind         kind
	measured     bool
	reason       string
	value, limit float64
	survivor     string
	docs         []*Document
}

type kind uint8

const (
	keep kind = iota
	drop
	replace
)

// Keep passes the document on, with whatever edits the stage made.
var Keep Verdict

// Drop discards the document. Reasons are counted in the [Report], so a reason
// is one of a few fixed snake_case strings ("too_short"), never made of the text.
func Drop(reason string) Verdict { return Verdict{kind: drop, reason: reason} }

// Replace passes on docs, if any, in place of the document. Each needs an ID of
// its own.
func Replace(docs ...*Document) Verdict { return Verdict{kind: replace, docs: docs} }

// Measured returns v with what the rule saw and the limit it was held against,
// which go to the rejects.
func (v Verdict) Measured(value, limit float64) Verdict {
	v.measured, v.value, v.limit = true, value, limit
	return v
}

// DuplicateOf returns v with the ID of the document that stays in place of the
// dropped one.
func (v Verdict) DuplicateOf(id string) Verdict {
	v.survivor = id
	return v
}

// Kept reports whether v is Keep.
func (v Verdict) Kept() bool { return v.kind == keep }

// Dropped reports whether v was made by Drop.
func (v Verdict) Dropped() bool { return v.kind == drop }

// Reason returns why the document was dropped, or "".
func (v Verdict) Reason() string { return v.reason }

// Measurement returns what Measured was given, and whether it was called.
func (v Verdict) Measurement() (value, limit float64, ok bool) { return v.value, v.limit, v.measured }

// Survivor returns what DuplicateOf was given, or "".
func (v Verdict) Survivor() string { return v.survivor }

// Documents returns what replaces the document, or nil.
func (v Verdict) Documents() []*Document { return v.docs }

// String returns the verdict as text for tests and logs, such as
// "drop: too_short (3, limit 50)".
func (v Verdict) String() string {
	switch v.kind {
	case drop:
		s := "drop: " + v.reason
		if v.measured {
			s += fmt.Sprintf(" (%.6g, limit %.6g)", v.value, v.limit)
		}
		if v.survivor != "" {
			s += " (duplicate of " + v.survivor + ")"
		}
		return s
	case replace:
		return fmt.Sprintf("replace with %d", len(v.docs))
	}
	return "keep"
}
