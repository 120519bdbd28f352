package mds_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/tokenize"
	"github.com/textmill/textmill/tokenize/mds"
)

// indexOf returns the index of a shard file s.mds, whose columns are given as
// "name encoding size".
func indexOf(samples, size int, columns ...string) string {
	var names, encodings, sizes []string
	for _, c := range columns {
		f := strings.Fields(c)
		names, encodings, sizes = append(names, `"`+f[0]+`"`), append(encodings, `"`+f[1]+`"`), append(sizes, f[2])
	}
	list := func(s []string) string { return "[" + strings.Join(s, ",") + "]" }
	return fmt.Sprintf(`{"version":2,"shards":[{"column_names":%s,"column_encodings":%s,"column_sizes":%s,"compression":null,"format":"mds","hashes":[],`+
		`"raw_data":{"basename":"s.mds","bytes":%d,"hashes":{}},"samples":%d,"size_limit":"64mb","version":2,"zip_data":null}]}`,
		list(names), list(encodings), list(sizes), size, samples)
}

// shardOf returns a shard file of samples.
func shardOf(samples ...string) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(samples)))
	at := 4 + 4*(len(samples)+1) + len("{}")
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
		at += len(s)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(at))
	return string(b) + "{}" + strings.Join(samples, "")
}

// sampleOf returns a sample of columns of variable size.
func sampleOf(columns ...string) string {
	var b []byte
	for _, c := range columns {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(c)))
	}
	return string(b) + strings.Join(columns, "")
}

var ours = []string{"doc_ids json null", "doc_starts ndarray:int32 null", "seq_lengths ndarray:int32 null", "tokens ndarray:uint16 null"}

const (
	oneZero = "\x04\x01\x00\x00\x00\x00"
	oneTwo  = "\x04\x01\x02\x00\x00\x00"
)

// What others write is read as well, as far as it has tokens.
func TestOpenOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		index, shard string
		want         string
	}{
		"LLM Foundry": {
			indexOf(2, 42, "tokens ndarray:int32 null"),
			shardOf(sampleOf("\x05\x01\x00\x07\x00\x00\x00"), sampleOf("\x04\x00")+""),
			"[{[7] [{ 0 1}]} {[] [{ 0 0}]}]",
		},
		"other columns, some of a fixed size, and a shape of 64 bits": {
			indexOf(1, 52, "a int 8", "b str null", "c uint16 2", "tokens ndarray:uint32 null", "z bytes null"),
			shardOf(sampleOf("bb", "\x07\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7f", "zz")[:12] + "aaaaaaaabbcc\x07\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7fzz"),
			"[{[2147483647] [{ 0 1}]}]",
		},
		"columns of our names and other types are others'": {
			indexOf(1, 0, "doc_ids str null", "doc_starts ndarray:int64 null", "seq_lengths json null", "tokens ndarray:uint16 null"),
			shardOf(sampleOf("x", "y", "z", "\x04\x01\x01\x00")),
			"[{[1] [{ 0 1}]}]",
		},
		"ours": {
			indexOf(1, 0, ours...),
			shardOf(sampleOf(`["a"]`, oneZero, oneTwo, "\x04\x02\x01\x00\x02\x00")),
			"[{[1 2] [{a 0 2}]}]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := &storage.Memory{}
			put(t, store, "x/index.json", []byte(strings.Replace(tt.index, sizeOf(tt.index), fmt.Sprintf(`"bytes":%d`, len(tt.shard)), 1)))
			put(t, store, "x/s.mds", []byte(tt.shard))
			seqs, err := sequences(t.Context(), store, "x")
			if err != nil || fmt.Sprint(seqs) != tt.want {
				t.Errorf("%v, %v, want %s", seqs, err, tt.want)
			}
		})
	}
}

// sizeOf returns the part of an index that says the size of the shard file.
func sizeOf(index string) string {
	rest := index[strings.Index(index, `"bytes":`):]
	return rest[:strings.Index(rest, ",")]
}

