package iam

import (
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/proof"
)

// Who asks.
const (
	accountID = "123456789012"
	job       = "arn:aws:iam::" + accountID + ":role/webtext-job"
	machine   = "arn:aws:iam::" + accountID + ":role/webtext-states"
	execution = "arn:aws:iam::" + accountID + ":role/webtext-execution"
	batch     = "arn:aws:iam::" + accountID + ":role/webtext-batch"
	schedule  = "arn:aws:iam::" + accountID + ":role/webtext-schedule"
	deployer  = "arn:aws:iam::" + accountID + ":role/deployer" // has applied the module
	stranger  = "arn:aws:iam::" + accountID + ":user/stranger"
)

// What is asked for.
const (
	bucket   = "arn:aws:s3:::webtext-" + accountID + "-eu-central-1"
	run      = bucket + "/2026/run-1/"
	boundary = "arn:aws:iam::" + accountID + ":policy/webtext-boundary"
)

// administrator allows everything, as the policy of AWS of that name.
const administrator = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// A decision is a request, and whether it is granted.
type decision struct {
	who, action, resource string
	context               []string // keys and values, besides those that every request has
	want                  bool
}

const yes, no = true, false

// byEndpoint is the context of a request that comes by the endpoint of the network.
var byEndpoint = []string{"aws:SourceVpce", "ENDPOINT"}

func and(a []string, b ...string) []string { return append(append([]string{}, a...), b...) }

