package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/infra"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

// variants are deployments that make different resources.
var variants = map[string]func(d *spec.Deployment){
	"everything":       func(*spec.Deployment) {},
	"internet, inline": func(d *spec.Deployment) { d.NAT = true; d.Inline = true; d.Steps[0].Tolerated = 0 },
	"least": func(d *spec.Deployment) {
		d.Prefix, d.Inputs, d.Settings, d.Secrets, d.Emails, d.Schedule = "", nil, nil, nil, nil, ""
		d.Budget, d.Expire, d.Tags, d.Spot, d.CIDR = 0, nil, nil, false, "192.168.3.0/24"
		d.Steps = d.Steps[1:]
		d.Bucket = "our-webtext"
	},
	"before image": func(d *spec.Deployment) { d.Image = "" },
	"longest names": func(d *spec.Deployment) {
		d.Name = strings.Repeat("n", 32)
		d.Region = "ap-southeast-1"
		d.Secrets = nil
		d.Steps[0].Name = strings.Repeat("s", 63)
	},
}

// TestModule makes every variant, finds it as it was left, and takes it down.
func TestModule(t *testing.T) {
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			d := Example()
			change(d)
			dir := t.TempDir()
			Write(t, dir, d)
			resources := Resources(t, dir)
			checkNames(t, resources)
			checkTags(t, d, resources)
			checkJobs(t, d, resources)
			checkMachine(t, resources)
			checkEndpoints(t, d, resources)

			tf := Terraform(t, dir)
			switch changes, err := tf.Plan(t.Context()); {
			case err != nil:
				t.Fatal(err)
			case changes:
				t.Error("it would be changed at once")
			}
			checkOutputs(t, d, tf, resources)
			if err := tf.Destroy(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left := Made(t, dir); len(left) > 0 {
				t.Errorf("%d resources are left", len(left))
			}
		})
	}
}

// maxNames are how long names may be, by type and attribute: from the API references.
var maxNames = map[string]int{
	"aws_batch_compute_environment.name":            128,
	"aws_batch_job_definition.name":                 128,
	"aws_batch_job_queue.name":                      128,
	"aws_budgets_budget.name":                       100,
	"aws_cloudwatch_dashboard.dashboard_name":       255,
	"aws_cloudwatch_event_rule.name":                64,
	"aws_cloudwatch_log_group.name":                 512,
	"aws_cloudwatch_log_metric_filter.name":         512,
	"aws_cloudwatch_metric_alarm.alarm_name":        255,
	"aws_ecr_repository.name":                       256,
	"aws_iam_policy.name":                           128,
	"aws_iam_role.name":                             64,
	"aws_iam_role.description":                      1000,
	"aws_iam_role_policy.name":                      128,
	"aws_kms_alias.name":                            256,
	"aws_s3_bucket.bucket":                          63,
	"aws_scheduler_schedule.name":                   64,
	"aws_scheduler_schedule_group.name":             64,
	"aws_security_group.name":                       255,
	"aws_security_group.description":                255,
	"aws_sfn_state_machine.name":                    80,
	"aws_sns_topic.name":                            256,
	"aws_cloudwatch_event_rule.description":         512,
	"aws_cloudwatch_metric_alarm.alarm_description": 1024,
}

func checkNames(t *testing.T, resources []Resource) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range resources {
		for attribute, value := range r.Values {
			key := r.Type + "." + attribute
			text, isText := value.(string)
			isName := attribute == "name" || strings.HasSuffix(attribute, "_name") || attribute == "bucket"
			switch most, known := maxNames[key]; {
			case !isText || text == "":
			case known && len(text) > most:
				t.Errorf("%s %q has %d characters, %d are allowed", key, text, len(text), most)
			case known && attribute != "description" && r.Type != "aws_cloudwatch_log_metric_filter" && r.Type != "aws_iam_role_policy":
				if isName && seen[key+text] {
					t.Errorf("two %s are called %s", r.Type, text)
				}
				seen[key+text] = true
			case !known && attribute == "name":
				t.Errorf("%s: how long may it be?", key)
			}
		}
	}
}