func TestIndexErrors(t *testing.T) {
	good := indexOf(0, 10, ours...)
	for _, tt := range []struct{ old, new, want string }{
		{good, "", "mds: EOF"},
		{good, good + "{}", "mds: it goes on after its end"},
		{good, `{"shards":[],"version":3}`, "mds: version 3 is not 2"},
		{good, `{"shards":[],"version":2,"x":1}`, `mds: json: unknown field "x"`},
		{good, `{"shards":[null],"version":2}`, "mds: shard 0: version 0 is not 2"},
		{`"size_limit":"64mb","version":2`, `"version":1`, "mds: shard 0: version 1 is not 2"},
		{`"format":"mds"`, `"format":"json"`, `mds: shard 0: format "json" is not mds`},
		{`"raw_data":{"basename":"s.mds","bytes":10,"hashes":{}}`, `"raw_data":null`, "mds: shard 0: raw_data is missing"},
		{`"bytes":10`, `"bytes":-1`, "mds: shard 0: raw_data has -1 bytes"},
		{`"samples":0`, `"samples":-1`, "mds: shard 0: samples is -1"},
		{`"samples":0`, `"samples":9223372036854775808`, "mds: json: cannot unmarshal number 9223372036854775808 into Go struct field shardInfo.shards.samples of type int64"},
		{`"doc_ids",`, ``, "mds: shard 0: the lists of columns are not of one length"},
		{`"json",`, ``, "mds: shard 0: the lists of columns are not of one length"},
		{`[null,`, `[`, "mds: shard 0: the lists of columns are not of one length"},
		{`"doc_ids"`, `"x"`, "mds: shard 0: columns are not in order of name"},
		{`[null,`, `[-1,`, "mds: shard 0: a column has size -1"},
		{`"s.mds"`, `"../s.mds"`, `mds: shard 0: basename "../s.mds" is not a path from that of the index`},
		{`"s.mds"`, `"/s.mds"`, `mds: shard 0: basename "/s.mds" is not a path from that of the index`},
		{`"zip_data":null`, `"zip_data":{"basename":"","bytes":1,"hashes":{}}`, `mds: shard 0: basename "" is not a path from that of the index`},
		{`"zip_data":null`, `"zip_data":{"basename":"s.mds.zstd","bytes":1,"hashes":{}}`, "mds: s.mds: compressed files are not read: decompress them with MosaicML Streaming"},
		{`"compression":null`, `"compression":"zstd"`, "mds: s.mds: compressed files are not read: decompress them with MosaicML Streaming"},
		{`"ndarray:uint16"`, `"ndarray:int64"`, "mds: s.mds: there is no column tokens of ndarray:uint16, ndarray:int32 or ndarray:uint32"},
		{`"tokens"`, `"tokenz"`, "mds: s.mds: there is no column tokens of ndarray:uint16, ndarray:int32 or ndarray:uint32"},
	} {
		store := &storage.Memory{}
		if !strings.Contains(good, tt.old) {
			t.Fatalf("no %s", tt.old)
		}
		put(t, store, "x/index.json", []byte(strings.Replace(good, tt.old, tt.new, 1)))
		if _, err := mds.Open(t.Context(), store, "x"); err == nil || err.Error() != "read x/index.json: "+tt.want {
			t.Errorf("%v\nwant read x/index.json: %s", err, tt.want)
		}
	}
	store := &storage.Memory{}
	if _, err := mds.Open(t.Context(), store, "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	shard := strings.TrimSuffix(strings.TrimPrefix(indexOf(1<<62, 1<<62, ours...), `{"version":2,"shards":[`), "]}")
	put(t, store, "x/index.json", []byte(`{"version":2,"shards":[`+shard+","+shard+"]}"))
	if _, err := mds.Open(t.Context(), store, "x"); err == nil || err.Error() != "read x/index.json: mds: samples add up to too many" {
		t.Error(err)
	}
}

