package pack_test

import (
	"testing"

	"github.com/textmill/textmill/tokenize/pack"
)

// FuzzPackings packs documents of any lengths in every way: each token comes out once, in
// its place; only what has to be is divided, left out or padded; and packing the same
// again gives the same.
func FuzzPackings(f *testing.F) {
	f.Add(uint16(4), uint16(0), []byte{1, 3, 4, 5, 8, 0, 9})
	f.Add(uint16(1), uint16(1), []byte{0, 1, 2})
	f.Add(uint16(100), uint16(50), []byte{100, 99, 101, 200, 255, 1, 1, 1, 30, 70})
	f.Add(uint16(64), uint16(300), []byte{63, 64, 65, 128, 127, 129, 2})
	f.Fuzz(func(t *testing.T, window, more uint16, lengths []byte) {
		size := 1 + int(window)%300
		buffer := size + int(more)
		if more == 0 {
			buffer = 0
		}
		var all []int
		total, whole := 0, 0
		for _, n := range lengths[:min(len(lengths), 500)] {
			all = append(all, int(n))
			total += int(n)
			whole += (int(n) + size - 1) / size
		}
		in := docs(all...)
		for _, p := range packings(size, buffer) {
			windows := mustRun(t, p, in)
			lost, err := check(windows, size, in)
			if err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			want, most := 0, 0 // tokens lost, windows
			switch p := p.(type) {
			case pack.Concat:
				most = (total + size - 1) / size
				if p.DropLast {
					want, most = total%size, total/size
				}
			case pack.Pad:
				most = whole
				err = checkWhole(windows, size, in)
			case pack.BestFit:
				most = whole
				err = checkWhole(windows, size, in)
				limit := buffer
				if limit == 0 {
					limit = pack.DefaultBuffer
				}
				if got, want := show(windows), reference(size, limit, in); got != want {
					t.Fatalf("%+v, lengths %d:\n%s\nwant\n%s", p, all, got, want)
				}
			}
			if _, best := p.(pack.BestFit); err != nil || lost != want || len(windows) > most || !best && len(windows) != most {
				t.Fatalf("%+v: %d lost, want %d; %d windows, want %d; %v", p, lost, want, len(windows), most, err)
			}
			if again := show(mustRun(t, p, in)); again != show(windows) {
				t.Fatalf("%+v, again:\n%s\nat first\n%s", p, again, show(windows))
			}
		}
	})
}
