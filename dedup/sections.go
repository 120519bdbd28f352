package dedup

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/storage"
)

// What the steps leave for each other are files of records in sections, of
// which the next step reads one:
//
//	magic     8 bytes
//	length    of the header, 4 bytes
//	header    JSON, see below: what the file is, and how long its sections are
//	checksum  of all that, 8 bytes
//	sections  records, each with its length before it (uvarint)
//
// After every 32 KiB of a section and at its end there is a checksum of 8 bytes:
// xxh3 seeded with the header's, the section's number and the chunk's, so that
// nothing passes for what it is not. Numbers are little-endian.

const (
	sectionsMagic = "tmdedup\x01"
	chunkSize     = 32 << 10
	sumSize       = 8
	maxHeader     = 16 << 20
	maxRecord     = 2*maxID + 1<<10
	maxSection    = 1 << 48 // bytes, of all sections
)

// A header says what a file is.
type header struct {
	Kind     string          `json:"kind"`               // which of our files it is
	Settings json.RawMessage `json:"settings"`           // of the run; those of files that are used together agree
	Of       string          `json:"of"`                 // which part of the input or of the hash space it is of
	Digests  []digest        `json:"digests"`            // of what is in it, or of what it was made from
	Numbered int64           `json:"numbered,omitempty"` // documents or spans that have numbers
	Sections []section       `json:"sections"`
}

// A section is a part of a file.
type section struct {
	Records int64 `json:"n"`
	Bytes   int64 `json:"b"` // of the records and their lengths, without checksums
}

func (s *section) add(record []byte) {
	s.Records++
	s.Bytes += int64(uvarintLen(len(record)) + len(record))
}

// stored returns how long the section is with its checksums.
func (s section) stored() int64 {
	return s.Bytes + (s.Bytes+chunkSize-1)/chunkSize*sumSize
}

func uvarintLen(n int) int {
	k := 1
	for ; n >= 0x80; n >>= 7 {
		k++
	}
	return k
}

// A digest is a 64-bit hash, in hexadecimal where it is stored.
type digest uint64

func (d digest) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(d)), nil }

func (d *digest) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 16, 64)
	*d = digest(n)
	return err
}

var errDamaged = errors.New("the file is damaged: do the step that made it again")

// A sectionWriter writes such a file. All of it is known beforehand: the header
// says how much there is in each section.
type sectionWriter struct {
	out     *storage.Output
	head    header
	seed    uint64
	current int     // section
	written section // of it
	chunk   []byte
	chunks  uint64 // of the section that are written
	total   int64  // records
}

func createSections(ctx context.Context, store storage.Store, name string, head header) (*sectionWriter, error) {
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	if len(text) > maxHeader {
		return nil, fmt.Errorf("dedup: the header of %s takes %d bytes: use fewer partitions", name, len(text))
	}
	top := append([]byte(sectionsMagic), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(top[len(sectionsMagic):], uint32(len(text)))
	top = append(top, text...)
	seed := xxh3.Hash(top)
	top = binary.LittleEndian.AppendUint64(top, seed)

	out, err := storage.NewOutput(ctx, store, name)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(top); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return &sectionWriter{out: out, head: head, seed: seed, chunk: make([]byte, 0, chunkSize+sumSize)}, nil
}

// add writes a record into the given section, which is that of the record before
// or a later one.
func (w *sectionWriter) add(to int, record []byte) error {
	if err := w.moveTo(to); err != nil {
		return err
	}
	var size [binary.MaxVarintLen64]byte
	if err := w.write(size[:binary.PutUvarint(size[:], uint64(len(record)))]); err != nil {
		return err
	}
	w.written.add(record)
	w.total++
	return w.write(record)
}

// moveTo ends sections until the given one is the current one.
func (w *sectionWriter) moveTo(to int) error {
	for w.current < to {
		if err := w.flush(); err != nil {
			return err
		}
		if w.written != w.head.Sections[w.current] {
			return fmt.Errorf("dedup: internal error: section %d has %+v, but was announced as %+v", w.current, w.written, w.head.Sections[w.current])
		}
		w.current++
		w.written, w.chunks = section{}, 0
	}
	return nil
}

func (w *sectionWriter) write(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), chunkSize-len(w.chunk))
		w.chunk = append(w.chunk, p[:n]...)
		p = p[n:]
		if len(w.chunk) == chunkSize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes the chunk at hand.
func (w *sectionWriter) flush() error {
	if len(w.chunk) == 0 {
		return nil
	}
	sum := chunkSum(w.seed, w.current, w.chunks, w.chunk)
	w.chunks++
	_, err := w.out.Write(binary.LittleEndian.AppendUint64(w.chunk, sum))
	w.chunk = w.chunk[:0]
	return err
}

func chunkSum(seed uint64, section int, number uint64, chunk []byte) uint64 {
	return xxh3.HashSeed(chunk, seed+uint64(section)<<32+number)
}

func (w *sectionWriter) commit(ctx context.Context) error {
	if err := w.moveTo(len(w.head.Sections)); err != nil {
		return err
	}
	return w.out.Commit(ctx, w.total)
}

func (w *sectionWriter) close() error { return w.out.Close() }

// A sectionReader reads one section of such a file.
type sectionReader struct {
	header
	name    string
	file    io.ReadCloser
	seed    uint64
	section int
	chunks  uint64
	records int64  // that are left
	unread  int64  // bytes of the section that are still in the file
	buf     []byte // bytes of the section that are not
	used    int    // of buf
}

