package infra

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Limits. Those without a source are ours, and keep policies within what IAM allows.
const (
	maxInputs      = 10
	maxInputBytes  = 600 // together
	maxSecrets     = 10
	maxSecretBytes = 700     // of their ARNs, together
	maxSettings    = 8 << 10 // bytes as JSON; a job definition has 24 KiB (Batch)
	maxPrefix      = 256
	maxConcurrency = 10_000              // of a Map (Step Functions)
	maxTimeLimit   = 14 * 24 * time.Hour // of a task on Fargate
	maxDuration    = 365 * 24 * time.Hour
	maxEmails      = 50
	maxTags        = 40 // besides ours; 50 (AWS)
)

// Validate returns an error that says all that is wrong with a deployment, one to a
// line: what AWS would refuse, perhaps after half an hour, and what the module cannot
// do. Whether Fargate has the sizes is not looked at.
func Validate(d *spec.Deployment) error {
	var v validator
	v.names(d)
	v.inputs(d)
	v.steps(d)
	v.network(d)
	v.people(d)
	v.time(d)
	v.lifetimes(d)
	v.tags(d)
	if len(v) == 0 {
		return nil
	}
	return fmt.Errorf("infra: %w", errors.Join(v...))
}

// A validator collects what is wrong.
type validator []error

func (v *validator) check(ok bool, format string, args ...any) {
	if !ok {
		*v = append(*v, fmt.Errorf(format, args...))
	}
}

var (
	validName   = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}[a-z0-9]$`)
	takenName   = regexp.MustCompile(`^(aws|ssm|amazon|amzn-s3-demo-|sthree-|xn--)`)
	validRegion = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$`)
	validBucket = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
	takenBucket = regexp.MustCompile(`^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$`)
	validPath   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9][A-Za-z0-9._=-]*)*$`)
	validImage  = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

func (v *validator) names(d *spec.Deployment) {
	v.check(validName.MatchString(d.Name), "name %q: use 3 to 32 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash", d.Name)
	v.check(!takenName.MatchString(d.Name), "name %q: AWS keeps names that begin with %s to itself", d.Name, takenName.FindString(d.Name))
	v.check(validRegion.MatchString(d.Region), "region %q: use a name such as eu-central-1", d.Region)
	if d.Bucket != "" {
		v.check(validBucket.MatchString(d.Bucket), "bucket %q: use 3 to 63 lower-case letters, digits and dashes, beginning and ending with a letter or digit", d.Bucket)
		v.check(!takenBucket.MatchString(d.Bucket), "bucket %q: AWS keeps names with %s to itself", d.Bucket, takenBucket.FindString(d.Bucket))
	}
	if d.Prefix != "" {
		v.check(len(d.Prefix) <= maxPrefix && validPath.MatchString(d.Prefix), "prefix %q: use up to %d letters, digits and . _ = -, with slashes between, beginning with a letter or digit after each slash", d.Prefix, maxPrefix)
	}
	if d.Image != "" {
		v.check(validImage.MatchString(d.Image), "image %q: use the digest, sha256: and 64 hexadecimal digits", d.Image)
	}
	settings, err := json.Marshal(d.Settings)
	v.check(err == nil && len(settings) <= maxSettings, "the settings take %d bytes: there is room for %d; put long ones into a file in the store", len(settings), maxSettings)
	for _, s := range d.Settings {
		v.check(utf8.ValidString(s) && !strings.ContainsRune(s, 0), "setting %q is not text", s)
	}
}

var (
	validInput  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*?$\x00-\x20]+)*/?$`)
	validSecret = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:[^:*?\x00-\x20]{1,128}(:[^:*?]*:[^:*?]*:[^:*?]*)?$`)
	validEnv    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,127}$`)
	takenEnv    = regexp.MustCompile(`^(AWS_|ECS_|TEXTMILL_|GOMEMLIMIT$)`)
)