func TestShardErrors(t *testing.T) {
	good := sampleOf(`["a"]`, oneZero, oneTwo, "\x04\x02\x01\x00\x02\x00")
	edit := func(shard string, at int, b byte) string {
		c := []byte(shard)
		c[at] = b
		return string(c)
	}
	whole := shardOf(good, good)
	for _, tt := range []struct {
		shard string
		size  int // by the index
		want  string
	}{
		{"", len(whole), "the file is cut short"},
		{whole[:3], len(whole), "the file is cut short"},
		{whole[:15], len(whole), "the file is cut short"},
		{whole[:17], len(whole), "the file is cut short"},
		{whole[:len(whole)-1], len(whole), "the file is cut short"},
		{whole + "x", len(whole), "the file goes on after its last sample"},
		{edit(whole, 0, 3), len(whole), "the file has 3 samples, by the index 2"},
		{edit(whole, 4, 15), len(whole), "sample 0 is said to begin at byte 15, before byte 16"},
		{edit(whole, 8, 17), len(whole), "sample 1 is said to begin at byte 17, before byte 18"},
		{edit(whole, 12, 0xff), len(whole), "the last sample ends at byte 255, but the file by the index at 96"},
		{shardOf("", good), 0, "sample 0: the sizes of its columns are cut short"},
		{shardOf(good, good[:20]), 0, "sample 1: column 0 has 5 bytes of 4"},
		{shardOf(good, good+"x"), 0, "sample 1: 1 bytes are left over"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, oneTwo, "")), 0, "sample 1: tokens: not an array of one dimension"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, oneTwo, "\x08\x01\x01\x00\x00")), 0, "sample 1: tokens: not an array of one dimension"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, oneTwo, "\x07\x01\x01\x00\x00")), 0, "sample 1: tokens: the shape is cut short"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, oneTwo, "\x04\x02\x00\x00\x00")), 0, "sample 1: tokens: 3 bytes do not hold an array of 2 numbers"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, oneTwo, "\x04\x01\x00\x00\x00")), 0, "sample 1: tokens: 3 bytes do not hold an array of 1 numbers"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, "\x04\x01\x00\x00\x00\x80", "\x04\x01\x00\x00")), 0, "sample 1: seq_lengths: 2147483648 is not below 2³¹"},
		{shardOf(good, sampleOf(`["a"]`, "", oneTwo, "\x04\x02\x00\x00\x00\x00")), 0, "sample 1: doc_starts: not an array of one dimension"},
		{shardOf(good, sampleOf(`["a"]`, "\x04\x00", oneTwo, "\x04\x02\x00\x00\x00\x00")), 0, "sample 1: 0 doc_starts for 1 seq_lengths"},
		{shardOf(good, sampleOf(`[]`, oneZero, oneTwo, "\x04\x02\x00\x00\x00\x00")), 0, "sample 1: 0 doc_ids for 1 seq_lengths"},
		{shardOf(good, sampleOf(`null`, oneZero, oneTwo, "\x04\x02\x00\x00\x00\x00")), 0, "sample 1: 0 doc_ids for 1 seq_lengths"},
		{shardOf(good, sampleOf(`[1]`, oneZero, oneTwo, "\x04\x02\x00\x00\x00\x00")), 0, "sample 1: doc_ids: json: cannot unmarshal number into Go value of type string"},
		{shardOf(good, sampleOf(`["a"]`, oneZero, oneTwo, "\x04\x01\x00\x00")), 0, "sample 1: seq_lengths add up to more than 1 tokens"},
	} {
		store := &storage.Memory{}
		put(t, store, "x/index.json", []byte(indexOf(2, cmp.Or(tt.size, len(tt.shard)), ours...)))
		put(t, store, "x/s.mds", []byte(tt.shard))
		if _, err := sequences(t.Context(), store, "x"); err == nil || err.Error() != "read x/s.mds: "+tt.want {
			t.Errorf("%v\nwant read x/s.mds: %s", err, tt.want)
		}
	}
	store := &storage.Memory{}
	put(t, store, "x/index.json", []byte(indexOf(2, len(whole), ours...)))
	if _, err := sequences(t.Context(), store, "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	put(t, store, "x/s.mds", []byte(whole))
	d, err := mds.Open(t.Context(), store, "x")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range d.Sequences(ctx) {
		if n++; n == 1 && err != nil || n == 2 && !errors.Is(err, context.Canceled) {
			t.Error(n, err)
		}
		cancel()
	}
	for range d.Sequences(t.Context()) {
		break // without more
	}
}

// A file that promises much costs no more than it has.
func TestPromises(t *testing.T) {
	store := &storage.Memory{}
	put(t, store, "x/index.json", []byte(indexOf(1<<32-1, 1<<32-1, ours...)))
	put(t, store, "x/s.mds", []byte("\xff\xff\xff\xff"))
	if _, err := sequences(t.Context(), store, "x"); err == nil || !strings.HasSuffix(err.Error(), "cut short") {
		t.Error(err)
	}
	put(t, store, "x/index.json", []byte(indexOf(1, 1<<32-1, ours...)))
	put(t, store, "x/s.mds", []byte("\x01\x00\x00\x00\x0c\x00\x00\x00\xff\xff\xff\xff"))
	if _, err := sequences(t.Context(), store, "x"); err == nil || !strings.HasSuffix(err.Error(), "cut short") {
		t.Error(err)
	}
	if testing.AllocsPerRun(1, func() { sequences(t.Context(), store, "x") }) > 1000 {
		t.Error("many allocations")
	}
}

