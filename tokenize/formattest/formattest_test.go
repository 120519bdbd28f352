package formattest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/internal/ids"
)

// A parts is a format: NAME.parts has the parts of sequences with their lengths, and
// NAME.count, which is committed last, how many. Some of what can be wrong with a
// format is wrong with it if wrong says so.
type parts struct{ wrong string }

func (f parts) Create(ctx context.Context, file tokenize.File) (tokenize.FileWriter, error) {
	name := file.Name
	if f.wrong == "name" {
		name = "x" + name
	}
	out, err := storage.NewOutput(ctx, file.Store, name+".parts")
	if err != nil {
		return nil, err
	}
	return &partsWriter{parts: f, file: file, out: out}, nil
}

type partsWriter struct {
	parts
	file      tokenize.File
	out       *storage.Output
	n         int
	documents int64
	kept      []uint32
	buf       []byte
	committed bool
}

func (w *partsWriter) Write(seq tokenize.Sequence) error {
	w.documents += seq.Documents()
	for part := range seq.Parts() {
		if w.wrong == "empty" && len(part) == 0 {
			continue
		}
		if w.wrong == "keeps" {
			part, w.kept = w.kept, part
		}
		if w.wrong == "narrow" {
			part = slices.Clone(part)
			for i := range part {
				part[i] &= 0xffff
			}
		}
		w.n++
		w.buf = ids.Append(ids.Append(w.buf[:0], []uint32{uint32(len(part))}, 4), part, 4)
		if _, err := w.out.Write(w.buf); err != nil && w.wrong != "errors" {
			return err
		}
	}
	if w.wrong == "early" {
		return w.Commit(context.Background())
	}
	return nil
}

func (w *partsWriter) Commit(ctx context.Context) error {
	if w.committed {
		return nil
	}
	w.committed = true
	if w.wrong == "context" {
		ctx = context.WithoutCancel(ctx)
	}
	if w.wrong == "documents" {
		w.documents++
	}
	steps := []func() error{
		func() error { return w.out.Commit(ctx, w.documents) },
		func() error { return w.commitCount(ctx) },
	}
	if w.wrong == "order" {
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := step(); err != nil && w.wrong != "errors" {
			return err
		}
	}
	return nil
}

var runs int

func (w *partsWriter) commitCount(ctx context.Context) error {
	var out storage.Writer
	var err error
	if w.wrong == "report" {
		out, err = w.file.Store.Create(ctx, w.file.Name+".count")
	} else {
		var o *storage.Output
		o, err = storage.NewOutput(ctx, w.file.Store, w.file.Name+".count")
		out = output{o}
	}
	if err != nil {
		return err
	}
	defer out.Close()
	fmt.Fprintf(out, "%d\n", w.n)
	if w.wrong == "same" {
		runs++
		fmt.Fprintf(out, "%d\n", runs)
	}
	return out.Commit(ctx)
}

type output struct{ *storage.Output }

func (o output) Commit(ctx context.Context) error { return o.Output.Commit(ctx, 0) }

func (w *partsWriter) Close() error {
	if w.wrong == "close" {
		return w.Commit(context.Background())
	}
	return w.out.Close()
}

// read reads a file of parts. A lax reader does not count.
func read(lax bool) formattest.Reader {
	return func(ctx context.Context, store storage.Store, name string) ([][]uint32, error) {
		count, err := object(ctx, store, name+".count")
		if err != nil {
			return nil, err
		}
		text, err := object(ctx, store, name+".parts")
		if err != nil {
			return nil, fmt.Errorf("there is a count, but: %v", err)
		}
		var out [][]uint32
		for len(text) > 0 {
			n := 4
			if len(text) >= n {
				n += 4 * int(binary.LittleEndian.Uint32(text))
			}
			if len(text) < n {
				if lax {
					break
				}
				return nil, io.ErrUnexpectedEOF
			}
			part, err := ids.Read(nil, bufio.NewReaderSize(bytes.NewReader(text[4:n]), 16<<10), int64(n/4-1), 4)
			if err != nil {
				return nil, err
			}
			out, text = append(out, part), text[n:]
		}
		if want, _, _ := strings.Cut(string(count), "\n"); !lax && want != fmt.Sprint(len(out)) {
			return nil, errors.New("the count is another")
		}
		return out, nil
	}
}

func object(ctx context.Context, store storage.Store, name string) ([]byte, error) {
	r, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestCheckPasses(t *testing.T) {
	if err := formattest.Check(parts{}, read(false)); err != nil {
		t.Error(err)
	}
	if err := formattest.CheckWindows(parts{}, 7, read(false)); err != nil {
		t.Error(err)
	}
	if err := formattest.CheckWindows(parts{}, 0, read(false)); err == nil {
		t.Error("a window of 0")
	}
}

// Each planted fault must be found, with these words.
func TestCheckFinds(t *testing.T) {
	for wrong, want := range map[string]string{
		"empty":     "an empty sequence, 2 ids: 0 sequences were read, want 1, or 1 parts",
		"keeps":     "sequence 0 was read as",
		"narrow":    "one token, 65537 ids: sequence 0 was read as [0], want [65536]",
		"name":      "has a name that does not begin with the file's",
		"early":     "before Commit: there are objects",
		"context":   "Commit under a cancelled context gives the error <nil>",
		"close":     "after Close without Commit: there are objects",
		"same":      "written again, the same sequences give other objects",
		"report":    "object documents.count of 3 bytes is not in the report",
		"documents": "the objects in the report have 21 documents in all, want 20",
		"order":     "there is a count, but",
		"errors":    "no error",
	} {
		t.Run(wrong, func(t *testing.T) {
			err := formattest.Check(parts{wrong}, read(false))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %.2000v, want %q", err, want)
			}
		})
	}
	err := formattest.Check(parts{}, read(true))
	if want := "is cut short, and there is no error when it is read"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %.2000v, want %q", err, want)
	}
}