func (v *validator) inputs(d *spec.Deployment) {
	total := 0
	for _, in := range d.Inputs {
		v.check(validInput.MatchString(in), "input %q: use BUCKET or BUCKET/PREFIX, without s3:// and wildcards", in)
		total += len(in)
	}
	v.check(len(d.Inputs) <= maxInputs && total <= maxInputBytes, "%d inputs with %d bytes: policies have room for %d with %d; give the prefix that they share", len(d.Inputs), total, maxInputs, maxInputBytes)
	total = 0
	for _, name := range slices.Sorted(maps.Keys(d.Secrets)) {
		v.check(validEnv.MatchString(name), "secret %q: use the name of an environment variable, in capitals", name)
		v.check(!takenEnv.MatchString(name), "secret %q: names that begin with %s are taken", name, takenEnv.FindString(name))
		// The text may be the secret itself: it is not repeated.
		arn := validSecret.FindStringSubmatch(d.Secrets[name])
		v.check(arn != nil, "secret %s: give the ARN of a secret in Secrets Manager, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, not the secret", name)
		v.check(arn == nil || arn[1] == d.Region, "secret %s is in another region: Fargate takes those of its own, %s", name, d.Region)
		total += len(d.Secrets[name])
	}
	v.check(len(d.Secrets) <= maxSecrets && total <= maxSecretBytes, "%d secrets with ARNs of %d bytes: policies have room for %d with %d; a secret can hold several values", len(d.Secrets), total, maxSecrets, maxSecretBytes)
}

var validStep = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func (v *validator) steps(d *spec.Deployment) {
	v.check(len(d.Steps) > 0, "the plan has no steps")
	v.size("the control jobs", d.Control, d)
	seen := map[string]bool{}
	for _, s := range d.Steps {
		v.check(validStep.MatchString(s.Name), "step %q: use 1 to 63 lower-case letters, digits and dashes", s.Name)
		v.check(!seen[s.Name], "two steps are called %s", s.Name)
		seen[s.Name] = true
		v.size("step "+s.Name, s.Normal, d)
		v.size("step "+s.Name+", large", s.Large, d)
		v.check(s.TimeLimit >= time.Minute && s.TimeLimit <= maxTimeLimit, "step %s: time limit %v: use 1m to %v", s.Name, s.TimeLimit, maxTimeLimit)
		v.check(s.Attempts >= 1 && s.Attempts <= 10, "step %s: %d attempts: Batch takes 1 to 10", s.Name, s.Attempts)
		v.check(s.Concurrency >= 1 && s.Concurrency <= maxConcurrency, "step %s: %d jobs at once: use 1 to %d", s.Name, s.Concurrency, maxConcurrency)
		v.check(s.Tolerated >= 0 && s.Tolerated <= 100, "step %s: %d %% of failures: use 0 to 100", s.Name, s.Tolerated)
	}
}

func (v *validator) size(what string, s spec.Size, d *spec.Deployment) {
	v.check(s.VCPU > 0 && s.VCPU <= float64(d.MaxVCPUs), "%s: %v vCPUs: use more than 0 and no more than the %d that all jobs have", what, s.VCPU, d.MaxVCPUs)
	v.check(s.MemoryMiB >= 512, "%s: %d MiB of memory: use 512 at least", what, s.MemoryMiB)
	v.check(s.DiskGiB >= 20 && s.DiskGiB <= 200, "%s: %d GiB of disk: use 20 to 200", what, s.DiskGiB)
}

func (v *validator) network(d *spec.Deployment) {
	v.check(d.MaxVCPUs >= 1, "%d vCPUs for all jobs: use 1 at least", d.MaxVCPUs)
	cidr, err := netip.ParsePrefix(d.CIDR)
	if err != nil || !cidr.Addr().Is4() || cidr.Bits() < 16 || cidr.Bits() > 24 || cidr.Masked() != cidr || !cidr.Addr().IsPrivate() {
		v.check(false, "CIDR %q: use a private range between /16 and /24 that begins where it says, such as 10.42.0.0/20", d.CIDR)
		return
	}
	for _, s := range d.Steps {
		if s.Normal.VCPU > 0 {
			most := min(s.Concurrency, int(2*float64(d.MaxVCPUs)/s.Normal.VCPU))
			v.check(most <= addresses(cidr), "step %s can have %d jobs at once, but %s has addresses for %d: use a wider range", s.Name, most, cidr, addresses(cidr))
		}
	}
}

