package awsrun

import (
	"cmp"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Config says how a plan is run. The zero value of every field but Name has a meaning
// that suits most plans.
type Config struct {
	// Name is what the program and everything that is made for it on AWS is called: 3
	// to 32 lower-case letters, digits and dashes, beginning with a letter.
	Name string

	// Flags are the settings of the plan. They are given before the command, as in
	// "webtext -lang en,de run", are parsed before the plan is built, and are handed
	// to every container. A run whose settings differ is another run.
	Flags *flag.FlagSet

	// Version is that of what the program makes. Runs may go on where one of the same
	// version stopped, whatever build of the program that was. If empty, only the same
	// build may: the same revision with the same dependencies.
	Version string

	// Default is what holds for steps that are not in Steps, and for the fields that
	// these leave zero.
	Default Step
	Steps   map[string]Step // by name of the step

	// Temporary are the prefixes of what only later steps have use for, in the store,
	// with the days after which AWS removes it: {"extracted/": 14}. The manifest leaves
	// it out.
	Temporary map[string]int

	AWS AWS
}

// A Step says what the jobs of one step are given on AWS.
type Step struct {
	// VCPU and MemoryMiB are rounded up to the next pair that Fargate has. If 0, they
	// are 1 and twice as many GiB as VCPU. A shard is done with all of a job's vCPUs.
	VCPU      float64
	MemoryMiB int

	// DiskGiB is the disk for temporary files, 20 to 200. If 0, it is 20.
	DiskGiB int

	// LargeMemoryMiB is what a shard is given that did not fit. If 0, it is about twice
	// MemoryMiB.
	LargeMemoryMiB int

	// BatchDuration is about how long a job should take; its shards are chosen so. If
	// 0, it is 15 minutes: long beside the minute in which a container starts.
	BatchDuration time.Duration

	// TimeLimit is how long an attempt at a job may take. It then stops, keeps the
	// shards it has finished and is tried again for the others. If 0, it is 2 hours.
	// No shard may take longer.
	TimeLimit time.Duration

	// Attempts is how often a job is tried, 1 to 10. If 0, it is 5.
	Attempts int

	// MaxConcurrency is how many jobs may run at once. If 0, it is 100.
	MaxConcurrency int

	// ToleratedFailurePercentage is how many of the jobs may fail, after all attempts,
	// without failing the step: 0 to 100, and 0 with AWS.Inline. Their shards then go to
	// quarantine.
	ToleratedFailurePercentage int
}

// AWS says what is made there. See docs/aws.md.
type AWS struct {
	// Region is where everything is. If empty, it is us-east-1, where the public crawl
	// is: jobs in private subnets reach the buckets of their own region alone.
	Region string

	// Bucket is the name of the bucket that is made. If empty, NAME-ACCOUNT-REGION.
	Bucket string

	// Prefix is where in the bucket the run is, so that one deployment can make one
	// data set after another. It can be given as -prefix too. If empty, it is the root.
	Prefix string

	// Inputs are the buckets, or BUCKET/PREFIX for what begins with PREFIX, that jobs may
	// read besides. The flag -reads, which may be given several times, adds to them.
	Inputs []string

	// Secrets are the ARNs of secrets, by the environment variable that holds them.
	Secrets map[string]string

	// OnDemand keeps jobs from running on Fargate Spot, which costs about a third and
	// can be taken away at any time.
	OnDemand bool

	// MaxVCPUs is how many vCPUs all jobs may have at once. If 0, it is 256.
	MaxVCPUs int

	// Inline makes the steps inline Maps, whose jobs all show in one history: for small
	// runs. There may be 40 jobs at once, and some 600 in all steps together: if there
	// would be more, each takes longer than BatchDuration. The first that fails, after
	// all attempts, fails the step.
	Inline bool

	// NAT gives jobs a way to the internet, at a price by the hour. Without it they
	// reach S3 and what is logged, and nothing else.
	NAT bool

	// CIDR is the address range of the network that is made. If empty, 10.42.0.0/20.
	CIDR string

	// Admins are the ARNs of roles and users that may reach the bucket from elsewhere
	// than the jobs' network: whoever is to read what comes out.
	Admins []string

	// Emails are told of success, failure and alarms.
	Emails []string

	// Schedule starts runs, in EventBridge's syntax: "rate(7 days)".
	Schedule string

	// MaxDuration is how long a run may take. If 0, it is 7 days.
	MaxDuration time.Duration

	// Budget is what a run may cost in dollars: start refuses one whose estimate is
	// higher. It is also the monthly budget an alarm is set on. If 0, there is none.
	Budget float64

	// LogDays is how long logs are kept. If 0, it is 30.
	LogDays int

	// Tags are put on everything, besides textmill=NAME.
	Tags map[string]string
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}[a-z0-9]$`)

func (c *Config) validate() error {
	if !validName.MatchString(c.Name) {
		return usageError("awsrun.Config.Name %q: use 3 to 32 lower-case letters, digits and dashes, beginning with a letter", c.Name)
	}
	if err := c.Default.validate(c.AWS.Inline); err != nil {
		return fmt.Errorf("awsrun.Config.Default: %w", err)
	}
	for name, s := range c.Steps {
		if err := s.validate(c.AWS.Inline); err != nil {
			return fmt.Errorf("awsrun.Config.Steps[%q]: %w", name, err)
		}
	}
	for prefix, days := range c.Temporary {
		switch {
		case prefix == "" || prefix[0] == '/':
			return usageError("awsrun.Config.Temporary: prefix %q: use one such as clean/", prefix)
		case strings.HasPrefix(prefix, spec.Work) || strings.HasPrefix(spec.Work, prefix):
			return usageError("awsrun.Config.Temporary: prefix %q: %s holds what tells how far the run is, and has to stay", prefix, spec.Work)
		case days < 1:
			return usageError("awsrun.Config.Temporary[%q] is %d days: use at least 1", prefix, days)
		}
	}
	return nil
}

func (s Step) validate(inline bool) error {
	switch {
	case s.VCPU < 0 || s.MemoryMiB < 0 || s.LargeMemoryMiB < 0 || s.DiskGiB < 0 || s.MaxConcurrency < 0 || s.BatchDuration < 0:
		return usageError("a size, a number or a duration is negative")
	case s.Attempts < 0 || s.Attempts > 10:
		return usageError("Attempts %d: Batch takes 1 to 10", s.Attempts)
	case s.TimeLimit != 0 && s.TimeLimit < 2*time.Minute:
		return usageError("TimeLimit %v: use at least 2m", s.TimeLimit)
	case s.ToleratedFailurePercentage < 0 || s.ToleratedFailurePercentage > 100:
		return usageError("ToleratedFailurePercentage %d: use 0 to 100", s.ToleratedFailurePercentage)
	case inline && s.ToleratedFailurePercentage > 0:
		return usageError("ToleratedFailurePercentage %d: with AWS.Inline, the first job that fails fails the step: use 0, or leave Inline out", s.ToleratedFailurePercentage)
	}
	return nil
}

// step returns the settings of a step, with all defaults.
func (c *Config) step(name string) Step {
	s, d := c.Steps[name], c.Default
	s.VCPU = cmp.Or(s.VCPU, d.VCPU, 1)
	s.MemoryMiB = cmp.Or(s.MemoryMiB, d.MemoryMiB, max(512, int(2048*s.VCPU)))
	s.DiskGiB = cmp.Or(s.DiskGiB, d.DiskGiB, 20)
	s.LargeMemoryMiB = cmp.Or(s.LargeMemoryMiB, d.LargeMemoryMiB)
	s.BatchDuration = cmp.Or(s.BatchDuration, d.BatchDuration, 15*time.Minute)
	s.TimeLimit = cmp.Or(s.TimeLimit, d.TimeLimit, 2*time.Hour)
	s.Attempts = cmp.Or(s.Attempts, d.Attempts, 5)
	s.MaxConcurrency = cmp.Or(s.MaxConcurrency, d.MaxConcurrency, 100)
	s.ToleratedFailurePercentage = cmp.Or(s.ToleratedFailurePercentage, d.ToleratedFailurePercentage)
	return s
}