func checkTags(t *testing.T, d *spec.Deployment, resources []Resource) {
	t.Helper()
	for _, r := range resources {
		tags, ok := r.Values["tags_all"].(map[string]any)
		if !ok {
			continue
		}
		want := maps.Clone(d.Tags)
		if want == nil {
			want = map[string]string{}
		}
		want["textmill"] = d.Name
		for key, value := range want {
			if tags[key] != value {
				t.Errorf("%s.%s: tag %s is %v, want %s", r.Type, r.Name, key, tags[key], value)
			}
		}
	}
}

// A container is what Batch is told of one.
type container struct {
	Image                        string
	Command                      []string
	JobRoleArn, ExecutionRoleArn string
	User                         string
	ReadonlyRootFilesystem       bool
	LinuxParameters              struct{ InitProcessEnabled bool }
	NetworkConfiguration         struct{ AssignPublicIp string }
	FargatePlatformConfiguration struct{ PlatformVersion string }
	RuntimePlatform              struct{ CpuArchitecture, OperatingSystemFamily string }
	EphemeralStorage             struct{ SizeInGiB int }
	ResourceRequirements         []struct{ Type, Value string }
	Volumes                      []struct{ Name string }
	MountPoints                  []struct {
		ContainerPath, SourceVolume string
		ReadOnly                    bool
	}
	Environment      []struct{ Name, Value string }
	Secrets          []struct{ Name, ValueFrom string }
	LogConfiguration struct {
		LogDriver string
		Options   map[string]string
	}
}

func checkJobs(t *testing.T, d *spec.Deployment, resources []Resource) {
	t.Helper()
	groups, arns := map[string]bool{}, map[string]bool{}
	for _, r := range resources {
		if arn, ok := r.Values["arn"].(string); ok {
			arns[arn] = true
		}
		if r.Type == "aws_cloudwatch_log_group" {
			groups[r.Values["name"].(string)] = true
			if r.Values["kms_key_id"] == nil || r.Values["retention_in_days"] != float64(d.LogDays) {
				t.Errorf("log group %s is not encrypted, or kept for another time", r.Values["name"])
			}
		}
	}
	want := map[string]spec.Size{spec.ControlJob: d.Control}
	for _, s := range d.Steps {
		want[spec.StepJob(s.Name)], want[spec.LargeJob(s.Name)] = s.Normal, s.Large
	}
	if d.Image == "" {
		want = nil
	}
	for _, r := range resources {
		if r.Type != "aws_batch_job_definition" {
			continue
		}
		size, ok := want[r.Index]
		delete(want, r.Index)
		var c container
		if err := json.Unmarshal([]byte(r.Values["container_properties"].(string)), &c); !ok || err != nil {
			t.Errorf("job definition %s: %v", r.Index, err)
			continue
		}
		if r.Values["name"] != d.Name+"-"+r.Index {
			t.Errorf("job definition %s is called %s", r.Index, r.Values["name"])
		}
		checkContainer(t, d, r.Index, size, c)
		if group := c.LogConfiguration.Options["awslogs-group"]; !groups[group] || group != "/textmill/"+d.Name+"/"+r.Index {
			t.Errorf("%s: log group %s", r.Index, group)
		}
		if !arns[c.JobRoleArn] || !arns[c.ExecutionRoleArn] || c.JobRoleArn == c.ExecutionRoleArn {
			t.Errorf("%s: roles %s and %s", r.Index, c.JobRoleArn, c.ExecutionRoleArn)
		}
		checkRetries(t, r)
	}
	if len(want) > 0 {
		t.Errorf("there are no job definitions %v", slices.Sorted(maps.Keys(want)))
	}
}

