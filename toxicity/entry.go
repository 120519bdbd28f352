package toxicity

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/textmill/textmill/internal/words"
)

// An Entry is a word or a phrase of a [Lexicon].
type Entry struct {
	// Text is compared without regard to case. Where it has white space, the
	// text may have any, and any amount. At most [MaxEntry] bytes.
	Text string

	// Category is a name of lower-case letters, digits and underscores, such as
	// "insult". "" means "toxic".
	Category string

	// Weight says how much a hit counts, from 0.001 to 1000, in steps of 0.001;
	// 1 is for what nobody says in polite company. An entry of weight 0 is an
	// exception: it counts nothing, and hides the shorter entries it contains.
	Weight float64
}

// Bounds on lists of words.
const (
	MaxEntry   = 256     // bytes of one entry
	MaxEntries = 1 << 20 // entries of one list

	maxLine       = 4096
	maxCategories = 64
)

// DefaultCategory is the category of entries that name none.
const DefaultCategory = "toxic"

const byteOrderMark = "\ufeff"

// ReadTSV reads entries, one a line: text, category and weight with tabs between
// them. Where weight or category are left out, they are 1 and "toxic". Blank lines
// and lines that begin with # are skipped. Errors name the line.
func ReadTSV(r io.Reader) ([]Entry, error) {
	var entries []Entry
	err := eachLine(r, func(line string) error {
		e, err := parseEntry(strings.Split(line, "\t"))
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// ReadWords reads a plain list, one word or phrase a line, and gives all of them
// the same category and weight. Blank lines and lines that begin with # are
// skipped. Errors name the line.
func ReadWords(r io.Reader, category string, weight float64) ([]Entry, error) {
	var entries []Entry
	err := eachLine(r, func(line string) error {
		e := Entry{Text: line, Category: category, Weight: weight}
		err := e.check()
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// ReadCSV reads entries as [ReadTSV] does from records of comma-separated values,
// with quotation marks around a text that has a comma. There is no header.
func ReadCSV(r io.Reader) ([]Entry, error) {
	var entries []Entry
	lines := &lineLimit{r: bufio.NewReader(r)}
	records := csv.NewReader(lines)
	records.Comment, records.FieldsPerRecord, records.ReuseRecord = '#', -1, true
	for {
		record, err := records.Read()
		if err == io.EOF {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("toxicity: list of words: %w", err)
		}
		if len(entries) == 0 {
			record[0] = strings.TrimPrefix(record[0], byteOrderMark)
		}
		e, err := parseEntry(record)
		if err == nil && len(entries) == MaxEntries {
			err = errTooManyEntries
		}
		if err != nil {
			line, _ := records.FieldPos(0)
			return nil, lineError(line, err)
		}
		entries = append(entries, e)
	}
}

// lineLimit is a reader that fails at a line longer than any entry needs.
type lineLimit struct {
	r *bufio.Reader
	n int // bytes of the line so far
}

func (l *lineLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, b := range p[:n] {
		if l.n++; b == '\n' {
			l.n = 0
		}
		if l.n > maxLine {
			return 0, errLongLine
		}
	}
	return n, err
}

var (
	errTooManyEntries = fmt.Errorf("more than %d entries: split the list", MaxEntries)
	errLongLine       = fmt.Errorf("line of more than %d bytes: is this a list of words?", maxLine)
)

func lineError(line int, err error) error {
	return fmt.Errorf("toxicity: list of words, line %d: %w", line, err)
}

// eachLine calls add for each line that is not blank or a comment.
func eachLine(r io.Reader, add func(line string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n, entries := 0, 0
	for lines.Scan() {
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, byteOrderMark)
		}
		if line = strings.TrimRight(line, "\r"); words.Trim(line) == "" || line[0] == '#' {
			continue
		}
		if entries++; entries > MaxEntries {
			return lineError(n, errTooManyEntries)
		}
		if err := add(line); err != nil {
			return lineError(n, err)
		}
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = errLongLine
	}
	if err != nil {
		return lineError(n+1, err)
	}
	return nil
}

// parseEntry makes an entry of text, category and weight.
func parseEntry(fields []string) (Entry, error) {
	e := Entry{Text: fields[0], Weight: 1}
	if len(fields) > 3 {
		return e, fmt.Errorf("%d fields; want text, category and weight", len(fields))
	}
	if len(fields) > 1 {
		e.Category = words.Trim(fields[1])
	}
	if len(fields) > 2 {
		field := words.Trim(fields[2])
		w, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return e, fmt.Errorf("weight %q; want a number from 0.001 to 1000, or 0 for an exception", field)
		}
		e.Weight = w
	}
	return e, e.check()
}

// check sets what was left out and reports what cannot be.
func (e *Entry) check() error {
	e.Text = words.Trim(e.Text)
	if e.Category == "" {
		e.Category = DefaultCategory
	}
	switch {
	case e.Text == "":
		return errors.New("entry without text")
	case !utf8.ValidString(e.Text):
		return fmt.Errorf("entry %q is not UTF-8: convert the list", e.Text)
	case len(e.Text) > MaxEntry:
		return fmt.Errorf("entry of %d bytes, %.20q…; at most %d are allowed", len(e.Text), e.Text, MaxEntry)
	case !isName(e.Category):
		return fmt.Errorf("category %q; use a name such as %q", e.Category, "insult")
	case e.Weight != 0 && !(e.Weight >= 0.001 && e.Weight <= 1000):
		return fmt.Errorf("weight %v; want a number from 0.001 to 1000, or 0 for an exception", e.Weight)
	}
	return nil
}

// isName reports whether s can be a part of a reason and of a key in Meta.
func isName(s string) bool {
	for _, b := range []byte(s) {
		if !('a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '_') {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 64 && s != "score"
}
