package storage_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/storagetest"
)

// copier is a source and a sink that copies the object "in" to "out".
type copier struct{ store storage.Store }

func (c copier) Shards(context.Context) ([]textmill.Shard, error) {
	return []textmill.Shard{{Name: "s"}}, nil
}

func (c copier) Read(ctx context.Context, _ textmill.Shard) iter.Seq2[*textmill.Document, error] {
	return func(yield func(*textmill.Document, error) bool) {
		in, err := storage.NewInput(ctx, c.store, "in")
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.Close()
		text, err := io.ReadAll(in)
		if err != nil {
			yield(nil, err)
			return
		}
		if _, err := in.Read(make([]byte, 1)); err != io.EOF { // once more: must not count twice
			yield(nil, err)
			return
		}
		yield(&textmill.Document{ID: "1", Text: string(text)}, nil)
	}
}

func (c copier) Create(ctx context.Context, _ textmill.Shard) (textmill.Writer, error) {
	out, err := storage.NewOutput(ctx, c.store, "out")
	return &copyWriter{out: out}, err
}

type copyWriter struct {
	out *storage.Output
	n   int64
}

func (w *copyWriter) Write(_ context.Context, doc *textmill.Document) error {
	w.n++
	_, err := w.out.WriteString(doc.Text)
	return err
}
func (w *copyWriter) Commit(ctx context.Context) error { return w.out.Commit(ctx, w.n) }
func (w *copyWriter) Close() error                     { return w.out.Close() }

func TestInputAndOutputInReport(t *testing.T) {
	for _, size := range []int{0, 1, 1 << 16, 300_001} {
		store := &storage.Memory{}
		text := strings.Repeat("x", size)
		write(t, store, "in", text)
		c := copier{store}
		r, err := (&textmill.Pipeline{Source: c, Sink: c}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
		in, out := textmill.Object{Name: "in", Bytes: int64(size), SHA256: sum}, textmill.Object{Name: "out", Bytes: int64(size), SHA256: sum, Documents: 1}
		if len(r.Inputs) != 1 || r.Inputs[0] != in || len(r.Outputs) != 1 || r.Outputs[0] != out {
			t.Errorf("inputs %+v, outputs %+v", r.Inputs, r.Outputs)
		}
	}
}

// Pieces of all sizes come out in order, and are counted on the way.
func TestOutputPieces(t *testing.T) {
	store := &storage.Memory{}
	out, err := storage.NewOutput(t.Context(), store, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	var want strings.Builder
	for i := range 300 {
		piece := strings.Repeat(string(rune('a'+i%26)), rng.IntN(100)*rng.IntN(100)*rng.IntN(30))
		want.WriteString(piece)
		if n, err := io.WriteString(out, piece); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
		if out.Bytes() != int64(want.Len()) {
			t.Fatalf("%d bytes written, it says %d", want.Len(), out.Bytes())
		}
	}
	if err := out.Commit(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	o := out.Object()
	if o.Bytes != int64(want.Len()) || o.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(want.String()))) || o.Documents != 7 || o.Name != "a" {
		t.Errorf("%+v", o)
	}
	in, err := storage.NewInput(t.Context(), store, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := iotest.TestReader(in, []byte(want.String())); err != nil {
		t.Error(err)
	}
	if got := in.Object(); got.Bytes != o.Bytes || got.SHA256 != o.SHA256 || in.Bytes() != o.Bytes {
		t.Errorf("%+v, want %+v", got, o)
	}
}

// Whichever call of the store fails, the error surfaces and nothing is half
// done; another run mends it.
func TestCopyFailures(t *testing.T) {
	text := strings.Repeat("0123456789", 50_000)
	n := 1
	for ; ; n++ {
		memory := &storage.Memory{}
		write(t, memory, "in", text)
		failing := storagetest.FailNth(memory, n)
		_, err := textmill.RunJob(t.Context(), &textmill.Pipeline{Source: copier{failing}, Sink: copier{failing}}, 1)
		if !failing.Failed() {
			if err != nil {
				t.Error(err)
			}
			break
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			t.Errorf("call %d: error %v", n, err)
		}
		if got, err := readString(memory, "out"); err == nil && got != text {
			t.Errorf("call %d: %d of %d bytes published", n, len(got), len(text))
		}
		if _, err := (&textmill.Pipeline{Source: copier{memory}, Sink: copier{memory}}).Run(t.Context()); err != nil {
			t.Errorf("call %d: again: %v", n, err)
		}
		if got, err := readString(memory, "out"); got != text {
			t.Errorf("call %d: again: %d bytes, %v", n, len(got), err)
		}
	}
	if n < 8 {
		t.Errorf("only %d calls", n-1)
	}
}

func readString(s storage.Store, name string) (string, error) {
	r, err := s.Open(context.Background(), name)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

func ExampleOutput() {
	ctx := context.Background()
	store := &storage.Memory{}
	out, err := storage.NewOutput(ctx, store, "greetings/hello.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer out.Close()
	fmt.Fprintln(out, "hello")
	if err := out.Commit(ctx, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Object().Name, out.Object().Bytes, out.Object().SHA256[:16])
	// Output: greetings/hello.txt 6 5891b5b522d5df08
}

func ExampleStore() {
	ctx := context.Background()
	var store storage.Store = &storage.Memory{} // or storage.Dir("out")
	for _, name := range []string{"out/b.txt", "out/a.txt"} {
		w, err := store.Create(ctx, name)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Fprint(w, name)
		if err := w.Commit(ctx); err != nil { // without it, nothing is made
			fmt.Println(err)
		}
		w.Close()
	}
	for o, err := range store.List(ctx, "out/") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(o.Name, o.Size)
	}
	// Output:
	// out/a.txt 9
	// out/b.txt 9
}