func checkContainer(t *testing.T, d *spec.Deployment, key string, size spec.Size, c container) {
	t.Helper()
	resources := map[string]string{}
	for _, r := range c.ResourceRequirements {
		resources[r.Type] = r.Value
	}
	env := map[string]string{}
	for _, e := range c.Environment {
		env[e.Name] = e.Value
	}
	var settings []string
	if err := json.Unmarshal([]byte(env[spec.EnvSettings]), &settings); err != nil || !slices.Equal(settings, d.Settings) {
		t.Errorf("%s: settings %q, want %q", key, settings, d.Settings)
	}
	secrets := map[string]string{}
	for _, s := range c.Secrets {
		secrets[s.Name] = s.ValueFrom
	}
	bucket := d.Bucket
	if bucket == "" {
		bucket = d.Name + "-123456789012-" + d.Region
	}
	disk := size.DiskGiB
	if disk == 20 {
		disk = 0 // it cannot be asked for
	}
	for what, ok := range map[string]bool{
		"image":        c.Image == "123456789012.dkr.ecr."+d.Region+".amazonaws.com/"+d.Name+"@"+d.Image,
		"user":         c.User == "65532",
		"read-only":    c.ReadonlyRootFilesystem,
		"init":         c.LinuxParameters.InitProcessEnabled,
		"no address":   c.NetworkConfiguration.AssignPublicIp == "DISABLED",
		"platform":     c.FargatePlatformConfiguration.PlatformVersion == "1.4.0",
		"architecture": c.RuntimePlatform.CpuArchitecture == "X86_64" && c.RuntimePlatform.OperatingSystemFamily == "LINUX",
		"disk":         c.EphemeralStorage.SizeInGiB == disk,
		"vCPUs":        resources["VCPU"] == strings.TrimSuffix(jsonText(size.VCPU), ".0"),
		"memory":       resources["MEMORY"] == jsonText(size.MemoryMiB),
		"log driver":   c.LogConfiguration.LogDriver == "awslogs",
		"temporary":    len(c.Volumes) == 1 && len(c.MountPoints) == 1 && c.MountPoints[0].SourceVolume == c.Volumes[0].Name && c.MountPoints[0].ContainerPath == "/tmp" && !c.MountPoints[0].ReadOnly,
		"secrets":      maps.Equal(secrets, d.Secrets),
		"deployment":   env[spec.EnvDeployment] == d.Name,
		"store":        env[spec.EnvStore] == strings.TrimSuffix("s3://"+bucket+"/"+d.Prefix, "/"),
		"region":       env["AWS_REGION"] == d.Region,
		"memory limit": env["GOMEMLIMIT"] == jsonText(size.MemoryMiB*9/10)+"MiB",
		"sorted":       slices.IsSortedFunc(c.Environment, func(a, b struct{ Name, Value string }) int { return strings.Compare(a.Name, b.Name) }),
		"command":      key == spec.ControlJob || len(c.Command) == 3 && c.Command[0] == "shards" && strings.HasSuffix(key, "_"+c.Command[1]) && c.Command[2] == "Ref::shards",
	} {
		if !ok {
			t.Errorf("%s: %s is not as it should be: %+v", key, what, c)
		}
	}
}

func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func checkRetries(t *testing.T, r Resource) {
	t.Helper()
	var v struct {
		RetryStrategy []struct {
			EvaluateOnExit []struct {
				Action   string
				ExitCode string `json:"on_exit_code"`
				Reason   string `json:"on_status_reason"`
			} `json:"evaluate_on_exit"`
		} `json:"retry_strategy"`
		Timeout []struct {
			Seconds int `json:"attempt_duration_seconds"`
		}
	}
	again, err := json.Marshal(r.Values)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(again, &v); err != nil {
		t.Fatal(err)
	}
	const most = 5 // entries, RetryStrategy in the Batch API reference
	rules := v.RetryStrategy[0].EvaluateOnExit
	if len(rules) > most {
		t.Errorf("%s: %d rules, %d are allowed", r.Index, len(rules), most)
	}
	var got []string // in order: the first that fits counts
	for _, rule := range rules {
		got = append(got, rule.Action+" "+rule.ExitCode+rule.Reason)
	}
	if want := []string{"RETRY Your Spot Task was interrupted*", "EXIT 64", "EXIT 65", "EXIT 71", "EXIT 137"}; !slices.Equal(got, want) {
		t.Errorf("%s: rules %q, want %q", r.Index, got, want)
	}
	if len(v.Timeout) != 1 || v.Timeout[0].Seconds < 60 {
		t.Errorf("%s: timeout %v", r.Index, v.Timeout)
	}
}

