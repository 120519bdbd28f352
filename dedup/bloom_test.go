package dedup

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// blockedRate works out how likely a filter with so many bits for each key, in blocks of
// 512, has a key that it was not given: of a block with j keys, j being as Poisson says,
// and of all ways in which their probes may fall together, the mean of (bits set / 512) to
// the power of the probes.
func blockedRate(bitsPerKey float64, probes int) float64 {
	const m = 512
	mean := m / bitsPerKey
	var set [m + 1]float64 // how likely so many bits are set
	set[0] = 1
	rate, likely := 0.0, math.Exp(-mean) // that there are j keys
	for j := 1; float64(j) < mean+12*math.Sqrt(mean)+40; j++ {
		for range probes {
			for n := m; n > 0; n-- {
				set[n] = set[n]*float64(n)/m + set[n-1]*float64(m-n+1)/m
			}
			set[0] = 0
		}
		likely *= mean / float64(j)
		found := 0.0
		for n, p := range set {
			found += p * math.Pow(float64(n)/m, float64(probes))
		}
		rate += likely * found
	}
	return rate
}

// The rates of the table are those of theory, and no other number of probes is better.
func TestBloomShapes(t *testing.T) {
	for i, s := range bloomShapes {
		if s.bits != int64(8+i) {
			t.Fatalf("row %d has %d bits", i, s.bits)
		}
		want := blockedRate(float64(s.bits), s.probes)
		if s.rate < want || s.rate > want*1.01 {
			t.Errorf("%d bits: rate %g, want %.4g, rounded up", s.bits, s.rate, want)
		}
		if i%8 != 0 {
			continue
		}
		for _, other := range []int{s.probes - 1, s.probes + 1} {
			if r := blockedRate(float64(s.bits), other); r < want {
				t.Errorf("%d bits: %d probes are better than %d: %g, not %g", s.bits, other, s.probes, r, want)
			}
		}
	}
	for rate, bits := range map[float64]int64{1: 8, 0.0233: 8, 0.02329: 9, 0.01: 10, 0.0001: 23, 1.45e-7: 48} {
		if s, ok := bloomShapeFor(rate); !ok || s.bits != bits {
			t.Errorf("for a rate of %v: %d bits, want %d", rate, s.bits, bits)
		}
	}
	for _, rate := range []float64{1.4e-7, 0, -1, math.NaN()} {
		if s, ok := bloomShapeFor(rate); ok {
			t.Errorf("for a rate of %v: %d bits", rate, s.bits)
		}
	}
}

// What was added is found; what was not is found as often as theory says, be the size a
// power of two or not, and however full the filter is.
func TestBloomFalsePositives(t *testing.T) {
	for _, c := range []struct {
		memory int64
		rate   float64
	}{
		{1 << 18, 0.01}, {1<<18 + 64, 0.01}, {200_000, 0.01}, {1_000_001, 0.01}, // datatrove masked a size that was no power of two
		{256 << 10, 0.001}, {300_000, 0.001}, {555_555, 0.0001},
	} {
		shape, _ := bloomShapeFor(c.rate)
		f := newBloomFilter(shape, c.memory)
		full := shape.capacity(c.memory)
		if int64(len(f.blocks))*bloomBlockSize > c.memory || f.room != full {
			t.Errorf("%d bytes: %d blocks, room for %d", c.memory, len(f.blocks), f.room)
		}
		rng := rand.New(rand.NewPCG(1, uint64(c.memory)))
		for f.room > full/2 {
			f.add(rng.Uint64())
		}
		trials := max(int(100/c.rate), 200_000) // a hundred finds or more
		half := measureBloom(f, 100_000)
		for f.add(rng.Uint64()) {
		}
		got := measureBloom(f, trials)
		want := blockedRate(float64(shape.bits), shape.probes)
		// Three standard deviations of the measurement.
		noise := 3 * math.Sqrt(want/float64(trials))
		t.Logf("%d bytes for %v: half full %.2g, full %.3g, in theory %.3g", c.memory, c.rate, half, got, want)
		if got > want*1.2+noise || got < want/1.2-noise || half > want/5 {
			t.Errorf("%d bytes: found %.3g of what was not added, want %.3g; %.3g when half full", c.memory, got, want, half)
		}
		if got > c.rate+noise {
			t.Errorf("%d bytes: more than the %v asked for", c.memory, c.rate)
		}
		rng = rand.New(rand.NewPCG(1, uint64(c.memory)))
		for range full {
			if key := rng.Uint64(); !f.has(key) {
				t.Fatalf("%d bytes: %x was added and is not found", c.memory, key)
			}
		}
		if f.add(1) {
			t.Error("a full filter takes more")
		}
	}
}

