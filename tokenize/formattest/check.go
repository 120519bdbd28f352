package formattest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// A Reader reads a file back: the tokens of its sequences, in order. For packed
// sequences it returns either each whole or, if the format keeps their boundaries,
// each in its parts, as [tokenize.Sequence.Parts] yields them. The error is
// [fs.ErrNotExist] if there is no such file.
type Reader func(ctx context.Context, store storage.Store, name string) ([][]uint32, error)

// Check writes files in the format and returns an error listing what it found
// wrong:
//
//   - what was written is read back in order: no sequences, empty ones, long ones,
//     many, packed ones with and without padding, with ids at both ends of vocabularies
//     on both sides of 65,500 and 65,536 places
//   - the same sequences give the same objects each time, also if another file is
//     written at the same time
//   - the names of all objects begin with that of the file
//   - Write does not keep what it is given
//   - nothing is visible before Commit; Close without it, and a Commit under a cancelled
//     context, leave nothing; Close may be called again
//   - all objects are in the report, with all documents
//   - an object that ends halfway is an error to the reader
//   - through [tokenize.Shards]: files replace older ones and nothing of those is left;
//     whatever call of the store fails, and wherever the process is killed, what can
//     be read afterwards is whole, and doing it again makes it right
func Check(format tokenize.Format, read Reader) error {
	return run(&check{format: format, read: read})
}

// CheckWindows is [Check] for a format that takes sequences of one length only:
// all of its sequences have window tokens.
func CheckWindows(format tokenize.Format, window int, read Reader) error {
	if window < 1 {
		return fmt.Errorf("formattest: window %d is not positive", window)
	}
	return run(&check{format: format, read: read, window: window})
}

func run(c *check) error {
	for _, part := range []func(){c.contents, c.behaviour, c.report, c.sink, c.faults} {
		c.limit = len(c.errs) + maxErrors
		part()
	}
	return errors.Join(c.errs...)
}

// A check is one run of Check.
type check struct {
	format tokenize.Format
	read   Reader
	window int // of all sequences, or 0 if they may have any length
	errs   []error
	limit  int // of errs
}

// maxErrors is how many faults are listed of one kind.
const maxErrors = 5

func (c *check) wrong(format string, args ...any) {
	if len(c.errs) < c.limit {
		c.errs = append(c.errs, fmt.Errorf(format, args...))
	}
}

// A vocabulary is an encoder without texts.
type vocabulary int

func (vocabulary) Encode(dst []uint32, _ string) []uint32 { return dst }
func (v vocabulary) VocabSize() int                       { return int(v) }
func (v vocabulary) EndOfText() uint32                    { return uint32(v) - 1 }
func (v vocabulary) Name() string                         { return fmt.Sprint("vocabulary", int(v)) }

// sizes are those of vocabularies at which formats change the type of their ids.
var sizes = []vocabulary{2, 256, 257, 65499, 65500, 65501, 65535, 65536, 65537, 1 << 17, 1 << 24, math.MaxInt32}

// contents checks that what is written is read.
func (c *check) contents() {
	for _, v := range sizes {
		for _, f := range c.files(v) {
			store := &storage.Memory{}
			name := fmt.Sprintf("%s, %d ids", f.name, v)
			if err := c.write(store, "a/b", v, f.seqs); err != nil {
				c.wrong("%s: %w", name, err)
				continue
			}
			c.expect(name, store, "a/b", f.seqs)
		}
	}
}

// expect checks that a file holds seqs.
func (c *check) expect(when string, store storage.Store, file string, seqs []tokenize.Sequence) {
	got, err := c.read(context.Background(), store, file)
	if err != nil {
		c.wrong("%s: read: %w", when, err)
		return
	}
	if diff := difference(got, seqs); diff != "" {
		c.wrong("%s: %s", when, diff)
	}
}

