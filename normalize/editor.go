package normalize

import "strings"

// An editor makes a text out of another by replacing parts of it from left to
// right. It allocates nothing as long as there is nothing to replace.
type editor struct {
	src  string
	out  strings.Builder
	from int // src[from:] is not in out yet
	cut  int // parts replaced so far
}

// replace puts with in place of src[start:end], which lies behind everything
// replaced before.
func (e *editor) replace(start, end int, with string) {
	if e.cut == 0 {
		e.out.Grow(len(e.src) + len(with))
	}
	e.cut++
	e.out.WriteString(e.src[e.from:start])
	e.out.WriteString(with)
	e.from = end
}

// remove takes src[start:end] out.
func (e *editor) remove(start, end int) { e.replace(start, end, "") }

// result returns the new text, which is src itself if nothing was replaced.
func (e *editor) result() string {
	if e.cut == 0 {
		return e.src
	}
	e.out.WriteString(e.src[e.from:])
	e.from = len(e.src)
	return e.out.String()
}
