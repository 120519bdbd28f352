// Package spool keeps bytes until it is known what has to stand before them: in
// memory while they are few, and then in a temporary file.
package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// memory is how many bytes are kept in memory.
const memory = 256 << 10

// A Spool takes bytes and gives them back. The zero value is empty. Close it in any
// case. Where the system can (all but Windows), the file has no name from the start,
// so that it is gone with the process, however that ends.
type Spool struct {
	buf  []byte // what is not in the file
	file *os.File
	name string // of file, if it could not be removed while open
	size int64  // of file
	err  error  // of an earlier call
}

// create makes the temporary file. Tests replace it.
var create = func() (*os.File, error) { return os.CreateTemp("", "textmill-*") }

// Write appends p. After an error it keeps failing, and so does WriteTo.
func (s *Spool) Write(p []byte) (int, error) {
	if s.err == nil && len(s.buf)+len(p) > memory {
		s.err = s.flush()
	}
	if s.err == nil && len(p) > memory {
		s.err = s.write(p)
	} else if s.err == nil {
		s.buf = append(s.buf, p...)
	}
	if s.err != nil {
		return 0, s.err
	}
	return len(p), nil
}

// Len returns how many bytes there are.
func (s *Spool) Len() int64 { return s.size + int64(len(s.buf)) }

// flush moves what is in memory to the file.
func (s *Spool) flush() error {
	err := s.write(s.buf)
	s.buf = s.buf[:0]
	return err
}

func (s *Spool) write(p []byte) error {
	if s.file == nil {
		f, err := create()
		if err != nil {
			return fmt.Errorf("%w: set TMPDIR to a folder for temporary files", err)
		}
		s.file = f
		if os.Remove(f.Name()) != nil {
			s.name = f.Name()
		}
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w, after %d bytes: make room, or set TMPDIR to a folder that has more", err, s.size)
	}
	return err
}

// WriteTo writes everything to w.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	if s.err != nil {
		return 0, s.err
	}
	var n int64
	if s.file != nil {
		var err error
		n, err = io.CopyBuffer(w, onlyReader{io.NewSectionReader(s.file, 0, s.size)}, make([]byte, 64<<10))
		if err == nil && n < s.size {
			err = fmt.Errorf("temporary file %s: %w", s.file.Name(), io.ErrUnexpectedEOF)
		}
		if err != nil {
			return n, err
		}
	}
	k, err := w.Write(s.buf)
	return n + int64(k), err
}

// onlyReader hides WriteTo, so that the buffer is used.
type onlyReader struct{ io.Reader }

var errClosed = errors.New("spool: use after close")

// Close removes the file.
func (s *Spool) Close() error {
	f, name := s.file, s.name
	s.file, s.name, s.buf, s.err = nil, "", nil, errClosed
	if f == nil {
		return nil
	}
	err := f.Close()
	if name != "" {
		err = cmp.Or(err, os.Remove(name))
	}
	return err
}