// difference says how what was read differs from seqs, or "" if it does not.
func difference(got [][]uint32, seqs []tokenize.Sequence) string {
	whole, parts := wholes(seqs), divided(seqs)
	if equal(got, whole) || equal(got, parts) {
		return ""
	}
	if len(got) != len(whole) && len(got) != len(parts) {
		return fmt.Sprintf("%d sequences were read, want %d, or %d parts", len(got), len(whole), len(parts))
	}
	want := whole
	if len(got) == len(parts) {
		want = parts
	}
	for i := range got {
		if !slices.Equal(got[i], want[i]) {
			return fmt.Sprintf("sequence %d was read as %s, want %s", i, short(got[i]), short(want[i]))
		}
	}
	panic("unreachable")
}

// short returns the beginning of a list of ids.
func short(ids []uint32) string {
	if len(ids) <= 16 {
		return fmt.Sprint(ids)
	}
	return fmt.Sprintf("%v… (%d)", ids[:16], len(ids))
}

func equal(a, b [][]uint32) bool { return slices.EqualFunc(a, b, slices.Equal) }

func wholes(seqs []tokenize.Sequence) (out [][]uint32) {
	for _, s := range seqs {
		out = append(out, s.Tokens)
	}
	return out
}

func divided(seqs []tokenize.Sequence) (out [][]uint32) {
	for _, s := range seqs {
		out = slices.AppendSeq(out, s.Parts())
	}
	return out
}

// write writes a file of its own.
func (c *check) write(store storage.Store, name string, v vocabulary, seqs []tokenize.Sequence) error {
	ctx := context.Background()
	w, err := c.format.Create(ctx, tokenize.File{Store: store, Name: name, Encoder: v})
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	defer w.Close()
	if err := writeAll(w, seqs); err != nil {
		return err
	}
	if err := w.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return w.Close()
}

// writeAll writes seqs from memory that it overwrites at once.
func writeAll(w tokenize.FileWriter, seqs []tokenize.Sequence) error {
	var tokens []uint32
	var segments []tokenize.Segment
	for i, s := range seqs {
		tokens = append(tokens[:0], s.Tokens...)
		segments = append(segments[:0], s.Segments...)
		if err := w.Write(tokenize.Sequence{Tokens: tokens, Segments: segments}); err != nil {
			return fmt.Errorf("write sequence %d: %w", i, err)
		}
		for i := range tokens {
			tokens[i] = 1<<32 - 1
		}
		clear(segments)
	}
	return nil
}

// contentsOf returns the names and bytes of all objects.
func contentsOf(store storage.Store) (string, error) {
	var sb strings.Builder
	ctx := context.Background()
	for info, err := range store.List(ctx, "") {
		if err != nil {
			return "", err
		}
		b, err := object(store, info.Name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&sb, "%s %d\n%s\n", info.Name, len(b), b)
	}
	return sb.String(), nil
}

