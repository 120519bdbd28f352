package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// numbers puts a list of n objects where a Map can read it: {"number": 0} and so on.
func (b *bench) numbers(t *testing.T, n int) {
	t.Helper()
	items := make([]m, n)
	for i := range items {
		items[i] = m{"number": i}
	}
	list, err := json.Marshal(items)
	must(t, err)
	_, err = b.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: ptr("list.json"), Body: strings.NewReader(string(list))})
	must(t, err)
}

// each is a distributed Map over the list of numbers, whose children fail if their number
// is less than limit.
func (b *bench) each(limit int, edit func(m)) m {
	state := m{
		"Type": "Map", "Label": "Each", "MaxConcurrency": 20,
		"ItemReader": m{
			"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": m{"InputType": "JSON"}, "Parameters": m{"Bucket": b.bucket, "Key": "list.json"},
		},
		"ItemSelector": m{"number.$": "$$.Map.Item.Value.number", "index.$": "$$.Map.Item.Index", "parent.$": "$$.Execution.Id", "given.$": "$.given"},
		"ItemProcessor": m{
			"ProcessorConfig": m{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Choose",
			"States": m{
				"Choose": m{"Type": "Choice", "Choices": []m{{"Variable": "$.number", "NumericLessThan": limit, "Next": "Bad"}}, "Default": "Good"},
				"Good":   m{"Type": "Pass", "Parameters": m{"item.$": "$", "execution.$": "$$.Execution.Id"}, "End": true},
				"Bad":    m{"Type": "Fail", "Error": "Bad", "Cause": "the number is too small"},
			},
		},
		"ResultWriter": m{"Resource": "arn:aws:states:::s3:putObject", "Parameters": m{"Bucket": b.bucket, "Prefix": "results"}},
		"End":          true,
	}
	if edit != nil {
		edit(state)
	}
	return state
}

// A distributed Map: each item has an execution of its own, which can be listed and
// described, and what they come to is in the files of results.
func TestMapRun(t *testing.T) {
	b := newBench(t, "map-run")
	const n, bad = 1200, 30
	b.numbers(t, n)
	out := b.execute(t, "", `{"given": "x"}`, m{"Map": b.each(bad, func(s m) { s["ToleratedFailurePercentage"] = 5 })}, "Map")
	if out.Status != succeeded {
		t.Fatalf("%s %s: %s", out.Status, str(out.Error), str(out.Cause))
	}
	run := b.mapRun(t, *out.ExecutionArn, "Each")
	mr, err := b.moto.sfn.DescribeMapRun(t.Context(), &sfn.DescribeMapRunInput{MapRunArn: &run})
	must(t, err)
	if c := mr.ItemCounts; mr.Status != sfntypes.MapRunStatusSucceeded || c.Total != n || c.Failed != bad || c.Succeeded != n-bad || c.Pending+c.Running != 0 {
		t.Errorf("map run %s %+v", mr.Status, *c)
	}
	if got := len(b.children(t, *out.ExecutionArn, "Each", sfntypes.ExecutionStatusSucceeded)); got != n-bad {
		t.Errorf("%d children succeeded", got)
	}
	failed := b.children(t, *out.ExecutionArn, "Each", sfntypes.ExecutionStatusFailed)
	if len(failed) != bad {
		t.Errorf("%d children failed", len(failed))
	}
	child, err := b.moto.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: failed[0].ExecutionArn})
	must(t, err)
	if str(child.Error) != "Bad" || str(child.Cause) != "the number is too small" {
		t.Errorf("child %s: %s", str(child.Error), str(child.Cause))
	}

	var written struct{ ResultWriterDetails struct{ Bucket, Key string } }
	must(t, json.Unmarshal([]byte(*out.Output), &written))
	var manifest struct {
		MapRunArn   string
		ResultFiles map[string][]struct{ Key string }
	}
	must(t, json.Unmarshal(b.object(t, written.ResultWriterDetails.Key), &manifest))
	if manifest.MapRunArn != run || !strings.HasPrefix(written.ResultWriterDetails.Key, "results/") {
		t.Errorf("manifest %s of %s", written.ResultWriterDetails.Key, manifest.MapRunArn)
	}
	var results []struct{ Output string }
	must(t, json.Unmarshal(b.object(t, manifest.ResultFiles["SUCCEEDED"][0].Key), &results))
	seen := map[string]bool{}
	for i, r := range results {
		var output struct {
			Item struct {
				Number, Index int
				Parent, Given string
			}
			Execution string
		}
		must(t, json.Unmarshal([]byte(r.Output), &output))
		if o := output.Item; o.Number != i+bad || o.Index != i+bad || o.Parent != *out.ExecutionArn || o.Given != "x" {
			t.Errorf("result %d: %+v", i, o)
		}
		seen[output.Execution] = true
	}
	if len(seen) != n-bad || seen[*out.ExecutionArn] {
		t.Errorf("%d children have executions of their own", len(seen))
	}
}

