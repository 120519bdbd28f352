// Package spec says what a deployment on AWS consists of. It is made from a plan and
// the settings of a program, and everything else is made from it: the state machine,
// the variables of the Terraform module, the estimate of costs.
package spec

import (
	"strings"
	"time"
)

// A Deployment is all that is made on AWS for one program.
type Deployment struct {
	Name   string // of everything that is made; lower-case letters, digits and dashes
	Region string
	Bucket string // if "", one is made that is called NAME-ACCOUNT-REGION
	Prefix string // of the run in the bucket, without slashes at the ends; "" is its root
	Image  string // digest of the image in the repository NAME, such as sha256:…

	Inputs   []string          // what jobs may read besides: BUCKET or BUCKET/PREFIX
	Settings []string          // of the plan, as arguments of the program
	Secrets  map[string]string // ARN of the secret by the environment variable that holds it

	Steps   []Step
	Control Size // of the jobs that list shards and write the report
	Inline  bool // inline Maps instead of distributed ones

	Spot        bool // take Fargate Spot first
	MaxVCPUs    int  // of each of the two compute environments
	NAT         bool // give jobs a way to the internet
	CIDR        string
	Admins      []string          // ARNs of roles and users that may reach the bucket from outside the VPC
	Emails      []string          // told of success, failure and alarms
	Schedule    string            // of EventBridge, such as "rate(7 days)"; "" if started by hand
	MaxDuration time.Duration     // of a run, after which it fails
	Budget      float64           // dollars a month, past which an alarm is sent; 0 for none
	LogDays     int               // how long logs are kept
	Expire      map[string]int    // days after which objects are removed, by prefix below Prefix
	Tags        map[string]string // on everything
}

// A Step is one step of the plan.
type Step struct {
	Name        string
	Normal      Size
	Large       Size          // for shards that did not fit into Normal
	TimeLimit   time.Duration // of a job
	Attempts    int           // of a job, by Batch, 1 to 10
	Concurrency int           // jobs at once
	Tolerated   int           // percentage of jobs that may fail without failing the step
}

// A Size is what Fargate gives a job.
type Size struct {
	VCPU      float64 // 0.25, 0.5, 1, 2, 4, 8 or 16
	MemoryMiB int
	DiskGiB   int // 20 to 200; 20 is what there is at least
}

// Where the files of a run are, below its prefix.
const (
	Work       = ".textmill"
	ReportFile = "report.json"
)

// StepDir returns the folder of a step's own files.
func StepDir(step string) string { return Work + "/steps/" + step }

// ShardsFile returns where the list of all shards of a step is.
func ShardsFile(step string) string { return StepDir(step) + "/shards.json" }

// BatchesFile returns where the list that a Map reads is: a JSON array of
// {"shards": "A..B"}, shards A to B, both included, of those in ShardsFile.
func BatchesFile(step string) string { return StepDir(step) + "/batches.json" }

// ReportsDir returns where the reports of finished shards are.
func ReportsDir(step string) string { return StepDir(step) + "/reports" }

// QuarantineDir returns where the shards that cannot be done are noted.
func QuarantineDir(step string) string { return StepDir(step) + "/quarantine" }

// ResultsDir returns where a Map writes what became of its jobs.
func ResultsDir(step string) string { return StepDir(step) + "/results" }

// Key returns the key in the bucket of a file of the run.
func (d *Deployment) Key(name string) string {
	if d.Prefix == "" {
		return name
	}
	return d.Prefix + "/" + name
}

// Keys of job definitions: of the jobs that control a run, of a step's jobs, and of
// those for shards that need more. A job definition is called NAME-KEY.
const ControlJob = "control"

// StepJob returns the key of the job definition for a step.
func StepJob(step string) string { return "step_" + step }

// LargeJob returns the key of the larger one.
func LargeJob(step string) string { return "large_" + step }

// Placeholder returns the name that stands, as ${NAME}, for the ARN of a job
// definition in the template of the state machine.
func Placeholder(job string) string { return "job_" + strings.ReplaceAll(job, "-", "_") }

// Exit statuses of the program: those of sysexits.h, since 1 and 2 are what crashes
// and panics leave.
const (
	ExitDone     = 0
	ExitSettings = 64 // EX_USAGE: trying again is of no use; the whole run stops
	ExitData     = 65 // EX_DATAERR: some shards are in quarantine, the others are done
	ExitRoom     = 71 // EX_OSERR: memory or disk is full; more of it may help
	ExitRetry    = 75 // EX_TEMPFAIL: trying again may help
)

// Environment variables of the jobs.
const (
	EnvStore      = "TEXTMILL_STORE"      // URL of the store of the run
	EnvSettings   = "TEXTMILL_SETTINGS"   // JSON array of arguments
	EnvTimeLimit  = "TEXTMILL_TIME_LIMIT" // of the attempt, such as 3600s
	EnvDeployment = "TEXTMILL_DEPLOYMENT" // its name
)
