package inflate

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// decode decodes a whole stream in one go, into as much room as it needs.
func decode(src []byte, limit int) (out []byte, read int, err error) {
	var d Decoder
	for size := 1024; ; size *= 2 {
		d.Reset()
		dst := make([]byte, min(size, limit))
		n, read, err := d.Decode(dst, 0, src)
		if err != ErrShortDst || size >= limit {
			return dst[:n], read, err
		}
	}
}

// inPieces decodes a stream in pieces whose sizes pick returns, within a buffer
// of the window and a little more, as a reader with bounded memory would.
func inPieces(src []byte, limit int, pick func() int) (out []byte, read int, err error) {
	var d Decoder
	buf := make([]byte, Window+MinDst+2000)
	pos, have := 0, 0
	for {
		avail := src[read:have]
		end := min(len(buf), pos+MinDst+pick()%1500)
		n, used, err := d.Decode(buf[:end], pos, avail)
		out = append(out, buf[pos:n]...)
		read += used
		pos = n
		if len(out) > limit {
			return out, read, ErrShortDst
		}
		switch err {
		case ErrShortSrc:
			if have == len(src) {
				return out, read, err
			}
			have = min(len(src), max(have, read)+1+pick()%1500)
		case ErrShortDst:
			keep := min(pos, Window)
			copy(buf, buf[pos-keep:pos])
			pos = keep
		default:
			return out, read, err
		}
	}
}

// byStdlib decodes a stream with compress/flate.
func byStdlib(src []byte, limit int) (out []byte, read int, err error) {
	r := bytes.NewReader(src) // an io.ByteReader, so that no more is read than needed
	var buf bytes.Buffer
	_, err = io.CopyN(&buf, flate.NewReader(r), int64(limit)+1)
	if err == nil {
		err = ErrShortDst
	} else if err == io.EOF {
		err = nil
	}
	return buf.Bytes(), len(src) - r.Len(), err
}

// same checks src against compress/flate: both give the same bytes and end in
// the same place, or both give an error, the same one if the input ends too soon.
func same(t *testing.T, src []byte, limit int) {
	t.Helper()
	want, wantRead, wantErr := byStdlib(src, limit)
	got, read, err := decode(src, limit)
	compare := func(how string) {
		t.Helper()
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: error %v, compress/flate has %v (input %x)", how, err, wantErr, head(src))
		}
		if err == nil && (!bytes.Equal(got, want) || read != wantRead) {
			t.Fatalf("%s: %d bytes out, %d in; want %d and %d (input %x)", how, len(got), read, len(want), wantRead, head(src))
		}
		if errors.Is(err, ErrShortSrc) && !errors.Is(wantErr, io.ErrUnexpectedEOF) && !errors.Is(wantErr, ErrShortDst) {
			// compress/flate may see sooner that there is no such code.
			if _, ok := errors.AsType[flate.CorruptInputError](wantErr); !ok {
				t.Fatalf("%s: error %v, compress/flate has %v", how, err, wantErr)
			}
		}
		if read > len(src) || len(got) > max(limit, 0)+MinDst+2000 {
			t.Fatalf("%s: %d bytes out, %d in, from %d", how, len(got), read, len(src))
		}
	}
	compare("whole")
	rnd := rand.New(rand.NewPCG(uint64(len(src)), 7))
	got, read, err = inPieces(src, limit, rnd.Int)
	compare("in pieces")
	if len(src) < 4000 {
		got, read, err = inPieces(src, limit, func() int { return 0 })
		compare("byte by byte")
	}
}

func head(b []byte) []byte { return b[:min(len(b), 200)] }

// texts are inputs of all kinds of statistics.
func texts() map[string][]byte {
	rnd := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, 40000)
	for i := range random {
		random[i] = byte(rnd.Uint32())
	}
	skewed := make([]byte, 40000) // long codes: frequencies fall by halves
	for i := range skewed {
		for skewed[i] < 40 && rnd.IntN(2) == 0 {
			skewed[i]++
		}
	}
	var far bytes.Buffer // matches at the greatest distance
	for range 4 {
		far.Write(random[:Window])
	}
	t := map[string][]byte{
		"empty": nil, "one byte": {7}, "two": {7, 7}, "zeros": make([]byte, 300000),
		"random": random, "skewed": skewed, "far": far.Bytes(), "prose": prose(50000),
	}
	for period := range 20 {
		t[fmt.Sprintf("period %d", period)] = bytes.Repeat(random[:period+1], 3000)
	}
	return t
}

