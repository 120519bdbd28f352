package sections

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/storage"
)

// A Reader reads one section of a file. It is used by one goroutine.
type Reader struct {
	Header

	name    string
	file    io.ReadCloser
	in      *bufio.Reader // of file
	seed    uint64
	section int
	chunks  uint64
	records int64  // that are left
	unread  int64  // bytes of the section that are still in the file
	buf     []byte // bytes of the section that are not
	used    int    // of buf
}

// readAhead is enough for a header and a block of the table.
const readAhead = 8 << 10

// Open opens a file and checks its header, of which Kind, Settings and Of must be
// those of want. Call [Reader.Seek] once, then Next until it returns [io.EOF], and
// Close in any case.
//
// Errors about the contents name the file; damage is [ErrDamaged].
func Open(ctx context.Context, store storage.Store, name string, want Header) (*Reader, error) {
	file, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &Reader{name: name, file: file, in: bufio.NewReaderSize(file, readAhead)}
	if err := r.readHeader(want); err != nil {
		return nil, errors.Join(r.Wrap(err), file.Close())
	}
	return r, nil
}

// Wrap says of an error which file it is about. It leaves nil and io.EOF alone.
func (r *Reader) Wrap(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("cut short: %w", ErrDamaged)
	}
	return fmt.Errorf("read %s: %w", r.name, err)
}

func (r *Reader) readHeader(want Header) error {
	top := make([]byte, len(magic)+4)
	if err := r.fill(top); err != nil {
		return err
	}
	if string(top[:len(magic)]) != magic {
		return fmt.Errorf("not a file of this version of textmill: %w", ErrDamaged)
	}
	size := binary.LittleEndian.Uint32(top[len(magic):])
	if size > maxHeader {
		return ErrDamaged
	}
	all := bytes.NewBuffer(top) // grows as the bytes come: size may be wrong
	if _, err := io.CopyN(all, r.in, int64(size)); err != nil {
		return noEOF(err)
	}
	sum := make([]byte, sumSize)
	if err := r.fill(sum); err != nil {
		return err
	}
	r.seed = binary.LittleEndian.Uint64(sum)
	if xxh3.Hash(all.Bytes()) != r.seed {
		return ErrDamaged
	}
	if err := json.Unmarshal(all.Bytes()[len(top):], &r.Header); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return r.Header.check(want)
}

// check returns an error if h is not that of a file as wanted.
func (h Header) check(want Header) error {
	switch {
	case h.Kind != want.Kind:
		return fmt.Errorf("it holds %s, not %s: give every run a folder of its own", h.Kind, want.Kind)
	case !bytes.Equal(h.Settings, want.Settings):
		return fmt.Errorf("it was made with the settings %s, this run has %s: do all steps again", h.Settings, want.Settings)
	case h.Of != want.Of:
		return fmt.Errorf("it is of %s, not of %s: %w", h.Of, want.Of, ErrDamaged)
	case h.Sections < 0 || h.Sections > MaxSections || h.Numbered < 0:
		return ErrDamaged
	}
	return nil
}

// Seek goes to the section of the given number and returns how much there is in
// it.
func (r *Reader) Seek(number int) (Section, error) {
	s, err := r.seek(number)
	return s, r.Wrap(err)
}

func (r *Reader) seek(number int) (s Section, err error) {
	if number < 0 || number >= r.Sections {
		return s, ErrDamaged
	}
	b := number / blockSections
	begin := tableLen(b * blockSections)
	block := make([]byte, blockLen(min(blockSections, r.Sections-b*blockSections)))
	if err := r.skip(begin); err != nil {
		return s, err
	}
	if err := r.fill(block); err != nil {
		return s, err
	}
	offset, s, err := find(r.seed, b, block, number%blockSections)
	if err != nil {
		return s, err
	}
	r.section, r.records, r.unread = number, s.Records, s.Bytes
	if r.records == 0 {
		return s, nil
	}
	return s, r.skip(tableLen(r.Sections) - begin - int64(len(block)) + offset)
}

// skip goes forward by n bytes.
func (r *Reader) skip(n int64) error {
	if s, ok := r.file.(io.Seeker); ok && n > int64(r.in.Buffered()) {
		_, err := s.Seek(n-int64(r.in.Buffered()), io.SeekCurrent)
		r.in.Reset(r.file)
		return err
	}
	_, err := io.CopyN(io.Discard, r.in, n)
	return noEOF(err)
}

// Next returns the next record, valid until the next call, and [io.EOF] after the
// last.
func (r *Reader) Next() ([]byte, error) {
	record, err := r.next()
	return record, r.Wrap(err)
}

func (r *Reader) next() ([]byte, error) {
	if r.records == 0 {
		if r.have() > 0 {
			return nil, ErrDamaged
		}
		return nil, io.EOF
	}
	if err := r.need(min(binary.MaxVarintLen32, r.have())); err != nil {
		return nil, err
	}
	n, k := binary.Uvarint(r.buf[r.used:])
	if k <= 0 || n > MaxRecord {
		return nil, ErrDamaged
	}
	if err := r.need(int64(k) + int64(n)); err != nil {
		return nil, err
	}
	start, end := r.used+k, r.used+k+int(n)
	r.used = end
	r.records--
	return r.buf[start:end:end], nil
}

// have returns how many bytes of the section are still to come.
func (r *Reader) have() int64 { return int64(len(r.buf)-r.used) + r.unread }

// need reads chunks until there are n unused bytes in the buffer.
func (r *Reader) need(n int64) error {
	if n > r.have() {
		return ErrDamaged
	}
	for int64(len(r.buf)-r.used) < n {
		if err := r.readChunk(); err != nil {
			return err
		}
	}
	return nil
}

// readChunk moves what is unused to the front of the buffer and a chunk behind it.
func (r *Reader) readChunk() error {
	size := int(min(r.unread, chunkSize))
	old := copy(r.buf, r.buf[r.used:])
	r.buf, r.used = slices.Grow(r.buf[:old], size+sumSize), 0
	end := old + size
	all := r.buf[:end+sumSize]
	if err := r.fill(all[old:]); err != nil {
		return err
	}
	if chunkSum(r.seed, r.section, r.chunks, all[old:end]) != binary.LittleEndian.Uint64(all[end:]) {
		return ErrDamaged
	}
	r.buf = all[:end]
	r.chunks++
	r.unread -= int64(size)
	return nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// fill reads all of p.
func (r *Reader) fill(p []byte) error {
	_, err := io.ReadFull(r.in, p)
	return noEOF(err)
}

// noEOF turns the end of a file where more was expected into an error.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
