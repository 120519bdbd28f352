package proof

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/batch"
	batchtypes "github.com/aws/aws-sdk-go-v2/service/batch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/textmill/textmill/awsrun/internal/states"
)

// start starts an execution and returns its ARN.
func (d *deployment) start(t *testing.T) string {
	t.Helper()
	out, err := d.moto.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &d.machine})
	must(t, err)
	return *out.ExecutionArn
}

// wait waits for the end of an execution.
func (d *deployment) wait(t *testing.T, execution string) *sfn.DescribeExecutionOutput {
	t.Helper()
	for {
		out, err := d.moto.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		must(t, err)
		if out.Status != sfntypes.ExecutionStatusRunning {
			return out
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// run starts an execution, which is to end with the given status.
func (d *deployment) run(t *testing.T, want sfntypes.ExecutionStatus) *sfn.DescribeExecutionOutput {
	t.Helper()
	out := d.wait(t, d.start(t))
	if out.Status != want {
		d.explain(t, *out.ExecutionArn)
		t.Fatalf("the run ended with %s, not %s: %s: %s", out.Status, want, str(out.Error), str(out.Cause))
	}
	return out
}

// failure returns what went wrong in a run that has failed, as the state has it in which
// runs fail.
func (d *deployment) failure(t *testing.T, execution string) (err, cause string) {
	t.Helper()
	for _, e := range d.history(t, execution) {
		if s := e.StateEnteredEventDetails; s != nil && *s.Name == states.Failed {
			var input struct{ Failure struct{ Error, Cause string } }
			must(t, json.Unmarshal([]byte(*s.Input), &input))
			err, cause = input.Failure.Error, input.Failure.Cause
		}
	}
	return err, cause
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// history returns the events of an execution.
func (d *deployment) history(t *testing.T, execution string) (events []sfntypes.HistoryEvent) {
	t.Helper()
	pages := sfn.NewGetExecutionHistoryPaginator(d.moto.sfn, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		events = append(events, page.Events...)
	}
	return events
}

// explain logs what happened in an execution, and in its jobs that failed.
func (d *deployment) explain(t *testing.T, execution string) {
	t.Helper()
	for _, e := range d.history(t, execution) {
		if s := e.StateEnteredEventDetails; s != nil {
			t.Logf("%s %s %s", e.Type, *s.Name, str(s.Input))
		} else {
			t.Logf("%s", e.Type)
		}
	}
	for _, j := range d.jobs(t) {
		if j.Status != batchtypes.JobStatusSucceeded {
			t.Logf("job %s %s: %s %s: %s\n%s", *j.JobName, j.Parameters["shards"], j.Status, str(j.StatusReason), str(j.Container.Reason), strings.Join(d.log(t, j), "\n"))
		}
	}
}

// jobs returns all jobs of the deployment, in the order in which they were submitted.
func (d *deployment) jobs(t *testing.T) (jobs []batchtypes.JobDetail) {
	t.Helper()
	var ids []string
	for _, queue := range []string{d.Name + "-jobs", d.Name + "-steady"} {
		out, err := d.moto.batch.ListJobs(t.Context(), &batch.ListJobsInput{JobQueue: &queue})
		must(t, err)
		for _, j := range out.JobSummaryList {
			ids = append(ids, *j.JobId)
		}
	}
	for some := range slices.Chunk(ids, 100) {
		out, err := d.moto.batch.DescribeJobs(t.Context(), &batch.DescribeJobsInput{Jobs: some})
		must(t, err)
		jobs = append(jobs, out.Jobs...)
	}
	slices.SortStableFunc(jobs, func(a, b batchtypes.JobDetail) int { return cmp.Compare(*a.CreatedAt, *b.CreatedAt) })
	return jobs
}

// of returns the jobs of one definition.
func (d *deployment) of(jobs []batchtypes.JobDetail, key string) (out []batchtypes.JobDetail) {
	for _, j := range jobs {
		if strings.Contains(*j.JobDefinition, "/"+d.Name+"-"+key+":") {
			out = append(out, j)
		}
	}
	return out
}

// log returns the lines that the last attempt at a job has logged.
func (d *deployment) log(t *testing.T, j batchtypes.JobDetail) (lines []string) {
	t.Helper()
	if j.Container.LogStreamName == nil {
		return nil
	}
	group := j.Container.LogConfiguration.Options["awslogs-group"]
	out, err := d.moto.logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: &group, LogStreamName: j.Container.LogStreamName, StartFromHead: ptr(true),
	})
	must(t, err)
	for _, e := range out.Events {
		lines = append(lines, *e.Message)
	}
	return lines
}

// children returns the executions that a step's Map has started in an execution, those with
// the given status.
func (d *deployment) children(t *testing.T, execution, step string, status sfntypes.ExecutionStatus) (all []sfntypes.ExecutionListItem) {
	t.Helper()
	run := d.mapRun(t, execution, step)
	pages := sfn.NewListExecutionsPaginator(d.moto.sfn, &sfn.ListExecutionsInput{MapRunArn: &run, StatusFilter: status})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		all = append(all, page.Executions...)
	}
	return all
}

// mapRun returns the ARN of the run of a step's Map.
func (d *deployment) mapRun(t *testing.T, execution, step string) string {
	t.Helper()
	for _, e := range d.history(t, execution) {
		if s := e.MapRunStartedEventDetails; s != nil && strings.Contains(*s.MapRunArn, "/"+step+":") {
			return *s.MapRunArn
		}
	}
	t.Fatalf("step %s has started no Map", step)
	return ""
}
