package proof

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// These tests are of the stand-in for AWS: that it does what AWS's documentation says,
// where a proof relies on it.

// A bench is a queue, and what is needed for jobs that are lines of shell.
type bench struct {
	*deployment
	role, queue string
}

func newBench(t *testing.T, name string) *bench {
	t.Helper()
	m := sharedMoto(t)
	d := newSpec(name)
	name = d.Name
	m.settings.Programs[name] = "/bin/sh"
	must(t, m.save())
	b := &bench{deployment: &deployment{Deployment: d, moto: m, s3: m.s3(t), bucket: name}}
	b.role = m.iam(t, "CreateRole", map[string]string{"RoleName": name, "AssumeRolePolicyDocument": "{}"})
	b.make(t, Resource{Type: "aws_batch_compute_environment", Values: map[string]any{
		"arn": "compute-environment/" + name, "type": "MANAGED", "service_role": b.role,
		"compute_resources": []any{map[string]any{"type": "FARGATE", "max_vcpus": 4.0}},
	}})
	for _, queue := range []string{"jobs", "steady"} {
		b.make(t, Resource{Type: "aws_batch_job_queue", Values: map[string]any{
			"name": name + "-" + queue, "priority": 1.0, "state": "ENABLED",
			"compute_environment_order": []any{map[string]any{"order": 1.0, "compute_environment": name}},
		}})
	}
	b.queue = "arn:aws:batch:" + region + ":" + account + ":job-queue/" + name + "-jobs"
	_, err := b.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	must(t, err)
	_, err = m.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: ptr("/" + name)})
	must(t, err)
	return b
}

func (*bench) size() []batchtypes.ResourceRequirement {
	return []batchtypes.ResourceRequirement{
		{Type: batchtypes.ResourceTypeVcpu, Value: ptr("1")}, {Type: batchtypes.ResourceTypeMemory, Value: ptr("2048")},
	}
}

// shell registers a job definition that runs a line of shell, in which $0 is the parameter
// "shards".
func (b *bench) shell(t *testing.T, key, line string, edit func(*batch.RegisterJobDefinitionInput)) string {
	t.Helper()
	in := &batch.RegisterJobDefinitionInput{
		JobDefinitionName: ptr(b.Name + "-" + key), Type: batchtypes.JobDefinitionTypeContainer,
		PlatformCapabilities: []batchtypes.PlatformCapability{batchtypes.PlatformCapabilityFargate},
		ContainerProperties: &batchtypes.ContainerProperties{
			Image: ptr(account + ".dkr.ecr." + region + ".amazonaws.com/" + b.Name + ":tag"), ExecutionRoleArn: &b.role, JobRoleArn: &b.role,
			Command:              []string{"-c", line, "Ref::shards"},
			Environment:          []batchtypes.KeyValuePair{{Name: ptr("GREETING"), Value: ptr("hello")}},
			ResourceRequirements: b.size(),
			LogConfiguration:     &batchtypes.LogConfiguration{LogDriver: batchtypes.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/" + b.Name}},
		},
	}
	if edit != nil {
		edit(in)
	}
	out, err := b.moto.batch.RegisterJobDefinition(t.Context(), in)
	must(t, err)
	return *out.JobDefinitionArn
}

// execute runs a state machine and returns how it ended.
func (b *bench) execute(t *testing.T, name, input string, states map[string]any, startAt string) *sfn.DescribeExecutionOutput {
	t.Helper()
	definition, err := json.Marshal(map[string]any{"StartAt": startAt, "States": states})
	must(t, err)
	out, err := b.moto.sfn.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{Name: ptr(b.Name + name), Definition: ptr(string(definition)), RoleArn: &b.role})
	must(t, err)
	started, err := b.moto.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: out.StateMachineArn, Input: &input})
	must(t, err)
	return b.wait(t, *started.ExecutionArn)
}

type m map[string]any

// task is a state that runs a job and ends with its description, or its error.
func (b *bench) task(definition string) m {
	return m{
		"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "End": true,
		"Parameters": m{"JobName": "job", "JobQueue": b.queue, "JobDefinition": definition, "Parameters": m{"shards.$": "$.shards"}},
	}
}

// description is what there is of the description of a job that tests look at.
type description struct {
	JobId, Status, StatusReason string
	Attempts                    []struct {
		StatusReason string
		Container    struct {
			ExitCode *int
			Reason   string
		}
	}
	Container struct {
		ExitCode              *int
		Reason, LogStreamName string
	}
}