// openSections opens a file and checks its header, of which kind, settings and
// of must be those of want.
func openSections(ctx context.Context, store storage.Store, name string, want header) (*sectionReader, error) {
	file, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &sectionReader{name: name, file: file}
	if err := r.readHeader(want); err != nil {
		return nil, errors.Join(r.wrap(err), file.Close())
	}
	return r, nil
}

func (r *sectionReader) wrap(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("cut short: %w", errDamaged)
	}
	return fmt.Errorf("dedup: read %s: %w", r.name, err)
}

func (r *sectionReader) readHeader(want header) error {
	top := make([]byte, len(sectionsMagic)+4)
	if err := readFull(r.file, top); err != nil {
		return err
	}
	if string(top[:len(sectionsMagic)]) != sectionsMagic {
		return fmt.Errorf("not a file of this version of textmill: %w", errDamaged)
	}
	size := binary.LittleEndian.Uint32(top[len(sectionsMagic):])
	if size > maxHeader {
		return errDamaged
	}
	all := bytes.NewBuffer(top) // grows as the bytes come: size may be wrong
	if _, err := io.CopyN(all, r.file, int64(size)); err != nil {
		return noEOF(err)
	}
	sum := make([]byte, sumSize)
	if err := readFull(r.file, sum); err != nil {
		return err
	}
	r.seed = binary.LittleEndian.Uint64(sum)
	if xxh3.Hash(all.Bytes()) != r.seed {
		return errDamaged
	}
	if err := json.Unmarshal(all.Bytes()[len(top):], &r.header); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return r.header.check(want)
}

// check returns an error if h is not that of a file as wanted.
func (h header) check(want header) error {
	switch {
	case h.Kind != want.Kind:
		return fmt.Errorf("it holds %s, not %s: give every run a folder of its own", h.Kind, want.Kind)
	case !bytes.Equal(h.Settings, want.Settings):
		return fmt.Errorf("it was made with the settings %s, this run has %s: do all steps again", h.Settings, want.Settings)
	case h.Of != want.Of:
		return fmt.Errorf("it is of %s, not of %s: %w", h.Of, want.Of, errDamaged)
	}
	var total int64
	for _, s := range h.Sections {
		if s.Records < 0 || s.Bytes < s.Records || s.Records == 0 && s.Bytes > 0 || s.Bytes > maxSection {
			return errDamaged
		}
		if total += s.stored(); total > maxSection {
			return errDamaged
		}
	}
	return nil
}

// seek goes to the section of the given number. It can be called once.
func (r *sectionReader) seek(number int) error {
	if number >= len(r.Sections) {
		return r.wrap(errDamaged)
	}
	var skip int64
	for _, s := range r.Sections[:number] {
		skip += s.stored()
	}
	r.section = number
	r.records, r.unread = r.Sections[number].Records, r.Sections[number].Bytes
	if skip == 0 || r.records == 0 {
		return nil
	}
	if s, ok := r.file.(io.Seeker); ok {
		_, err := s.Seek(skip, io.SeekCurrent)
		return r.wrap(err)
	}
	_, err := io.CopyN(io.Discard, r.file, skip)
	return r.wrap(noEOF(err))
}

// next returns the next record, valid until the next call, and io.EOF after the
// last.
func (r *sectionReader) next() ([]byte, error) {
	record, err := r.cut()
	return record, r.wrap(err)
}

func (r *sectionReader) cut() ([]byte, error) {
	if r.records == 0 {
		if r.have() > 0 {
			return nil, errDamaged
		}
		return nil, io.EOF
	}
	if err := r.need(min(binary.MaxVarintLen32, r.have())); err != nil {
		return nil, err
	}
	n, k := binary.Uvarint(r.buf[r.used:])
	if k <= 0 || n > maxRecord {
		return nil, errDamaged
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
func (r *sectionReader) have() int64 { return int64(len(r.buf)-r.used) + r.unread }

// need reads chunks until there are n unused bytes in the buffer.
func (r *sectionReader) need(n int64) error {
	if n > r.have() {
		return errDamaged
	}
	for int64(len(r.buf)-r.used) < n {
		if err := r.readChunk(); err != nil {
			return err
		}
	}
	return nil
}

// readChunk moves what is unused to the front of the buffer and a chunk behind it.
func (r *sectionReader) readChunk() error {
	size := int(min(r.unread, chunkSize))
	old := copy(r.buf, r.buf[r.used:])
	r.buf, r.used = slices.Grow(r.buf[:old], size+sumSize), 0
	end := old + size
	all := r.buf[:end+sumSize]
	if err := readFull(r.file, all[old:]); err != nil {
		return err
	}
	if chunkSum(r.seed, r.section, r.chunks, all[old:end]) != binary.LittleEndian.Uint64(all[end:]) {
		return errDamaged
	}
	r.buf = all[:end]
	r.chunks++
	r.unread -= int64(size)
	return nil
}

func (r *sectionReader) close() error { return r.file.Close() }

func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	return noEOF(err)
}

// noEOF turns the end of a file where more was expected into an error.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// notExist adds to an error that says that a file is missing what to do.
func notExist(err error, advice string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dedup: %s: %w", advice, err)
	}
	return err
}
