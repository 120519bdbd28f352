package textmill

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Report says what became of the documents of one shard, or of many: reports
// add up, in any order. Nothing is lost: Read + Added = Written + Dropped +
// Errors, for the whole and for each stage (its In + Added = Out + Dropped + Errors).
type Report struct {
	Read    int64 `json:"read"`    // documents and damaged records the source yielded
	Added   int64 `json:"added"`   // by Replace, less those it stood for; may be negative
	Written int64 `json:"written"` // documents the sink took
	Dropped int64 `json:"dropped"` // documents dropped by a stage
	Errors  int64 `json:"errors"`  // documents that failed in a stage, and damaged records
	Damaged int64 `json:"damaged"` // the records among Errors

	BytesRead    int64 `json:"bytes_read"`    // of text, as UTF-8
	BytesWritten int64 `json:"bytes_written"` // of text, as UTF-8

	Stages  []StageReport    `json:"stages,omitempty"`  // in pipeline order
	Counts  map[string]int64 `json:"counts,omitempty"`  // see Count
	Inputs  []Object         `json:"inputs,omitempty"`  // in order of name; see AddInput
	Outputs []Object         `json:"outputs,omitempty"` // in order of name; see AddOutput

	Elapsed time.Duration `json:"elapsed,omitempty"` // in nanoseconds, summed over shards
}

// A StageReport says what one stage did.
type StageReport struct {
	Name    string           `json:"name"`
	In      int64            `json:"in"`
	Added   int64            `json:"added,omitempty"`
	Out     int64            `json:"out"`
	Dropped map[string]int64 `json:"dropped,omitempty"` // by reason
	Errors  int64            `json:"errors,omitempty"`
	Busy    time.Duration    `json:"busy,omitempty"` // in nanoseconds, summed over workers
}

// An Object is a stored file that was read or written.
type Object struct {
	Name      string `json:"name"`
	Bytes     int64  `json:"bytes"`               // as stored
	SHA256    string `json:"sha256"`              // of the bytes as stored, in hexadecimal
	Documents int64  `json:"documents,omitempty"` // in it
}

// Add adds q to r. The stages must be the same, unless r has none yet.
func (r *Report) Add(q Report) {
	r.Read += q.Read
	r.Added += q.Added
	r.Written += q.Written
	r.Dropped += q.Dropped
	r.Errors += q.Errors
	r.Damaged += q.Damaged
	r.BytesRead += q.BytesRead
	r.BytesWritten += q.BytesWritten
	r.Elapsed += q.Elapsed
	r.Counts = addCounts(r.Counts, q.Counts)
	r.Inputs = addObjects(r.Inputs, q.Inputs)
	r.Outputs = addObjects(r.Outputs, q.Outputs)
	for i, s := range q.Stages {
		if i == len(r.Stages) {
			r.Stages = append(r.Stages, StageReport{Name: s.Name})
		}
		r.Stages[i].add(s)
	}
}

func (s *StageReport) add(q StageReport) {
	s.In += q.In
	s.Added += q.Added
	s.Out += q.Out
	s.Errors += q.Errors
	s.Busy += q.Busy
	s.Dropped = addCounts(s.Dropped, q.Dropped)
}

func addCounts(dst, src map[string]int64) map[string]int64 {
	if dst == nil && len(src) > 0 {
		dst = make(map[string]int64, len(src))
	}
	for k, n := range src {
		dst[k] += n
	}
	return dst
}

// addObjects inserts src in order of name, so that a sum of reports does not
// depend on the order they came in.
func addObjects(dst, src []Object) []Object {
	for _, o := range src {
		i, _ := slices.BinarySearchFunc(dst, o, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
		dst = slices.Insert(dst, i, o)
	}
	return dst
}

// Then returns the report of a run in two passes: r over the source, then q over
// what r wrote. The stages of q follow those of r.
func (r Report) Then(q Report) Report {
	var sum Report
	sum.Add(r)
	stages := sum.Stages
	sum.Stages = nil
	sum.Add(q)
	sum.Stages = append(stages, sum.Stages...)
	sum.Read, sum.BytesRead = r.Read, r.BytesRead
	sum.Written, sum.BytesWritten = q.Written, q.BytesWritten
	return sum
}

// Check returns an error if documents are unaccounted for.
func (r Report) Check() error {
	if r.Read+r.Added != r.Written+r.Dropped+r.Errors {
		return fmt.Errorf("textmill: documents unaccounted for: read %d + added %d, but written %d + dropped %d + errors %d",
			r.Read, r.Added, r.Written, r.Dropped, r.Errors)
	}
	for _, s := range r.Stages {
		if s.In+s.Added != s.Out+s.dropped()+s.Errors {
			return fmt.Errorf("textmill: stage %s: documents unaccounted for: in %d + added %d, but out %d + dropped %d + errors %d",
				s.Name, s.In, s.Added, s.Out, s.dropped(), s.Errors)
		}
	}
	return nil
}

func (s StageReport) dropped() (n int64) {
	for _, k := range s.Dropped {
		n += k
	}
	return n
}

// WithoutTimes returns r without what differs from run to run: its durations.
func (r Report) WithoutTimes() Report {
	r.Elapsed = 0
	r.Stages = slices.Clone(r.Stages)
	for i := range r.Stages {
		r.Stages[i].Busy = 0
	}
	return r
}

// String returns the report as a table: a line for each stage, under it one for
// each reason, most frequent first, and at the end the total.
func (r Report) String() string {
	t := table{{"stage", "in", "out", "dropped"}}
	for _, s := range r.Stages {
		t.stage(s.Name, s.In, s.Out, s.dropped())
		for _, reason := range s.reasons() {
			t.detail(reason, s.Dropped[reason])
		}
		t.detail("errors", s.Errors)
	}
	t.stage("total", r.Read, r.Written, r.Dropped)
	t.detail("errors", r.Errors)
	return t.String()
}

func (s StageReport) reasons() []string {
	return slices.SortedFunc(maps.Keys(s.Dropped), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Dropped[b], s.Dropped[a]), cmp.Compare(a, b))
	})
}

// table is text in columns, the first of them words and the others numbers.
type table [][4]string

func (t *table) stage(name string, in, out, dropped int64) {
	row := [4]string{name, fmt.Sprint(in), fmt.Sprint(out), ""}
	if dropped != 0 {
		row[3] = fmt.Sprint(dropped)
	}
	*t = append(*t, row)
}

func (t *table) detail(name string, n int64) {
	if n != 0 {
		*t = append(*t, [4]string{"    " + name, "", "", fmt.Sprint(n)})
	}
}

func (t table) String() string {
	var width [4]int
	for _, row := range t {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var sb strings.Builder
	for _, row := range t {
		line := fmt.Sprintf("%-*s  %*s  %*s  %*s", width[0], row[0], width[1], row[1], width[2], row[2], width[3], row[3])
		sb.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return sb.String()
}
