package work

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/checkpoint"
	"github.com/textmill/textmill/internal/sample"
	"github.com/textmill/textmill/jsonl"
	"github.com/textmill/textmill/manifest"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/wet"
)

var (
	errNoSpace error = syscall.ENOSPC
	program          = manifest.Program{Path: "example.org/mill"}
)

func TestClassify(t *testing.T) {
	boom := errors.New("boom")
	stage := func(err error) error { return &textmill.StageError{Stage: "s", Shard: "a", Index: 3, Err: err} }
	record := &textmill.RecordError{Shard: "a", Index: 1, Err: boom}
	wrap := func(err error) error { return fmt.Errorf("step clean: %w", err) }
	for _, tt := range []struct {
		err  error
		want Class
	}{
		{nil, Fine},
		{boom, Retry},
		{wrap(boom), Retry},

		{wrap(record), Data},
		{wrap(stage(boom)), Data},
		{wrap(stage(&textmill.PanicError{Value: "ouch"})), Data},
		{&textmill.StageError{Stage: "s", Shard: "a", Index: -1, Err: boom}, Retry}, // of no document: of its settings, or what it reads
		{fmt.Errorf("%w (limit 3), the last: %w", textmill.ErrTooManyErrors, stage(boom)), Data},
		{wrap(textmill.BadInput(boom)), Data},
		{textmill.Fatal(textmill.BadInput(boom)), Data}, // as the pipeline has it
		{wrap(textmill.Fatal(stage(boom))), Retry},
		{stage(textmill.Fatal(boom)), Retry},

		{stage(&net.OpError{Op: "dial", Err: boom}), Retry},
		{fmt.Errorf("%w, the last: %w", textmill.ErrTooManyErrors, stage(&net.DNSError{})), Retry},
		{stage(os.ErrDeadlineExceeded), Retry},
		{stage(syscall.ECONNRESET), Retry},
		{stage(&url.Error{Op: "Get", URL: "http://a", Err: boom}), Retry},
		{stage(errors.Join(&fs.PathError{Op: "open", Err: syscall.ENOENT}, &net.OpError{Op: "read", Err: boom})), Retry},
		{stage(&fs.PathError{Op: "write", Err: syscall.EPIPE}), Retry},
		{stage(syscall.ECONNREFUSED), Retry},
		{stage(syscall.ETIMEDOUT), Retry},
		{stage(&fs.PathError{Op: "open", Err: syscall.EMFILE}), Retry},
		{stage(&fs.PathError{Op: "read", Err: syscall.EIO}), Retry},

		// They look like errors of the network, and are not.
		{stage(&fs.PathError{Op: "open", Err: syscall.ENOENT}), Data},
		{stage(syscall.EISDIR), Data},
		{textmill.BadInput(&fs.PathError{Op: "open", Err: syscall.ENOENT}), Data},
		{wrap(&fs.PathError{Op: "open", Err: syscall.ENOENT}), Retry},

		{stage(context.Canceled), Retry},
		{stage(context.DeadlineExceeded), Retry},
		{errors.Join(context.Canceled, fs.ErrPermission), Retry},

		{wrap(fs.ErrNotExist), Retry},
		{wrap(io.ErrUnexpectedEOF), Retry},
		{wrap(&fs.PathError{Op: "open", Err: syscall.EACCES}), Settings},
		{stage(fs.ErrPermission), Settings},
		{storage.CheckName("open", "../x"), Settings},
		{wrap(checkpoint.ErrDiffers), Settings},
		{wrap(checkpoint.ErrOtherRun), Settings},

		{wrap(&fs.PathError{Op: "write", Err: syscall.ENOSPC}), Room},
		{stage(syscall.ENOMEM), Room},
		{syscall.EDQUOT, Room},
		{syscall.EFBIG, Room},

		{BadSettings(nil), Fine},
		{BadData(nil), Fine},
		{BadSettings(record), Settings},
		{stage(wrap(BadSettings(boom))), Settings},
		{stage(wrap(BadData(syscall.ENOSPC))), Data},
		{wrap(BadData(BadSettings(boom))), Data}, // the last word counts
		{Mark(BadData(boom), Room), Room},
		{OfRun(nil), Fine},
		{OfRun(wrap(BadData(boom))), Settings},
		{OfRun(wrap(textmill.BadInput(boom))), Settings},
		{OfRun(boom), Retry},
		{OfRun(syscall.ENOSPC), Room},
	} {
		if got := Classify(tt.err); got != tt.want {
			t.Errorf("%T %v: %v, want %v", tt.err, tt.err, got, tt.want)
		}
	}
	if err := BadSettings(wrap(boom)); !errors.Is(err, boom) || err.Error() != "step clean: boom" {
		t.Errorf("%v", err)
	}
}