func TestAgainstStdlib(t *testing.T) {
	for name, text := range texts() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			z := deflate(text, level)
			same(t, append(z, "what comes after"...), 1<<20)
			got, read, err := decode(z, len(text)+1)
			if err != nil || !bytes.Equal(got, text) || read != len(z) {
				t.Fatalf("%s, level %d: %d bytes from %d of %d, %v", name, level, len(got), read, len(z), err)
			}
			if got, _, err := decode(z, len(text)); err != nil || len(got) != len(text) {
				t.Fatalf("%s, level %d: no end in exactly enough room: %v", name, level, err)
			}
			if len(text) > 0 {
				if got, _, err := decode(z, len(text)-1); err != ErrShortDst || !bytes.HasPrefix(text, got) {
					t.Fatalf("%s, level %d: error %v with a byte too little room", name, level, err)
				}
			}
		}
	}
}

// Streams cut anywhere give what comes before the cut, then ErrShortSrc.
func TestTruncated(t *testing.T) {
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
		text := prose(3000)
		z := deflate(text, level)
		for n := range z {
			got, read, err := decode(z[:n], 1<<20)
			if err != ErrShortSrc || !bytes.HasPrefix(text, got) || read > n {
				t.Fatalf("level %d, %d of %d bytes: %d bytes out, %d in, %v", level, n, len(z), len(got), read, err)
			}
		}
	}
}

func TestBitFlips(t *testing.T) {
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
		z := deflate(prose(3000), level)
		for i := range len(z) * 8 {
			if i > 600 && i%101 != 0 {
				continue // all of the first header, samples of the rest
			}
			b := bytes.Clone(z)
			b[i/8] ^= 1 << (i % 8)
			same(t, b, 1<<16)
		}
	}
}

