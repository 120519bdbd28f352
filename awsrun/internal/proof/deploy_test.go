package proof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/states"
)

// A deployment is one that was made in moto, of what Terraform makes of the module.
type deployment struct {
	*spec.Deployment
	moto    *moto
	s3      *s3.Client
	bucket  string
	machine string // ARN of the state machine
	topic   string // ARN of the topic
}

// names is how often each name was given to something in the servers that tests share.
var names struct {
	mu   sync.Mutex
	used map[string]int
}

// unique returns the name, or if there is something of that name already, since a test is
// run more than once, another.
func unique(name string) string {
	names.mu.Lock()
	defer names.mu.Unlock()
	if names.used == nil {
		names.used = map[string]int{}
	}
	names.used[name]++
	if n := names.used[name]; n > 1 {
		return fmt.Sprint(name, "-", n)
	}
	return name
}

// newSpec describes a deployment of the test program with settings, under a name of its
// own.
func newSpec(name string, settings ...string) *spec.Deployment {
	return describe(unique(name), settings)
}

func describe(name string, settings []string) *spec.Deployment {
	size := spec.Size{VCPU: 1, MemoryMiB: 2048, DiskGiB: 20}
	large := spec.Size{VCPU: 1, MemoryMiB: 4096, DiskGiB: 20}
	step := func(name string, tolerated int) spec.Step {
		return spec.Step{Name: name, Normal: size, Large: large, TimeLimit: 120e9, Attempts: 3, Concurrency: 4, Tolerated: tolerated}
	}
	return &spec.Deployment{
		Name: name, Region: region, Prefix: "runs/1", Image: "sha256:" + strings.Repeat("0", 64), Settings: settings,
		Steps: []spec.Step{step("words", 10), step("total", 0)}, Control: size,
		Spot: true, MaxVCPUs: 16, CIDR: "10.42.0.0/20", MaxDuration: 3600e9, LogDays: 30,
	}
}

// model is what Terraform makes of a deployment of the test program. Others differ in
// their names and settings, and in the state machine.
var model struct {
	once      sync.Once
	spec      *spec.Deployment
	resources []Resource
}

const (
	modelName     = "model-of-all"
	modelSettings = "-settings=of the model"
)

// modelled returns the resources of a deployment that differs from the model in name,
// settings and state machine alone.
func modelled(t *testing.T, d *spec.Deployment) []Resource {
	t.Helper()
	model.once.Do(func() {
		model.spec = describe(modelName, []string{modelSettings})
		dir := t.TempDir()
		Write(t, dir, model.spec)
		model.resources = Resources(t, dir)
	})
	if model.resources == nil {
		t.Skip("needs Terraform's resources: see the first test that does")
	}
	settings := d.Settings
	if settings == nil {
		settings = []string{}
	}
	// Settings are JSON in JSON in JSON.
	quoted := func(list []string) string {
		text := marshal(t, list)
		for range 2 {
			text = marshal(t, text)
			text = text[1 : len(text)-1]
		}
		return text
	}
	text := marshal(t, model.resources)
	text = strings.ReplaceAll(text, quoted(model.spec.Settings), quoted(settings))
	text = strings.ReplaceAll(text, modelName, d.Name)
	var resources []Resource
	must(t, json.Unmarshal([]byte(text), &resources))
	machine, err := states.Machine(d)
	must(t, err)
	for _, r := range resources {
		if r.Type == "aws_sfn_state_machine" {
			r.Values["definition"] = fill(string(machine), placeholders(d, resources))
		}
	}
	return resources
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}

// placeholders returns what the template of the state machine is filled with.
func placeholders(d *spec.Deployment, resources []Resource) map[string]string {
	values := map[string]string{"prefix_key": d.Key("")}
	for _, r := range resources {
		switch r.Type + "." + r.Name {
		case "aws_s3_bucket.runs":
			values["bucket"] = r.text("bucket")
		case "aws_batch_job_queue.jobs", "aws_batch_job_queue.steady":
			values[r.Name+"_queue"] = r.text("arn")
		case "aws_sns_topic.main":
			values["topic"] = r.text("arn")
		case "aws_batch_job_definition.jobs":
			values[spec.Placeholder(r.Index)] = r.text("arn")
		}
	}
	return values
}

var placeholder = regexp.MustCompile(`\$\{([a-z0-9_]+)\}`)

// fill does what Terraform's templatefile does.
func fill(template string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(template, func(s string) string { return values[s[2:len(s)-1]] })
}

// What is filled in here is what Terraform fills in.
func TestModel(t *testing.T) {
	d := describe(modelName, []string{modelSettings})
	for _, r := range modelled(t, d) {
		if r.Type != "aws_sfn_state_machine" {
			continue
		}
		for _, made := range model.resources {
			if made.Type == r.Type && made.text("definition") != r.text("definition") {
				t.Errorf("Terraform has %s\nhere is %s", made.text("definition"), r.text("definition"))
			}
		}
		return
	}
	t.Error("there is no state machine")
}

