package cost

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// What is taken for granted. Some of it is said in Assumptions.
const (
	StartUp = time.Minute // from when a job is asked for until it works; all of it is paid
	Control = time.Minute // in which a list of shards or the report is made

	logPerShard = 1 << 10 // bytes
	logPerJob   = 4 << 10
	getsPerJob  = 5    // of the plan, the list and the like
	keyShare    = 0.01 // of requests, for which S3 asks KMS, as it has a key for the bucket

	maxInline = 40 // children of an inline Map at once

	// Transitions between states, if nothing fails. A test counts those of the machine.
	perRun            = 4 // begin, report, tell, done
	perStep           = 4 // list, size of the list, anything to do, Map
	perEmptyStep      = 3 // no Map
	perInlineStep     = 3 // list, read the list, Map
	perDistributedJob = 2 // the child, and its one state
	perInlineJob      = 1

	// Interface endpoints, of six services in two zones. A test counts those of the
	// Terraform module, which has a gateway to the internet in their place, or both not.
	endpoints = 12
)

// check returns what of a step cannot be.
func (s Step) check(st spec.Step, maxVCPUs int) error {
	m := s.Sample
	switch {
	case s.Shards < 0 || s.Jobs < 0 || s.BytesIn < 0 || m.Shards < 0 || m.BytesIn < 0 || m.BytesOut < 0 || m.Gets < 0 || m.Puts < 0:
		return errors.New("a number is negative")
	case !(m.CoreSeconds >= 0) || math.IsInf(m.CoreSeconds, 0):
		return fmt.Errorf("%v seconds of a core", m.CoreSeconds)
	case s.Jobs > s.Shards || s.Jobs == 0 && s.Shards > 0:
		return fmt.Errorf("%d jobs for %d shards", s.Jobs, s.Shards)
	case s.Shards > 0 && m.Shards == 0:
		return fmt.Errorf("no shard was measured of %d: measure the plan for more of its inputs", s.Shards)
	case st.Concurrency < 1:
		return fmt.Errorf("%d jobs at once: use 1 at least", st.Concurrency)
	case float64(maxVCPUs) < st.Normal.VCPU:
		return fmt.Errorf("a job has %v vCPUs, and all jobs may have %d: raise MaxVCPUs", st.Normal.VCPU, maxVCPUs)
	}
	if fits, err := fargate.Fit(st.Normal); err != nil || fits != st.Normal {
		return fmt.Errorf("there is no task with %s", fargate.String(st.Normal))
	}
	return nil
}

// scale returns how many times as much as in the sample there is in all, given the
// same of the step before, or 0 for the first step.
func (s Step) scale(before float64) float64 {
	switch {
	case s.BytesIn > 0 && s.Sample.BytesIn > 0:
		return float64(s.BytesIn) / float64(s.Sample.BytesIn)
	case before > 0:
		return before
	}
	return float64(s.Shards) / float64(max(s.Sample.Shards, 1))
}

// item returns what a step takes.
func (s Step) item(d *spec.Deployment, st spec.Step, scale, slower float64, p fargate.Prices) Item {
	if s.Shards == 0 {
		scale = 0
	}
	whole := func(n int64) int64 { return int64(math.Ceil(float64(n) * scale)) }
	it := Item{
		Name:     st.Name,
		Shards:   s.Shards,
		Jobs:     s.Jobs,
		AtOnce:   atOnce(d, st, s.Jobs),
		Size:     Size(st.Normal),
		Seconds:  controlSeconds,
		BytesIn:  s.BytesIn,
		BytesOut: whole(s.Sample.BytesOut),
		Gets:     whole(s.Sample.Gets) + getsPerJob*int64(s.Jobs),
		Puts:     whole(s.Sample.Puts),
	}
	if it.BytesIn == 0 {
		it.BytesIn = whole(s.Sample.BytesIn)
	}
	if s.Jobs > 0 {
		work := s.Sample.CoreSeconds * scale * slower / float64(s.Jobs) / st.Normal.VCPU
		it.JobSeconds = int64(math.Ceil(StartUp.Seconds() + work))
		rounds := (s.Jobs + it.AtOnce - 1) / it.AtOnce
		it.Seconds += int64(rounds) * it.JobSeconds
	}
	it.Transitions = transitions(d.Inline, int64(s.Jobs))
	it.VCPUHours = it.hours()*st.Normal.VCPU + controlHours*d.Control.VCPU
	it.price(d, p)
	return it
}

// controlSeconds is how long a job takes that lists shards or writes the report.
const controlSeconds = int64((StartUp + Control) / time.Second)

const controlHours = float64(controlSeconds) / 3600

// report returns what the last job takes, and what there is once in a run.
func report(d *spec.Deployment, p fargate.Prices) Item {
	it := Item{Name: "report", Seconds: controlSeconds, VCPUHours: controlHours * d.Control.VCPU, Transitions: perRun}
	it.price(d, p)
	return it
}

// atOnce returns how many jobs of a step run at once.
func atOnce(d *spec.Deployment, st spec.Step, jobs int) int {
	n := min(st.Concurrency, int(float64(d.MaxVCPUs)/st.Normal.VCPU), jobs)
	if d.Inline {
		n = min(n, maxInline)
	}
	return n
}

// transitions returns how often a state is entered for a step, and a child begun.
func transitions(inline bool, jobs int64) int64 {
	switch {
	case inline:
		return perInlineStep + perInlineJob*jobs
	case jobs == 0:
		return perEmptyStep
	}
	return perStep + perDistributedJob*jobs
}

// hours are those of all jobs of a step together.
func (it Item) hours() float64 { return float64(it.Jobs) * float64(it.JobSeconds) / 3600 }

// price fills in the dollars.
func (it *Item) price(d *spec.Deployment, p fargate.Prices) {
	const gb = 1 << 30
	c := &it.Dollars
	c.Fargate = task(d.Control, controlHours, false, p)
	if d.Spot {
		c.Spot = it.jobs(true, p)
	} else {
		c.Fargate += it.jobs(false, p)
	}
	c.Requests = float64(it.Gets)*p.Get + float64(it.Puts)*p.Put + keyShare*float64(it.Gets+it.Puts)*p.KeyRequest
	c.StepFunctions = float64(it.Transitions) * p.Transition
	c.Logs = float64(it.Shards*logPerShard+(it.Jobs+1)*logPerJob) / gb * p.LogsGB
	c.Network = float64(it.Seconds) / 3600 * network(d, p)
	c.Run = c.Fargate + c.Spot + c.Requests + c.StepFunctions + c.Logs + c.Network
	c.StorageMonth = float64(it.BytesOut) / gb * p.StorageGBMonth
}

// jobs returns the price of a step's jobs.
func (it Item) jobs(spot bool, p fargate.Prices) float64 {
	return task(spec.Size(it.Size), it.hours(), spot, p)
}

// task returns the price of tasks of a size that run for so many hours together.
func task(s spec.Size, hours float64, spot bool, p fargate.Prices) float64 {
	vcpu, gb := p.VCPUHour, p.GBHour
	if spot {
		vcpu, gb = p.SpotVCPUHour, p.SpotGBHour
	}
	disk := float64(max(s.DiskGiB-fargate.MinDisk, 0))
	return hours * (s.VCPU*vcpu + float64(s.MemoryMiB)/1024*gb + disk*p.DiskGBHour)
}

// network returns the price of an hour of what connects jobs to AWS.
func network(d *spec.Deployment, p fargate.Prices) float64 {
	if d.NAT {
		return p.NATHour + p.AddressHour
	}
	return endpoints * p.EndpointHour
}