// How many children may fail.
func TestMapTolerates(t *testing.T) {
	b := newBench(t, "map-tolerates")
	b.numbers(t, 20)
	for i, c := range []struct {
		failing    int
		percentage any
		count      any
		fails      bool
	}{
		{failing: 0},
		{failing: 1, fails: true},
		{failing: 1, percentage: 4, fails: true},
		{failing: 1, percentage: 5},
		{failing: 2, percentage: 5, fails: true},
		{failing: 2, count: 2},
		{failing: 3, count: 2, fails: true},
		{failing: 3, percentage: 100, count: 2, fails: true},
		{failing: 2, percentage: 5, count: 10, fails: true},
		{failing: 20, percentage: 100},
	} {
		out := b.execute(t, fmt.Sprint("-", i), `{"given": ""}`, m{"Map": b.each(c.failing, func(s m) {
			if c.percentage != nil {
				s["ToleratedFailurePercentage"] = c.percentage
			}
			if c.count != nil {
				s["ToleratedFailureCount"] = c.count
			}
		})}, "Map")
		if c.fails != (out.Status == sfntypes.ExecutionStatusFailed) || c.fails && str(out.Error) != exceeded {
			t.Errorf("%+v: %s %s: %s", c, out.Status, str(out.Error), str(out.Cause))
		}
	}
}

// A list that is not there fails the Map, with an error that can be caught.
func TestMapWithoutList(t *testing.T) {
	b := newBench(t, "map-no-list")
	out := b.execute(t, "", `{"given": ""}`, m{
		"Map":    b.each(0, func(s m) { s["Catch"] = []m{{"ErrorEquals": []string{"States.ItemReaderFailed"}, "Next": "Caught"}} }),
		"Caught": m{"Type": "Succeed"},
	}, "Map")
	if out.Status != succeeded || !strings.Contains(*out.Output, "States.ItemReaderFailed") {
		t.Errorf("%s %s: %s", out.Status, str(out.Error), str(out.Cause))
	}
}

// An inline Map of many items; and one whose first failure ends the others.
func TestInlineMap(t *testing.T) {
	b := newBench(t, "map-inline")
	items := make([]int, 1200)
	for i := range items {
		items[i] = i
	}
	list, err := json.Marshal(items)
	must(t, err)
	inline := func(states m, start string) m {
		return m{"Map": m{
			"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": m{"ProcessorConfig": m{"Mode": "INLINE"}, "StartAt": start, "States": states}, "End": true,
		}}
	}
	out := b.execute(t, "-many", string(list), inline(m{"Same": m{"Type": "Pass", "End": true}}, "Same"), "Map")
	var outputs []int
	must(t, json.Unmarshal([]byte(str(out.Output)), &outputs))
	if !slices.Equal(outputs, items) {
		t.Errorf("%s: %d outputs", out.Status, len(outputs))
	}

	job := b.task(b.shell(t, "half", `if [ "$0" = 0..0 ]; then exit 1; fi; exec sleep 60`, nil))
	out = b.execute(t, "-half", `[{"shards": "1..1"}, {"shards": "0..0"}, {"shards": "2..2"}]`, inline(m{"Job": job}, "Job"), "Map")
	if out.Status != sfntypes.ExecutionStatusFailed || str(out.Error) != "States.TaskFailed" {
		t.Errorf("%s %s", out.Status, str(out.Error))
	}
	jobs := b.of(b.jobs(t), "half")
	if len(jobs) != 2 {
		t.Errorf("%d jobs were begun", len(jobs))
	}
	for _, j := range jobs {
		if j.Parameters["shards"] == "1..1" && !*j.IsTerminated {
			t.Errorf("the other job was not ended: %s", j.Status)
		}
	}
}