// calls are the permissions that a state machine needs, by the resource of a state.
var calls = map[string][]string{
	"batch:submitJob.sync":      {"batch:SubmitJob", "batch:TagResource", "batch:DescribeJobs", "batch:TerminateJob", "events:PutRule", "events:PutTargets", "events:DescribeRule"},
	"sns:publish":               {"sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"},
	"aws-sdk:s3:headObject":     {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"},
	"aws-sdk:s3:getObject":      {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"},
	"aws-sdk:sfn:stopExecution": {"states:StopExecution"},
	"s3:getObject":              {"s3:GetObject", "kms:Decrypt"},
	"s3:putObject":              {"s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "kms:GenerateDataKey", "kms:Decrypt"},
	"DISTRIBUTED":               {"states:StartExecution", "states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"},
}

// checkMachine: what the state machine calls, its role may; what it names is there.
func checkMachine(t *testing.T, resources []Resource) {
	t.Helper()
	arns, allowed, definition := map[string]bool{}, map[string]bool{}, ""
	for _, r := range resources {
		if arn, ok := r.Values["arn"].(string); ok {
			arns[arn] = true
		}
		switch {
		case r.Type == "aws_iam_role_policy" && r.Name == "states":
			allowed = allowedActions(t, r.Values["policy"].(string))
		case r.Type == "aws_sfn_state_machine":
			definition = r.Values["definition"].(string)
		}
	}
	if definition == "" {
		return
	}
	var machine any
	if err := json.Unmarshal([]byte(definition), &machine); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(definition, "${") {
		t.Error("something in the state machine is not filled")
	}
	for key, value := range fields(machine) {
		if call, ok := strings.CutPrefix(value, "arn:aws:states:::"); ok || value == "DISTRIBUTED" {
			if calls[call] == nil {
				t.Errorf("what does %s need?", call)
			}
			for _, action := range calls[call] {
				if !allowed[action] {
					t.Errorf("the state machine calls %s and may not %s", call, action)
				}
			}
			continue
		}
		if strings.HasPrefix(value, "arn:") && !arns[value] {
			t.Errorf("the state machine has %s %s, which is not there", key, value)
		}
	}
}

// fields yields the strings in a JSON value, with their keys.
func fields(v any) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) { walk("", v, yield) }
}

func walk(key string, v any, yield func(string, string) bool) bool {
	switch v := v.(type) {
	case string:
		return yield(key, v)
	case []any:
		for _, e := range v {
			if !walk(key, e, yield) {
				return false
			}
		}
	case map[string]any:
		for k, e := range v {
			if !walk(k, e, yield) {
				return false
			}
		}
	}
	return true
}

// endpoints are those that the services that containers use need, by prefix of actions.
var endpoints = map[string][]string{
	"ecr":            {"ecr.api", "ecr.dkr", "s3"}, // layers are in S3
	"kms":            {"kms"},
	"logs":           {"logs"},
	"s3":             {"s3"},
	"secretsmanager": {"secretsmanager"},
	"sts":            {"sts"}, // programs ask who they are, for which nobody needs a permission
}

// checkEndpoints: what a container's roles allow, the container can reach.
func checkEndpoints(t *testing.T, d *spec.Deployment, resources []Resource) {
	t.Helper()
	made, needed, gateways := map[string]bool{}, map[string]bool{"sts": true}, 0
	for _, r := range resources {
		switch r.Type {
		case "aws_vpc_endpoint":
			made[strings.TrimPrefix(r.Values["service_name"].(string), "com.amazonaws."+d.Region+".")] = true
		case "aws_nat_gateway":
			gateways++
		case "aws_iam_role_policy":
			if r.Name == "job" || r.Name == "execution" {
				for action := range allowedActions(t, r.Values["policy"].(string)) {
					service, _, _ := strings.Cut(action, ":")
					needed[service] = true
				}
			}
		}
	}
	if d.NAT != (gateways == 1) {
		t.Errorf("%d NAT gateways", gateways)
	}
	for service := range needed {
		if endpoints[service] == nil {
			t.Errorf("which endpoint is for %s?", service)
		}
		for _, e := range endpoints[service] {
			if !made[e] && !(d.NAT && e != "s3") {
				t.Errorf("%s is not in reach without an endpoint %s", service, e)
			}
		}
	}
}

func allowedActions(t *testing.T, policy string) map[string]bool {
	t.Helper()
	var p struct {
		Statement []struct {
			Effect string
			Action []string
		}
	}
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		t.Fatal(err)
	}
	actions := map[string]bool{}
	for _, s := range p.Statement {
		for _, a := range s.Action {
			if s.Effect == "Allow" {
				actions[a] = true
			}
		}
	}
	return actions
}