// bitString packs "0"s and "1"s, lowest bit of a byte first, as DEFLATE does.
func bitString(s string) []byte {
	s = strings.ReplaceAll(s, " ", "")
	out := make([]byte, (len(s)+7)/8)
	for i, c := range s {
		if c == '1' {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

// dynamic returns the header of a dynamic block: nlit, ndist, npre and the
// lengths of the codes for code lengths, in the order in which they are sent.
func dynamic(nlit, ndist int, pre ...int) string {
	low := func(v, n int) (s string) {
		for range n {
			s += fmt.Sprint(v & 1)
			v >>= 1
		}
		return s
	}
	s := "1 01 " + low(nlit-257, 5) + low(ndist-1, 5) + low(len(pre)-4, 4)
	for _, l := range pre {
		s += low(l, 3)
	}
	return s
}

func TestHandMade(t *testing.T) {
	// Codes for code lengths of 1 bit for 18 (eleven zeros or more) and 2 bits
	// for 1 and 0, which come last but one and in the fourth place.
	//                16 17 18 0  8  7  9  6  10 5  11 4  12 3  13 2  14 1
	pre := []int{0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}
	const (
		zeros138 = "0 1111111"
		zero     = "10"
		one      = "11"
	)
	zeros118 := "0 1101011"           // 118 - 11 = 107
	lits := zeros138 + zeros118 + one /* of 256 */
	tests := []struct {
		name string
		bits string
		out  string
		ok   bool
	}{
		{"fixed, empty", "1 10 0000000", "", true},
		{"fixed, one literal", "1 10 10010001 0000000", "a", true},
		{"fixed, match before the start", "1 10 0000001 00000", "", false},
		{"fixed, run of one byte", "1 10 10010001 0000001 00000 0000000", "aaaa", true},
		{"fixed, length symbol 286", "1 10 11000110", "", false},
		{"fixed, length symbol 287", "1 10 11000111", "", false},
		{"fixed, distance symbol 30", "1 10 10010001 0000001 11110 0000000", "", false},
		{"fixed, distance symbol 31", "1 10 10010001 0000001 11111 0000000", "", false},
		{"block type 3", "1 11", "", false},
		{"two blocks", "0 10 10010001 0000000 1 10 10010001 0000000", "aa", true},
		{"only the end has a code, no distances", dynamic(257, 1, pre...) + lits + zero + " 0", "", true},
		{"degenerate code, the other bit", dynamic(257, 1, pre...) + lits + zero + " 1", "", false},
		{"two literals: complete", dynamic(257, 1, pre...) + one + zeros138 + "0 0101011" /* 117 - 11 = 106 */ + one + zero + " 0 1", "\x00", true},
		{"end has no code", dynamic(257, 1, pre...) + one + zeros138 + zeros118 + zero + " 0", "", false},
		{"three codes of 1 bit: over-subscribed", dynamic(257, 1, pre...) + one + one + zeros138 + "0 1001011" /* 116 - 11 = 105 */ + one + zero, "", false},
		{"match without distance codes", dynamic(258, 1, pre...) + lits + one + zero + " 1 0", "", false},
		{"287 literal codes", dynamic(287, 1, pre...), "", false},
		{"31 distance codes", dynamic(257, 31, pre...), "", false},
		{"code lengths over-subscribed", dynamic(257, 1, 1, 1, 1, 0), "", false},
		{"code lengths incomplete", dynamic(257, 1, 2, 2, 2, 0), "", false},
		{"code lengths all missing", dynamic(257, 1, 0, 0, 0, 0), "", false},
		{"repeat with nothing before", dynamic(257, 1, 1, 0, 0, 1) + "1 00", "", false},
		{"repeat beyond the end", dynamic(257, 1, pre...) + zeros138 + zeros138, "", false},
		{"stored, length and complement disagree", "1 00 00000 1000000000000000 1000000000000000", "", false},
		{"stored, empty", "1 00 00000 0000000000000000 1111111111111111", "", true},
		{"stored, junk in the padding", "1 00 10110 1000000000000000 0111111111111111 10000110", "a", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := append(bitString(tt.bits), make([]byte, 40)...)
			same(t, src, 1<<16)
			same(t, bitString(tt.bits), 1<<16)
			out, _, err := decode(src, 1<<16)
			if (err == nil) != tt.ok || err == nil && string(out) != tt.out {
				t.Errorf("got %q, %v; want %q, ok %v", out, err, tt.out, tt.ok)
			}
		})
	}
}

// An output limit holds, however little input it takes to pass it.
func TestBomb(t *testing.T) {
	z := deflate(make([]byte, 2<<20), 9)
	dst := make([]byte, 1<<20+100)
	for i := range dst[1<<20:] {
		dst[1<<20+i] = 'x'
	}
	var d Decoder
	n, _, err := d.Decode(dst[:1<<20:1<<20], 0, z)
	if err != ErrShortDst || n < 1<<20-MinDst {
		t.Errorf("%d bytes, %v", n, err)
	}
	if i := bytes.IndexFunc(dst[1<<20:], func(r rune) bool { return r != 'x' }); i >= 0 {
		t.Errorf("byte %d beyond the limit was written", i)
	}
}

// What is before the stream's own output in dst cannot be reached by a match.
func TestHistoryIsTheStreamsOwn(t *testing.T) {
	src := bitString("1 10 10010001 0000001 00001 0000000") // "a", then 3 bytes at distance 2
	dst := []byte(strings.Repeat("secret", 100))
	var d Decoder
	if n, _, err := d.Decode(dst, 300, src); err != ErrCorrupt || n != 301 {
		t.Errorf("%d, %v: %q", n, err, dst[295:310])
	}
}

func TestReset(t *testing.T) {
	var d Decoder
	dst := make([]byte, 1000)
	z := deflate([]byte("hello, hello, hello"), 6)
	for _, before := range [][]byte{{7}, {6}, z[:4], z, deflate(prose(500), 0)[:20]} {
		d.Decode(dst, 0, before)
		d.Reset()
		if n, _, err := d.Decode(dst, 0, z); err != nil || string(dst[:n]) != "hello, hello, hello" {
			t.Errorf("after %x: %q, %v", before, dst[:n], err)
		}
	}
	// After the end, nothing more comes.
	if n, read, err := d.Decode(dst, 5, z); n != 5 || read != 0 || err != nil {
		t.Errorf("after the end: %d, %d, %v", n, read, err)
	}
}

// Every complete code fits into the tables, and its entries say what it says.
func TestBuild(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, kind := range []struct {
		symbols, root, size int
		entries             []entry
	}{{maxLit, litBits, litSize, litEntries[:]}, {maxDist, distBits, distSize, distEntries[:]}} {
		table := make([]entry, kind.size)
		for range 1000 {
			lens := completeCode(rnd, kind.symbols)
			if !build(table, lens, kind.entries, uint(kind.root)) {
				t.Fatalf("no table for %v", lens)
			}
			if len(lens) == 2 {
				continue // both are of 1 bit
			}
			s := rnd.IntN(len(lens)) // look up one symbol, followed by random bits
			bits := codeOf(lens, s) | uint64(rnd.Uint32())<<lens[s]
			e, skip := table[bits&(1<<kind.root-1)], uint8(0)
			if e&isSub == isSub {
				skip = uint8(kind.root)
				e = table[e.sub(bits>>kind.root)]
			}
			want := kind.entries[s] + entry(lens[s]-skip)<<8 + entry(lens[s]-skip)
			if e != want {
				t.Fatalf("symbol %d of %v: entry %#x, want %#x", s, lens, e, want)
			}
		}
	}
}

// completeCode returns lengths of a random complete code: leaves of a tree are
// split until there are as many as symbols, mostly the deepest ones.
func completeCode(rnd *rand.Rand, symbols int) []uint8 {
	lens := []uint8{1, 1}
	for n := 2 + rnd.IntN(symbols-1); len(lens) < n; {
		i := len(lens) - 1
		if rnd.IntN(3) == 0 {
			i = rnd.IntN(len(lens))
		}
		if lens[i] == maxBits {
			i = rnd.IntN(len(lens))
		}
		if lens[i] < maxBits {
			lens[i]++
			lens = append(lens, lens[i])
		}
	}
	rnd.Shuffle(len(lens), func(i, j int) { lens[i], lens[j] = lens[j], lens[i] })
	return lens
}

// codeOf returns the code of a symbol by the rule of RFC 1951, its first bit
// lowest: shorter codes come first, and equally long ones in order of symbols.
func codeOf(lens []uint8, symbol int) (bits uint64) {
	code := 0
	for s, l := range lens {
		if l < lens[symbol] || l == lens[symbol] && s < symbol {
			code += 1 << (maxBits - l)
		}
	}
	for i := range lens[symbol] {
		bits |= uint64(code>>(maxBits-1-i)&1) << i
	}
	return bits
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	z, dst := deflate(prose(100000), 6), make([]byte, 200000)
	var d Decoder
	if n := testing.AllocsPerRun(10, func() {
		d.Reset()
		d.Decode(dst, 0, z)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range texts() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			if z := deflate(text[:min(len(text), 2000)], level); len(z) < 1500 {
				f.Add(z)
			}
		}
	}
	for _, s := range []string{"03", "05e0812f", "edc0010101000080902fffaf", "ffffffffffffffff"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, src []byte) { same(t, src, 1<<16) })
}

// FuzzRoundTrip compresses its input, which reaches deeper than damaged streams.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("hello hello hello"), 6)
	f.Add(prose(1000), 1)
	f.Fuzz(func(t *testing.T, text []byte, level int) {
		z := deflate(text, int(uint(level)%12)-2)
		got, read, err := decode(z, len(text))
		if err != nil || !bytes.Equal(got, text) || read != len(z) {
			t.Fatalf("%d bytes of %d, %v", len(got), len(text), err)
		}
		same(t, z, len(text))
	})
}
