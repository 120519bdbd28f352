package fargate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// valid says what AWS's table of task sizes says, in the form it has there.
func valid(s spec.Size) bool {
	gib := s.MemoryMiB / 1024
	between := func(from, to, by int) bool {
		return s.MemoryMiB%1024 == 0 && gib >= from && gib <= to && gib%by == 0
	}
	disk := s.DiskGiB >= 20 && s.DiskGiB <= 200
	switch s.VCPU {
	case 0.25:
		return disk && (s.MemoryMiB == 512 || s.MemoryMiB == 1024 || s.MemoryMiB == 2048)
	case 0.5:
		return disk && between(1, 4, 1)
	case 1:
		return disk && between(2, 8, 1)
	case 2:
		return disk && between(4, 16, 1)
	case 4:
		return disk && between(8, 30, 1)
	case 8:
		return disk && between(16, 60, 4)
	case 16:
		return disk && between(32, 120, 8)
	}
	return false
}

// all returns every valid size with the least disk.
func all() (sizes []spec.Size) {
	for _, vcpu := range []float64{0.25, 0.5, 1, 2, 4, 8, 16} {
		for m := 512; m <= 121<<10; m += 512 {
			if s := (spec.Size{VCPU: vcpu, MemoryMiB: m, DiskGiB: 20}); valid(s) {
				sizes = append(sizes, s)
			}
		}
	}
	return sizes
}

func TestValidSizesStayAsTheyAre(t *testing.T) {
	sizes := all()
	if want := 3 + 4 + 7 + 13 + 23 + 12 + 12; len(sizes) != want {
		t.Fatalf("%d sizes, want %d", len(sizes), want)
	}
	for _, s := range sizes {
		if got, err := fargate.Fit(s); err != nil || got != s {
			t.Errorf("Fit(%v) = %v, %v", s, got, err)
		}
	}
}

func TestFit(t *testing.T) {
	for _, test := range []struct{ want, got spec.Size }{
		{spec.Size{}, spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 20}},
		{spec.Size{VCPU: 0.25, MemoryMiB: 513}, spec.Size{VCPU: 0.25, MemoryMiB: 1024, DiskGiB: 20}},
		{spec.Size{VCPU: 0.25, MemoryMiB: 1025}, spec.Size{VCPU: 0.25, MemoryMiB: 2048, DiskGiB: 20}},
		{spec.Size{VCPU: 0.25, MemoryMiB: 2049}, spec.Size{VCPU: 0.5, MemoryMiB: 3072, DiskGiB: 20}},
		{spec.Size{VCPU: 0.26, MemoryMiB: 512}, spec.Size{VCPU: 0.5, MemoryMiB: 1024, DiskGiB: 20}},
		{spec.Size{VCPU: 0.5, MemoryMiB: 4097}, spec.Size{VCPU: 1, MemoryMiB: 5120, DiskGiB: 20}},
		{spec.Size{VCPU: 1, MemoryMiB: 8192}, spec.Size{VCPU: 1, MemoryMiB: 8192, DiskGiB: 20}},
		{spec.Size{VCPU: 1, MemoryMiB: 8193}, spec.Size{VCPU: 2, MemoryMiB: 9216, DiskGiB: 20}},
		{spec.Size{VCPU: 2, MemoryMiB: 512}, spec.Size{VCPU: 2, MemoryMiB: 4096, DiskGiB: 20}},
		{spec.Size{VCPU: 2, MemoryMiB: 16385}, spec.Size{VCPU: 4, MemoryMiB: 17408, DiskGiB: 20}},
		{spec.Size{VCPU: 3, MemoryMiB: 4096}, spec.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 20}},
		{spec.Size{VCPU: 4, MemoryMiB: 30720}, spec.Size{VCPU: 4, MemoryMiB: 30720, DiskGiB: 20}},
		{spec.Size{VCPU: 4, MemoryMiB: 30721}, spec.Size{VCPU: 8, MemoryMiB: 32768, DiskGiB: 20}},
		{spec.Size{VCPU: 8, MemoryMiB: 16385}, spec.Size{VCPU: 8, MemoryMiB: 20480, DiskGiB: 20}},
		{spec.Size{VCPU: 8, MemoryMiB: 61441}, spec.Size{VCPU: 16, MemoryMiB: 65536, DiskGiB: 20}},
		{spec.Size{VCPU: 8.5}, spec.Size{VCPU: 16, MemoryMiB: 32768, DiskGiB: 20}},
		{spec.Size{MemoryMiB: 122880}, spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 20}},
		{spec.Size{DiskGiB: 19}, spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 20}},
		{spec.Size{DiskGiB: 21}, spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 21}},
		{spec.Size{DiskGiB: 200}, spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 200}},
	} {
		if got, err := fargate.Fit(test.want); err != nil || got != test.got {
			t.Errorf("Fit(%v) = %v, %v, want %v", test.want, got, err, test.got)
		}
	}
}