func checkOutputs(t *testing.T, d *spec.Deployment, tf *infra.Terraform, resources []Resource) {
	t.Helper()
	o, err := tf.Outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	arns := map[string]string{}
	for _, r := range resources {
		if arn, ok := r.Values["arn"].(string); ok {
			arns[r.Type+"."+r.Name] = arn
		}
	}
	want := infra.Outputs{
		Account:      "123456789012",
		Bucket:       strings.TrimPrefix(arns["aws_s3_bucket.runs"], "arn:aws:s3:::"),
		Repository:   "123456789012.dkr.ecr." + d.Region + ".amazonaws.com/" + d.Name,
		Image:        d.Image,
		StateMachine: arns["aws_sfn_state_machine.main"],
		JobsQueue:    arns["aws_batch_job_queue.jobs"],
		SteadyQueue:  arns["aws_batch_job_queue.steady"],
		Topic:        arns["aws_sns_topic.main"],
		Dashboard:    "https://" + d.Region + ".console.aws.amazon.com/cloudwatch/home?region=" + d.Region + "#dashboards/dashboard/" + d.Name,
	}
	want.Store = strings.TrimSuffix("s3://"+want.Bucket+"/"+d.Prefix, "/")
	if *o != want {
		t.Errorf("outputs %+v\nwant    %+v", *o, want)
	}
}

// TestDeployments follows one deployment through its life.
func TestDeployments(t *testing.T) {
	dir := t.TempDir()
	d := Example()
	image := d.Image
	apply := func() (map[string]bool, []change) {
		Write(t, dir, d)
		changes := apply(t, dir)
		there := map[string]bool{}
		for _, r := range Made(t, dir) {
			there[r.Type] = true
		}
		return there, changes
	}
	types := func(changes []change) []string {
		all := map[string]bool{}
		for _, c := range changes {
			all[c.action+" "+c.typ] = true
		}
		return slices.Sorted(maps.Keys(all))
	}

	d.Image = ""
	there, _ := apply()
	for _, typ := range []string{"aws_batch_job_definition", "aws_sfn_state_machine", "aws_scheduler_schedule"} {
		if there[typ] {
			t.Errorf("before there is an image, there is a %s", typ)
		}
	}
	if !there["aws_ecr_repository"] {
		t.Error("there is nowhere to push the image to")
	}

	d.Image = image
	_, changes := apply()
	want := []string{"create aws_batch_job_definition", "create aws_scheduler_schedule", "create aws_sfn_state_machine"}
	if got := types(changes); !slices.Equal(got, want) {
		t.Errorf("the first image: %q, want %q", got, want)
	}

	// Another image is another revision of the job definitions, which the state machine
	// names.
	d.Image = "sha256:" + strings.Repeat("f", 64)
	_, changes = apply()
	want = []string{"update aws_batch_job_definition", "update aws_sfn_state_machine"}
	if got := types(changes); !slices.Equal(got, want) {
		t.Errorf("another image: %q, want %q", got, want)
	}
	for _, r := range Made(t, dir) {
		if definition, _ := r.Values["definition"].(string); r.Type == "aws_sfn_state_machine" && strings.Count(definition, ":job-definition/webtext-step_clean:2\"") != 1 {
			t.Errorf("the state machine does not name the second revision:\n%s", definition)
		}
	}

	// A compute environment cannot go before the queue has let go of it.
	d.Spot = false
	_, changes = apply()
	queue, spot := -1, -1
	for i, c := range changes {
		switch c.address {
		case "aws_batch_job_queue.jobs":
			queue = i
		case "aws_batch_compute_environment.spot[0]":
			spot = i
		}
	}
	if queue < 0 || spot < 0 || spot < queue {
		t.Errorf("without Spot: %+v", changes)
	}

	// Other addresses are another network.
	d.CIDR = "10.50.0.0/20"
	_, changes = apply()
	if got := types(changes); !slices.Contains(got, "update aws_batch_compute_environment") {
		t.Errorf("another network: %q", got)
	}
}

