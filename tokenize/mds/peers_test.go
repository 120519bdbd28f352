package mds_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/mds"
)

// standIns let mosaicml-streaming be imported without PyTorch, of which it needs
// the names of a few classes, and without its dependencies for texts and images.
const standIns = `
import sys, types

def stand_in(name, **attributes):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__dict__.update(attributes)
    sys.modules[name] = module
    parent, _, child = name.rpartition('.')
    if parent:
        setattr(sys.modules[parent], child, module)

class Generic:
    def __class_getitem__(cls, item):
        return cls

def cls(name):
    return type(name, (Generic,), {})

stand_in('torch', Tensor=cls('Tensor'))
stand_in('torch.distributed', is_available=lambda: False, is_initialized=lambda: False)
stand_in('torch.utils')
stand_in('torch.utils.data', Dataset=cls('Dataset'), IterableDataset=cls('IterableDataset'),
         DataLoader=cls('DataLoader'), get_worker_info=lambda: None)
stand_in('transformers')
stand_in('transformers.feature_extraction_utils', BatchFeature=cls('BatchFeature'))
stand_in('transformers.tokenization_utils_base', BatchEncoding=cls('BatchEncoding'))
for name in 'text', 'vision', 'multimodal':
    sys.modules['streaming.' + name] = types.ModuleType(name)
`

// asLibrary reads what Format wrote with the library's readers, writes the same with
// its writer, and compares the files, those that Merge made among them.
const asLibrary = standIns + `
import filecmp, json, os, shutil, sys, tempfile
import numpy as np
import streaming
from streaming import LocalDataset, MDSWriter, StreamingDataset
from streaming.base.util import clean_stale_shared_memory, merge_index

assert streaming.__version__ == '0.13.0', streaming.__version__
ours, given = sys.argv[1], json.load(sys.stdin)
arrays = {'tokens': given['dtype'], 'seq_lengths': 'int32', 'doc_starts': 'int32'}

def check(got, want):
    assert sorted(got) == ['doc_ids', 'doc_starts', 'seq_lengths', 'tokens'], got
    assert got['doc_ids'] == want['doc_ids'], (got, want)
    for name, dtype in arrays.items():
        assert got[name].dtype == dtype and got[name].ndim == 1, got[name]
        assert got[name].tolist() == want[name], (name, got[name], want[name])

def check_dataset(path, want):
    local = LocalDataset(path)
    streamed = StreamingDataset(local=path, shuffle=False, batch_size=1)
    assert len(local) == len(streamed) == len(want)
    for i, w in enumerate(want):
        check(local[i], w)
    for got, w in zip(streamed, want, strict=True):
        check(got, w)

def download(path, want):
    # Files are validated when they are downloaded.
    with tempfile.TemporaryDirectory() as copy:
        streamed = StreamingDataset(remote=path, local=copy, shuffle=False, batch_size=1, validate_hash='sha256')
        for got, w in zip(streamed, want, strict=True):
            check(got, w)

theirs = tempfile.mkdtemp()
try:
    everything = []
    for name, samples in sorted(given['files'].items()):
        path = os.path.join(ours, name)
        if samples:
            check_dataset(path, samples)
            download(path, samples)
        everything += samples
        if not given['write']:
            continue
        columns = {'doc_ids': 'json'} | {name: 'ndarray:' + dtype for name, dtype in arrays.items()}
        again = os.path.join(theirs, name)
        with MDSWriter(columns=columns, out=again, hashes=['sha256'], size_limit=given['limit']) as out:
            for s in samples:
                out.write({'doc_ids': s['doc_ids']} | {name: np.array(s[name], dtype) for name, dtype in arrays.items()})
        assert sorted(os.listdir(path)) == sorted(os.listdir(again)), (os.listdir(path), os.listdir(again))
        for file in os.listdir(path):
            a, b = os.path.join(path, file), os.path.join(again, file)
            assert filecmp.cmp(a, b, shallow=False), (name, file, open(a, 'rb').read(2000), open(b, 'rb').read(2000))
    check_dataset(ours, everything)
    download(ours, everything)
    if given['write']:
        merge_index([os.path.join(theirs, name, 'index.json') for name in sorted(given['files'])], theirs)
        a, b = (json.load(open(os.path.join(path, 'index.json'))) for path in (ours, theirs))
        assert a == b, (a, b)
finally:
    shutil.rmtree(theirs)
    clean_stale_shared_memory()
print('ok')
`

