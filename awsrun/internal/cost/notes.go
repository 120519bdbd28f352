package cost

import (
	"fmt"
	"time"

	"github.com/textmill/textmill/awsrun/internal/fargate"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// startShare is the part of a job that is the start of its container.
func (it Item) startShare() float64 {
	if it.JobSeconds == 0 {
		return 0
	}
	return StartUp.Seconds() / float64(it.JobSeconds)
}

// muchStarting is the share from which on it is worth saying.
const muchStarting = 0.25

// warnings returns what will go wrong, or is a waste.
func warnings(d *spec.Deployment, e *Estimate) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if d.Region != e.Prices.Region {
		say("The prices are those of %s; %s has its own.", e.Prices.Region, d.Region)
	}
	for i, it := range e.Steps {
		limit := d.Steps[i].TimeLimit
		if job := seconds(it.JobSeconds); limit > 0 && job > limit {
			say("Step %s: a job takes about %s, and its time limit is %s: lower BatchDuration or, if a shard takes as long, raise TimeLimit.", it.Name, duration(job), duration(limit))
		}
		if it.Jobs > 1 && it.startShare() >= muchStarting {
			say("Step %s: %.0f %% of a job is the start of its container: raise BatchDuration.", it.Name, 100*it.startShare())
		}
		wanted := min(d.Steps[i].Concurrency, it.Jobs)
		if d.Inline && wanted > maxInline {
			say("Step %s: an inline Map does %d jobs at once, not %d.", it.Name, maxInline, wanted)
			wanted = maxInline
		}
		if d.Spot && wanted > it.AtOnce {
			say("Step %s: %d jobs at once want %v vCPUs, and there are %d on Spot: others go on-demand, at a higher price than is estimated. Raise MaxVCPUs, or lower MaxConcurrency.", it.Name, wanted, float64(wanted)*it.Size.VCPU, d.MaxVCPUs)
		}
	}
	if total := seconds(e.Total.Seconds); d.MaxDuration > 0 && total > d.MaxDuration {
		say("The run takes about %s, and is ended after %s: raise MaxDuration or, to be faster, MaxConcurrency and MaxVCPUs.", duration(total), duration(d.MaxDuration))
	}
	if d.NAT {
		say("What jobs read from the internet costs $%v a GB more, by the NAT gateway: $%s if that is all that the first step reads. S3 is not the internet.",
			e.Prices.NATGB, dollars(float64(e.Steps[0].BytesIn)/(1<<30)*e.Prices.NATGB))
	}
	return out
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// assumptions returns what was taken for granted.
func assumptions(d *spec.Deployment, slower float64, e *Estimate) []string {
	out := []string{
		fmt.Sprintf("Prices are those of %s as of %s, without tax and free tiers. Compare them with AWS's pages, such as %s.", e.Prices.Region, e.Prices.Date, fargate.Page),
		"Time, bytes and requests grow in proportion to what is read.",
		fmt.Sprintf("What a core takes a second for here, a vCPU takes %.2g for, and all vCPUs of a job are busy.", slower),
		fmt.Sprintf("A container takes %s to start, which is paid; lists and the report take %s besides.", duration(StartUp), duration(Control)),
		"Nothing fails or is done twice.",
	}
	if d.Spot {
		out = append(out, "There is room on Spot for all jobs that may run there, at that price, which changes all the time.")
	}
	return out
}
