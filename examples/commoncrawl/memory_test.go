//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The peak of memory depends on the settings, not on how much there is to do: 16
// files take no more than one.
func TestMemoryDoesNotGrowWithTheInput(t *testing.T) {
	b, err := os.ReadFile("testdata/sample-00001.warc.wet.gz")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range 16 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("copy-%02d.warc.wet.gz", i)), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	one := peak(t, "-in", filepath.Join(dir, "copy-00.warc.wet.gz"))
	all := peak(t, "-in", dir)
	t.Logf("1 file: %d MiB, 16 files: %d MiB", one>>20, all>>20)
	if all > one+one/4 { // the collector's timing is worth some
		t.Errorf("peak RSS grew from %d to %d MiB", one>>20, all>>20)
	}
}

// peak runs the program without the language models and returns its greatest
// resident set size in bytes.
func peak(t *testing.T, args ...string) int64 {
	t.Helper()
	cmd := program(t, append(args, "-lang", "all", "-workers", "2", "-out", t.TempDir())...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}
