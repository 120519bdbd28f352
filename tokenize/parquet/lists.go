package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	parquet "github.com/parquet-go/parquet-go"
)

// A list reads a column of lists, one after another. It takes values from pages as
// they are: parquet-go's own reader of rows takes a hundred bytes for each, and ten
// times as long.
type list struct {
	pages    parquet.Pages
	kind     parquet.Kind
	max      byte // the definition level of an element
	nullable bool // max-1 is a null in the list; else the list is empty or null

	// the page being read
	page             parquet.Page
	repeated, levels []byte // whether a value goes on with the list before it; definition levels
	at               int    // the next of them
	value            int    // and of the values, which those have that are there
	index            []int32
	ints             []int32 // if index is not nil, what it is the index of
	longs            []int64
	text             []byte
	ends             []uint32 // where each begins, and the last ends, in text
}

// leafOf returns the column of the elements of the list called name, if they are
// integers or, for text, strings.
func leafOf(s *parquet.Schema, name string, text bool) (parquet.LeafColumn, error) {
	leaf, ok := s.Lookup(name, "list", "element")
	if !ok || leaf.MaxRepetitionLevel != 1 {
		return leaf, fmt.Errorf("there is no column %s that is a list", name)
	}
	switch kind := leaf.Node.Type().Kind(); {
	case text && kind == parquet.ByteArray, !text && (kind == parquet.Int32 || kind == parquet.Int64):
		return leaf, nil
	default:
		return leaf, fmt.Errorf("column %s is a list of %s", name, leaf.Node.Type())
	}
}

func openList(g parquet.RowGroup, leaf parquet.LeafColumn) *list {
	return &list{
		pages:    g.ColumnChunks()[leaf.ColumnIndex].Pages(),
		kind:     leaf.Node.Type().Kind(),
		max:      byte(leaf.MaxDefinitionLevel),
		nullable: leaf.Node.Optional(),
	}
}

func (l *list) close() error {
	parquet.Release(l.page)
	l.page = nil
	return l.pages.Close()
}

var errNoRow = errors.New("there are fewer rows than it says")

// next gives take the values of the next list, of which it may have to take several
// runs: n from the i-th of the page. There are none if the list is empty.
func (l *list) next(take func(i, n int) error) error {
	if l.at == len(l.repeated) {
		switch err := l.nextPage(); {
		case err == io.EOF:
			return errNoRow
		case err != nil:
			return err
		}
	}
	if l.repeated[l.at] != 0 {
		return errors.New("the file is damaged: a page begins in the middle of a list")
	}
	for {
		end := len(l.repeated)
		if k := bytes.IndexByte(l.repeated[l.at+1:], 0); k >= 0 {
			end = l.at + 1 + k
		}
		n, err := l.present(l.levels[l.at:end])
		if err == nil && n > 0 {
			err = take(l.value, n)
		}
		if err != nil {
			return err
		}
		l.at, l.value = end, l.value+n
		if end < len(l.repeated) {
			return nil
		}
		switch err := l.nextPage(); { // where it may go on
		case err == io.EOF:
			return nil
		case err != nil || l.repeated[0] == 0:
			return err
		}
	}
}

// present returns how many of a list's definition levels have a value: all, or it is
// empty.
func (l *list) present(levels []byte) (int, error) {
	n := bytes.Count(levels, []byte{l.max})
	switch {
	case n == len(levels):
		return n, nil
	case n > 0 || len(levels) > 1 || l.nullable && levels[0] == l.max-1:
		return 0, errors.New("there is a null in a list")
	}
	return 0, nil
}

// nextPage goes to the next page with values.
func (l *list) nextPage() error {
	parquet.Release(l.page)
	l.page, l.repeated, l.levels, l.at, l.value = nil, nil, nil, 0, 0
	for len(l.repeated) == 0 {
		page, err := l.pages.ReadPage()
		if err != nil {
			return err
		}
		parquet.Release(l.page)
		l.page, l.repeated, l.levels = page, page.RepetitionLevels(), page.DefinitionLevels()
	}
	if len(l.levels) != len(l.repeated) {
		return errors.New("the file is damaged: a page has not as many definition as repetition levels")
	}
	data := l.page.Data()
	l.index = nil
	if d := l.page.Dictionary(); d != nil {
		l.index = data.Int32()
		data = d.Page().Data()
	}
	switch l.kind {
	case parquet.Int32:
		l.ints = data.Int32()
	case parquet.Int64:
		l.longs = data.Int64()
	default:
		l.text, l.ends = data.ByteArray()
	}
	return nil
}

// appendInts appends values of the page that next has given.
func (l *list) appendInts(dst []int32, i, n int) ([]int32, error) {
	if l.kind == parquet.Int64 {
		for ; n > 0; i, n = i+1, n-1 {
			v := l.longs[l.indexOf(i)]
			if v != int64(int32(v)) {
				return dst, fmt.Errorf("%d is not below %d", v, int64(math.MaxInt32)+1)
			}
			dst = append(dst, int32(v))
		}
		return dst, nil
	}
	if l.index == nil {
		return append(dst, l.ints[i:i+n]...), nil
	}
	for _, k := range l.index[i : i+n] {
		dst = append(dst, l.ints[k])
	}
	return dst, nil
}

// appendStrings is appendInts for strings.
func (l *list) appendStrings(dst []string, i, n int) []string {
	for ; n > 0; i, n = i+1, n-1 {
		k := l.indexOf(i)
		dst = append(dst, string(l.text[l.ends[k]:l.ends[k+1]]))
	}
	return dst
}

func (l *list) indexOf(i int) int {
	if l.index == nil {
		return i
	}
	return int(l.index[i])
}
