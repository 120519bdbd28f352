package infra

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// variables are those of the module, see module/variables.tf.
type variables struct {
	Name           string            `json:"name"`
	Region         string            `json:"region"`
	Bucket         string            `json:"bucket"`
	Prefix         string            `json:"prefix"`
	Image          string            `json:"image"`
	Inputs         []string          `json:"inputs"`
	Settings       []string          `json:"settings"`
	Secrets        map[string]string `json:"secrets"`
	Steps          []string          `json:"steps"`
	Jobs           map[string]job    `json:"jobs"`
	Spot           bool              `json:"spot"`
	MaxVCPUs       int               `json:"max_vcpus"`
	NAT            bool              `json:"nat"`
	CIDR           string            `json:"cidr"`
	Administrators []string          `json:"administrators"`
	Emails         []string          `json:"emails"`
	Schedule       string            `json:"schedule"`
	MaxDuration    int64             `json:"max_duration"`
	Budget         float64           `json:"budget"`
	LogDays        int               `json:"log_days"`
	Expire         map[string]int    `json:"expire"`
	Tags           map[string]string `json:"tags"`
}

// A job is a job definition.
type job struct {
	Command   []string `json:"command"`
	VCPU      float64  `json:"vcpu"`
	MemoryMiB int      `json:"memory_mib"`
	DiskGiB   int      `json:"disk_gib"`
	TimeLimit int64    `json:"time_limit"` // in seconds, as Timeout
	Timeout   int64    `json:"timeout"`
	Attempts  int      `json:"attempts"`
}

const (
	// The jobs that list shards and write the report.
	controlLimit    = time.Hour
	controlAttempts = 3

	// grace is how long after its own limit a program is stopped by Batch. By then it
	// has put away what it had finished.
	grace = 2 * time.Minute
)

// Variables returns the variables of the module for a deployment, as JSON. The same
// deployment gives the same bytes. The error lists all that is wrong with it.
func Variables(d *spec.Deployment) ([]byte, error) {
	if err := Validate(d); err != nil {
		return nil, err
	}
	v := variables{
		Name:           d.Name,
		Region:         d.Region,
		Bucket:         d.Bucket,
		Prefix:         d.Prefix,
		Image:          d.Image,
		Inputs:         list(d.Inputs),
		Settings:       list(d.Settings),
		Secrets:        dictionary(d.Secrets),
		Jobs:           jobs(d),
		Spot:           d.Spot,
		MaxVCPUs:       d.MaxVCPUs,
		NAT:            d.NAT,
		CIDR:           d.CIDR,
		Administrators: list(d.Admins),
		Emails:         list(d.Emails),
		Schedule:       d.Schedule,
		MaxDuration:    seconds(d.MaxDuration),
		Budget:         d.Budget,
		LogDays:        d.LogDays,
		Expire:         dictionary(d.Expire),
		Tags:           dictionary(d.Tags),
	}
	for _, s := range d.Steps {
		v.Steps = append(v.Steps, s.Name)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("infra: variables: %w", err)
	}
	return b.Bytes(), nil
}

func jobs(d *spec.Deployment) map[string]job {
	all := map[string]job{
		spec.ControlJob: newJob([]string{"report"}, d.Control, controlLimit, controlAttempts),
	}
	for _, s := range d.Steps {
		command := []string{"shards", s.Name, "Ref::shards"}
		all[spec.StepJob(s.Name)] = newJob(command, s.Normal, s.TimeLimit, s.Attempts)
		all[spec.LargeJob(s.Name)] = newJob(command, s.Large, s.TimeLimit, s.Attempts)
	}
	return all
}

func newJob(command []string, s spec.Size, limit time.Duration, attempts int) job {
	return job{
		Command:   command,
		VCPU:      s.VCPU,
		MemoryMiB: s.MemoryMiB,
		DiskGiB:   s.DiskGiB,
		TimeLimit: seconds(limit),
		Timeout:   seconds(limit + grace),
		Attempts:  attempts,
	}
}

// seconds rounds up.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// Terraform takes null for a variable that is not set, which has no default then.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func dictionary[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}
