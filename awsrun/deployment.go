package awsrun

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// defaultRegion is where Common Crawl's bucket is.
const defaultRegion = "us-east-1"

func (p *program) region() string { return cmp.Or(p.AWS.Region, defaultRegion) }

// controlSize is that of the jobs that list shards and write the report. They build
// the plan, so they need the memory that its stages take to begin with.
var controlSize = spec.Size{VCPU: 1, MemoryMiB: 4096, DiskGiB: fargate.MinDisk}

// describe returns what is to be made on AWS for a plan. The image is the digest of
// the program's, or empty.
func (p *program) describe(plan textmill.Plan, image string) (*spec.Deployment, error) {
	a := p.AWS
	d := &spec.Deployment{
		Name:        p.Name,
		Region:      p.region(),
		Bucket:      a.Bucket,
		Prefix:      strings.Trim(a.Prefix, "/"),
		Image:       image,
		Inputs:      a.Inputs,
		Settings:    p.settings,
		Secrets:     a.Secrets,
		Control:     controlSize,
		Inline:      a.Inline,
		Spot:        !a.OnDemand,
		MaxVCPUs:    cmp.Or(a.MaxVCPUs, 256),
		NAT:         a.NAT,
		CIDR:        cmp.Or(a.CIDR, "10.42.0.0/20"),
		Admins:      a.Admins,
		Emails:      a.Emails,
		Schedule:    a.Schedule,
		MaxDuration: cmp.Or(a.MaxDuration, 7*24*time.Hour),
		Budget:      a.Budget,
		LogDays:     cmp.Or(a.LogDays, 30),
		Expire:      p.Temporary,
		Tags:        a.Tags,
	}
	for _, s := range plan {
		step, err := p.describeStep(s.Name)
		if err != nil {
			return nil, work.BadSettings(fmt.Errorf("step %s: %w", s.Name, err))
		}
		d.Steps = append(d.Steps, step)
	}
	return d, nil
}

func (p *program) describeStep(name string) (spec.Step, error) {
	c := p.step(name)
	normal, err := fargate.Fit(spec.Size{VCPU: c.VCPU, MemoryMiB: c.MemoryMiB, DiskGiB: c.DiskGiB})
	if err != nil {
		return spec.Step{}, err
	}
	large := fargate.Larger(normal)
	if c.LargeMemoryMiB > 0 {
		if large, err = fargate.Fit(spec.Size{VCPU: normal.VCPU, MemoryMiB: c.LargeMemoryMiB, DiskGiB: large.DiskGiB}); err != nil {
			return spec.Step{}, fmt.Errorf("LargeMemoryMiB: %w", err)
		}
	}
	return spec.Step{
		Name: name, Normal: normal, Large: large,
		TimeLimit: c.TimeLimit, Attempts: c.Attempts,
		Concurrency: c.MaxConcurrency, Tolerated: c.ToleratedFailurePercentage,
	}, nil
}