// What no Catch catches, although it is for all errors.
func TestNotCaught(t *testing.T) {
	b := newBench(t, "not-caught")
	all := []m{{"ErrorEquals": []string{"States.ALL"}, "Next": "Caught"}}
	caught := m{"Type": "Succeed"}
	for name, c := range map[string]struct {
		states m
		want   string
	}{
		"path": {m{
			"First":  m{"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": m{"TopicArn": "x", "Message.$": "$.nothing"}, "Catch": all, "End": true},
			"Caught": caught,
		}, "States.Runtime"},
		"choice": {m{
			"First":  m{"Type": "Choice", "Choices": []m{{"Variable": "$.shards", "StringEquals": "other", "Next": "Caught"}}},
			"Caught": caught,
		}, "States.NoChoiceMatched"},
	} {
		out := b.execute(t, "-"+name, `{"shards": "0..0"}`, c.states, "First")
		if out.Status != sfntypes.ExecutionStatusFailed || str(out.Error) != c.want {
			t.Errorf("%s: %s %s: %s", name, out.Status, str(out.Error), str(out.Cause))
		}
	}
}

// Services fail with the names of AWS, and a task is retried.
func TestErrorsOfServices(t *testing.T) {
	b := newBench(t, "errors")
	out := b.execute(t, "", `{}`, m{
		"Get": m{
			"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": m{"Bucket": b.bucket, "Key": "nothing"}, "End": true,
			"Retry": []m{{"ErrorEquals": []string{"S3.NoSuchKeyException"}, "IntervalSeconds": 1, "MaxAttempts": 2}},
		},
	}, "Get")
	if out.Status != sfntypes.ExecutionStatusFailed || str(out.Error) != "S3.NoSuchKeyException" {
		t.Errorf("%s %s: %s", out.Status, str(out.Error), str(out.Cause))
	}
	failures := 0
	for _, e := range b.history(t, *out.ExecutionArn) {
		if e.Type == sfntypes.HistoryEventTypeTaskFailed {
			failures++
		}
	}
	if failures != 3 {
		t.Errorf("tried %d times", failures)
	}

	_, err := b.moto.sfn.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: out.ExecutionArn})
	must(t, err)
	if out = b.wait(t, *out.ExecutionArn); *out.RedriveCount != 1 || out.Status != sfntypes.ExecutionStatusFailed {
		t.Errorf("redriven %d times: %s", *out.RedriveCount, out.Status)
	}
	done := b.execute(t, "-done", `{}`, m{"Done": m{"Type": "Succeed"}}, "Done")
	_, err = b.moto.sfn.RedriveExecution(t.Context(), &sfn.RedriveExecutionInput{ExecutionArn: done.ExecutionArn})
	if _, ok := errors.AsType[*sfntypes.ExecutionNotRedrivable](err); !ok {
		t.Errorf("a run that has succeeded: %v", err)
	}
}

// Histories come in pages, and backwards.
func TestHistoryPages(t *testing.T) {
	b := newBench(t, "pages")
	out := b.execute(t, "", `{}`, m{"A": m{"Type": "Pass", "Next": "B"}, "B": m{"Type": "Pass", "End": true}}, "A")
	var forth, back []int64
	for _, reverse := range []bool{false, true} {
		pages := sfn.NewGetExecutionHistoryPaginator(b.moto.sfn, &sfn.GetExecutionHistoryInput{ExecutionArn: out.ExecutionArn, MaxResults: 2, ReverseOrder: reverse})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			must(t, err)
			for _, e := range page.Events {
				if reverse {
					back = append(back, e.Id)
				} else {
					forth = append(forth, e.Id)
				}
			}
		}
	}
	slices.Reverse(back)
	if len(forth) != 6 || !slices.Equal(forth, back) {
		t.Errorf("events %v, and backwards %v", forth, back)
	}
}