// A sample is a sequence as the script is told it.
type sample struct {
	Tokens  []uint32 `json:"tokens"`
	Lengths []int    `json:"seq_lengths"`
	IDs     []string `json:"doc_ids"`
	Starts  []int    `json:"doc_starts"`
}

func samplesOf(seqs []tokenize.Sequence) []sample {
	samples := []sample{}
	for _, seq := range seqs {
		s := sample{append([]uint32{}, seq.Tokens...), []int{}, []string{}, []int{}}
		for _, seg := range seq.Segments {
			s.Lengths, s.IDs, s.Starts = append(s.Lengths, seg.Len), append(s.IDs, seg.ID), append(s.Starts, seg.Start)
		}
		samples = append(samples, s)
	}
	return samples
}

// ids returns n ids below size, those at the ends among them.
func ids(size, n int, seed uint64) []uint32 {
	rng := rand.New(rand.NewPCG(seed, uint64(size)))
	out := make([]uint32, n)
	for i := range out {
		if out[i] = uint32(rng.IntN(size)); i%7 == 0 {
			out[i] = []uint32{0, uint32(size) - 1, uint32(min(size, 65535) - 1)}[rng.IntN(3)]
		}
	}
	return out
}

var oddIDs = []string{"", "a", "<urn:uuid:0>", "\"\\/\b\f\n\r\t\x00\x1f \x7f\u0080é\u2028漢\uffff😀\U0010ffff", "<&>"}

// full returns sequences as MDSWriter takes them: none has an empty array.
func full(size int) []tokenize.Sequence {
	var seqs []tokenize.Sequence
	for i, n := range []int{1, 2, 255, 256, 257, 1000, 65535, 65536, 65537, 3} {
		seqs = append(seqs, tokenize.Sequence{Tokens: ids(size, n, uint64(i)), Segments: []tokenize.Segment{{ID: oddIDs[i%len(oddIDs)], Len: n}}})
	}
	for i := range 40 {
		seq := tokenize.Sequence{Tokens: ids(size, 512, uint64(i))}
		for j := range 1 + i*i%300 {
			seq.Segments = append(seq.Segments, tokenize.Segment{ID: oddIDs[j%len(oddIDs)], Start: i * 65535 * (j % 2), Len: 1 + (i+j)%2*(i%4)/4})
		}
		seqs = append(seqs, seq)
	}
	return seqs
}

// empty returns sequences that MDSWriter does not take.
func empty(size int) []tokenize.Sequence {
	return []tokenize.Sequence{
		{Tokens: nil, Segments: []tokenize.Segment{{ID: "without tokens"}}},
		{Tokens: ids(size, 5, 1)},
		{},
		{Tokens: ids(size, 5, 2), Segments: []tokenize.Segment{{ID: "a", Len: 2}, {ID: "b"}, {ID: "\xff bytes \xc3", Start: 3, Len: 2}}},
	}
}

func TestAsLibrary(t *testing.T) {
	peers.Python(t) // or what follows is for nothing
	for _, size := range []int{2, 65536, 65537, 200_000} {
		for _, write := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d ids, write %v", size, write), func(t *testing.T) {
				dir := t.TempDir()
				store := storage.Dir(dir)
				files := map[string][]tokenize.Sequence{"a": full(size), "b": full(size)[3:4], "c": nil}
				if !write {
					files["b"], files["d"] = empty(size), empty(size)[:1]
				}
				const limit = 600_000
				for name, seqs := range files {
					writeFile(t, store, mds.Format{ShardBytes: limit}, name, vocabulary(size), seqs)
				}
				if _, err := textmill.RunJob(t.Context(), mds.Merge{Store: store}, 1); err != nil {
					t.Fatal(err)
				}
				given := struct {
					Files map[string][]sample `json:"files"`
					DType string              `json:"dtype"`
					Limit int                 `json:"limit"`
					Write bool                `json:"write"`
				}{map[string][]sample{}, "int32", limit, write}
				if size <= 65536 {
					given.DType = "uint16"
				}
				for name, seqs := range files {
					given.Files[name] = samplesOf(seqs)
				}
				b, err := json.Marshal(given)
				if err != nil {
					t.Fatal(err)
				}
				if out := peers.Run(t, asLibrary, []string{dir}, bytes.NewReader(b)); !bytes.HasSuffix(out, []byte("ok\n")) {
					t.Errorf("%s", out)
				}
			})
		}
	}
}
