package spool

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// What is written comes back, in pieces of any size on both sides of the limit.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, pieces := range [][]int{
		nil, {0}, {1}, {memory}, {memory, 1}, {memory - 1, 1}, {memory - 1, 2}, {memory + 1}, {1, memory}, {1, 2*memory + 3, 5, memory, memory},
	} {
		var s Spool
		var want []byte
		for i, n := range pieces {
			p := bytes.Repeat([]byte{byte('a' + i)}, n)
			if k, err := s.Write(p); k != n || err != nil {
				t.Fatal(k, err)
			}
			want = append(want, p...)
			clear(p)
		}
		if s.Len() != int64(len(want)) {
			t.Errorf("%v: %d bytes", pieces, s.Len())
		}
		for range 2 { // it can be read again
			var got bytes.Buffer
			if n, err := s.WriteTo(&got); err != nil || n != int64(len(want)) || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%v: %d bytes come back, %v", pieces, n, err)
			}
		}
		if (len(want) > memory) != (s.file != nil) {
			t.Errorf("%v: file %v", pieces, s.file)
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if _, err := s.Write(nil); err == nil {
			t.Error("write after close")
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%v: left %v, %v", pieces, left, err)
		}
	}
}

// The file has no name while it is written, so that a process that is killed
// leaves none.
func TestNoName(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var s Spool
	defer s.Close()
	if _, err := s.Write(make([]byte, memory+1)); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 && s.name == "" {
		t.Errorf("%v, %v", left, err)
	}
}

func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full: ", err)
	}
	full := t.TempDir() + "/full" // which a Spool removes
	if err := os.Symlink("/dev/full", full); err != nil {
		t.Fatal(err)
	}
	before := create
	defer func() { create = before }()
	create = func() (*os.File, error) { return os.OpenFile(full, os.O_RDWR, 0) }
	var s Spool
	defer s.Close()
	_, err := s.Write(make([]byte, memory+1))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "TMPDIR") {
		t.Error(err)
	}
	if _, again := s.Write(nil); again != err {
		t.Error(again)
	}
	if _, again := s.WriteTo(&bytes.Buffer{}); again != err {
		t.Error(again)
	}
}

func TestNoFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	var s Spool
	defer s.Close()
	if _, err := s.Write(make([]byte, memory+1)); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Error(err)
	}
}