// TestAdministrator: what README.md has an administrator make first is what those who
// deploy cannot, and no more.
func TestAdministrator(t *testing.T) {
	dir := t.TempDir()
	Write(t, dir, Example())
	if err := Terraform(t, dir).Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	command := []string{"apply", "-target=aws_iam_policy.deploy", "-target=aws_iam_policy.deploy_network"}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if line := "    terraform " + strings.Join(command, " ") + "\n"; !strings.Contains(string(readme), line) {
		t.Errorf("README.md does not say %s", line)
	}
	events(t, dir, command[0], append(command[1:], "-auto-approve")...)
	var got []string
	for _, r := range Made(t, dir) {
		got = append(got, r.Type+"."+r.Name)
	}
	want := []string{"aws_iam_policy.boundary", "aws_iam_policy.deploy", "aws_iam_policy.deploy_network", "aws_kms_key.main"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A change is one that was made, in order of when it was done.
type change struct{ address, typ, action string }

// apply applies what is in dir, and returns what that changed.
func apply(t *testing.T, dir string) (changes []change) {
	t.Helper()
	if err := Terraform(t, dir).Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, line := range events(t, dir, "apply", "-auto-approve") {
		if line.Type == "apply_complete" && !strings.HasPrefix(line.Hook.Resource.Addr, "data.") {
			changes = append(changes, change{line.Hook.Resource.Addr, line.Hook.Resource.Type, line.Hook.Action})
		}
	}
	return changes
}

// An event is a line of what terraform says for programs.
type event struct {
	Type string
	Hook struct {
		Action   string
		Resource struct {
			Addr string
			Type string `json:"resource_type"`
		}
	}
	Diagnostic struct {
		Severity, Summary, Detail string
		Snippet                   struct {
			Values []struct{ Traversal string }
		}
	}
}

// events runs a command of terraform's and returns what it says. Whether the command
// succeeds is not looked at.
func events(t *testing.T, dir, command string, args ...string) (all []event) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", append([]string{command, "-json", "-input=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), terraformEnv(t)...)
	out, _ := cmd.Output()
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		all = append(all, e)
	}
	return all
}

