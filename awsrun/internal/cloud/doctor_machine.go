package cloud

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/textmill/textmill/internal/awserr"
)

// checkMachine looks at the state machine, which is the last thing that is made. It
// returns false if there is none.
func (p *patient) checkMachine(ctx context.Context) (deployed bool) {
	const check = "state machine"
	machine, err := p.c.machine(ctx)
	if err != nil {
		p.addError(check, p.c.name, err)
		return true
	}
	out, err := p.c.sfn.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
	switch {
	case awserr.Code(err) == "StateMachineDoesNotExist":
		p.add(check, Warning, doDeploy, "there is none, so most of what is deployed was not checked")
		return false
	case err != nil:
		p.addError(check, p.c.name, err)
		return true
	case out.Status != types.StateMachineStatusActive:
		p.add(check, Error, "wait until it is gone, then "+doDeploy, "it is %s", out.Status)
		return true
	}
	p.deployed = aws.ToString(out.Definition)
	p.compare(ctx)
	return true
}

// compare tells whether what is deployed is what the program has now.
func (p *patient) compare(ctx context.Context) {
	const check = "state machine"
	bucket, err := p.c.Bucket(ctx, p.d)
	if err != nil {
		p.addError(check, p.c.name, err)
		return
	}
	where, err := difference(p.template, []byte(p.deployed), map[string]string{"bucket": bucket, "prefix_key": p.d.Key("")})
	switch {
	case err != nil:
		p.add(check, Error, doDeploy, "%v", err)
	case where != "":
		p.add(check, Error, doDeploy, "what is deployed is not what this program has now: they differ at %s", where)
	default:
		p.add(check, OK, "", "it is active, and this program's")
	}
}

func (p *patient) checkLogs(ctx context.Context) {
	const check = "logs"
	have := map[string]bool{}
	prefix := p.c.logGroups()
	for pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(p.c.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			p.addError(check, "log groups", err)
			return
		}
		for _, g := range page.LogGroups {
			have[strings.TrimPrefix(aws.ToString(g.LogGroupName), prefix)] = true
		}
	}
	good := true
	for _, job := range Jobs(p.d) {
		if !have[job] {
			good = false
			p.add(check, Error, doDeploy, "the log group %s is missing, without which jobs do not start", p.c.LogGroup(job))
		}
	}
	if good {
		p.add(check, OK, "", "all log groups are there")
	}
}

// checkMails looks whether those who are to be told have agreed to that.
func (p *patient) checkMails(ctx context.Context) {
	const check = "mail"
	if len(p.d.Emails) == 0 {
		return
	}
	topic, err := p.c.arn(ctx, "sns", p.c.name)
	if err != nil {
		p.addError(check, "the topic", err)
		return
	}
	arns := map[string]string{} // of the subscriptions, by address
	for pages := sns.NewListSubscriptionsByTopicPaginator(p.c.sns, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if awserr.Status(err) == http.StatusNotFound {
			p.add(check, Error, doDeploy, "the topic %s is missing", topic)
			return
		}
		if err != nil {
			p.addError(check, topic, err)
			return
		}
		for _, s := range page.Subscriptions {
			arns[aws.ToString(s.Endpoint)] = aws.ToString(s.SubscriptionArn)
		}
	}
	for _, email := range p.d.Emails {
		switch arn := arns[email]; {
		case arn == "":
			p.add(check, Warning, doDeploy, "%s is not told of anything", email)
		case !strings.HasPrefix(arn, "arn:"): // PendingConfirmation, or Deleted
			p.add(check, Warning, "follow the link in the mail that AWS has sent, if need be after another deploy", "%s has not agreed to be told", email)
		default:
			p.add(check, OK, "", "%s is told", email)
		}
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
