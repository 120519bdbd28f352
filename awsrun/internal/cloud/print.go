package cloud

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// Print writes the status for people.
func (s Status) Print(w io.Writer) error {
	b := &bytes.Buffer{}
	fmt.Fprintf(b, "%s in %s\n", s.Deployment, s.Region)
	if s.Execution == nil {
		b.WriteString("There has been no run in the last 90 days. Use start.\n")
	} else {
		s.printRun(b)
		s.printMaps(b)
		s.printFailures(b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s Status) printRun(b *bytes.Buffer) {
	e := s.Execution
	t := newTable(b)
	defer t.Flush()
	row(t, "run", e.Name)
	end := s.Time
	if e.Ended() {
		end = e.Stopped
	}
	row(t, "status", fmt.Sprintf("%s, %s", e.Status, span(end.Sub(e.Started))))
	row(t, "started", stamp(e.Started))
	if e.Ended() {
		row(t, "stopped", stamp(e.Stopped))
	}
	if e.Redrives > 0 {
		row(t, "redriven", fmt.Sprintf("%d×, the last time %s", e.Redrives, stamp(e.Redriven)))
	}
	if s.State != "" && e.Status != "SUCCEEDED" {
		row(t, "state", fmt.Sprintf("%s, since %s", printable(s.State), stamp(s.Entered)))
	}
	if s.Error != "" {
		row(t, "error", printable(s.Error))
	}
	if s.Cause != "" {
		row(t, "cause", printable(s.Cause))
	}
}

func (s Status) printMaps(b *bytes.Buffer) {
	if len(s.Maps) == 0 {
		return
	}
	b.WriteByte('\n')
	t := newTable(b)
	defer t.Flush()
	row(t, "jobs of", "status", "total", "pending", "running", "succeeded", "failed", "timed out", "aborted", "redriven")
	for _, m := range s.Maps {
		cells := []string{printable(m.State), m.Status}
		for _, n := range []int64{m.Total, m.Pending, m.Running, m.Succeeded, m.Failed, m.TimedOut, m.Aborted, int64(m.Redrives)} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		row(t, cells...)
	}
}

func (s Status) printFailures(b *bytes.Buffer) {
	if len(s.Failures) == 0 {
		return
	}
	b.WriteString("\nWhat failed, or some of it:\n")
	for _, f := range s.Failures {
		fmt.Fprintf(b, "  %s\n", printable(strings.TrimSpace(f.State+" "+f.Item)))
		fmt.Fprintf(b, "    %s\n", printable(strings.TrimSuffix(f.Error+": "+f.Cause, ": ")))
		if f.Log != "" {
			fmt.Fprintf(b, "    log of %s: %s\n", printable(f.Job), printable(f.Log))
		}
	}
}

// newTable returns a writer of columns.
func newTable(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// row writes a line of a table.
func row(t *tabwriter.Writer, cells ...string) {
	io.WriteString(t, strings.Join(cells, "\t")+"\n")
}

// stamp returns a time as it is printed.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// span returns a duration as it is printed.
func span(d time.Duration) string { return max(d, 0).Round(time.Second).String() }

// printable returns what jobs and AWS say without what would control a terminal or
// break a line.
func printable(s string) string {
	b := &strings.Builder{}
	for _, r := range s {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}