func TestClassStatus(t *testing.T) {
	for c, want := range map[Class]struct {
		status int
		text   string
	}{
		Fine: {spec.ExitDone, "done"}, Data: {spec.ExitData, "bad data"}, Room: {spec.ExitRoom, "no room"},
		Retry: {spec.ExitRetry, "failed"}, Settings: {spec.ExitSettings, "bad settings"},
	} {
		if c.Status() != want.status || c.String() != want.text {
			t.Errorf("%d: %d %q", c, c.Status(), c)
		}
	}
}

// gzipped returns b compressed.
func gzipped(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.Write(b)
	z.Close()
	return buf.Bytes()
}

// What the sources of this project say of inputs: one that is something else, or is cut
// off, is bad data; one that is not there is not.
func TestClassOfInputs(t *testing.T) {
	good, err := sample.File(0)
	if err != nil {
		t.Fatal(err)
	}
	lines := gzipped([]byte(`{"text":"one"}` + "\n" + `{"text":"two"}` + "\n"))
	flipped := bytes.Clone(lines)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	garbage := bytes.Repeat([]byte("garbage\x00\x01"), 1000)
	store := new(storage.Memory)
	wetSource := func(store storage.Store) func(string) textmill.Source {
		return func(name string) textmill.Source {
			return &wet.Source{Store: store, Names: []string{name}, Unsized: true}
		}
	}
	jsonlSource := func(store storage.Store) func(string) textmill.Source {
		return func(name string) textmill.Source { return &jsonl.Source{Store: store, Names: []string{name}} }
	}
	for _, tt := range []struct {
		name   string
		file   []byte // nil if there is none
		source func(name string) textmill.Source
		want   Class
	}{
		{"good.warc.wet.gz", good, wetSource(store), Data}, // one of its records is damaged
		{"garbage.warc.wet", garbage, wetSource(store), Data},
		{"garbage.warc.wet.gz", gzipped(garbage), wetSource(store), Data},
		{"none.warc.wet.gz", nil, wetSource(store), Retry},
		{"empty.warc.wet.gz", []byte{}, wetSource(store), Data},
		{"cut.warc.wet.gz", good[:len(good)/2], wetSource(store), Data},
		{"html.warc.wet.gz", []byte("<html><title>404 Not Found</title>"), wetSource(store), Data},
		{"broken.warc.wet.gz", good, wetSource(breaking{store}), Retry},

		{"good.jsonl.gz", lines, jsonlSource(store), Fine},
		{"garbage.jsonl", garbage, jsonlSource(store), Data},
		{"garbage.jsonl.gz", garbage, jsonlSource(store), Data},
		{"garbage.jsonl.zst", garbage, jsonlSource(store), Data},
		{"none.jsonl.gz", nil, jsonlSource(store), Retry},
		{"empty.jsonl", []byte{}, jsonlSource(store), Fine},
		{"empty.jsonl.gz", []byte{}, jsonlSource(store), Data},
		{"cut.jsonl.gz", lines[:len(lines)-9], jsonlSource(store), Data},
		{"flipped.jsonl.gz", flipped, jsonlSource(store), Data},
		{"broken.jsonl.gz", lines, jsonlSource(breaking{store}), Retry},
	} {
		if tt.file != nil {
			put(t, store, tt.name, tt.file)
		}
		src := tt.source(tt.name)
		r := runOf(&textmill.Pipeline{Source: Inputs(src), Sink: textmill.Discard})
		out, err := doing(t, t.Context(), r, Doing{})
		if err != nil || out.Class != tt.want {
			t.Errorf("%s: %v: %v; %v", tt.name, out.Class, out.Err, err)
		}
	}
}

// breaking is a store whose readers break in the middle.
type breaking struct{ storage.Store }

func (b breaking) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.Store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &breakingReader{r}, nil
}

type breakingReader struct{ io.ReadCloser }

func (r *breakingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p[:min(len(p), 20)])
	if err == nil {
		err = fmt.Errorf("connection reset: %w", io.ErrUnexpectedEOF)
	}
	return n, err
}

// Marks end a shard, however many errors it may have.
func TestMarksEndShards(t *testing.T) {
	for _, tt := range []struct {
		mark func(error) error
		want Class
	}{
		{func(err error) error { return err }, Fine},
		{BadData, Data},
		{BadSettings, Settings},
	} {
		in := crawl(t, "a", "b")
		m := mill{store: new(storage.Memory), inputs: in, maxErrors: -1, clean: func(_ context.Context, d *textmill.Document) (textmill.Verdict, error) {
			if d.ID == "b-2" {
				return textmill.Keep, tt.mark(errors.New("boom"))
			}
			return textmill.Keep, nil
		}}
		if _, out := m.mustStep(t, "clean"); out.Class != tt.want {
			t.Errorf("%+v, want %v", out, tt.want)
		}
	}
}