// text returns an attribute that is a string.
func (r Resource) text(attribute string) string {
	s, _ := r.Values[attribute].(string)
	return s
}

// first returns the first element of a list, as Terraform has blocks.
func (r Resource) first(attribute string) Resource {
	list, _ := r.Values[attribute].([]any)
	if len(list) == 0 {
		return Resource{}
	}
	values, _ := list[0].(map[string]any)
	return Resource{Values: values}
}

func (r Resource) number(attribute string) *int32 {
	n, _ := r.Values[attribute].(float64)
	return ptr(int32(n))
}

// deploy makes what Terraform makes of a deployment of the test program, whose image is
// the program.
func (m *moto) deploy(t *testing.T, d *spec.Deployment, program string) *deployment {
	t.Helper()
	return m.create(t, d, modelled(t, d), program)
}

// create makes resources in moto. What it has no use for is left out: it looks after no
// networks, keys, alarms and costs.
func (m *moto) create(t *testing.T, d *spec.Deployment, resources []Resource, program string) *deployment {
	t.Helper()
	m.settings.Programs[d.Name] = program
	must(t, m.save())
	dep := &deployment{Deployment: d, moto: m, s3: m.s3(t)}
	for _, kind := range []string{
		"aws_iam_policy", "aws_iam_role", "aws_iam_role_policy", "aws_s3_bucket", "aws_cloudwatch_log_group", "aws_sns_topic",
		"aws_batch_compute_environment", "aws_batch_job_queue", "aws_batch_job_definition", "aws_sfn_state_machine",
	} {
		n := 0
		for _, r := range resources {
			if r.Type == kind {
				dep.make(t, r)
				n++
			}
		}
		if n == 0 {
			t.Errorf("Terraform makes no %s", kind)
		}
	}
	return dep
}

// make makes one resource.
func (d *deployment) make(t *testing.T, r Resource) {
	t.Helper()
	m, ctx := d.moto, t.Context()
	var err error
	switch r.Type {
	case "aws_iam_policy":
		m.iam(t, "CreatePolicy", map[string]string{"PolicyName": r.text("name"), "PolicyDocument": r.text("policy")})
	case "aws_iam_role":
		m.iam(t, "CreateRole", map[string]string{
			"RoleName": r.text("name"), "AssumeRolePolicyDocument": r.text("assume_role_policy"), "PermissionsBoundary": r.text("permissions_boundary"),
		})
	case "aws_iam_role_policy":
		m.iam(t, "PutRolePolicy", map[string]string{"RoleName": r.text("role"), "PolicyName": r.text("name"), "PolicyDocument": r.text("policy")})
	case "aws_s3_bucket":
		if r.Name != "runs" {
			return
		}
		d.bucket = r.text("bucket")
		err = createBucket(t, d.s3, d.bucket)
	case "aws_cloudwatch_log_group":
		_, err = m.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: ptr(r.text("name"))})
	case "aws_sns_topic":
		d.topic = r.text("arn")
		_, err = m.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: ptr(r.text("name"))})
	case "aws_batch_compute_environment":
		err = m.environment(t, r)
	case "aws_batch_job_queue":
		err = m.queue(t, r)
	case "aws_batch_job_definition":
		err = m.define(t, r)
	case "aws_sfn_state_machine":
		d.machine = r.text("arn")
		_, err = m.sfn.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
			Name: ptr(r.text("name")), Definition: ptr(r.text("definition")), RoleArn: ptr(r.text("role_arn")),
		})
	}
	if err != nil {
		t.Fatalf("%s.%s: %v", r.Type, r.Name, err)
	}
}

// createBucket makes a bucket, unless there is one: a moto goes, and the bucket stays.
func createBucket(t *testing.T, client *s3.Client, name string) error {
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	if _, ok := errors.AsType[*s3types.BucketAlreadyOwnedByYou](err); ok {
		return nil
	}
	return err
}

// empty removes what is in the bucket, so that the next test with one of this name finds
// nothing.
func (d *deployment) empty(t *testing.T) {
	ctx := context.Background() // that of the test is over
	pages := s3.NewListObjectsV2Paginator(d.s3, &s3.ListObjectsV2Input{Bucket: &d.bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(t, err)
		for _, o := range page.Contents {
			_, err := d.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &d.bucket, Key: o.Key})
			must(t, err)
		}
	}
}

func (m *moto) iam(t *testing.T, action string, params map[string]string) string {
	t.Helper()
	return m.query(t, "iam", "2010-05-08", action, params, "Arn")
}

