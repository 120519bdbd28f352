package parquet_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/textmill/textmill/internal/peers"
	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
)

// others reads what Format wrote with PyArrow and DuckDB.
const others = `
import json, sys
import duckdb, pyarrow as pa, pyarrow.parquet as pq

assert pa.__version__.startswith('26.') and duckdb.__version__.startswith('2.0.'), (pa.__version__, duckdb.__version__)
path, want = sys.argv[1], json.load(sys.stdin)
names = ['input_ids', 'seq_lengths', 'doc_ids', 'doc_starts']

file = pq.ParquetFile(path, page_checksum_verification=True)
for name in names:
    field = file.schema_arrow.field(name)
    assert not field.nullable and not field.type.value_field.nullable, field
    assert pa.types.is_list(field.type), field
    assert field.type.value_type == (pa.string() if name == 'doc_ids' else pa.int32()), field
assert file.schema_arrow.names == names, file.schema_arrow
metadata = {k.decode(): v.decode() for k, v in file.metadata.metadata.items()}
assert metadata == {'textmill.vocabulary': 'vocabulary100000', 'textmill.vocab_size': '100000', 'textmill.end_of_text': '99999'}, metadata
assert file.metadata.created_by.startswith('textmill '), file.metadata.created_by
assert file.metadata.num_rows == len(want), file.metadata
for i in range(file.metadata.num_row_groups):
    group = file.metadata.row_group(i)
    for j in range(group.num_columns):
        assert group.column(j).compression == 'ZSTD', group.column(j)

# Batches of its own size, then the whole.
got = [row for batch in file.iter_batches() for row in batch.to_pylist()]
assert got == want, [(g, w) for g, w in zip(got, want) if g != w][:1]
assert pq.read_table(path).to_pylist() == want

rows = duckdb.sql('select %s from read_parquet(%r)' % (', '.join(names), path)).fetchall()
assert [dict(zip(names, row)) for row in rows] == want
n, longest = duckdb.sql('select sum(len(input_ids)), max(len(seq_lengths)) from read_parquet(%r)' % path).fetchall()[0]
assert (n or 0) == sum(len(w['input_ids']) for w in want)
if want:
    ids = [i for w in want for i in w['input_ids']]
    least, largest = duckdb.sql('select min(id), max(id) from (select unnest(input_ids) id from read_parquet(%r))' % path).fetchall()[0]
    assert not ids or (least, largest) == (min(ids), max(ids))
print(file.metadata.num_row_groups)
`

// A sample is a sequence as the script is told it.
type sample struct {
	Tokens  []uint32 `json:"input_ids"`
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

// odd returns sequences that readers may stumble over.
func odd() []tokenize.Sequence {
	seqs := slices.Concat(two, many(500), two)
	for i, id := range []string{"", "\x00", "\"\\\n", "é\u2028漢\uffff\U0001f600", "\xff bytes \xc3", strings.Repeat("long", 5000)} {
		seqs = append(seqs, tokenize.Sequence{Tokens: ids(100_000, 1000*i, uint64(i)), Segments: []tokenize.Segment{{ID: id, Start: i << 27, Len: 10 * i}, {ID: id}}})
	}
	for i := range 50 {
		seq := tokenize.Sequence{Tokens: ids(100_000, 512, uint64(i))}
		for j := range i * i % 300 {
			seq.Segments = append(seq.Segments, tokenize.Segment{ID: "a", Start: j, Len: j % 2})
		}
		seqs = append(seqs, seq)
	}
	return append(seqs, tokenize.Sequence{Tokens: ids(100_000, 300_000, 1)})
}

func TestOtherReaders(t *testing.T) {
	peers.Python(t) // or what follows is for nothing
	large := many(100)
	for i := range 36 { // 36 MB, more than two row groups
		large = append(large, tokenize.Sequence{Tokens: ids(100_000, 1000, uint64(i)), Segments: []tokenize.Segment{{ID: strings.Repeat("x", 1<<20), Len: 1000}}})
	}
	for name, tt := range map[string]struct {
		seqs   []tokenize.Sequence
		groups string
	}{"none": {nil, "0"}, "odd": {odd(), "1"}, "large": {large, "3"}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, storage.Dir(dir), "x", 100_000, tt.seqs)
			given, err := json.Marshal(samplesOf(tt.seqs))
			if err != nil {
				t.Fatal(err)
			}
			out := peers.Run(t, others, []string{dir + "/x.parquet"}, bytes.NewReader(given))
			if got := strings.TrimSpace(string(out)); got != tt.groups {
				t.Errorf("%s row groups, want %s", got, tt.groups)
			}
		})
	}
}

// writeOthers writes files with PyArrow, in the ways it has to write lists.
const writeOthers = `
import json, sys
import pyarrow as pa, pyarrow.parquet as pq

dir, rows = sys.argv[1], json.load(sys.stdin)
i = 0
for version in '1.0', '2.0':
    for compression in 'none', 'snappy', 'zstd', 'gzip':
        for ids in pa.int32(), pa.int64():
            table = pa.table({
                'x': list(range(len(rows))),
                'input_ids': pa.array([r['input_ids'] for r in rows], pa.list_(ids)),
                'seq_lengths': pa.array([r['seq_lengths'] for r in rows], pa.list_(pa.int32())),
                'doc_ids': pa.array([r['doc_ids'] for r in rows], pa.list_(pa.string())),
                'doc_starts': pa.array([r['doc_starts'] for r in rows], pa.list_(pa.int32())),
            })
            pq.write_table(table, '%s/%d.parquet' % (dir, i), compression=compression, data_page_version=version,
                           use_dictionary=i % 3 > 0, data_page_size=2000, row_group_size=100)
            i += 1
print(i)
`

// What PyArrow writes is read, too.
func TestOtherWriters(t *testing.T) {
	dir := t.TempDir()
	want := odd()
	want = want[:len(want)-1]
	for _, seq := range want {
		for i, s := range seq.Segments {
			seq.Segments[i].ID = strings.ToValidUTF8(s.ID, "")
		}
	}
	given, err := json.Marshal(samplesOf(want))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(peers.Run(t, writeOthers, []string{dir}, bytes.NewReader(given)))))
	if err != nil || n != 16 {
		t.Fatal(n, err)
	}
	for i := range n {
		got, err := sequences(t.Context(), storage.Dir(dir), strconv.Itoa(i))
		if err != nil || !equal(got, want) {
			t.Errorf("file %d: %v", i, err)
		}
	}
}