func parse(t *testing.T, text string) (d description) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return d
}

func strategy(attempts int32, rules ...batchtypes.EvaluateOnExit) *batchtypes.RetryStrategy {
	return &batchtypes.RetryStrategy{Attempts: &attempts, EvaluateOnExit: rules}
}

// How a job ends, as its description and as the error of its task has it.
func TestJobsEnd(t *testing.T) {
	b := newBench(t, "jobs-end")
	spot := batchtypes.EvaluateOnExit{OnStatusReason: ptr("Your Spot Task was interrupted*"), Action: batchtypes.RetryActionRetry}
	exit64 := batchtypes.EvaluateOnExit{OnExitCode: ptr("64"), Action: batchtypes.RetryActionExit}
	const started = `echo "$GREETING $0 $AWS_BATCH_JOB_ATTEMPT"; `
	for _, c := range []struct {
		name, line string
		edit       func(*batch.RegisterJobDefinitionInput)
		faults     []fault
		status     string // of the job
		reason     string // of the status
		container  string // reason of the container
		exits      []int  // of all attempts; -1 for none
	}{
		{name: "done", line: started, status: "SUCCEEDED", reason: "Essential container in task exited", exits: []int{0}},
		{name: "once", line: started + "exit 3", status: "FAILED", reason: "Essential container in task exited", exits: []int{3}},
		{name: "thrice", line: started + "exit 3", edit: func(in *batch.RegisterJobDefinitionInput) { in.RetryStrategy = strategy(3) },
			status: "FAILED", reason: "Essential container in task exited", exits: []int{3, 3, 3}},
		{name: "better", line: started + `[ "$AWS_BATCH_JOB_ATTEMPT" = 2 ]`, edit: func(in *batch.RegisterJobDefinitionInput) { in.RetryStrategy = strategy(3) },
			status: "SUCCEEDED", reason: "Essential container in task exited", exits: []int{1, 0}},
		{name: "rule", line: started + "exit 64", edit: func(in *batch.RegisterJobDefinitionInput) { in.RetryStrategy = strategy(3, exit64) },
			status: "FAILED", reason: "Essential container in task exited", exits: []int{64}},
		{name: "no-rule", line: started + "exit 640", edit: func(in *batch.RegisterJobDefinitionInput) { in.RetryStrategy = strategy(2, exit64) },
			status: "FAILED", reason: "Essential container in task exited", exits: []int{128, 128}}, // 640 modulo 256
		{name: "host", line: started, edit: func(in *batch.RegisterJobDefinitionInput) { in.RetryStrategy = strategy(3, exit64) },
			faults: []fault{{Kind: "host", Attempt: 1}, {Kind: "host", Attempt: 2}},
			status: "SUCCEEDED", reason: "Essential container in task exited", exits: []int{-1, -1, 0}},
		{name: "hosts", line: started, faults: []fault{{Kind: "host"}},
			status: "FAILED", reason: "Task failed to start", container: "CannotPullContainerError", exits: []int{-1}},
		{name: "oom", line: started + "exec sleep 60", faults: []fault{{Kind: "oom", Line: "hello 5..5 1"}},
			status: "FAILED", reason: "Essential container in task exited", container: "OutOfMemoryError: Container killed due to memory usage", exits: []int{137}},
		{name: "spot", line: `trap "kill \$!; exit 64" TERM; sleep 60 & ` + started + "wait",
			edit:   func(in *batch.RegisterJobDefinitionInput) { in.RetryStrategy = strategy(2, spot, exit64) },
			faults: []fault{{Kind: "spot", Line: "hello"}},
			status: "FAILED", reason: "Your Spot Task was interrupted.", exits: []int{64, 64}},
		{name: "crash", line: started + "exec sleep 60", faults: []fault{{Kind: "crash", Line: "hello"}},
			status: "FAILED", reason: "Essential container in task exited", exits: []int{134}},
		{name: "timeout", line: `trap "kill \$!; exit 75" TERM; sleep 60 & ` + started + "wait",
			edit: func(in *batch.RegisterJobDefinitionInput) {
				in.RetryStrategy, in.Timeout = strategy(3), &batchtypes.JobTimeout{AttemptDurationSeconds: ptr(int32(1))}
			},
			status: "FAILED", reason: "Job attempt duration exceeded timeout", exits: []int{75}},
		{name: "no-log", line: started, edit: func(in *batch.RegisterJobDefinitionInput) {
			in.ContainerProperties.LogConfiguration.Options = map[string]string{"awslogs-group": "/nothing"}
		}, status: "FAILED", reason: "Task failed to start", container: "ResourceInitializationError", exits: []int{-1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i := range c.faults {
				c.faults[i].Definition = b.Name + "-" + c.name
				c.faults[i].Shard = ptr(5)
			}
			b.moto.inject(t, c.faults...)
			out := b.execute(t, "-"+c.name, `{"shards": "5..5"}`, m{"Job": b.task(b.shell(t, c.name, c.line, c.edit))}, "Job")
			text := str(out.Output)
			if out.Status == sfntypes.ExecutionStatusFailed {
				text = str(out.Cause)
				if str(out.Error) != "States.TaskFailed" {
					t.Errorf("error %s", str(out.Error))
				}
			}
			job := parse(t, text)
			if job.Status != c.status || job.StatusReason != c.reason || !strings.HasPrefix(job.Container.Reason, c.container) {
				t.Errorf("job %+v", job)
			}
			var exits []int
			for _, a := range job.Attempts {
				exit := -1
				if a.Container.ExitCode != nil {
					exit = *a.Container.ExitCode
				}
				exits = append(exits, exit)
			}
			if fmt.Sprint(exits) != fmt.Sprint(c.exits) {
				t.Errorf("exits %v, want %v", exits, c.exits)
			}
			last := c.exits[len(c.exits)-1]
			if (job.Container.ExitCode == nil) != (last == -1) {
				t.Errorf("exit code of the last attempt: %v", job.Container.ExitCode)
			}
			if last == -1 {
				return
			}
			jobs := b.of(b.jobs(t), c.name)
			if lines, want := b.log(t, jobs[0]), fmt.Sprintf("hello 5..5 %d", len(c.exits)); len(lines) != 1 || lines[0] != want {
				t.Errorf("log %q, want %q", lines, want)
			}
		})
	}
}