func TestFitErrors(t *testing.T) {
	const list = "0.25 vCPU with 0.5, 1 or 2 GiB, 0.5 vCPU with 1 to 4 GiB, 1 vCPU with 2 to 8 GiB, 2 vCPU with 4 to 16 GiB, " +
		"4 vCPU with 8 to 30 GiB, 8 vCPU with 16 to 60 GiB in steps of 4, 16 vCPU with 32 to 120 GiB in steps of 8"
	for _, test := range []struct {
		size spec.Size
		want string
	}{
		{spec.Size{VCPU: 16.01}, list},
		{spec.Size{VCPU: math.Inf(1)}, list},
		{spec.Size{MemoryMiB: 122881}, list},
		{spec.Size{DiskGiB: 201}, "use 20 to 200"},
		{spec.Size{VCPU: -0.25}, "use numbers from 0"},
		{spec.Size{VCPU: math.NaN()}, "use numbers from 0"},
		{spec.Size{MemoryMiB: -1}, "use numbers from 0"},
		{spec.Size{DiskGiB: -1}, "use numbers from 0"},
	} {
		got, err := fargate.Fit(test.size)
		if err == nil || !strings.Contains(err.Error(), test.want) || got != (spec.Size{}) {
			t.Errorf("Fit(%v) = %v, %v, want an error with %q", test.size, got, err, test.want)
		}
	}
}

// What Fit returns is valid, enough, and in nothing more than any other that is.
func FuzzFit(f *testing.F) {
	f.Add(0.0, 0, 0)
	f.Add(4.0, 30721, 20)
	f.Add(16.0, 122880, 200)
	f.Add(math.NaN(), -1, 201)
	f.Add(math.Inf(-1), math.MaxInt, math.MinInt)
	sizes := all()
	f.Fuzz(func(t *testing.T, vcpu float64, memory, disk int) {
		want := spec.Size{VCPU: vcpu, MemoryMiB: memory, DiskGiB: disk}
		got, err := fargate.Fit(want)
		if err == nil && (!valid(got) || got.VCPU < vcpu || got.MemoryMiB < memory || got.DiskGiB < disk) {
			t.Fatalf("Fit(%v) = %v, which is not valid or not enough", want, got)
		}
		if err == nil && got.DiskGiB != max(disk, 20) {
			t.Fatalf("Fit(%v) = %v, which has too much disk", want, got)
		}
		for _, s := range sizes {
			if s.VCPU < vcpu || s.MemoryMiB < memory || vcpu < 0 || memory < 0 || disk < 0 || disk > 200 || vcpu != vcpu {
				continue
			}
			if err != nil {
				t.Fatalf("Fit(%v): %v, but %v is enough", want, err, s)
			}
			if got.VCPU > s.VCPU || got.MemoryMiB > s.MemoryMiB {
				t.Fatalf("Fit(%v) = %v, but %v is enough", want, got, s)
			}
		}
	})
}

