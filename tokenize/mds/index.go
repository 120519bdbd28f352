package mds

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

const formatVersion = 2

func indexName(dir string) string { return path.Join(dir, "index.json") }

// An index is what an index.json says. Fields are in the order of their names in
// JSON, as MDSWriter writes them.
type index struct {
	Shards  []shardInfo `json:"shards"`
	Version int         `json:"version"`
}

// A shardInfo describes a shard file.
type shardInfo struct {
	ColumnEncodings []string        `json:"column_encodings"`
	ColumnNames     []string        `json:"column_names"`
	ColumnSizes     []*int64        `json:"column_sizes"` // in bytes; nil if they differ
	Compression     *string         `json:"compression"`
	Format          string          `json:"format"`
	Hashes          []string        `json:"hashes"` // names of those in fileInfo
	RawData         *fileInfo       `json:"raw_data"`
	Samples         int64           `json:"samples"`
	SizeLimit       json.RawMessage `json:"size_limit"` // a number, or one with a unit, or null
	Version         int             `json:"version"`
	ZipData         *fileInfo       `json:"zip_data"`
}

// A fileInfo describes a file.
type fileInfo struct {
	Basename string            `json:"basename"` // its path from that of the index
	Bytes    int64             `json:"bytes"`
	Hashes   map[string]string `json:"hashes"`
}

// hashes are those we write.
var hashes = []string{"sha256"}

func newShardInfo(t dtype, limit int64, samples int, file fileInfo) shardInfo {
	return shardInfo{
		ColumnEncodings: columnEncodings(t),
		ColumnNames:     columnNames,
		ColumnSizes:     make([]*int64, len(columnNames)),
		Format:          "mds",
		Hashes:          hashes,
		RawData:         &file,
		Samples:         int64(samples),
		SizeLimit:       strconv.AppendInt(nil, limit, 10),
		Version:         formatVersion,
	}
}

// newConfig returns the settings that a shard file itself holds: a shardInfo but
// for what is known of the file only when it is made.
func newConfig(t dtype, limit int64) []byte {
	b, err := pythonJSON(map[string]any{ // is written in order of the keys
		"column_encodings": columnEncodings(t),
		"column_names":     columnNames,
		"column_sizes":     make([]*int64, len(columnNames)),
		"compression":      nil,
		"format":           "mds",
		"hashes":           hashes,
		"size_limit":       limit,
		"version":          formatVersion,
	})
	if err != nil {
		panic(err) // there is nothing in it that can fail
	}
	return b
}

// pythonJSON returns v as Python's json.dumps writes it.
func pythonJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	var out []byte
	quoted := false
	for b := bytes.TrimSpace(buf.Bytes()); len(b) > 0; {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == '"':
			quoted = !quoted
			out = append(out, '"')
		case r == '\\':
			size = 2 // what is escaped does not end a string
			out = append(out, b[:2]...)
		case r >= 0x7f:
			out = appendEscaped(out, r)
		default:
			out = append(out, b[0])
			if !quoted && (r == ',' || r == ':') {
				out = append(out, ' ')
			}
		}
		b = b[size:]
	}
	return out, nil
}

// write commits the index of a directory.
func (x index) write(ctx context.Context, store storage.Store, dir string) (textmill.Object, error) {
	encoded, err := pythonJSON(x)
	if err != nil {
		return textmill.Object{}, err
	}
	out, err := storage.NewOutput(ctx, store, indexName(dir))
	if err != nil {
		return textmill.Object{}, err
	}
	_, err = out.Write(encoded)
	if err == nil {
		err = out.Commit(ctx, 0)
	}
	return out.Object(), cmp.Or(err, out.Close())
}

// maxIndex is the size of the largest index.json that is read: one of half a
// million shard files, which have some 500 bytes each.
const maxIndex = 256 << 20

// readIndex reads the index of a directory.
func readIndex(ctx context.Context, store storage.Store, dir string) (index, error) {
	r, err := store.Open(ctx, indexName(dir))
	if err != nil {
		return index{}, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxIndex+1))
	if err == nil && len(b) > maxIndex {
		err = fmt.Errorf("mds: it has more than %d bytes", maxIndex)
	}
	var x index
	if err == nil {
		x, err = parseIndex(b)
	}
	if err != nil {
		return index{}, fmt.Errorf("read %s: %w", indexName(dir), err)
	}
	return x, nil
}

// parseIndex parses an index.json. As for MosaicML Streaming, a field that is not
// known is an error.
func parseIndex(b []byte) (index, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var x index
	if err := d.Decode(&x); err != nil {
		return x, fmt.Errorf("mds: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return x, errors.New("mds: it goes on after its end")
	}
	if x.Version != formatVersion {
		return x, fmt.Errorf("mds: version %d is not %d", x.Version, formatVersion)
	}
	for i, s := range x.Shards {
		if err := s.check(); err != nil {
			return x, fmt.Errorf("mds: shard %d: %w", i, err)
		}
	}
	return x, nil
}

func (s shardInfo) check() error {
	switch {
	case s.Version != formatVersion:
		return fmt.Errorf("version %d is not %d", s.Version, formatVersion)
	case s.Format != "mds":
		return fmt.Errorf("format %q is not mds", s.Format)
	case s.RawData == nil:
		return errors.New("raw_data is missing")
	case s.RawData.Bytes < 0:
		return fmt.Errorf("raw_data has %d bytes", s.RawData.Bytes)
	case s.Samples < 0:
		return fmt.Errorf("samples is %d", s.Samples)
	case len(s.ColumnEncodings) != len(s.ColumnNames) || len(s.ColumnSizes) != len(s.ColumnNames):
		return errors.New("the lists of columns are not of one length")
	case !slices.IsSorted(s.ColumnNames):
		return errors.New("columns are not in order of name")
	}
	for _, size := range s.ColumnSizes {
		if size != nil && *size < 0 {
			return fmt.Errorf("a column has size %d", *size)
		}
	}
	for _, f := range []*fileInfo{s.RawData, s.ZipData} {
		if f != nil && (!fs.ValidPath(f.Basename) || f.Basename == ".") {
			return fmt.Errorf("basename %q is not a path from that of the index", f.Basename)
		}
	}
	return nil
}