// addresses returns how many jobs there is room for: in two quarters of the range,
// less what AWS keeps of each, less the endpoints.
func addresses(cidr netip.Prefix) int {
	const kept, endpoints = 5, 6
	return 2 * (1<<(32-cidr.Bits()-2) - kept - endpoints)
}

var validAdmin = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?\x00-\x20][^\x00-\x20]{0,511}$`)

func (v *validator) people(d *spec.Deployment) {
	for _, a := range d.Admins {
		v.check(validAdmin.MatchString(a), "administrator %q: use the ARN of a role or user, arn:aws:iam::ACCOUNT:role/NAME; that of a session, arn:aws:sts::…, is not one", a)
	}
	v.check(len(d.Emails) <= maxEmails, "%d e-mail addresses: use up to %d", len(d.Emails), maxEmails)
	seen := map[string]bool{}
	for _, e := range d.Emails {
		a, err := mail.ParseAddress(e)
		v.check(err == nil && a.Address == e, "%q is not an e-mail address", e)
		v.check(!seen[e], "the e-mail address %s is there twice", e)
		seen[e] = true
	}
}

var validSchedule = regexp.MustCompile(`^(rate\([1-9][0-9]* (minute|hour|day)s?\)|cron\([^()\x00-\x1f]{11,200}\))$`)

func (v *validator) time(d *spec.Deployment) {
	v.check(d.Schedule == "" || validSchedule.MatchString(d.Schedule), "schedule %q: use rate(VALUE UNIT) or cron(FIELDS), such as rate(7 days)", d.Schedule)
	v.check(d.MaxDuration >= time.Minute && d.MaxDuration <= maxDuration, "a run may take %v: use 1m to a year", d.MaxDuration)
	v.check(d.Budget >= 0 && !math.IsInf(d.Budget, 0), "budget %v: use dollars from 0", d.Budget)
}

// retentions are the days that CloudWatch Logs has.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (v *validator) lifetimes(d *spec.Deployment) {
	v.check(slices.Contains(retentions, d.LogDays), "logs are kept for %d days: CloudWatch has %s", d.LogDays, strings.Trim(fmt.Sprint(retentions), "[]"))
	seen := map[string]bool{}
	for _, prefix := range slices.Sorted(maps.Keys(d.Expire)) {
		folder := strings.TrimSuffix(prefix, "/")
		v.check(len(folder) <= maxPrefix-len("expire-") && validPath.MatchString(folder), "expire %q: use a folder below the prefix of the run; %s is not one", prefix, spec.Work)
		v.check(d.Expire[prefix] >= 1, "expire %q after %d days: use 1 at least", prefix, d.Expire[prefix])
		v.check(!seen[folder], "expire %q is there twice", folder)
		seen[folder] = true
	}
}

var validTag = regexp.MustCompile(`^[\pL\pZ\pN_.:/=+\-@]*$`)

func (v *validator) tags(d *spec.Deployment) {
	v.check(len(d.Tags) <= maxTags, "%d tags: use up to %d", len(d.Tags), maxTags)
	for _, key := range slices.Sorted(maps.Keys(d.Tags)) {
		value := d.Tags[key]
		v.check(key != "" && utf8.RuneCountInString(key) <= 128 && validTag.MatchString(key), "tag %q: use 1 to 128 letters, digits, spaces and _ . : / = + - @", key)
		v.check(utf8.RuneCountInString(value) <= 256 && validTag.MatchString(value), "tag %s: %q: use up to 256 letters, digits, spaces and _ . : / = + - @", key, value)
		v.check(!strings.HasPrefix(strings.ToLower(key), "aws:") && key != "textmill" && key != "textmill-step", "tag %q: textmill, textmill-step and names that begin with aws: are taken", key)
	}
}