// behaviour checks what FileWriters do at the beginning and at the end.
func (c *check) behaviour() {
	const v vocabulary = 1000
	ctx := context.Background()
	store := &storage.Memory{}
	seqs := c.documents(v, 20)
	empty := func(when string) {
		if got, err := contentsOf(store); err != nil || got != "" {
			c.wrong("%s: there are objects: %.80q (error: %v)", when, got, err)
		}
		if _, err := c.read(ctx, store, "a"); !errors.Is(err, fs.ErrNotExist) {
			c.wrong("%s: reading gives the error %v, want one that is fs.ErrNotExist", when, err)
		}
	}
	empty("before anything is written")

	create := func(name string) tokenize.FileWriter {
		w, err := c.format.Create(ctx, tokenize.File{Store: store, Name: name, Encoder: v})
		if err != nil {
			c.wrong("create: %w", err)
			return nil
		}
		return w
	}
	for _, commit := range []bool{false, true} {
		w := create("a")
		if w == nil {
			return
		}
		if err := writeAll(w, seqs); err != nil {
			c.wrong("%w", err)
		}
		empty("before Commit")
		if commit {
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			if err := w.Commit(cancelled); !errors.Is(err, context.Canceled) {
				c.wrong("Commit under a cancelled context gives the error %v", err)
			}
			empty("after Commit under a cancelled context")
		}
		c.close(w)
		empty("after Close without Commit")
		c.close(w)
	}

	a, b := create("a"), create("b")
	if a == nil || b == nil {
		return
	}
	for i := range seqs { // both at the same time, b in the other order
		err := errors.Join(writeAll(a, seqs[i:i+1]), writeAll(b, seqs[len(seqs)-1-i:len(seqs)-i]))
		if err != nil {
			c.wrong("two files at the same time: %w", err)
		}
	}
	for _, w := range []tokenize.FileWriter{b, a} {
		if err := w.Commit(ctx); err != nil {
			c.wrong("commit: %w", err)
		}
		c.close(w)
		c.close(w)
	}
	reversed := slices.Clone(seqs)
	slices.Reverse(reversed)
	c.expect("two files at the same time", store, "a", seqs)
	c.expect("two files at the same time", store, "b", reversed)

	alone := &storage.Memory{}
	for name, s := range map[string][]tokenize.Sequence{"a": seqs, "b": reversed} {
		if err := c.write(alone, name, v, s); err != nil {
			c.wrong("%w", err)
		}
	}
	one, err := contentsOf(store)
	two, err2 := contentsOf(alone)
	if err != nil || err2 != nil || one != two {
		c.wrong("written again, the same sequences give other objects (errors: %v, %v)", err, err2)
	}
	c.cutShort(alone)
}

func (c *check) close(w tokenize.FileWriter) {
	if err := w.Close(); err != nil {
		c.wrong("close: %w", err)
	}
}

// cutShort checks that a reader notices objects that are not whole.
func (c *check) cutShort(store *storage.Memory) {
	ctx := context.Background()
	for info, err := range store.List(ctx, "") {
		if err != nil {
			c.wrong("list: %w", err)
			return
		}
		file := info.Name[:1]
		if file != "a" && file != "b" {
			c.wrong("object %s of file a or b has a name that does not begin with the file's", info.Name)
			continue
		}
		whole, err := object(store, info.Name)
		if err == nil {
			err = replace(store, info.Name, whole[:len(whole)/2])
		}
		if err != nil {
			c.wrong("%w", err)
			return
		}
		if _, err := c.read(ctx, store, file); err == nil && len(whole) > 0 {
			c.wrong("object %s is cut short, and there is no error when it is read", info.Name)
		}
		if err := replace(store, info.Name, whole); err != nil {
			c.wrong("%w", err)
		}
	}
}

// report checks what is told to the pipeline.
func (c *check) report() {
	store := &storage.Memory{}
	const v vocabulary = 1000
	docs := c.inDocuments(v, 20)
	for i, d := range docs {
		d.ID = fmt.Sprint("doc", i)
	}
	p := &textmill.Pipeline{Source: textmill.Documents(docs...), Sink: c.shards(store, v, 0)}
	r, err := p.Run(context.Background())
	if err != nil {
		c.wrong("in a pipeline: %w", err)
		return
	}
	sizes, n := map[string]int64{}, int64(0)
	for _, o := range r.Outputs {
		sizes[o.Name] = o.Bytes
		n += o.Documents
	}
	if n != int64(len(docs)) {
		c.wrong("in a pipeline: the objects in the report have %d documents in all, want %d", n, len(docs))
	}
	for info, err := range store.List(context.Background(), "") {
		if size, ok := sizes[info.Name]; err != nil || !ok || size != info.Size {
			c.wrong("in a pipeline: object %s of %d bytes is not in the report, or with another size; write it with storage.NewOutput", info.Name, info.Size)
		}
		delete(sizes, info.Name)
	}
	for name := range sizes {
		c.wrong("in a pipeline: object %s is in the report and not in the store", name)
	}
}
