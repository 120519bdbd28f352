package cloud

import (
	"bytes"
	"io"
	"slices"
)

// A Level says how bad a finding is.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // it can be lived with, or was not to be found out
	Error   Level = "error"   // runs will fail
)

// A Finding is what one check came to.
type Finding struct {
	Check   string `json:"check"` // what was looked at
	Level   Level  `json:"level"`
	Message string `json:"message"`
	Do      string `json:"do,omitempty"` // what to do about it
}

// Findings are those of all checks, in the order in which they were made.
type Findings []Finding

// Failed reports whether there is an error among them.
func (f Findings) Failed() bool {
	return slices.ContainsFunc(f, func(f Finding) bool { return f.Level == Error })
}

// Print writes the findings for people.
func (f Findings) Print(w io.Writer) error {
	b := &bytes.Buffer{}
	t := newTable(b)
	for _, f := range f {
		row(t, string(f.Level), f.Check, printable(f.Message))
		if f.Do != "" {
			row(t, "", "", "→ "+printable(f.Do))
		}
	}
	t.Flush()
	_, err := w.Write(b.Bytes())
	return err
}
