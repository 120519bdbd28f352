package parquet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// parquet-go takes the memory that a file says it needs. These checks make a file
// that is damaged say no more than it can have.
const (
	maxPageValues = 1 << 26 // as [Format] has at most
	maxExpansion  = 1 << 15 // of Zstandard, which expands the most: a block of 4 bytes to 128 KB
)

var errOutside = errors.New("the file is damaged: it says that it has more than it has")

// checkFooter checks how long the metadata says it is.
func checkFooter(r io.ReaderAt, size int64) error {
	var end [8]byte // the length, and "PAR1"
	if size < int64(len(end)) {
		return errors.New("the file is cut short")
	}
	if _, err := r.ReadAt(end[:], size-int64(len(end))); err != nil {
		return err
	}
	if int64(binary.LittleEndian.Uint32(end[:])) > size-int64(len(end)) {
		return errOutside
	}
	return nil
}

// checkPages checks the headers of all pages of a row group in a file of size bytes.
func checkPages(r io.ReaderAt, size int64, g *format.RowGroup) error {
	p := pageWalker{file: r, buf: bufio.NewReaderSize(nil, 512)}
	for i := range g.Columns {
		m := &g.Columns[i].MetaData
		begin := m.DataPageOffset
		if m.DictionaryPageOffset != 0 {
			begin = m.DictionaryPageOffset
		}
		if begin < 0 || m.TotalCompressedSize < 0 || begin > size || m.TotalCompressedSize > size-begin {
			return errOutside
		}
		end := begin + m.TotalCompressedSize
		if m.DictionaryPageOffset != 0 {
			if _, err := p.check(begin, end); err != nil {
				return err
			}
		}
		for at := m.DataPageOffset; at < end; {
			var err error
			if at, err = p.check(at, end); err != nil {
				return err
			}
		}
	}
	return nil
}

// A pageWalker goes from the header of one page to that of the next.
type pageWalker struct {
	file     io.ReaderAt
	buf      *bufio.Reader
	protocol thrift.CompactProtocol
}

// check checks the page that begins at a byte of the file and ends before another,
// and returns where it ends.
func (p *pageWalker) check(at, end int64) (int64, error) {
	if at < 0 || at >= end {
		return 0, errOutside
	}
	section := io.NewSectionReader(p.file, at, end-at)
	p.buf.Reset(section)
	var h format.PageHeader
	if err := thrift.NewDecoder(p.protocol.NewReader(p.buf)).Decode(&h); err != nil {
		return 0, fmt.Errorf("header of a page: %w", err)
	}
	read, err := section.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	at += read - int64(p.buf.Buffered())
	stored, size := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	values := max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DictionaryPageHeader.V.NumValues)
	if stored < 0 || stored > end-at || size < 0 || size > stored*maxExpansion || values > maxPageValues {
		return 0, errOutside
	}
	// parquet-go checks the sums of other pages itself.
	if h.Type == format.DictionaryPage && h.CRC != 0 {
		sum := crc32.NewIEEE()
		if _, err := io.Copy(sum, io.NewSectionReader(p.file, at, stored)); err != nil {
			return 0, err
		}
		if sum.Sum32() != uint32(h.CRC) {
			return 0, errors.New("the file is damaged: the checksum of a dictionary is wrong")
		}
	}
	return at + stored, nil
}
