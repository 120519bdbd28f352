// Package cost estimates what a run takes on AWS, in dollars, time and bytes, from
// what a few of its shards took elsewhere. It is arithmetic: nothing is looked up.
package cost

import (
	"fmt"
	"math"
	"time"

	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// A Step is what is known of a step before the run.
type Step struct {
	Shards  int   // in all
	Jobs    int   // that do them; see [Jobs]
	BytesIn int64 // of all shards, as stored; 0 if not known
	Sample  Sample
}

// A Sample is what some of a step's shards took.
type Sample struct {
	Shards      int
	CoreSeconds float64
	BytesIn     int64 // of these shards, as stored; 0 if not known
	BytesOut    int64 // that were written, as stored
	Gets        int64 // requests to S3: GET and HEAD; see the documentation of storage/s3
	Puts        int64 // PUT, POST and LIST
}

// Jobs returns how many jobs do shards of which each takes perShard, if a job gets as
// many as take no longer than target, and one at least.
func Jobs(shards int, perShard, target time.Duration) int {
	each := 1
	if perShard > 0 && target > perShard {
		each = int(min(target/perShard, math.MaxInt32))
	}
	return (shards + each - 1) / each
}

// An Estimate is what a run takes, if nothing is done twice.
type Estimate struct {
	Steps  []Item `json:"steps"`  // of the plan
	Report Item   `json:"report"` // the job that writes it, and what there is once in a run
	Total  Item   `json:"total"`

	OnDemand float64 `json:"on_demand"` // dollars of the run, with no job on Spot
	Spot     float64 `json:"spot"`      // with all jobs on Spot that may be
	Idle     float64 `json:"idle"`      // dollars a month of the network and the key, whether a run is on or not

	Warnings    []string       `json:"warnings,omitempty"` // of what should be changed
	Assumptions []string       `json:"assumptions"`        // that were made
	Prices      fargate.Prices `json:"prices"`
}

// An Item is what a step takes, or a whole run. Of that, Size, AtOnce and JobSeconds
// are zero.
type Item struct {
	Name        string  `json:"name"`
	Shards      int     `json:"shards"`
	Jobs        int     `json:"jobs"`
	AtOnce      int     `json:"at_once,omitzero"` // jobs
	Size        Size    `json:"size,omitzero"`    // of a job
	JobSeconds  int64   `json:"job_seconds,omitzero"`
	Seconds     int64   `json:"seconds"` // from beginning to end
	VCPUHours   float64 `json:"vcpu_hours"`
	BytesIn     int64   `json:"bytes_in"`
	BytesOut    int64   `json:"bytes_out"`
	Gets        int64   `json:"gets"`
	Puts        int64   `json:"puts"`
	Transitions int64   `json:"transitions"` // between states
	Dollars     Dollars `json:"dollars"`
}

// Size is a [spec.Size] as JSON.
type Size struct {
	VCPU      float64 `json:"vcpu"`
	MemoryMiB int     `json:"memory_mib"`
	DiskGiB   int     `json:"disk_gib"`
}

// Dollars are by what they are for.
type Dollars struct {
	Fargate       float64 `json:"fargate"`
	Spot          float64 `json:"fargate_spot"`
	Requests      float64 `json:"requests"` // to S3, and by S3 to KMS
	StepFunctions float64 `json:"step_functions"`
	Logs          float64 `json:"logs"`
	Network       float64 `json:"network"`       // endpoints, or a NAT gateway, for as long as it takes
	Run           float64 `json:"run"`           // all of these
	StorageMonth  float64 `json:"storage_month"` // besides: of what was written, kept for a month
}

// New estimates a run of d. The steps are those of d, in order. What a sample took
// grows with BytesIn; where that is not known, as much as in the step before; in the
// first step, with the number of shards. What a core did in a second in the sample, a
// vCPU of Fargate does in slower seconds.
func New(d *spec.Deployment, steps []Step, slower float64, p fargate.Prices) (*Estimate, error) {
	if len(steps) == 0 || len(steps) != len(d.Steps) {
		return nil, fmt.Errorf("cost: %d steps were measured, and there are %d", len(steps), len(d.Steps))
	}
	if !(slower > 0) || math.IsInf(slower, 0) {
		return nil, fmt.Errorf("cost: a vCPU that takes %v seconds for one of a core: use a number above 0", slower)
	}
	e := &Estimate{Prices: p, Report: report(d, p)}
	scale := 0.0
	for i, s := range steps {
		if err := s.check(d.Steps[i], d.MaxVCPUs); err != nil {
			return nil, fmt.Errorf("cost: step %s: %w", d.Steps[i].Name, err)
		}
		scale = s.scale(scale)
		e.Steps = append(e.Steps, s.item(d, d.Steps[i], scale, slower, p))
	}
	e.add(d)
	e.round()
	e.Warnings = warnings(d, e)
	e.Assumptions = assumptions(d, slower, e)
	return e, nil
}

// add adds up what the steps and the report take.
func (e *Estimate) add(d *spec.Deployment) {
	e.Total.Name = "total"
	saved := 0.0 // by Spot
	for _, s := range e.Steps {
		e.Total.add(s)
		saved += s.jobs(false, e.Prices) - s.jobs(true, e.Prices)
	}
	e.Total.add(e.Report)
	e.OnDemand, e.Spot = e.Total.Dollars.Run, e.Total.Dollars.Run
	if d.Spot {
		e.OnDemand += saved
	} else {
		e.Spot -= saved
	}
	e.Idle = fargate.HoursMonth*network(d, e.Prices) + e.Prices.KeyMonth
}

// round leaves out the digits that depend on the processor.
func (e *Estimate) round() {
	for i := range e.Steps {
		e.Steps[i].round()
	}
	e.Report.round()
	e.Total.round()
	for _, f := range []*float64{&e.OnDemand, &e.Spot, &e.Idle} {
		*f = math.Round(*f*1e6) / 1e6
	}
}

func (it *Item) round() {
	d := &it.Dollars
	for _, f := range []*float64{&it.VCPUHours, &d.Fargate, &d.Spot, &d.Requests, &d.StepFunctions, &d.Logs, &d.Network, &d.Run, &d.StorageMonth} {
		*f = math.Round(*f*1e6) / 1e6
	}
}

func (t *Item) add(s Item) {
	t.Shards += s.Shards
	t.Jobs += s.Jobs
	t.Seconds += s.Seconds
	t.VCPUHours += s.VCPUHours
	t.BytesIn += s.BytesIn
	t.BytesOut += s.BytesOut
	t.Gets += s.Gets
	t.Puts += s.Puts
	t.Transitions += s.Transitions
	t.Dollars.Fargate += s.Dollars.Fargate
	t.Dollars.Spot += s.Dollars.Spot
	t.Dollars.Requests += s.Dollars.Requests
	t.Dollars.StepFunctions += s.Dollars.StepFunctions
	t.Dollars.Logs += s.Dollars.Logs
	t.Dollars.Network += s.Dollars.Network
	t.Dollars.Run += s.Dollars.Run
	t.Dollars.StorageMonth += s.Dollars.StorageMonth
}
