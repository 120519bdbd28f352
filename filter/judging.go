package filter

import (
	"context"
	"sync"

	"github.com/textmill/textmill"
)

// Rules are one set of rules about the text of a document: [*GopherRepetition],
// [*GopherQuality], [*C4Quality], [*C4Paragraph] or [*FineWebQuality]. Each is a
// stage by itself; several that are to share their measurements go into a
// [Quality].
type Rules interface {
	textmill.Stage

	// judge reports to j which rules the text fails, in the order of the rules,
	// and returns as soon as j says so.
	judge(ctx context.Context, j *judging)
}

// judging is the judging of one document.
type judging struct {
	stats
	doc     *textmill.Document
	verdict textmill.Verdict // Keep, or that of the first failed rule
	every   bool             // all sets of rules are to go on after the first failed rule
	all     bool             // this one is
	prefix  string           // of its annotations: "NAME."
	failed  bool             // the text failed a rule of it

	page page // scratch of C4Quality
}

var judgings = sync.Pool{New: func() any { return new(judging) }}

// judge judges doc by one set of rules after another until one drops it. If all
// is true, it judges it by all of them.
func judge(ctx context.Context, doc *textmill.Document, all bool, sets ...Rules) textmill.Verdict {
	j := judgings.Get().(*judging)
	size := len(doc.Text)
	j.doc, j.verdict, j.every = doc, textmill.Keep, all
	j.reset(doc.Text)
	for _, rules := range sets {
		rules.judge(ctx, j)
		if !all && !j.verdict.Kept() {
			break
		}
	}
	verdict := j.verdict
	if size <= maxKept {
		j.release()
		judgings.Put(j)
	}
	return verdict
}

// maxKept is the size of the longest text, in bytes, whose measurements leave
// memory behind that is worth keeping for the next one: some 20 times as much.
const maxKept = 1 << 20

// release lets go of the document.
func (j *judging) release() {
	j.stats.release()
	j.doc, j.verdict = nil, textmill.Keep
}

// begin starts the judging by one set of rules.
func (j *judging) begin(name string, all bool) {
	j.prefix, j.all, j.failed = name, j.every || all, false
}

// above fails the rule if its limit is set and value is greater. Like the other
// rules, it reports whether judging ends here.
func (j *judging) above(reason string, value, limit float64) bool {
	return limit > 0 && value > limit && j.fails(reason, value, limit)
}

// below fails the rule if its limit is set and value is less.
func (j *judging) below(reason string, value, limit float64) bool {
	return limit > 0 && value < limit && j.fails(reason, value, limit)
}

// fails fails a rule that measures something.
func (j *judging) fails(reason string, value, limit float64) bool {
	j.failed = true
	if j.verdict.Kept() {
		j.verdict = textmill.Drop(reason).Measured(value, limit)
	}
	if j.all {
		j.doc.Set(j.prefix+reason, value)
	}
	return !j.all
}

// forbids fails a rule that allows nothing of its kind.
func (j *judging) forbids(reason string) bool {
	j.failed = true
	if j.verdict.Kept() {
		j.verdict = textmill.Drop(reason)
	}
	if j.all {
		j.doc.Set(j.prefix+reason, true)
	}
	return !j.all
}

// ratio returns n / of. There is nothing among nothing, so that 0/0 is 0, where
// most sources would stop with an error; n among nothing is n.
func ratio(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
