package proof

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// enforce has the server check from now on what callers may do. The tests themselves may
// do everything.
func (m *moto) enforce(t *testing.T) {
	t.Helper()
	m.iam(t, "CreateUser", map[string]string{"UserName": "tests"})
	m.iam(t, "PutUserPolicy", map[string]string{
		"UserName": "tests", "PolicyName": "all",
		"PolicyDocument": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`,
	})
	keys := m.answer(t, "iam", "2010-05-08", "CreateAccessKey", map[string]string{"UserName": "tests"})
	m.key, m.secret = elementOf(keys, "AccessKeyId"), elementOf(keys, "SecretAccessKey")
	m.connect()
	resp, err := http.Post(m.endpoint+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	must(t, err)
	resp.Body.Close()
}

// The roles that Terraform makes allow what a run needs, of everybody who takes part in
// it; and the job's allows nothing else.
func TestAccess(t *testing.T) {
	m := newMoto(t, "", 4)
	m.settings.Environment = map[string]string{"AWS_ENDPOINT_URL": m.endpoint}
	// With all that happens to jobs, so that all states are gone through.
	d := m.deploy(t, newSpec("access", "-shards=24", "-room=20", "-poison=17"), build(t, "./testprogram"))
	queue := d.subscribe(t)
	job := d.job(t)
	m.enforce(t)
	d.s3 = m.s3(t)
	d.run(t, succeeded)
	if subject, _ := d.receive(t, queue); !strings.HasSuffix(subject, ": done") {
		t.Errorf("the message is about %q", subject)
	}
	if n := len(d.of(d.jobs(t), spec.LargeJob("words"))); n != 1 {
		t.Errorf("%d jobs had more memory", n)
	}
	d.jobMay(t, job)
}

// Of what is needed, nothing may be missing; and a run whose settings are bad may be
// stopped by the state machine.
func TestAccessMissing(t *testing.T) {
	m := newMoto(t, "", 4)
	m.settings.Environment = map[string]string{"AWS_ENDPOINT_URL": m.endpoint}
	program := build(t, "./testprogram")
	cases := []struct {
		name    string
		lacks   string // an action that is taken out of all policies
		setting string
		status  sfntypes.ExecutionStatus
		says    string
		run     *deployment
	}{
		{name: "stopped", lacks: "none", setting: "-refuse=0", status: sfntypes.ExecutionStatusAborted, says: "BadSettings"},
		{name: "no-stop", lacks: "states:StopExecution", status: sfntypes.ExecutionStatusFailed, says: "states:StopExecution"},
		{name: "no-rule", lacks: "events:PutRule", status: sfntypes.ExecutionStatusFailed, says: "events:PutRule"},
		{name: "no-child", lacks: "states:StartExecution", status: sfntypes.ExecutionStatusFailed, says: "states:StartExecution"},
		{name: "no-submit", lacks: "batch:SubmitJob", status: sfntypes.ExecutionStatusFailed, says: "batch:SubmitJob"},
		{name: "no-put", lacks: "s3:PutObject", status: sfntypes.ExecutionStatusFailed, says: "BadSettings"},
		{name: "no-pull", lacks: "ecr:BatchGetImage", status: sfntypes.ExecutionStatusFailed, says: "ResourceInitializationError"},
		{name: "no-log", lacks: "logs:CreateLogStream", status: sfntypes.ExecutionStatusFailed, says: "ResourceInitializationError"},
	}
	for i, c := range cases {
		d := newSpec(c.name, "-shards=4", cmp.Or(c.setting, "-poison=-1"))
		resources := modelled(t, d)
		for _, r := range resources {
			if r.Type == "aws_iam_role_policy" {
				r.Values["policy"] = strings.ReplaceAll(r.text("policy"), strconv.Quote(c.lacks), `"none:None"`)
			}
		}
		cases[i].run = m.create(t, d, resources, program)
	}
	m.enforce(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.run.s3 = m.s3(t)
			out := c.run.run(t, c.status)
			err, cause := str(out.Error), str(out.Cause)
			if out.Status == sfntypes.ExecutionStatusFailed {
				err, cause = c.run.failure(t, *out.ExecutionArn)
			}
			if !strings.Contains(err+": "+cause, c.says) {
				t.Errorf("the run ended with %s: %s", err, cause)
			}
		})
	}
}

// job returns what clients need to be a job. Nobody but ECS may have the role, so this is
// asked for while nothing is enforced yet.
func (d *deployment) job(t *testing.T) aws.Config {
	t.Helper()
	role, err := sts.NewFromConfig(d.moto.config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: ptr("arn:aws:iam::" + account + ":role/" + d.Name + "-job"), RoleSessionName: ptr("try"),
	})
	must(t, err)
	return awsConfig(d.moto.endpoint, *role.Credentials.AccessKeyId, *role.Credentials.SecretAccessKey, *role.Credentials.SessionToken)
}

// jobMay tries out what the role of jobs allows.
func (d *deployment) jobMay(t *testing.T, config aws.Config) {
	ctx := t.Context()
	job := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	other := ptr(d.bucket + "-other")
	_, err := d.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: other})
	must(t, err)
	put := func(bucket *string, key string) func() error {
		return func() error {
			_, err := job.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("x")})
			return err
		}
	}
	for _, c := range []struct {
		what string
		may  bool
		do   func() error
	}{
		{"put an object of the run", true, put(&d.bucket, d.Key("words/x"))},
		{"get one", true, func() error {
			_, err := job.GetObject(ctx, &s3.GetObjectInput{Bucket: &d.bucket, Key: ptr(d.Key("words/x"))})
			return err
		}},
		{"list those of the run", true, func() error {
			_, err := job.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &d.bucket, Prefix: ptr(d.Key("words/"))})
			return err
		}},
		{"remove one", true, func() error {
			_, err := job.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &d.bucket, Key: ptr(d.Key("words/x"))})
			return err
		}},
		{"put an object of another run", false, put(&d.bucket, "runs/2/x")},
		{"get an object of another bucket", false, func() error {
			_, err := job.GetObject(ctx, &s3.GetObjectInput{Bucket: other, Key: ptr("x")})
			return err
		}},
		{"put an object into another bucket", false, put(other, "x")},
		{"list another bucket", false, func() error {
			_, err := job.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: other})
			return err
		}},
		{"list what is elsewhere in the bucket", false, func() error {
			_, err := job.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &d.bucket, Prefix: ptr("runs/2/")})
			return err
		}},
		{"remove the bucket", false, func() error {
			_, err := job.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &d.bucket})
			return err
		}},
		{"list all buckets", false, func() error {
			_, err := job.ListBuckets(ctx, &s3.ListBucketsInput{})
			return err
		}},
		{"submit a job", false, func() error {
			_, err := batch.NewFromConfig(config).SubmitJob(ctx, &batch.SubmitJobInput{
				JobName: ptr("more"), JobDefinition: ptr("arn:aws:batch:" + region + ":" + account + ":job-definition/" + d.Name + "-control:1"),
				JobQueue: ptr("arn:aws:batch:" + region + ":" + account + ":job-queue/" + d.Name + "-jobs"),
			})
			return err
		}},
		{"start a run", false, func() error {
			_, err := sfn.NewFromConfig(config).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &d.machine})
			return err
		}},
		{"send a message", false, func() error {
			_, err := sns.NewFromConfig(config).Publish(ctx, &sns.PublishInput{TopicArn: &d.topic, Message: ptr("x")})
			return err
		}},
		{"be another role", false, func() error {
			_, err := sts.NewFromConfig(config).AssumeRole(ctx, &sts.AssumeRoleInput{
				RoleArn: ptr("arn:aws:iam::" + account + ":role/" + d.Name + "-states"), RoleSessionName: ptr("try"),
			})
			return err
		}},
		{"make a queue", false, func() error {
			_, err := sqs.NewFromConfig(config).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: ptr("x")})
			return err
		}},
	} {
		err := c.do()
		denied, ok := errors.AsType[smithy.APIError](err)
		switch {
		case c.may && err != nil:
			t.Errorf("a job may not %s: %v", c.what, err)
		case !c.may && err == nil:
			t.Errorf("a job may %s", c.what)
		case !c.may && (!ok || !strings.HasPrefix(denied.ErrorCode(), "AccessDenied") && denied.ErrorCode() != "AuthorizationError"):
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
