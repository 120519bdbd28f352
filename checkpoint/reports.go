package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/storage"
)

// Finished is what is stored of a finished shard.
type Finished struct {
	Shard       string          `json:"shard"`       // its name
	Fingerprint string          `json:"fingerprint"` // of the run that did it
	Report      textmill.Report `json:"report"`
}

// Reports yields what [Job] stored in dir, in order of the shards' names, as far
// as about their first 128 bytes tell. An error is the last thing it yields. It holds
// the names of all shards in memory, and one report.
func Reports(ctx context.Context, store storage.Store, dir string) iter.Seq2[Finished, error] {
	return func(yield func(Finished, error) bool) {
		s := reports{store, dir}
		files, err := s.files(ctx)
		if err != nil {
			yield(Finished{}, err)
			return
		}
		for _, file := range files {
			f, err := s.read(ctx, file)
			if errors.Is(err, fs.ErrNotExist) {
				continue // removed since it was listed
			}
			if err != nil {
				yield(Finished{}, err)
				return
			}
			if !yield(*f, nil) {
				return
			}
		}
	}
}

const extension = ".json"

// files lists the stored reports in order of the shards' names, which is not
// that of the files: "a" comes before "a-b", but "a-b.json" before "a.json".
func (s reports) files(ctx context.Context) ([]string, error) {
	prefix := ""
	if d := path.Clean(s.dir); d != "." {
		prefix = d + "/"
	}
	var files []string
	for info, err := range s.store.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if name := info.Name[len(prefix):]; strings.HasSuffix(name, extension) && !strings.Contains(name, "/") {
			files = append(files, info.Name)
		}
	}
	key := func(file string) string { return unescape(strings.TrimSuffix(file[len(prefix):], extension)) }
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(key(a), key(b)) })
	return files, nil
}

// File returns the name under which [Job] stores the report of a shard. Whether the
// shard is finished can so be told from a list of the folder.
func File(dir, shard string) string { return path.Join(dir, escape(shard)+extension) }

// file returns the name under which the report of a shard is stored.
func (s reports) file(shard string) string { return File(s.dir, shard) }

// longest is the length from which on an escaped name is cut, so that it stays a
// file name with extension and hash: file systems allow 255 bytes.
const longest = 128

// escape makes any string a file name of its own. Letters, digits and "-_." stay
// as they are, except a dot that begins the name; other bytes become %XX. What
// is too long then is cut and ends in a hash of the whole.
func escape(name string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	s := b.String()
	if len(s) <= longest {
		return s
	}
	sum := sha256.Sum256([]byte(name))
	return s[:longest] + "~" + hex.EncodeToString(sum[:16])
}

// unescape undoes escape for names that were not cut, which is enough to sort.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+3 <= len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.Write(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
