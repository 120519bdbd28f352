package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Doctor looks for what keeps a deployment from working, before it is made and after.
// It changes nothing. The definition is the template of the state machine, with
// ${NAME} where Terraform puts in what it has made.
//
// A check that may not be made for want of a permission is a warning, and never keeps
// the others from being made. Only without credentials, and before there is a state
// machine, are there fewer: most of what is checked is not there then.
func (c *Client) Doctor(ctx context.Context, d *spec.Deployment, definition []byte) Findings {
	p := &patient{c: c, d: d, template: definition}
	p.checkRegion()
	if !p.checkCredentials(ctx) {
		return p.findings
	}
	p.checkInputs(ctx)
	deployed := p.checkMachine(ctx)
	p.checkBucket(ctx, deployed)
	if !deployed {
		return p.findings
	}
	p.checkQueues(ctx)
	p.checkJobs(ctx)
	p.checkLogs(ctx)
	p.checkMails(ctx)
	p.checkRun(ctx)
	return p.findings
}

// A patient is a deployment that is being looked at.
type patient struct {
	c        *Client
	d        *spec.Deployment
	template []byte // of the state machine
	deployed string // what it is on AWS; "" if that is not known
	findings Findings
}

const (
	doDeploy = "run deploy"
	doWait   = "wait a minute and look again"
)

func (p *patient) add(check string, level Level, do, format string, args ...any) {
	p.findings = append(p.findings, Finding{Check: check, Level: level, Message: fmt.Sprintf(format, args...), Do: do})
}

// addError adds that something could not be looked at.
func (p *patient) addError(check, what string, err error) {
	err = explain(err)
	e, _ := errors.AsType[smithy.APIError](err)
	switch {
	case denied(err):
		p.add(check, Warning, "have "+action(err)+" granted to who you are here, or let someone look who may", "%s was not checked for want of the permission %s: %s", what, action(err), e.ErrorMessage())
	case errors.Is(err, ErrNotDeployed):
		p.add(check, Error, doDeploy, "%s is missing: %s", what, e.ErrorMessage())
	default:
		p.add(check, Error, "", "%s was not checked: %v", what, err)
	}
}

// Jobs returns the keys of a deployment's job definitions.
func Jobs(d *spec.Deployment) []string {
	jobs := []string{spec.ControlJob}
	for _, s := range d.Steps {
		jobs = append(jobs, spec.StepJob(s.Name), spec.LargeJob(s.Name))
	}
	return jobs
}

func (p *patient) checkRegion() {
	switch {
	case p.d.Region != p.c.region:
		p.add("region", Error, "set AWS_REGION to the one, or Region to the other", "the deployment is for %s, but %s is asked", p.d.Region, p.c.region)
	default:
		p.add("region", OK, "", "%s", p.c.region)
	}
}

func (p *patient) checkCredentials(ctx context.Context) bool {
	who, err := p.c.whoami(ctx)
	if err != nil {
		p.add("credentials", Error, "", "%v; nothing else was checked", err)
		return false
	}
	p.add("credentials", OK, "", "account %s, %s", who.account, who.arn)
	return true
}

func (p *patient) checkRun(ctx context.Context) {
	err := p.c.idle(ctx)
	switch {
	case errors.Is(err, ErrRunning):
		p.add("run", Warning, "", "%v", err)
	case err != nil:
		p.addError("run", "whether one is going on", err)
	default:
		p.add("run", OK, "", "none is going on")
	}
}