func TestWhoMayDoWhat(t *testing.T) {
	const (
		kmsHeader = "s3:x-amz-server-side-encryption"
		keyHeader = "s3:x-amz-server-side-encryption-aws-kms-key-id"
		passed    = "iam:PassedToService"
		bounded   = "iam:PermissionsBoundary"
	)
	check(t, "", []decision{
		// A job, in its run.
		{job, "s3:GetObject", run + "clean/a.jsonl.gz", byEndpoint, yes},
		{job, "s3:GetObjectVersion", run + "clean/a.jsonl.gz", byEndpoint, yes},
		{job, "s3:PutObject", run + ".textmill/steps/clean/shards.json", byEndpoint, yes},
		{job, "s3:AbortMultipartUpload", run + "clean/a", byEndpoint, yes},
		{job, "s3:DeleteObject", run + "clean/a", byEndpoint, yes},
		{job, "s3:ListBucket", bucket, and(byEndpoint, "s3:prefix", "2026/run-1/clean/"), yes},
		{job, "s3:ListBucket", bucket, byEndpoint, yes}, // asked when an object is not there
		{job, "s3:ListBucketMultipartUploads", bucket, byEndpoint, yes},
		{job, "kms:GenerateDataKey", "KEY", nil, yes},
		{job, "kms:Decrypt", "KEY", nil, yes},
		// Elsewhere in the bucket, or from elsewhere.
		{job, "s3:GetObject", bucket + "/2026/run-2/clean/a", byEndpoint, no},
		{job, "s3:PutObject", bucket + "/2026/run-10/a", byEndpoint, no},
		{job, "s3:ListBucket", bucket, and(byEndpoint, "s3:prefix", "2026/run-2/"), no},
		{job, "s3:GetObject", run + "clean/a", nil, no},
		{job, "s3:GetObject", run + "clean/a", []string{"aws:SourceVpce", "vpce-other"}, no},
		{job, "s3:GetObject", run + "clean/a", and(byEndpoint, "aws:SecureTransport", "false"), no},
		{job, "s3:DeleteObjectVersion", run + "clean/a", byEndpoint, no},
		{job, "kms:ScheduleKeyDeletion", "KEY", nil, no},
		{job, "kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/other", nil, no},
		// Encrypted with the key of the bucket, whether the request says so or not.
		{job, "s3:PutObject", run + "a", and(byEndpoint, kmsHeader, "aws:kms"), yes},
		{job, "s3:PutObject", run + "a", and(byEndpoint, kmsHeader, "aws:kms", keyHeader, "KEY"), yes},
		{job, "s3:PutObject", run + "a", and(byEndpoint, kmsHeader, "AES256"), no},
		{job, "s3:PutObject", run + "a", and(byEndpoint, kmsHeader, "aws:kms", keyHeader, "arn:aws:kms:eu-central-1:1:key/other"), no},
		// Inputs are for reading.
		{job, "s3:GetObject", "arn:aws:s3:::crawl/any/thing", byEndpoint, yes},
		{job, "s3:ListBucket", "arn:aws:s3:::crawl", and(byEndpoint, "s3:prefix", "any/"), yes},
		{job, "s3:GetObject", "arn:aws:s3:::commoncrawl/crawl-data/CC-MAIN-2026-40/wet.paths.gz", byEndpoint, yes},
		{job, "s3:ListBucket", "arn:aws:s3:::commoncrawl", and(byEndpoint, "s3:prefix", "crawl-data/CC-MAIN-2026-40/"), yes},
		{job, "s3:GetObject", "arn:aws:s3:::commoncrawl/crawl-data/CC-MAIN-2025-40/wet.paths.gz", byEndpoint, no},
		{job, "s3:ListBucket", "arn:aws:s3:::commoncrawl", and(byEndpoint, "s3:prefix", "crawl-data/"), no},
		{job, "s3:PutObject", "arn:aws:s3:::crawl/any/thing", byEndpoint, no},
		{job, "s3:GetObject", "arn:aws:s3:::other/a", byEndpoint, no},
		// Nothing else.
		{job, "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:webtext", nil, no},
		{job, "batch:SubmitJob", "arn:aws:batch:eu-central-1:123456789012:job-queue/webtext-jobs", nil, no},
		{job, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webtext/token-AbCdEf", nil, no},

		// Step Functions.
		{machine, "s3:GetObject", run + ".textmill/steps/clean/batches.json", nil, yes},
		{machine, "s3:PutObject", run + ".textmill/steps/clean/results/a/manifest.json", nil, yes},
		{machine, "s3:GetObject", run + "clean/a.jsonl.gz", nil, no},
		{machine, "s3:PutObject", run + ".textmill/steps/clean/batches.json", nil, no},
		{machine, "s3:DeleteObject", run + ".textmill/steps/clean/results/a/manifest.json", nil, no},
		{machine, "batch:SubmitJob", "arn:aws:batch:eu-central-1:123456789012:job-queue/webtext-steady", nil, yes},
		{machine, "batch:SubmitJob", "arn:aws:batch:eu-central-1:123456789012:job-definition/webtext-large_near-duplicates:7", nil, yes},
		{machine, "batch:SubmitJob", "arn:aws:batch:eu-central-1:123456789012:job-definition/other-control:1", nil, no},
		{machine, "batch:SubmitJob", "arn:aws:batch:eu-central-1:123456789012:job-queue/other", nil, no},
		{machine, "batch:TagResource", "arn:aws:batch:eu-central-1:123456789012:job/0a1b", nil, yes},
		{machine, "batch:TerminateJob", "arn:aws:batch:eu-central-1:123456789012:job/0a1b", nil, yes},
		{machine, "batch:DescribeJobs", "*", nil, yes},
		{machine, "batch:RegisterJobDefinition", "arn:aws:batch:eu-central-1:123456789012:job-definition/webtext-control", nil, no},
		{machine, "events:PutRule", "arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForBatchJobsRule", nil, yes},
		{machine, "events:PutTargets", "arn:aws:events:eu-central-1:123456789012:rule/webtext-ended-badly", nil, no},
		{machine, "states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext", nil, yes},
		{machine, "states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext2", nil, no},
		{machine, "states:StopExecution", "arn:aws:states:eu-central-1:123456789012:execution:webtext:0a1b", nil, yes},
		{machine, "states:RedriveExecution", "arn:aws:states:eu-central-1:123456789012:execution:webtext/clean:0a1b", nil, yes},
		{machine, "states:DescribeExecution", "arn:aws:states:eu-central-1:123456789012:execution:webtext2/clean:0a1b", nil, no},
		{machine, "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:webtext", nil, yes},
		{machine, "sns:Publish", "arn:aws:sns:eu-central-1:123456789012:other", nil, no},
		{machine, "kms:GenerateDataKey", "KEY", nil, yes},
		{machine, "iam:PassRole", job, []string{passed, "ecs-tasks.amazonaws.com"}, no},

		// Fargate, before the program runs.
		{execution, "ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:123456789012:repository/webtext", nil, yes},
		{execution, "ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:123456789012:repository/other", nil, no},
		{execution, "ecr:PutImage", "arn:aws:ecr:eu-central-1:123456789012:repository/webtext", nil, no},
		{execution, "ecr:GetAuthorizationToken", "*", nil, yes},
		{execution, "logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:/textmill/webtext/step_clean:log-stream:step_clean/default/0a1b", nil, yes},
		{execution, "logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:/textmill/webtext2/step_clean:log-stream:a", nil, no},
		{execution, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webtext/token-AbCdEf", nil, yes},
		{execution, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mirror-GhIjKl", nil, yes},
		{execution, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:other-GhIjKl", nil, no},
		{execution, "s3:GetObject", run + "a", byEndpoint, no},

		// Batch.
		{batch, "iam:PassRole", job, []string{passed, "ecs-tasks.amazonaws.com"}, yes},
		{batch, "iam:PassRole", execution, []string{passed, "ecs-tasks.amazonaws.com"}, yes},
		{batch, "iam:PassRole", job, []string{passed, "lambda.amazonaws.com"}, no},
		{batch, "iam:PassRole", machine, []string{passed, "ecs-tasks.amazonaws.com"}, no},
		{batch, "ecs:RunTask", "arn:aws:ecs:eu-central-1:123456789012:task-definition/a:1", nil, yes},
		{batch, "ecs:RunTask", "arn:aws:ecs:us-east-1:123456789012:task-definition/a:1", nil, no},

		// EventBridge Scheduler.
		{schedule, "states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext", nil, yes},
		{schedule, "states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:other", nil, no},
		{schedule, "states:StopExecution", "arn:aws:states:eu-central-1:123456789012:execution:webtext:0a1b", nil, no},

		// Who deploys, with the two policies.
		{deployer, "s3:GetObject", run + "clean/a", nil, yes},
		{deployer, "s3:PutBucketPolicy", bucket, nil, yes},
		{deployer, "s3:GetObject", "arn:aws:s3:::other/a", nil, no},
		{deployer, "iam:CreateRole", job, []string{bounded, boundary}, yes},
		{deployer, "iam:CreateRole", job, nil, no},
		{deployer, "iam:CreateRole", job, []string{bounded, "arn:aws:iam::aws:policy/AdministratorAccess"}, no},
		{deployer, "iam:CreateRole", "arn:aws:iam::123456789012:role/other", []string{bounded, boundary}, no},
		{deployer, "iam:PutRolePolicy", job, []string{bounded, boundary}, yes},
		{deployer, "iam:PutRolePolicy", job, nil, no},
		{deployer, "iam:AttachRolePolicy", job, []string{bounded, boundary}, no},
		{deployer, "iam:DeleteRolePermissionsBoundary", job, []string{bounded, boundary}, no},
		{deployer, "iam:CreatePolicyVersion", boundary, nil, no},
		{deployer, "iam:GetPolicyVersion", boundary, nil, yes},
		{deployer, "iam:PassRole", machine, []string{passed, "states.amazonaws.com"}, yes},
		{deployer, "iam:PassRole", machine, []string{passed, "ec2.amazonaws.com"}, no},
		{deployer, "iam:PassRole", "arn:aws:iam::123456789012:role/other", []string{passed, "states.amazonaws.com"}, no},
		{deployer, "kms:Decrypt", "KEY", nil, yes},
		{deployer, "kms:PutKeyPolicy", "KEY", nil, no},
		{deployer, "ecr:PutImage", "arn:aws:ecr:eu-central-1:123456789012:repository/webtext", nil, yes},
		{deployer, "ecr:PutImage", "arn:aws:ecr:eu-central-1:123456789012:repository/other", nil, no},
		{deployer, "states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext", nil, yes},
		// What the commands of the program ask.
		{deployer, "states:ListExecutions", "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext", nil, yes},
		{deployer, "states:GetExecutionHistory", "arn:aws:states:eu-central-1:123456789012:execution:webtext/clean:0a1b", nil, yes},
		{deployer, "states:DescribeMapRun", "arn:aws:states:eu-central-1:123456789012:mapRun:webtext/clean:0a1b", nil, yes},
		{deployer, "states:RedriveExecution", "arn:aws:states:eu-central-1:123456789012:execution:webtext:0a1b", nil, yes},
		{deployer, "states:StopExecution", "arn:aws:states:eu-central-1:123456789012:execution:other:0a1b", nil, no},
		{deployer, "batch:DescribeJobQueues", "*", nil, yes},
		{deployer, "logs:FilterLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:/textmill/webtext/step_clean", nil, yes},
		{deployer, "logs:FilterLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:/textmill/other/step_clean", nil, no},
		{deployer, "ecr:DescribeImages", "arn:aws:ecr:eu-central-1:123456789012:repository/webtext", nil, yes},
		{deployer, "sns:ListSubscriptionsByTopic", "arn:aws:sns:eu-central-1:123456789012:webtext", nil, yes},
		{deployer, "s3:GetBucketVersioning", bucket, nil, yes},
		{deployer, "s3:ListBucket", bucket, nil, yes},
		// The network.
		{deployer, "ec2:CreateVpc", "arn:aws:ec2:eu-central-1:123456789012:vpc/*", []string{"aws:RequestTag/textmill", "webtext"}, yes},
		{deployer, "ec2:CreateVpc", "arn:aws:ec2:eu-central-1:123456789012:vpc/*", nil, no},
		{deployer, "ec2:CreateTags", "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1", []string{"aws:RequestTag/textmill", "webtext", "ec2:CreateAction", "CreateVpc"}, yes},
		{deployer, "ec2:CreateTags", "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1", []string{"aws:RequestTag/textmill", "webtext"}, no},
		{deployer, "ec2:DeleteVpc", "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1", []string{"aws:ResourceTag/textmill", "webtext"}, yes},
		{deployer, "ec2:DeleteVpc", "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1", []string{"aws:ResourceTag/textmill", "other"}, no},
	})
}

// TestWhateverIsAdded: somebody attaches a policy that allows everything to roles, and
// takes their boundary away.
func TestWhateverIsAdded(t *testing.T) {
	check(t, administrator, []decision{
		{job, "s3:GetObject", run + "a", byEndpoint, yes},
		{job, "s3:GetObject", "arn:aws:s3:::other/a", nil, no},
		{job, "s3:ListBucket", "arn:aws:s3:::other", nil, no},
		{job, "s3:ListAllMyBuckets", "*", nil, no},
		{job, "s3:DeleteBucket", bucket, nil, no},
		{job, "s3:PutBucketPolicy", bucket, nil, no},
		{job, "s3:PutLifecycleConfiguration", bucket, nil, no},
		{job, "s3:DeleteObjectVersion", run + "a", byEndpoint, no},
		{job, "iam:PassRole", batch, nil, no},
		{job, "sts:AssumeRole", deployer, nil, no},
		{job, "s3:GetObject", run + "a", nil, no},
		// The bucket is for these roles only, and how it is set up for whoever has the right.
		{execution, "s3:GetObject", run + "a", byEndpoint, no},
		{stranger, "s3:GetObject", run + "a", nil, no},
		{stranger, "s3:GetObject", run + "a", byEndpoint, no},
		{stranger, "s3:ListBucket", bucket, nil, no},
		{stranger, "s3:PutBucketPolicy", bucket, nil, yes},
		{deployer, "s3:GetObject", run + "a", nil, yes},
		{deployer, "s3:GetObject", run + "a", []string{"aws:SecureTransport", "false"}, no},
	})
}

// TestEndpoint: what a job reaches with credentials that it has not got from us.
func TestEndpoint(t *testing.T) {
	endpoint := policies(t, proof.Example())["vpc_endpoint.s3"].policy
	const foreign = "999999999999"
	for _, c := range []struct {
		account, action, resource string
		want                      bool
	}{
		{accountID, "s3:PutObject", run + "a", yes},
		{accountID, "s3:PutObject", "arn:aws:s3:::crawl/a", no},
		{accountID, "s3:GetObject", "arn:aws:s3:::crawl/a", yes},
		{accountID, "s3:PutObject", "arn:aws:s3:::theirs/a", no},
		{foreign, "s3:PutObject", "arn:aws:s3:::theirs/a", no},
		{foreign, "s3:PutObject", run + "a", no},
		{foreign, "s3:GetObject", "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/a", yes},
		{foreign, "s3:GetObject", "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/a", no},
		{foreign, "s3:PutObject", "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/a", no},
	} {
		r := Request{Principal: "arn:aws:iam::" + c.account + ":role/a", Action: c.action, Resource: c.resource,
			Context: map[string]string{"aws:PrincipalAccount": c.account}}
		got, err := Ask(r, endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if (got == Allowed) != c.want {
			t.Errorf("%s %s of %s: %v", c.action, c.resource, c.account, got)
		}
	}
}

// TestTrust: who may take on the roles.
func TestTrust(t *testing.T) {
	all := policies(t, proof.Example())
	for _, c := range []struct {
		role, service, account, source string
		want                           bool
	}{
		{"job", "ecs-tasks", accountID, "arn:aws:ecs:eu-central-1:123456789012:task/c/t", yes},
		{"job", "ecs-tasks", "999999999999", "arn:aws:ecs:eu-central-1:999999999999:task/c/t", no},
		{"job", "ecs-tasks", accountID, "arn:aws:ecs:us-east-1:123456789012:task/c/t", no},
		{"job", "lambda", accountID, "arn:aws:ecs:eu-central-1:123456789012:task/c/t", no},
		{"execution", "ecs-tasks", accountID, "arn:aws:ecs:eu-central-1:123456789012:task/c/t", yes},
		{"batch", "batch", accountID, "arn:aws:batch:eu-central-1:123456789012:compute-environment/webtext-spot-1", yes},
		{"batch", "batch", accountID, "arn:aws:batch:eu-central-1:123456789012:job/1", yes},
		{"batch", "batch", accountID, "arn:aws:batch:eu-central-1:123456789012:compute-environment/other", no},
		{"batch", "ecs-tasks", accountID, "arn:aws:ecs:eu-central-1:123456789012:task/c/t", no},
		{"states", "states", accountID, "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext", yes},
		{"states", "states", accountID, "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext/clean", yes},
		{"states", "states", accountID, "arn:aws:states:eu-central-1:123456789012:stateMachine:webtext2", no},
		{"schedule", "scheduler", accountID, "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/webtext", yes},
		{"schedule", "scheduler", accountID, "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default", no},
		{"schedule", "events", accountID, "arn:aws:events:eu-central-1:123456789012:rule/webtext", no},
	} {
		r := Request{Service: c.service + ".amazonaws.com", Action: "sts:AssumeRole",
			Context: map[string]string{"aws:SourceAccount": c.account, "aws:SourceArn": c.source}}
		got, err := Ask(r, all["iam_role."+c.role].policy)
		if err != nil {
			t.Fatal(err)
		}
		if (got == Allowed) != c.want {
			t.Errorf("%s by %s for %s: %v", c.role, c.service, c.source, got)
		}
	}
}

// check decides requests by the policies of the example. If there is one more policy,
// every role has it, and no boundary.
func check(t *testing.T, more string, decisions []decision) {
	t.Helper()
	all := policies(t, proof.Example())
	real := placeholders(t)
	for _, d := range decisions {
		k := kinds(t, all, d.who, more)
		r := Request{Principal: d.who, Action: d.action, Resource: real.Replace(d.resource), Context: map[string]string{
			"aws:PrincipalArn": d.who, "aws:PrincipalAccount": accountID, "aws:SecureTransport": "true",
		}}
		for i := 0; i < len(d.context); i += 2 {
			r.Context[d.context[i]] = real.Replace(d.context[i+1])
		}
		if strings.HasPrefix(d.resource, bucket) {
			k.Resource = all["s3_bucket_policy.runs"].policy
		}
		if r.Context["aws:SourceVpce"] == real.Replace("ENDPOINT") {
			k.Endpoint = all["vpc_endpoint.s3"].policy
		}
		got, err := k.Decide(r)
		if err != nil {
			t.Fatal(err)
		}
		if got != d.want {
			t.Errorf("%s %s %s %v: %v", d.who, d.action, d.resource, d.context, got)
		}
	}
}

// kinds returns the policies of a role or user.
func kinds(t *testing.T, all map[string]*document, who, more string) Kinds {
	t.Helper()
	var k Kinds
	name, ours := strings.CutPrefix(who, "arn:aws:iam::"+accountID+":role/webtext-")
	switch {
	case ours:
		k.Identity = append(k.Identity, all["iam_role_policy."+name].policy)
		k.Boundary = all["iam_policy.boundary"].policy
	case who == deployer:
		k.Identity = append(k.Identity, all["iam_policy.deploy"].policy, all["iam_policy.deploy_network"].policy)
	}
	if more != "" {
		p, err := Parse(more)
		if err != nil {
			t.Fatal(err)
		}
		k.Identity, k.Boundary = append(k.Identity, p), nil
	}
	return k
}

// placeholders are what AWS chose the names of.
func placeholders(t *testing.T) *strings.Replacer {
	t.Helper()
	endpoint, key := ids["aws_vpc_endpoint.s3.id"], ids["aws_kms_key.main.arn"]
	if endpoint == "" || key == "" {
		t.Fatal("no endpoint or no key")
	}
	return strings.NewReplacer("ENDPOINT", endpoint, "KEY", key)
}