func (m *moto) environment(t *testing.T, r Resource) error {
	subnet, group := m.network(t)
	resources := r.first("compute_resources")
	_, err := m.batch.CreateComputeEnvironment(t.Context(), &batch.CreateComputeEnvironmentInput{
		ComputeEnvironmentName: ptr(r.text("arn")[strings.LastIndexByte(r.text("arn"), '/')+1:]),
		Type:                   batchtypes.CEType(r.text("type")), State: batchtypes.CEStateEnabled, ServiceRole: ptr(r.text("service_role")),
		ComputeResources: &batchtypes.ComputeResource{
			Type: batchtypes.CRType(resources.text("type")), MaxvCpus: resources.number("max_vcpus"),
			Subnets: []string{subnet}, SecurityGroupIds: []string{group},
		},
	})
	return err
}

// network returns a subnet and a security group, which it makes if need be.
func (m *moto) network(t *testing.T) (subnet, group string) {
	if m.subnet == "" {
		const version = "2016-11-15"
		vpc := m.query(t, "ec2", version, "CreateVpc", map[string]string{"CidrBlock": "10.42.0.0/20"}, "vpcId")
		m.subnet = m.query(t, "ec2", version, "CreateSubnet", map[string]string{"VpcId": vpc, "CidrBlock": "10.42.0.0/24"}, "subnetId")
		m.group = m.query(t, "ec2", version, "CreateSecurityGroup", map[string]string{"VpcId": vpc, "GroupName": "jobs", "GroupDescription": "jobs"}, "groupId")
	}
	return m.subnet, m.group
}

func (m *moto) queue(t *testing.T, r Resource) error {
	in := &batch.CreateJobQueueInput{JobQueueName: ptr(r.text("name")), Priority: r.number("priority"), State: batchtypes.JQState(r.text("state"))}
	order, _ := r.Values["compute_environment_order"].([]any)
	for _, o := range order {
		e := Resource{Values: o.(map[string]any)}
		in.ComputeEnvironmentOrder = append(in.ComputeEnvironmentOrder, batchtypes.ComputeEnvironmentOrder{
			Order: e.number("order"), ComputeEnvironment: ptr(e.text("compute_environment")),
		})
	}
	_, err := m.batch.CreateJobQueue(t.Context(), in)
	return err
}

func (m *moto) define(t *testing.T, r Resource) error {
	in := &batch.RegisterJobDefinitionInput{
		JobDefinitionName: ptr(r.text("name")), Type: batchtypes.JobDefinitionType(r.text("type")),
		PlatformCapabilities: []batchtypes.PlatformCapability{batchtypes.PlatformCapabilityFargate},
		PropagateTags:        ptr(r.Values["propagate_tags"] == true),
		Timeout:              &batchtypes.JobTimeout{AttemptDurationSeconds: r.first("timeout").number("attempt_duration_seconds")},
	}
	retry := r.first("retry_strategy")
	in.RetryStrategy = &batchtypes.RetryStrategy{Attempts: retry.number("attempts")}
	rules, _ := retry.Values["evaluate_on_exit"].([]any)
	for _, v := range rules {
		rule := Resource{Values: v.(map[string]any)}
		in.RetryStrategy.EvaluateOnExit = append(in.RetryStrategy.EvaluateOnExit, batchtypes.EvaluateOnExit{
			Action: batchtypes.RetryAction(rule.text("action")), OnExitCode: rule.optional("on_exit_code"),
			OnReason: rule.optional("on_reason"), OnStatusReason: rule.optional("on_status_reason"),
		})
	}
	// The provider takes these as JSON of Batch's API.
	if err := json.Unmarshal([]byte(r.text("container_properties")), &in.ContainerProperties); err != nil {
		return err
	}
	out, err := m.batch.RegisterJobDefinition(t.Context(), in)
	if err == nil && *out.JobDefinitionArn != r.text("arn") {
		err = fmt.Errorf("moto calls it %s, Terraform %s", *out.JobDefinitionArn, r.text("arn"))
	}
	return err
}

func (r Resource) optional(attribute string) *string {
	if s := r.text(attribute); s != "" {
		return &s
	}
	return nil
}

// programs are those that were built, by folder.
var programs struct {
	mu   sync.Mutex
	path map[string]string
	dir  string
}

// build builds the program in a folder, with the versions of the module that it is of:
// static, as deploy does, and the same for all tests.
func build(t *testing.T, folder string) string {
	t.Helper()
	programs.mu.Lock()
	defer programs.mu.Unlock()
	if path, ok := programs.path[folder]; ok {
		return path
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "textmill-programs-")
		must(t, err)
		programs.dir, programs.path = dir, map[string]string{}
	}
	path := filepath.Join(programs.dir, filepath.Base(folder))
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	programs.path[folder] = path
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