// Whatever is in the files, there is an error or what was read can be written and is
// the same again.
func FuzzOpen(f *testing.F) {
	for _, seqs := range [][]tokenize.Sequence{two, nil, full(10)[:3]} {
		for _, size := range []vocabulary{10, 70000} {
			store := &storage.Memory{}
			writeFile(f, store, mds.Format{}, "x", size, seqs)
			shard := []byte{}
			if len(seqs) > 0 {
				shard = read(f, store, "x/shard.00000.mds")
			}
			f.Add(read(f, store, "x/index.json"), shard)
		}
	}
	f.Add([]byte(indexOf(1, 60, "a int 8", "b str null", "tokens ndarray:uint32 null")), []byte(shardOf(sampleOf("bb", "\x04\x00"))))
	f.Fuzz(func(t *testing.T, index, shard []byte) {
		store := &storage.Memory{}
		put(t, store, "x/index.json", index)
		put(t, store, "x/shard.00000.mds", shard)
		put(t, store, "x/s.mds", shard)
		seqs, err := sequences(t.Context(), store, "x")
		if err != nil {
			return
		}
		writeFile(t, store, mds.Format{}, "y", 1<<31-1, seqs)
		again, err := sequences(t.Context(), store, "y")
		if err != nil || !slices.EqualFunc(seqs, again, func(a, b tokenize.Sequence) bool {
			return slices.Equal(a.Tokens, b.Tokens) && slices.Equal(a.Segments, b.Segments)
		}) {
			t.Fatalf("%v, %v, %v", seqs, again, err)
		}
	})
}

// FuzzShardFile is FuzzOpen with an index that agrees with the file, for what comes then.
func FuzzShardFile(f *testing.F) {
	sample := sampleOf(`["a"]`, oneZero, oneTwo, "\x04\x02\x01\x00\x02\x00")
	f.Add([]byte(shardOf(sample, sampleOf("[]", "\x04\x00", "\x05\x00\x00", "\x06\x01\x00\x00\x00\x09\x09"))), false)
	f.Add([]byte(shardOf(sampleOf("bb", "\x04\x01\x01\x00\x00\x00")+"12345678", "")), true)
	f.Fuzz(func(t *testing.T, shard []byte, others bool) {
		columns := ours
		if others {
			columns = []string{"b str null", "tokens ndarray:uint32 null", "x int 8"}
		}
		samples := 0
		if len(shard) >= 4 {
			samples = int(binary.LittleEndian.Uint32(shard))
		}
		store := &storage.Memory{}
		put(t, store, "x/index.json", []byte(indexOf(samples, len(shard), columns...)))
		put(t, store, "x/s.mds", shard)
		seqs, err := sequences(t.Context(), store, "x")
		if err == nil && len(seqs) != samples {
			t.Fatalf("%d sequences of %d", len(seqs), samples)
		}
	})
}

// FuzzShards writes documents and reads them.
func FuzzShards(f *testing.F) {
	f.Add([]byte("one\x00two\x00\x00three"), "id", true, uint16(0))
	f.Add([]byte("\x00"), "\x7f\"\\\u2028\U0001f600\xff", false, uint16(100))
	f.Fuzz(func(t *testing.T, b []byte, id string, wide bool, limit uint16) {
		store := &storage.Memory{}
		v := vocabulary(256)
		if wide {
			v = 1 << 20
		}
		var seqs []tokenize.Sequence
		for _, doc := range bytes.Split(b, []byte{0}) {
			seq := tokenize.Sequence{}
			for _, c := range doc {
				seq.Tokens = append(seq.Tokens, uint32(c))
			}
			seq.Segments = append(seq.Segments, tokenize.Segment{ID: strings.ToValidUTF8(id, ""), Len: len(doc) / 2}, tokenize.Segment{Start: len(doc), Len: len(doc) - len(doc)/2})
			seqs = append(seqs, seq)
		}
		writeFile(t, store, mds.Format{ShardBytes: int64(limit)}, "x", v, seqs)
		got, err := sequences(t.Context(), store, "x")
		if err != nil || !slices.EqualFunc(got, seqs, func(a, b tokenize.Sequence) bool {
			return slices.Equal(a.Tokens, b.Tokens) && slices.Equal(a.Segments, b.Segments)
		}) {
			t.Fatalf("%v, %v, want %v", got, err, seqs)
		}
	})
}
