package cloud

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/batch/types"
)

// queues are those of a deployment, without its name.
var queues = []string{"jobs", "steady"}

// checkQueues looks at the job queues and at the compute environments behind them.
func (p *patient) checkQueues(ctx context.Context) {
	const check = "queue"
	var names, environments []string
	for _, q := range queues {
		names = append(names, p.c.name+"-"+q)
	}
	out, err := p.c.batch.DescribeJobQueues(ctx, &batch.DescribeJobQueuesInput{JobQueues: names})
	if err != nil {
		p.addError(check, strings.Join(names, " and "), err)
		return
	}
	for _, name := range names {
		i := slices.IndexFunc(out.JobQueues, func(q types.JobQueueDetail) bool { return aws.ToString(q.JobQueueName) == name })
		if i < 0 {
			p.add(check, Error, doDeploy, "%s is missing", name)
			continue
		}
		q := out.JobQueues[i]
		p.addState(check, name, string(q.State), string(q.Status), aws.ToString(q.StatusReason))
		for _, e := range q.ComputeEnvironmentOrder {
			if arn := aws.ToString(e.ComputeEnvironment); !slices.Contains(environments, arn) {
				environments = append(environments, arn)
			}
		}
	}
	p.checkEnvironments(ctx, environments)
}

func (p *patient) checkEnvironments(ctx context.Context, arns []string) {
	const check = "compute"
	if len(arns) == 0 {
		return // there is no queue, of which was told
	}
	out, err := p.c.batch.DescribeComputeEnvironments(ctx, &batch.DescribeComputeEnvironmentsInput{ComputeEnvironments: arns})
	if err != nil {
		p.addError(check, "compute environments", err)
		return
	}
	for _, arn := range arns {
		i := slices.IndexFunc(out.ComputeEnvironments, func(e types.ComputeEnvironmentDetail) bool {
			return aws.ToString(e.ComputeEnvironmentArn) == arn || aws.ToString(e.ComputeEnvironmentName) == arn
		})
		if i < 0 {
			p.add(check, Error, doDeploy, "%s is missing", arn)
			continue
		}
		e := out.ComputeEnvironments[i]
		p.addState(check, aws.ToString(e.ComputeEnvironmentName), string(e.State), string(e.Status), aws.ToString(e.StatusReason))
	}
}

// addState tells what Batch says of a queue or a compute environment.
func (p *patient) addState(check, name, state, status, reason string) {
	said := fmt.Sprintf("%s is %s and %s", name, state, status)
	if reason != "" {
		said += ": " + reason
	}
	switch {
	case state != "ENABLED":
		p.add(check, Error, "enable it, or "+doDeploy, "%s", said)
	case status == "VALID":
		p.add(check, OK, "", "%s", said)
	case status == "CREATING" || status == "UPDATING":
		p.add(check, Warning, doWait, "%s", said)
	default:
		p.add(check, Error, "remove the cause, then "+doDeploy, "%s", said)
	}
}

// checkJobs looks at the job definitions, and at the images that they name.
func (p *patient) checkJobs(ctx context.Context) {
	const check = "job definition"
	used := references(p.deployed)
	images := map[string]bool{}
	good := 0
	for _, key := range Jobs(p.d) {
		name := p.c.name + "-" + key
		out, err := p.c.batch.DescribeJobDefinitions(ctx, &batch.DescribeJobDefinitionsInput{JobDefinitionName: &name, Status: aws.String("ACTIVE")})
		if err != nil {
			p.addError(check, name, err)
			return // nor would it be known of the others
		}
		j := pick(out.JobDefinitions, used[name])
		switch {
		case j == nil && used[name] != "":
			p.add(check, Error, doDeploy, "%s:%s, which the state machine uses, is not active", name, used[name])
		case j == nil:
			p.add(check, Error, doDeploy, "%s is missing", name)
		default:
			good++
			images[image(*j)] = true
		}
	}
	if good == len(Jobs(p.d)) {
		p.add(check, OK, "", "%d are active", good)
	}
	p.checkImages(ctx, images)
}

var reference = regexp.MustCompile(`:job-definition/([A-Za-z0-9_-]+)(?::(\d+))?"`)

// references returns the revisions of job definitions, by name, that a state machine
// uses; "" is the latest.
func references(definition string) map[string]string {
	used := map[string]string{}
	for _, m := range reference.FindAllStringSubmatch(definition, -1) {
		used[m[1]] = m[2]
	}
	return used
}

// pick returns the job definition of a revision, the latest if that is "", or nil.
func pick(all []types.JobDefinition, revision string) *types.JobDefinition {
	var picked *types.JobDefinition
	for i, j := range all {
		n := aws.ToInt32(j.Revision)
		if revision != "" && fmt.Sprint(n) != revision {
			continue
		}
		if picked == nil || n > aws.ToInt32(picked.Revision) {
			picked = &all[i]
		}
	}
	return picked
}

// image returns the image of a job definition.
func image(j types.JobDefinition) string {
	if j.ContainerProperties == nil {
		return ""
	}
	return aws.ToString(j.ContainerProperties.Image)
}

// checkImages looks whether the registry has the images that job definitions name.
func (p *patient) checkImages(ctx context.Context, images map[string]bool) {
	const check = "image"
	for _, name := range sorted(images) {
		_, digest, ok := strings.Cut(name, "@")
		if !ok {
			p.add(check, Error, doDeploy, "%q is not named by its digest, so it can change during a run", name)
			continue
		}
		if p.d.Image != "" && digest != p.d.Image {
			p.add(check, Warning, doDeploy, "%s is deployed, and not this program's %s", digest, p.d.Image)
		}
		switch found, err := p.c.hasImage(ctx, digest); {
		case err != nil:
			p.addError(check, digest, err)
		case !found:
			p.add(check, Error, doDeploy+", or image -push with the program of then", "%s is not in the registry", digest)
		default:
			p.add(check, OK, "", "%s is in the registry", digest)
		}
	}
}
