package proof

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Whoever subscribed is told of success and of failure.
func TestMessages(t *testing.T) {
	m := sharedMoto(t)
	program := build(t, "./testprogram")
	for _, c := range []struct {
		name, setting string
		status        sfntypes.ExecutionStatus
		subject       string
		says          string
	}{
		{"told", "-fail=-1", succeeded, "textmill NAME: done", "is done. Its report is s3://NAME-" + account + "-" + region + "/runs/1/report.json"},
		{"told-of-failure", "-fail=1", sfntypes.ExecutionStatusFailed, "textmill NAME: failed", "failed with " + exceeded + ". To go on where it stopped, start again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := m.deploy(t, newSpec(c.name, "-shards=4", c.setting), program)
			queue := d.subscribe(t)
			out := d.run(t, c.status)
			subject, text := d.receive(t, queue)
			named := func(s string) string { return strings.ReplaceAll(s, "NAME", d.Name) }
			if subject != named(c.subject) {
				t.Errorf("subject %q", subject)
			}
			for _, what := range []string{named(c.says), *out.ExecutionArn} {
				if !strings.Contains(text, what) {
					t.Errorf("the message does not say %q: %s", what, text)
				}
			}
		})
	}
}

// subscribe returns the URL of a queue that is subscribed to the topic.
func (d *deployment) subscribe(t *testing.T) string {
	t.Helper()
	q, err := d.moto.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &d.Name})
	must(t, err)
	arn := "arn:aws:sqs:" + region + ":" + account + ":" + d.Name
	_, err = d.moto.sns.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &d.topic, Protocol: ptr("sqs"), Endpoint: &arn})
	must(t, err)
	return *q.QueueUrl
}

// receive returns the only message in a queue.
func (d *deployment) receive(t *testing.T, queue string) (subject, text string) {
	t.Helper()
	var bodies []string
	for range 50 {
		out, err := d.moto.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10})
		must(t, err)
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
		}
		if len(bodies) > 0 && len(out.Messages) == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(bodies) != 1 {
		t.Fatalf("%d messages: %q", len(bodies), bodies)
	}
	var m struct{ Subject, Message string }
	must(t, json.Unmarshal([]byte(bodies[0]), &m))
	return m.Subject, m.Message
}