func TestLarger(t *testing.T) {
	for _, test := range []struct{ size, want spec.Size }{
		{spec.Size{}, spec.Size{VCPU: 0.25, MemoryMiB: 1024, DiskGiB: 40}},
		{spec.Size{VCPU: 0.25, MemoryMiB: 1024, DiskGiB: 20}, spec.Size{VCPU: 0.25, MemoryMiB: 2048, DiskGiB: 40}},
		{spec.Size{VCPU: 0.25, MemoryMiB: 2048, DiskGiB: 20}, spec.Size{VCPU: 0.5, MemoryMiB: 4096, DiskGiB: 40}},
		{spec.Size{VCPU: 1, MemoryMiB: 8192, DiskGiB: 20}, spec.Size{VCPU: 2, MemoryMiB: 16384, DiskGiB: 40}},
		// no fewer vCPUs, though 2 may have 16 GiB
		{spec.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 20}, spec.Size{VCPU: 4, MemoryMiB: 16384, DiskGiB: 40}},
		// 30 GiB are 7.5 quarters of 16, and 7.06 of 17, but less than 7 of 18
		{spec.Size{VCPU: 2, MemoryMiB: 16384, DiskGiB: 20}, spec.Size{VCPU: 4, MemoryMiB: 30720, DiskGiB: 40}},
		{spec.Size{VCPU: 4, MemoryMiB: 17408, DiskGiB: 20}, spec.Size{VCPU: 4, MemoryMiB: 30720, DiskGiB: 40}},
		{spec.Size{VCPU: 4, MemoryMiB: 18432, DiskGiB: 20}, spec.Size{VCPU: 8, MemoryMiB: 36864, DiskGiB: 40}},
		// 38 GiB are not there: 40
		{spec.Size{VCPU: 4, MemoryMiB: 19456, DiskGiB: 20}, spec.Size{VCPU: 8, MemoryMiB: 40960, DiskGiB: 40}},
		{spec.Size{VCPU: 8, MemoryMiB: 61440, DiskGiB: 50}, spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 100}},
		// near the top and there
		{spec.Size{VCPU: 16, MemoryMiB: 81920, DiskGiB: 150}, spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 200}},
		{spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 20}, spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 40}},
		{spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 200}, spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 200}},
		// no size
		{spec.Size{VCPU: 32, MemoryMiB: 1}, spec.Size{VCPU: 32, MemoryMiB: 1}},
	} {
		if got := fargate.Larger(test.size); got != test.want {
			t.Errorf("Larger(%v) = %v, want %v", test.size, got, test.want)
		}
	}
}

// Of every size the larger one is valid and has more, or is the largest.
func TestLargerIsValidAndLarger(t *testing.T) {
	for _, s := range all() {
		got := fargate.Larger(s)
		if !valid(got) || got.VCPU < s.VCPU {
			t.Errorf("Larger(%v) = %v", s, got)
		}
		if enough := got.MemoryMiB*4 >= s.MemoryMiB*7 && got.MemoryMiB*4 <= s.MemoryMiB*9; !enough && got.MemoryMiB != 122880 {
			t.Errorf("Larger(%v) = %v, which is not about twice the memory", s, got)
		}
	}
}

func TestString(t *testing.T) {
	for _, test := range []struct {
		size spec.Size
		want string
	}{
		{spec.Size{VCPU: 0.25, MemoryMiB: 512, DiskGiB: 20}, "0.25 vCPU, 0.5 GiB"},
		{spec.Size{VCPU: 16, MemoryMiB: 122880, DiskGiB: 21}, "16 vCPU, 120 GiB, 21 GiB disk"},
	} {
		if got := fargate.String(test.size); got != test.want {
			t.Errorf("String(%v) = %q, want %q", test.size, got, test.want)
		}
	}
}
