package jsonl

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// checkLines compares a lineReader with bytes.Split.
func checkLines(t *testing.T, input []byte, max int, r io.Reader) {
	t.Helper()
	l := newLineReader(r, max)
	offset := int64(0)
	for n, want := range bytes.SplitAfter(input, []byte("\n")) {
		if len(want) == 0 {
			break // after the last newline
		}
		got, err := l.line()
		if err != nil {
			t.Fatalf("max %d, line %d: error %v", max, n, err)
		}
		if got.offset != offset || got.length != int64(len(want)) {
			t.Fatalf("max %d, line %d: offset %d, length %d, want %d, %d", max, n, got.offset, got.length, offset, len(want))
		}
		offset += got.length
		want = bytes.TrimSuffix(want, []byte("\n"))
		if tooLong := len(want) > max; tooLong != (got.bytes == nil) || !tooLong && !bytes.Equal(got.bytes, want) {
			t.Fatalf("max %d, line %d: %.50q (nil: %v), want %.50q", max, n, got.bytes, got.bytes == nil, want)
		}
	}
	for range 2 {
		if got, err := l.line(); err != io.EOF {
			t.Fatalf("max %d: %.50q, error %v, want EOF", max, got.bytes, err)
		}
	}
	if len(l.buf) > max+1 && cap(l.buf) > 2*max+64 {
		t.Fatalf("max %d: buffer of %d bytes", max, cap(l.buf))
	}
}

func TestLines(t *testing.T) {
	inputs := []string{
		"", "\n", "\n\n", "a", "a\n", "a\nb", "a\n\nb\n", "\r\n", "ab\ncd\nef", strings.Repeat("x", 9), strings.Repeat("x", 10), strings.Repeat("x", 11),
		strings.Repeat("x", 9) + "\n" + strings.Repeat("y", 10) + "\n" + strings.Repeat("z", 11) + "\nw", strings.Repeat("long", 1000) + "\nshort\n" + strings.Repeat("long", 1000),
	}
	for _, input := range inputs {
		for _, max := range []int{1, 2, 3, 10, 4000, 1 << 20} {
			b := []byte(input)
			for _, r := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b)), iotest.HalfReader(bytes.NewReader(b)), iotest.DataErrReader(bytes.NewReader(b))} {
				checkLines(t, b, max, r)
			}
		}
	}
	big := bytes.Repeat(append(bytes.Repeat([]byte("x"), firstBuffer/3), '\n'), 10)
	checkLines(t, big, 1<<20, bytes.NewReader(big))
	long := append(bytes.Repeat([]byte("x"), 5*firstBuffer), "\nend"...)
	checkLines(t, long, 10*firstBuffer, bytes.NewReader(long))
	checkLines(t, long, 2*firstBuffer, bytes.NewReader(long))
}

// Whole lines before an error are given out, what comes after the last newline
// is not: nobody knows whether it is whole.
func TestLinesError(t *testing.T) {
	boom := errors.New("boom")
	for _, max := range []int{1, 2, 100} {
		for input, want := range map[string]int{"": 0, "a": 0, "a\n": 1, "a\nb": 1, "a\nb\n": 2, "a\n" + strings.Repeat("x", 50): 1} {
			l := newLineReader(io.MultiReader(strings.NewReader(input), iotest.ErrReader(boom)), max)
			n, err := 0, error(nil)
			for ; err == nil; n++ {
				_, err = l.line()
			}
			if n-1 != want || err != boom {
				t.Errorf("max %d, %q: %d lines, want %d; error %v", max, input, n-1, want, err)
			}
		}
	}
	if _, err := newLineReader(stuck{}, 10).line(); err != io.ErrNoProgress {
		t.Errorf("a reader that gives nothing: error %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nbb\n\nccc"), 2)
	f.Fuzz(func(t *testing.T, input []byte, max int) {
		if max < 1 || max > 1000 {
			return
		}
		checkLines(t, input, max, bytes.NewReader(input))
		checkLines(t, input, max, iotest.HalfReader(bytes.NewReader(input)))
	})
}
