// Package fargate knows what AWS Fargate offers: the sizes of its tasks, and what
// they and the services around them cost.
package fargate

import (
	"fmt"
	"strings"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Disk of a task in GiB: what it has at least, which is free, and at most.
const (
	MinDisk = 20
	MaxDisk = 200
)

// A class is the memory that goes with a number of vCPUs, in MiB, ascending.
type class struct {
	vcpu   float64
	memory []int
}

// classes are all sizes there are (Linux, platform version 1.4.0), ascending. What
// a class has of the memory that the one before reaches, the one before has too:
// that is why there is one least size for every need.
var classes = []class{
	{0.25, []int{512, 1024, 2048}},
	{0.5, steps(1, 4, 1)},
	{1, steps(2, 8, 1)},
	{2, steps(4, 16, 1)},
	{4, steps(8, 30, 1)},
	{8, steps(16, 60, 4)},
	{16, steps(32, 120, 8)},
}

// steps returns, in MiB, each so many GiB from one number of GiB to another.
func steps(from, to, by int) (mib []int) {
	for gib := from; gib <= to; gib += by {
		mib = append(mib, gib<<10)
	}
	return mib
}

// Fit returns the least size that has what is asked for at least: no other that has
// it has fewer vCPUs, less memory or less disk. Zero asks for nothing. If there is
// no such size, the error says which there are.
func Fit(want spec.Size) (spec.Size, error) {
	if !(want.VCPU >= 0) || want.MemoryMiB < 0 || want.DiskGiB < 0 { // NaN is not >= 0
		return spec.Size{}, fmt.Errorf("fargate: %v vCPUs, %d MiB of memory and %d GiB of disk are no size: use numbers from 0", want.VCPU, want.MemoryMiB, want.DiskGiB)
	}
	if want.DiskGiB > MaxDisk {
		return spec.Size{}, fmt.Errorf("fargate: no task has %d GiB of disk: use %d to %d", want.DiskGiB, MinDisk, MaxDisk)
	}
	for _, c := range classes {
		if m, ok := c.least(want.MemoryMiB); ok && c.vcpu >= want.VCPU {
			return spec.Size{VCPU: c.vcpu, MemoryMiB: m, DiskGiB: max(want.DiskGiB, MinDisk)}, nil
		}
	}
	return spec.Size{}, fmt.Errorf("fargate: no task has %v vCPUs and %d MiB of memory at least: use %s", want.VCPU, want.MemoryMiB, sizes())
}

// least returns the least memory of the class that is enough.
func (c class) least(mib int) (int, bool) {
	for _, m := range c.memory {
		if m >= mib {
			return m, true
		}
	}
	return 0, false
}

func (c class) most() int { return c.memory[len(c.memory)-1] }

// Larger returns the size for a shard that did not fit into s: about twice the
// memory, which is seven quarters of it at least, twice the disk, and not fewer vCPUs
// but no more than that takes. Where there is not as much, it returns the most there
// is, and so the largest size itself. What [Fit] has an error for it returns as it is.
func Larger(s spec.Size) spec.Size {
	fits, err := Fit(s)
	if err != nil {
		return s
	}
	s = fits
	larger := spec.Size{VCPU: 16, MemoryMiB: classes[len(classes)-1].most(), DiskGiB: min(2*s.DiskGiB, MaxDisk)}
	for _, c := range classes {
		// 30 GiB are not quite twice 16, but the next size costs half as much again.
		if c.vcpu < s.VCPU || c.most() < s.MemoryMiB*7/4 {
			continue
		}
		larger.VCPU, larger.MemoryMiB = c.vcpu, c.most()
		if m, ok := c.least(2 * s.MemoryMiB); ok {
			larger.MemoryMiB = m
		}
		break
	}
	return larger
}

// String returns a size for people, such as "2 vCPU, 4 GiB": disk only where it is
// more than a task has anyway.
func String(s spec.Size) string {
	out := fmt.Sprintf("%v vCPU, %v GiB", s.VCPU, float64(s.MemoryMiB)/1024)
	if s.DiskGiB > MinDisk {
		out += fmt.Sprintf(", %d GiB disk", s.DiskGiB)
	}
	return out
}

// sizes lists all sizes.
func sizes() string {
	var out []string
	for _, c := range classes {
		from, to := float64(c.memory[0])/1024, c.most()/1024
		line := fmt.Sprintf("%v vCPU with %v to %d GiB", c.vcpu, from, to)
		switch by := (c.memory[2] - c.memory[1]) / 1024; {
		case from < 1:
			line = fmt.Sprintf("%v vCPU with 0.5, 1 or 2 GiB", c.vcpu)
		case by > 1:
			line += fmt.Sprintf(" in steps of %d", by)
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ") + " (1 GiB is 1024 MiB)"
}
