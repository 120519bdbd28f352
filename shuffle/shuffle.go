package shuffle

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"path"

	"github.com/zeebo/xxh3"

	"github.com/textmill/textmill/internal/sections"
	"github.com/textmill/textmill/storage"
)

// Shuffle is a shuffle of a corpus. Set its fields, put together a plan of
// [Shuffle.Scatter] and [Shuffle.Gather], and do not change them after that.
type Shuffle struct {
	// Store and Dir say where scatter leaves documents for gather.
	Store storage.Store `json:"-"`
	Dir   string

	// Scratch, if not nil, takes temporary files in place of Store: a local
	// disk, say, if Store is far away. They can come to as much as one input
	// shard or bucket, compressed, for each shard under way.
	Scratch storage.Store `json:"-"`

	// Seed decides the order, together with the IDs.
	Seed uint64

	// Buckets is how many shards the documents are divided into: 1 to 65536. If 0,
	// it is 64. They are of about the same size. The order of the documents does
	// not depend on it. A good bucket is what one output file is to hold: some
	// hundred megabytes.
	Buckets int

	// Memory is about how many bytes each shard that is being done may hold for
	// sorting, beside the document at hand, compressed and not. If 0, it is
	// 64 MiB; the least is 256 KiB. The output does not depend on it. A shard or
	// bucket that is larger, compressed, goes through temporary files. Go's garbage
	// comes on top: at most as much again, unless GOGC or GOMEMLIMIT say otherwise.
	Memory int64
}

const (
	defaultBuckets = 64
	maxBuckets     = 1 << 16
	defaultMemory  = 64 << 20
	minMemory      = 256 << 10
)

// A shuffle is a Shuffle whose settings were checked and filled in.
type shuffle struct {
	Shuffle
	scratch  storage.Store
	temp     string          // folder in it
	hashSeed uint64          // made of Seed
	settings json.RawMessage // in the headers of files
}

// fileSettings is what the files of a run agree in.
type fileSettings struct {
	Format  int    `json:"format"` // of records
	Seed    uint64 `json:"seed"`
	Buckets int    `json:"buckets"`
}

// open checks the settings.
func (s *Shuffle) open() (*shuffle, error) {
	x := &shuffle{Shuffle: *s, scratch: s.Scratch, temp: path.Join(s.Dir, "tmp")}
	if x.Buckets == 0 {
		x.Buckets = defaultBuckets
	}
	if x.Memory == 0 {
		x.Memory = defaultMemory
	}
	if x.scratch == nil {
		x.scratch = x.Store
	}
	switch {
	case x.Store == nil:
		return nil, errors.New("shuffle: a Shuffle needs a Store")
	case x.Buckets < 1 || x.Buckets > maxBuckets:
		return nil, fmt.Errorf("shuffle: Buckets is %d; use 1 to %d", x.Buckets, maxBuckets)
	case x.Memory < minMemory:
		return nil, fmt.Errorf("shuffle: Memory is %d bytes; use at least %d", x.Memory, minMemory)
	}
	// A name of our own goes into the seed, so that the hashes have nothing to do
	// with those that others make of IDs with the same seed.
	x.hashSeed = xxh3.HashStringSeed("textmill/shuffle", x.Seed)
	var err error
	x.settings, err = json.Marshal(fileSettings{1, x.Seed, x.Buckets})
	return x, err
}

// hash returns what decides a document's place.
func (x *shuffle) hash(id string) uint64 { return xxh3.HashStringSeed(id, x.hashSeed) }

// bucket returns which of the equal ranges of hashes one is in.
func (x *shuffle) bucket(hash uint64) int {
	n, _ := bits.Mul64(hash, uint64(x.Buckets))
	return int(n)
}

func bucketName(n int) string { return fmt.Sprintf("bucket-%05d", n) }

// file returns the name of the file of an input shard.
func (x *shuffle) file(shard string) string { return path.Join(x.Dir, "scatter", shard+".docs") }

// header returns the header of that file.
func (x *shuffle) header(shard string) sections.Header {
	return sections.Header{Kind: "scattered documents", Settings: x.settings, Of: shard}
}
