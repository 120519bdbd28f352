package stagetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/textmill/textmill"
)

// Check runs the stage made by open over [Documents] and docs and returns an
// error listing what it found wrong:
//
//   - the same document gets the same verdict and the same edits each time,
//     alone and among others being processed concurrently
//   - a document is not kept: changing one afterwards changes nothing
//   - the text of what is passed on is valid UTF-8, and the identity (ID, Shard,
//     Index) is left alone
//   - annotations are strings, bools, ints, int64s or float64s, and a key names
//     its stage, as "stage.field" does
//   - reasons are few and not made of the text
//
// For a stage made by [textmill.PerShard], whose verdict depends on the documents
// before, use [CheckPerShard].
func Check(open func() textmill.Stage, docs ...*textmill.Document) error {
	docs = append(Documents(), docs...)
	var p problems
	want := make([]outcome, len(docs))
	for i, d := range docs {
		want[i] = judge(open(), d)
		p.check(d, want[i])
	}
	p.checkReasons(want)

	shared := open()
	var wg sync.WaitGroup
	got := make([]outcome, len(docs))
	for i, d := range docs {
		wg.Go(func() { got[i] = judge(shared, d) })
	}
	wg.Wait()
	for i, d := range docs {
		if diff := want[i].diff(got[i]); diff != "" {
			p.add(d, "among others, it came out differently than alone: %s", diff)
		}
		if diff := want[i].diff(judge(shared, d)); diff != "" {
			p.add(d, "processed again, it came out differently: %s", diff)
		}
	}
	return errors.Join(p.errs...)
}

// CheckPerShard is [Check] for a stage whose verdict may depend on the documents
// before it in the shard: the same documents in the same order get the same
// verdicts and edits each time, whatever the number of workers, and nothing is
// carried over from one shard to the next.
func CheckPerShard(open func() textmill.Stage, docs ...*textmill.Document) error {
	docs = append(Documents(), docs...)
	var p problems
	want, err := pipe(open(), 1, docs)
	if err != nil {
		return err
	}
	again := open()
	for _, workers := range []int{1, 3, 8} {
		got, err := pipe(again, workers, docs)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			p.errs = append(p.errs, fmt.Errorf("with %d workers, on a further shard of the same documents, the outcome differs", workers))
		}
	}
	for _, d := range want {
		if !utf8.ValidString(d.Text) {
			p.add(d, "the text is not valid UTF-8")
		}
	}
	return errors.Join(p.errs...)
}

// pipe runs docs through s in a pipeline of their own and returns what it wrote
// and rejected.
func pipe(s textmill.Stage, workers int, docs []*textmill.Document) ([]*textmill.Document, error) {
	var out, rejects textmill.Memory
	p := &textmill.Pipeline{
		Source: textmill.Documents(docs...), Stages: []textmill.Stage{s}, Sink: &out, Rejects: &rejects,
		MaxErrors: -1, Workers: workers,
	}
	_, err := p.Run(context.Background())
	return append(out.Documents(), rejects.Documents()...), err
}

// An outcome is what a stage made of one document.
type outcome struct {
	verdict textmill.Verdict
	err     string
	doc     *textmill.Document
}

func judge(s textmill.Stage, d *textmill.Document) (o outcome) {
	o.doc = d.Clone()
	defer func() {
		if v := recover(); v != nil {
			o.err = fmt.Sprintf("panic: %v", v)
		}
	}()
	v, err := s.Process(context.Background(), o.doc)
	if o.verdict = v; err != nil {
		o.err = err.Error()
	}
	return o
}

func (o outcome) diff(p outcome) string {
	switch {
	case o.err != p.err:
		return fmt.Sprintf("error %q, then %q", o.err, p.err)
	case o.err != "":
		return ""
	case !reflect.DeepEqual(o.verdict, p.verdict):
		return fmt.Sprintf("%v, then %v", o.verdict, p.verdict)
	case o.doc.Text != p.doc.Text:
		return fmt.Sprintf("text %.60q, then %.60q", o.doc.Text, p.doc.Text)
	case !reflect.DeepEqual(o.doc, p.doc):
		return fmt.Sprintf("annotations %v, then %v (or another field)", o.doc.Meta, p.doc.Meta)
	}
	return ""
}

// problems collects what is wrong.
type problems struct{ errs []error }

func (p *problems) add(d *textmill.Document, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("document %s (%.30q): %s", d.ID, d.Text, fmt.Sprintf(format, args...)))
}

func (p *problems) check(d *textmill.Document, o outcome) {
	if strings.HasPrefix(o.err, "panic: ") {
		p.add(d, "%s", o.err)
	}
	if o.err != "" {
		return
	}
	if o.verdict.Dropped() && o.verdict.Reason() == "" {
		p.add(d, "dropped without a reason")
	}
	if c := o.doc; c.ID != d.ID || c.Shard != d.Shard || c.Index != d.Index {
		p.add(d, "the identity was changed")
	}
	passed := o.verdict.Documents()
	if o.verdict.Kept() {
		passed = append(passed, o.doc)
	}
	for _, c := range passed {
		if !utf8.ValidString(c.Text) {
			p.add(d, "the text is not valid UTF-8 any more")
		}
	}
	for k, v := range o.doc.Meta {
		switch v.(type) {
		case string, bool, int, int64, float64:
		default:
			p.add(d, "annotation %s is a %T; use a string, bool, int, int64 or float64", k, v)
		}
		if _, old := d.Meta[k]; !old && !strings.Contains(k, ".") {
			p.add(d, "annotation %s does not name its stage; call it STAGE.%s", k, k)
		}
	}
}

// maxReasons is more reasons than any stage has.
const maxReasons = 40

func (p *problems) checkReasons(outcomes []outcome) {
	reasons := map[string]bool{}
	for _, o := range outcomes {
		r := o.verdict.Reason()
		reasons[r] = true
		if r != "" && len(r) > 3 && len(o.doc.Text) < 1000 && strings.TrimSpace(o.doc.Text) == strings.TrimSpace(r) {
			p.add(o.doc, "the reason is made of the text")
		}
	}
	if len(reasons) > maxReasons || len(reasons) > len(outcomes)/2+2 {
		p.errs = append(p.errs, fmt.Errorf("%d reasons for %d documents; a reason is one of a few fixed strings", len(reasons), len(outcomes)))
	}
}