// TestStrict: a configuration that hashicorp/aws would refuse by its schema is refused.
func TestStrict(t *testing.T) {
	const head = "terraform {\n required_providers {\n  aws = { source = \"hashicorp/aws\" }\n }\n}\n"
	for name, c := range map[string]struct{ config, want string }{
		"right":                {`resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }`, ""},
		"unknown type":         {`resource "aws_vcp" "a" {}`, "Invalid resource type"},
		"unknown argument":     {`resource "aws_vpc" "a" { cdir_block = "10.0.0.0/16" }`, "Unsupported argument"},
		"missing argument":     {`resource "aws_sns_topic_policy" "a" { policy = "{}" }`, "Missing required argument"},
		"wrong type":           {`resource "aws_vpc" "a" { enable_dns_support = ["a"] }`, "Incorrect attribute value type"},
		"computed argument":    {`resource "aws_vpc" "a" { arn = "a" }`, "Value for unconfigurable attribute"},
		"two of one block":     {"resource \"aws_batch_job_definition\" \"a\" {\n name = \"a\"\n type = \"container\"\n timeout {}\n timeout {}\n}", "Too many timeout blocks"},
		"a block of version 5": {"resource \"aws_batch_job_queue\" \"a\" {\n name = \"a\"\n priority = 1\n state = \"ENABLED\"\n compute_environments = []\n}", "Unsupported argument"},
		"element of a set":     {`output "a" { value = aws_vpc_endpoint.a.subnet_ids[0] }` + "\nresource \"aws_vpc_endpoint\" \"a\" { vpc_id = \"a\" }", "Invalid index"},
		"unknown attribute":    {`output "a" { value = aws_vpc.a.name }` + "\nresource \"aws_vpc\" \"a\" {}", "Unsupported attribute"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(head+c.config+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := Terraform(t, dir).Init(t.Context()); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events(t, dir, "plan") {
				if e.Diagnostic.Severity == "error" {
					got = append(got, e.Diagnostic.Summary)
				}
			}
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestWrongVariables gives the module, one after the other, variables that it has to
// refuse: those who write them by hand are told what to do, and not by AWS half an hour
// later. Terraform looks at all variables at once, so each round has one wrong value for
// each of some.
func TestWrongVariables(t *testing.T) {
	dir := t.TempDir()
	Write(t, dir, Example())
	if err := Terraform(t, dir).Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	good, err := infra.Variables(Example())
	if err != nil {
		t.Fatal(err)
	}
	jobs := func(key string, change map[string]any) map[string]any {
		var v struct{ Jobs map[string]map[string]any }
		if err := json.Unmarshal(good, &v); err != nil {
			t.Fatal(err)
		}
		maps.Copy(v.Jobs[key], change)
		all := map[string]any{}
		for k, j := range v.Jobs {
			all[k] = j
		}
		return all
	}
	without := func(key string) map[string]any { all := jobs(key, nil); delete(all, key); return all }
	renamed := func(key, to string) map[string]any {
		all := jobs(key, nil)
		all[to] = all[key]
		delete(all, key)
		return all
	}
	type wrong struct {
		value   any
		message string
	}
	arn := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf"
	wrongs := map[string][]wrong{
		"name":   {{"Webtext", "3 to 32"}, {"we", "3 to 32"}, {strings.Repeat("n", 33), "3 to 32"}, {"web-", "3 to 32"}, {"1web", "3 to 32"}, {"aws-web", "AWS keeps"}, {"ssmweb", "AWS keeps"}},
		"region": {{"europe", "region"}, {"eu-central", "region"}, {"eu-central-1a", "region"}},
		"bucket": {{"Bucket", "3 to 63"}, {"a.b.c", "3 to 63"}, {strings.Repeat("b", 64), "3 to 63"}},
		"prefix": {{"/a", "letters"}, {"a/", "letters"}, {"a//b", "letters"}, {"a/../b", "letters"}, {".textmill", "letters"}, {"a b", "letters"}},
		"image":  {{"latest", "digest"}, {"sha256:abc", "digest"}, {"sha256:" + strings.Repeat("F", 64), "digest"}},
		"inputs": {{[]string{"s3://crawl"}, "BUCKET"}, {[]string{"crawl/*"}, "BUCKET"}, {[]string{""}, "BUCKET"}},
		"secrets": {{map[string]string{"AWS_KEY": arn}, "environment variables"}, {map[string]string{"TEXTMILL_STORE": arn}, "environment variables"}, {map[string]string{"token": arn}, "environment variables"},
			{map[string]string{"TOKEN": "hunter2"}, "ARNs"}, {map[string]string{"TOKEN": "arn:aws:ssm:eu-central-1:123456789012:parameter/a"}, "ARNs"}},
		"steps": {{[]string{}, "a step"}},
		"jobs": {
			{without("control"), "control is missing"}, {renamed("step_clean", "clean"), "keys"}, {renamed("step_clean", "step_"+strings.Repeat("s", 64)), "keys"},
			{jobs("step_clean", map[string]any{"vcpu": 3}), "vCPUs"}, {jobs("step_clean", map[string]any{"disk_gib": 19}), "disk"}, {jobs("step_clean", map[string]any{"disk_gib": 201}), "disk"},
			{jobs("step_clean", map[string]any{"attempts": 0}), "attempts"}, {jobs("step_clean", map[string]any{"attempts": 11}), "attempts"},
			{jobs("step_clean", map[string]any{"time_limit": 59}), "time limit"}, {jobs("step_clean", map[string]any{"timeout": 7200}), "time limit"},
		},
		"max_vcpus":      {{0, "whole number"}, {1.5, "whole number"}},
		"cidr":           {{"10.0.0.0/15", "/16 and /24"}, {"10.0.0.0/25", "/16 and /24"}, {"10.0.0/16", "/16 and /24"}, {"fd00::/20", "/16 and /24"}},
		"administrators": {{[]string{"arn:aws:sts::123456789012:assumed-role/a/b"}, "roles and users"}, {[]string{"*"}, "roles and users"}, {[]string{"arn:aws:iam::123456789012:role/*"}, "roles and users"}},
		"emails":         {{[]string{"ops"}, "e-mail"}, {[]string{"a@b@c"}, "e-mail"}},
		"schedule":       {{"7 days", "rate("}, {"rate(0 days)", "rate("}, {"every(day)", "rate("}},
		"max_duration":   {{59, "60 seconds"}, {31536001, "60 seconds"}},
		"budget":         {{-1, "dollars"}},
		"log_days":       {{2, "CloudWatch Logs"}, {0, "CloudWatch Logs"}},
		"expire":         {{map[string]any{"clean": 0}, "folders"}, {map[string]any{".textmill": 1}, "folders"}, {map[string]any{"/a": 1}, "folders"}, {map[string]any{"a": 1.5}, "folders"}},
		"tags":           {{map[string]string{"AWS:a": "b"}, "taken"}, {map[string]string{"textmill": "b"}, "taken"}, {map[string]string{strings.Repeat("t", 129): "b"}, "128 characters"}},
	}
	for round := 0; ; round++ {
		given := map[string]any{}
		if err := json.Unmarshal(good, &given); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for variable, values := range wrongs {
			if round < len(values) {
				given[variable] = values[round].value
				want[variable] = values[round].message
			}
		}
		if len(want) == 0 {
			break
		}
		b, err := json.Marshal(given)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "textmill.auto.tfvars.json"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		said := refusals(t, dir)
		for _, variable := range slices.Sorted(maps.Keys(given)) {
			switch message, isWrong := want[variable]; {
			case isWrong && !strings.Contains(said[variable], message):
				t.Errorf("%s = %v: %q, want one that says %s", variable, given[variable], said[variable], message)
			case !isWrong && said[variable] != "":
				t.Errorf("%s = %v: %s", variable, given[variable], said[variable])
			}
		}
	}
}

// refusals returns what terraform says of variables that it refuses.
func refusals(t *testing.T, dir string) map[string]string {
	t.Helper()
	said := map[string]string{}
	for _, e := range events(t, dir, "plan") {
		if e.Diagnostic.Summary != "Invalid value for variable" {
			continue
		}
		for _, v := range e.Diagnostic.Snippet.Values {
			said[strings.TrimPrefix(v.Traversal, "var.")] += e.Diagnostic.Detail
		}
	}
	return said
}

func TestFormatted(t *testing.T) {
	if _, err := exec.LookPath("terraform"); err != nil {
		missing(t, "terraform")
	}
	cmd := exec.CommandContext(t.Context(), "terraform", "fmt", "-check", "-diff", "-recursive", filepath.Join("..", "infra", "module"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
