package cost

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// String returns the estimate for people: a table of the steps, one of what is paid
// for, the warnings and the assumptions. Bytes are in powers of 1000.
func (e *Estimate) String() string {
	t := table{words: []int{0, 4}, rows: [][]string{{"step", "shards", "jobs", "at once", "size of a job", "a job takes", "all take", "read", "written", "vCPU-hours", "dollars"}}}
	for _, it := range append(e.Steps[:len(e.Steps):len(e.Steps)], e.Report, e.Total) {
		t.item(it)
	}
	var sb strings.Builder
	sb.WriteString(t.String())
	sb.WriteString("\n" + e.paid().String())
	for _, w := range e.Warnings {
		sb.WriteString("\n! " + w)
	}
	for _, a := range e.Assumptions {
		sb.WriteString("\n- " + a)
	}
	sb.WriteString("\n")
	return sb.String()
}

func (t *table) item(it Item) {
	row := []string{it.Name, count(it.Shards), count(it.Jobs), count(it.AtOnce), "", "", duration(seconds(it.Seconds)),
		size(it.BytesIn), size(it.BytesOut), fmt.Sprintf("%.1f", it.VCPUHours), dollars(it.Dollars.Run)}
	if it.JobSeconds > 0 {
		row[4], row[5] = fargate.String(spec.Size(it.Size)), duration(seconds(it.JobSeconds))
	}
	t.rows = append(t.rows, row)
}

// paid is what is paid for.
func (e *Estimate) paid() table {
	d := e.Total.Dollars
	t := table{words: []int{0}}
	line := func(what string, amount float64) { t.rows = append(t.rows, []string{what, dollars(amount)}) }
	line("Fargate", d.Fargate)
	if d.Spot > 0 {
		line("Fargate Spot", d.Spot)
	}
	line("S3 requests", d.Requests)
	line("Step Functions", d.StepFunctions)
	line("CloudWatch Logs", d.Logs)
	line("network, meanwhile", d.Network)
	line("the run", d.Run)
	if d.Spot > 0 {
		line("the same without Spot", e.OnDemand)
	} else {
		line("the same on Spot", e.Spot)
	}
	line("what it writes, kept a month", d.StorageMonth)
	line("network and key, a month", e.Idle)
	return t
}

// table is text in columns: of words, which begin at the left, and of numbers.
type table struct {
	words []int // columns
	rows  [][]string
}

func (t table) String() string {
	width := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var sb strings.Builder
	for _, row := range t.rows {
		var cells []string
		for i, cell := range row {
			if slices.Contains(t.words, i) {
				cells = append(cells, fmt.Sprintf("%-*s", width[i], cell))
			} else {
				cells = append(cells, fmt.Sprintf("%*s", width[i], cell))
			}
		}
		sb.WriteString(strings.TrimRight(strings.Join(cells, "  "), " ") + "\n")
	}
	return sb.String()
}

// count returns a number, or nothing for 0.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// dollars returns an amount in whole cents, as AWS has it on bills.
func dollars(f float64) string {
	if f > 0 && f < 0.005 {
		return "<0.01"
	}
	return fmt.Sprintf("%.2f", f)
}

// size returns a number of bytes with three digits, or nothing for 0.
func size(n int64) string {
	f, units := float64(n), []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	for len(units) > 1 && f >= 999.5 {
		f, units = f/1000, units[1:]
	}
	switch {
	case n == 0:
		return ""
	case f < 9.995 && units[0] != "B":
		return fmt.Sprintf("%.2f %s", f, units[0])
	case f < 99.95 && units[0] != "B":
		return fmt.Sprintf("%.1f %s", f, units[0])
	}
	return fmt.Sprintf("%.0f %s", f, units[0])
}

// duration returns a time to the second, the minute or the hour, by how long it is.
func duration(d time.Duration) string {
	switch m := d.Round(time.Minute); {
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case m < time.Hour:
		return fmt.Sprintf("%.0fm", m.Minutes())
	case m < 48*time.Hour:
		return fmt.Sprintf("%dh %02dm", m/time.Hour, m%time.Hour/time.Minute)
	}
	h := d.Round(time.Hour) / time.Hour
	return fmt.Sprintf("%dd %02dh", h/24, h%24)
}