// What Batch refuses in a retry strategy.
func TestRetryStrategiesRefused(t *testing.T) {
	b := newBench(t, "refused")
	rule := func(e batchtypes.EvaluateOnExit) []batchtypes.EvaluateOnExit { return []batchtypes.EvaluateOnExit{e} }
	six := make([]batchtypes.EvaluateOnExit, 6)
	for i := range six {
		six[i] = batchtypes.EvaluateOnExit{OnExitCode: ptr(fmt.Sprint(i)), Action: batchtypes.RetryActionExit}
	}
	for name, s := range map[string]*batchtypes.RetryStrategy{
		"attempts":       {Attempts: ptr(int32(11))},
		"without":        {EvaluateOnExit: six[:1]},
		"six":            {Attempts: ptr(int32(2)), EvaluateOnExit: six},
		"leading star":   {Attempts: ptr(int32(2)), EvaluateOnExit: rule(batchtypes.EvaluateOnExit{OnReason: ptr("*memory"), Action: batchtypes.RetryActionExit})},
		"code":           {Attempts: ptr(int32(2)), EvaluateOnExit: rule(batchtypes.EvaluateOnExit{OnExitCode: ptr("-1"), Action: batchtypes.RetryActionExit})},
		"other action":   {Attempts: ptr(int32(2)), EvaluateOnExit: rule(batchtypes.EvaluateOnExit{OnExitCode: ptr("1"), Action: "STOP"})},
		"other letters":  {Attempts: ptr(int32(2)), EvaluateOnExit: rule(batchtypes.EvaluateOnExit{OnStatusReason: ptr("a-b"), Action: batchtypes.RetryActionExit})},
		"empty patterns": {Attempts: ptr(int32(2)), EvaluateOnExit: rule(batchtypes.EvaluateOnExit{OnReason: ptr(""), Action: batchtypes.RetryActionExit})},
	} {
		_, err := b.moto.batch.RegisterJobDefinition(t.Context(), &batch.RegisterJobDefinitionInput{
			JobDefinitionName: ptr("refused"), Type: batchtypes.JobDefinitionTypeContainer, RetryStrategy: s,
			ContainerProperties: &batchtypes.ContainerProperties{Image: ptr("image"), ResourceRequirements: b.size()},
		})
		if err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}
