// Package mds stores tokens as MosaicML Streaming reads them, whose format is
// called MDS: by a StreamingDataset, which the StreamingTextDataset of LLM Foundry
// is, too.
//
// [Format] writes a directory for each shard of a run, [Merge] makes one dataset
// of all of them, and [Open] reads either back. Tests compare with version 0.13.0
// of mosaicml-streaming: what it reads, and the bytes that its MDSWriter and
// merge_index write.
package mds

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// DefaultShardBytes is the size of shard files that MosaicML Streaming has, too: 64 MB.
const DefaultShardBytes = 1 << 26

// Format writes NAME/shard.00000.mds, NAME/shard.00001.mds and so on, and
// NAME/index.json, which lists them with their sizes and SHA-256. A
// [tokenize.Sequence] is a sample of these columns, packed or not:
//
//	tokens       ndarray:uint16 if the vocabulary has at most 65,536 places, otherwise ndarray:int32
//	seq_lengths  ndarray:int32, the number of tokens of each segment; the tokens left over are padding
//	doc_ids      json, a list of the IDs of their documents
//	doc_starts   ndarray:int32, where each begins in its document; 0 unless that is divided
//
// Training that needs tokens alone takes that column, as LLM Foundry does. PyTorch
// makes batches of arrays of one length only, which tokens have if they are packed
// and the other columns have not: a collate function has to choose.
//
// An array without elements has the shape (0): MosaicML Streaming reads it, though
// it does not write it. Bytes of an ID that are not UTF-8 become U+FFFD.
//
// The index.json is committed last: a file is there if that is. Shard files of an
// earlier run that was longer are removed. A file without sequences is an index.json
// without shards, as MDSWriter leaves it: StreamingDataset refuses to open that
// alone, but [Merge] takes it.
//
// Besides what storing takes, a file holds one shard file in memory: ShardBytes, or
// the largest sample if that is more.
type Format struct {
	// ShardBytes is the size in bytes that shard files do not exceed, unless a
	// sample alone does. It must be below 4 GB, and so must be every sample. If 0,
	// it is DefaultShardBytes.
	ShardBytes int64 `json:",omitempty"`
}

// Create implements [tokenize.Format].
func (f Format) Create(ctx context.Context, file tokenize.File) (tokenize.FileWriter, error) {
	limit := cmp.Or(f.ShardBytes, DefaultShardBytes)
	if limit < 0 || limit > math.MaxUint32 {
		return nil, fmt.Errorf("mds: ShardBytes %d is not between 0 and %d", limit, uint32(math.MaxUint32))
	}
	if err := storage.CheckName("create", shardName(file.Name, 0)); err != nil {
		return nil, err
	}
	w := &writer{ctx: ctx, store: file.Store, name: file.Name, limit: limit, dtype: dtypeFor(file.Encoder.VocabSize())}
	w.config = newConfig(w.dtype, limit)
	return w, nil
}

// dtypeFor returns the type for ids below size. PyTorch has no uint32 to compute
// with, and LLM Foundry writes int32.
func dtypeFor(size int) dtype {
	if size <= 1<<16 {
		return uint16s
	}
	return int32s
}

func shardName(dir string, i int) string { return fmt.Sprintf("%s/shard.%05d.mds", dir, i) }

// writer writes one file.
type writer struct {
	ctx    context.Context // of Create, for the shard files begun later
	store  storage.Store
	name   string
	limit  int64
	dtype  dtype
	config []byte // what every shard file holds of its settings

	// the shard file being made
	samples   int
	documents int64 // that begin in it
	offsets   []uint32
	data      buffer
	ids       []byte // doc_ids of a sample

	// those that are made
	files []shardFile
	err   error // of an earlier call
}

// A shardFile is a shard file that is written but not committed.
type shardFile struct {
	out       *storage.Output
	samples   int
	documents int64
}

var errDone = errors.New("mds: write or commit after commit or close")

// Write implements [tokenize.FileWriter].
func (w *writer) Write(seq tokenize.Sequence) error {
	if w.err == nil {
		w.err = w.write(seq)
	}
	return w.err
}

func (w *writer) write(seq tokenize.Sequence) error {
	w.ids = appendIDs(w.ids[:0], seq.Segments)
	size := w.sampleSize(seq)
	if w.samples > 0 && w.shardSize()+4+size > w.limit {
		if err := w.finishShard(); err != nil {
			return err
		}
	}
	if w.shardSize()+4+size > math.MaxUint32 {
		return fmt.Errorf("mds: a sample of %d bytes does not fit into a shard file, which is below 4 GB: divide it, with a tokenize.Packing", size)
	}
	w.offsets = append(w.offsets, uint32(w.data.n))
	w.samples++
	w.putSample(seq)
	w.documents += seq.Documents()
	return nil
}

