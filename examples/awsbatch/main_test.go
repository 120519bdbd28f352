package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/textmill/textmill/storage"
)

// The test binary is the program when it is told to be.
func TestMain(m *testing.M) {
	if os.Getenv("AWSBATCH_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program runs the program and returns its exit status and what it printed.
func program(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "AWSBATCH_PROGRAM=1")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// corrupt returns b with a byte changed here and there: often enough that hardly any
// record stays whole.
func corrupt(b []byte) []byte {
	b = bytes.Clone(b)
	for i := 0; i < len(b); i += 700 {
		b[i] ^= 0x55
	}
	return b
}

// Of a file with nothing to read in it, or with too much damage, nothing is taken; it is
// told of, and everything else is what it would be without it.
func TestDamagedInputs(t *testing.T) {
	good := deal(t, 6)
	garbage := bytes.Repeat([]byte("no gzip, no WARC "), 1000)
	inputs := map[string][]byte{
		"a": good[0], "b": good[1], "c": good[2], "d": good[3],
		"cut": good[4][:len(good[4])/2], // costs a record
		// These cost the shard.
		"garbage":           garbage,
		"gzip-of-garbage":   gzipped(t, garbage),
		"gzip-of-nothing":   gzipped(t, nil),
		"empty":             nil,
		"error-message":     []byte("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>"),
		"broken-gzip":       append([]byte("\x1f\x8b\x08\x00"), garbage...),
		"cut-at-the-header": good[5][:100],
		"corrupted":         corrupt(good[5]),
	}
	lost := []string{"broken-gzip", "corrupted", "cut-at-the-header", "empty", "error-message", "garbage", "gzip-of-garbage", "gzip-of-nothing"}
	objects, listing := map[string][]byte{}, ""
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		objects["bucket/x/"+name+".warc.wet.gz"] = inputs[name]
		listing += "x/" + name + ".warc.wet.gz\n"
	}
	objects["bucket/wet.paths"] = []byte(listing)
	newSite(t, objects)

	var want []string
	for _, name := range []string{"a", "b", "c", "d", "cut"} {
		want = append(want, "-in", "s3://bucket/x/"+name+".warc.wet.gz")
	}
	alone, _ := mill(t, nil, 2, want...)
	for layout, folders := range map[string][2]string{"fused": {"documents", "tokens"}, "staged": {"normalized", "tokenized"}} {
		if race && layout == "staged" {
			continue
		}
		dir := t.TempDir()
		args := []string{"-lang", "all", "-max-errors", "5", "-in", "s3://bucket/wet.paths", "-layout", layout, "-store", dir, "run"}
		for range 2 { // the second time, nothing is left to do
			status, stdout, stderr := program(t, args...)
			if status != 65 || !strings.Contains(stderr, fmt.Sprintf("%d shards are in quarantine", len(lost))) {
				t.Errorf("%s: status %d\n%s", layout, status, stderr)
			}
			for _, name := range lost {
				if !strings.Contains(stdout, ": "+name+": ") {
					t.Errorf("%s: nothing is said of %s:\n%s", layout, name, stdout)
				}
			}
			for i, folder := range []string{"documents", "tokens"} {
				if got, want := digests(t, storage.Dir(dir), folders[i]), digests(t, alone, folder); got != want {
					t.Errorf("%s: %s\n%swant\n%s", layout, folders[i], got, want)
				}
			}
		}
	}
}

// What is wrong with the settings is said in a line, with status 64, and nothing is done.
func TestBadSettings(t *testing.T) {
	here := t.TempDir()
	newSite(t, map[string][]byte{
		"bucket/empty.paths": []byte("\n"), "bucket/x/readme": nil, "bucket/t/tokenizer.json": []byte("{}"), "bucket/warc.paths.gz": gzipped(t, []byte("x.warc.gz\n")),
		"bucket/y/a.warc.wet.gz": nil, "bucket/z/a.wet": nil,
	})
	notWET := filepath.Join(here, "notes.txt")
	if err := os.WriteFile(notWET, []byte("notes"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ args, want string }{
		{"-layout best", "choose fused or staged"},
		{"-lang klingon", "klingon"},
		{"-tokenizer gpt9", "-tokenizer: "},
		{"-tokenizer missing/tokenizer.json", "missing/tokenizer.json"},
		{"-tokenizer s3://bucket/missing/tokenizer.json", "missing/tokenizer.json"},
		{"-tokenizer s3://bucket/t/tokenizer.json", "-tokenizer: "},
		{"-end-of-text </s>", "-end-of-text is for a tokenizer.json"},
		{"-in missing.warc.wet.gz", "missing.warc.wet.gz"},
		{"-in " + notWET, "not a WARC file"},
		{"-in " + here, "no *.wet or *.wet.gz files"},
		{"-in s3://bucket/missing.paths", "open s3://bucket/missing.paths"},
		{"-in s3://bucket/empty.paths", "the listing is empty"},
		{"-in s3://bucket/warc.paths.gz", "line 1: x.warc.gz is not a WET file"},
		{"-in s3://bucket/x", "there are no *.wet or *.wet.gz files below"},
		{"-in s3://Bucket_/x", "use a URL such as s3://bucket/prefix"},
	} {
		out := filepath.Join(here, "out")
		status, _, stderr := program(t, append(strings.Fields("-store "+out+" -lang all "+tt.args), "run")...)
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		if last := lines[len(lines)-1]; status != 64 || !strings.Contains(last, tt.want) {
			t.Errorf("%s: status %d, %q; want 64 and %q", tt.args, status, last, tt.want)
		}
		if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something was written", tt.args)
		}
	}
}

// What may pass is no fault of the settings.
func TestLasting(t *testing.T) {
	status := func(n int) error {
		return fmt.Errorf("s3: %w", &smithy.OperationError{Err: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: n}}, Err: errors.New("an answer"),
		}})
	}
	for _, tt := range []struct {
		err   error
		lasts bool
	}{
		{errors.New("the listing is empty"), true},
		{fmt.Errorf("open: %w", fs.ErrNotExist), true},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, true},
		{status(400), true},
		{status(404), true},
		{status(429), false},
		{status(500), false},
		{status(503), false},
		{fmt.Errorf("read: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), false},
		{context.Canceled, false},
		{fmt.Errorf("open: %w", context.DeadlineExceeded), false},
	} {
		got := lasting(tt.err)
		if marked := got != tt.err; marked != tt.lasts || !errors.Is(got, tt.err) {
			t.Errorf("%v: %v; want it marked: %t", tt.err, got, tt.lasts)
		}
	}
	if err := lasting(nil); err != nil {
		t.Errorf("nil: %v", err)
	}
}
