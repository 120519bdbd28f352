package ids

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
)

func TestAppend(t *testing.T) {
	for _, tt := range []struct {
		ids  []uint32
		size int
		want string
	}{
		{nil, 2, ">"},
		{nil, 4, ">"},
		{[]uint32{0, 1, 256, 65535}, 2, ">\x00\x00\x01\x00\x00\x01\xff\xff"},
		{[]uint32{0, 1, 65536, 1<<32 - 1}, 4, ">\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\xff\xff\xff\xff"},
	} {
		if got := string(Append([]byte(">"), tt.ids, tt.size)); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.ids, got, tt.want)
		}
	}
}

// Of any length, across the steps in which they are read, ids come back.
func TestRead(t *testing.T) {
	for _, n := range []int{0, 1, step - 1, step, step + 1, 3*step + 7} {
		for _, size := range []int{2, 4} {
			want := make([]uint32, n)
			for i := range want {
				want[i] = uint32(rand.Uint64N(1 << (8 * size)))
			}
			b := Append(nil, want, size)
			for name, r := range map[string]io.Reader{"whole": bytes.NewReader(b), "byte by byte": iotest.OneByteReader(bytes.NewReader(b))} {
				got, err := Read([]uint32{7}, NewReader(r), int64(n), size)
				if err != nil || got[0] != 7 || !slices.Equal(got[1:], want) {
					t.Errorf("%d of %d bytes, %s: %v", n, size, name, err)
				}
			}
			if n == 0 {
				continue
			}
			if _, err := Read(nil, NewReader(bytes.NewReader(b[:len(b)-1])), int64(n), size); err != io.EOF {
				t.Errorf("cut short: %v", err)
			}
			boom := errors.New("boom")
			if _, err := Read(nil, NewReader(io.MultiReader(bytes.NewReader(b[:len(b)-1]), iotest.ErrReader(boom))), int64(n), size); err != boom {
				t.Errorf("an error: %v", err)
			}
		}
	}
	// A number that is not true costs no memory.
	if got, err := Read(nil, bufio.NewReaderSize(bytes.NewReader(make([]byte, 100)), 16<<10), 1<<60, 4); err != io.EOF || cap(got) > step {
		t.Error(cap(got), err)
	}
}

func TestLengths(t *testing.T) {
	for _, n := range []int{0, 1, minPiece, minPiece + 1, 2*minPiece + 1, maxPiece, 5*maxPiece + 3} {
		var l Lengths
		var want []uint32
		var ends []byte
		sum := uint64(0)
		for i := range n {
			length := i % 1000
			if i == 3 {
				length = 1<<31 - 1
			}
			l.Add(length)
			want = append(want, uint32(length))
			sum += uint64(length)
			ends = binary.LittleEndian.AppendUint64(ends, sum)
		}
		if l.Len() != int64(n) || l.Sum() != sum || !slices.Equal(slices.Collect(l.All()), want) {
			t.Errorf("%d: %d lengths, sum %d", n, l.Len(), l.Sum())
		}
		for range l.All() {
			break
		}
		var got bytes.Buffer
		if err := l.WriteEnds(&got); err != nil || !bytes.Equal(got.Bytes(), ends) {
			t.Errorf("%d: ends differ: %v", n, err)
		}
		held := 0
		for _, p := range l.pieces {
			held += cap(p)
		}
		if held > 2*n+minPiece || held > n+maxPiece {
			t.Errorf("%d lengths take the room of %d", n, held)
		}
	}
	var l Lengths
	l.Add(1)
	if err := l.WriteEnds(failing{}); err != errFull {
		t.Error(err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestReadUint64s(t *testing.T) {
	var b []byte
	var want []uint64
	for i := range uint64(20_000) {
		want = append(want, i*i<<20)
		b = binary.LittleEndian.AppendUint64(b, i*i<<20)
	}
	var got []uint64
	add := func(n uint64) error {
		got = append(got, n)
		return nil
	}
	if err := ReadUint64s(iotest.HalfReader(bytes.NewReader(b)), add); err != nil || !slices.Equal(got, want) {
		t.Error(len(got), err)
	}
	if err := ReadUint64s(bytes.NewReader(nil), add); err != nil {
		t.Error(err)
	}
	if err := ReadUint64s(bytes.NewReader(b[:15]), add); err == nil || err.Error() != "the file ends in number 1" {
		t.Error(err)
	}
	if err := ReadUint64s(iotest.ErrReader(errFull), add); err != errFull {
		t.Error(err)
	}
	if err := ReadUint64s(bytes.NewReader(b), func(uint64) error { return errFull }); err != errFull {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("abcdefgh"), int64(2), true)
	f.Fuzz(func(t *testing.T, b []byte, n int64, wide bool) {
		size := 2
		if wide {
			size = 4
		}
		if n > 1<<61 {
			return // more than there can be
		}
		got, err := Read(nil, NewReader(bytes.NewReader(b)), n, size)
		if (err == nil) != (n*int64(size) <= int64(len(b))) {
			t.Fatalf("%d of %d bytes in %d: %v", n, size, len(b), err)
		}
		if err == nil && n > 0 && !bytes.Equal(Append(nil, got, size), b[:n*int64(size)]) {
			t.Fatal("it does not come back")
		}
	})
}