// shardSize returns the size of the shard file as it is.
func (w *writer) shardSize() int64 {
	return 4 + 4*int64(w.samples+1) + int64(len(w.config)) + w.data.n
}

// sampleSize returns the size of a sample whose doc_ids are in w.ids.
func (w *writer) sampleSize(seq tokenize.Sequence) int64 {
	segments := arraySize(len(seq.Segments), int32s)
	return int64(4*len(columnNames)) + int64(len(w.ids)) + 2*segments + arraySize(len(seq.Tokens), w.dtype)
}

// putSample appends a sample: the sizes of its columns, and then what is in them,
// in the order of columnNames.
func (w *writer) putSample(seq tokenize.Sequence) {
	n := len(seq.Segments)
	segments := arraySize(n, int32s)
	w.data.putUint32(uint32(len(w.ids)))
	w.data.putUint32(uint32(segments))
	w.data.putUint32(uint32(segments))
	w.data.putUint32(uint32(arraySize(len(seq.Tokens), w.dtype)))
	w.data.put(w.ids)
	w.data.putShape(n)
	for _, s := range seq.Segments {
		w.data.putUint32(uint32(s.Start))
	}
	w.data.putShape(n)
	for _, s := range seq.Segments {
		w.data.putUint32(uint32(s.Len))
	}
	w.data.putShape(len(seq.Tokens))
	w.data.putTokens(seq.Tokens, w.dtype)
}

// finishShard writes the shard file, which is this, all little-endian:
//
//	uint32            n, the number of samples
//	uint32 × (n+1)    where each begins, and where the last ends, in bytes of the file
//	the settings, as JSON
//	the samples
func (w *writer) finishShard() error {
	name := shardName(w.name, len(w.files))
	out, err := storage.NewOutput(w.ctx, w.store, name)
	if err != nil {
		return err
	}
	w.files = append(w.files, shardFile{out, w.samples, w.documents})

	head := binary.LittleEndian.AppendUint32(nil, uint32(w.samples))
	first := uint32(4 + 4*(w.samples+1) + len(w.config))
	for _, offset := range append(w.offsets, uint32(w.data.n)) {
		head = binary.LittleEndian.AppendUint32(head, first+offset)
	}
	for _, p := range append([][]byte{head, w.config}, w.data.filled()...) {
		if _, err := out.Write(p); err != nil {
			return err
		}
	}
	w.samples, w.documents, w.offsets = 0, 0, w.offsets[:0]
	w.data.reset()
	return nil
}

// Commit implements [tokenize.FileWriter].
func (w *writer) Commit(ctx context.Context) error {
	if w.err == nil {
		if w.err = w.commit(ctx); w.err == nil {
			w.err = errDone
			return nil
		}
	}
	return w.err
}

func (w *writer) commit(ctx context.Context) error {
	if w.samples > 0 {
		if err := w.finishShard(); err != nil {
			return err
		}
	}
	if err := w.removeStale(ctx); err != nil {
		return err
	}
	x := index{Shards: []shardInfo{}, Version: formatVersion}
	for _, f := range w.files {
		if err := f.out.Commit(ctx, f.documents); err != nil {
			return err
		}
		x.Shards = append(x.Shards, w.describe(f))
	}
	_, err := x.write(ctx, w.store, w.name)
	return err
}

// describe returns what the index says of a committed shard file.
func (w *writer) describe(f shardFile) shardInfo {
	o := f.out.Object()
	return newShardInfo(w.dtype, w.limit, f.samples, fileInfo{
		Basename: o.Name[len(w.name)+1:],
		Bytes:    o.Bytes,
		Hashes:   map[string]string{"sha256": o.SHA256},
	})
}

// removeStale removes the shard files that an earlier run had and this one has not.
func (w *writer) removeStale(ctx context.Context) error {
	prefix := w.name + "/shard."
	var stale []string
	for info, err := range w.store.List(ctx, prefix) {
		if err != nil {
			return err
		}
		digits := strings.TrimSuffix(info.Name[len(prefix):], ".mds")
		if i, err := strconv.Atoi(digits); err == nil && i >= len(w.files) && info.Name == shardName(w.name, i) {
			stale = append(stale, info.Name)
		}
	}
	for _, name := range stale {
		if err := w.store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Close implements [tokenize.FileWriter].
func (w *writer) Close() error {
	var err error
	for _, f := range w.files {
		err = cmp.Or(err, f.out.Close())
	}
	w.files, w.offsets, w.data, w.ids = nil, nil, buffer{}, nil
	w.err = cmp.Or(w.err, errDone)
	return err
}