func measureBloom(f *bloomFilter, trials int) float64 {
	found := 0
	rng := rand.New(rand.NewPCG(2, 3))
	for range trials {
		if f.has(rng.Uint64()) {
			found++
		}
	}
	return float64(found) / float64(trials)
}

// The probes of a key are anywhere in a block, the blocks anywhere in the filter.
func TestBloomSpread(t *testing.T) {
	f := newBloomFilter(bloomShape{bits: 10, probes: 6}, 100*bloomBlockSize)
	rng := rand.New(rand.NewPCG(4, 5))
	blocks, probes := map[*bloomBlock]int{}, [512]int{}
	const n = 100_000
	for range n {
		key := rng.Uint64()
		blocks[f.block(key)]++
		for range f.probes {
			key *= bloomStep
			probes[key>>55]++
		}
	}
	for _, count := range blocks {
		if count < n/100*8/10 || count > n/100*12/10 {
			t.Errorf("a block has %d of %d keys", count, n)
		}
	}
	for i, count := range probes {
		if want := n * 6 / 512; count < want*8/10 || count > want*12/10 {
			t.Errorf("bit %d is probed %d times, want about %d", i, count, want)
		}
	}
	if len(blocks) != 100 {
		t.Errorf("%d of 100 blocks are used", len(blocks))
	}
}

// Which bits a key sets, worked out with large numbers: another program that reads this
// sentence would set the same. The block is the fraction of 2⁶⁴ that the key is, of all
// blocks; bit i is the highest nine bits of the product of key and step to the power of i.
func TestBloomBits(t *testing.T) {
	const blocks = 1000
	step, two64 := new(big.Int).SetUint64(0x9e3779b97f4a7c15), new(big.Int).Lsh(big.NewInt(1), 64)
	rng := rand.New(rand.NewPCG(6, 7))
	for i := range 100 {
		key := []uint64{0, 1, math.MaxUint64, 1 << 63, rng.Uint64()}[min(i, 4)]
		f := newBloomFilter(bloomShape{bits: 20, probes: 11}, blocks*bloomBlockSize)
		f.add(key)
		k := new(big.Int).SetUint64(key)
		n := new(big.Int).Mul(k, big.NewInt(blocks))
		want := make([]bloomBlock, blocks)
		for range 11 {
			k.Mod(k.Mul(k, step), two64)
			bit := new(big.Int).Rsh(k, 55).Int64()
			want[new(big.Int).Rsh(n, 64).Int64()][bit/64] |= 1 << (bit % 64)
		}
		if !slices.Equal(f.blocks, want) {
			t.Errorf("%x sets other bits", key)
		}
	}
}

func BenchmarkBloom(b *testing.B) {
	for _, memory := range []int64{1 << 20, 64 << 20} {
		shape, _ := bloomShapeFor(defaultFalsePositive)
		f := newBloomFilter(shape, memory)
		rng := rand.New(rand.NewPCG(1, 1))
		b.Run(fmt.Sprintf("%dMiB", memory>>20), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if key := rng.Uint64(); !f.has(key) {
					f.add(key)
				}
			}
		})
	}
}
