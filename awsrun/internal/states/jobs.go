package states

import "github.com/textmill/textmill/awsrun/internal/spec"

// submitting is what Batch answers if it does not take a job: mostly since more than
// some fifty a second were submitted. What a job itself comes to is called
// States.TaskFailed, and is not tried again here: Batch has done that.
var submitting = retrier{
	ErrorEquals: []string{
		"Batch.AWSBatchException", "Batch.TooManyRequestsException",
		"Batch.ServerException", "Batch.ClientException", "Batch.SdkClientException",
	},
	IntervalSeconds: 2,
	MaxAttempts:     10,
	BackoffRate:     2,
	MaxDelaySeconds: 60,
	JitterStrategy:  "FULL",
}

// calling is for services that answer at once.
var calling = retrier{
	ErrorEquals:     []string{"States.TaskFailed"},
	IntervalSeconds: 2,
	MaxAttempts:     5,
	BackoffRate:     2,
	MaxDelaySeconds: 60,
	JitterStrategy:  "FULL",
}

// caught sends every error to the state next, in $.failure.
func caught(next string) []catcher {
	return []catcher{{ErrorEquals: []string{anyError}, ResultPath: "$.failure", Next: next}}
}

// call is a task that calls a service.
func call(service string, parameters any, then, otherwise string) state {
	return state{
		Type:       task,
		Resource:   service,
		Parameters: parameters,
		Retry:      []retrier{calling},
		Catch:      caught(otherwise),
		Next:       then,
	}
}

// controlJob is a task that runs the program with a command, on-demand.
func controlJob(d *spec.Deployment, name, step string, command []string, then, otherwise string) state {
	return state{
		Type:     task,
		Resource: submitJobSync,
		Parameters: job{
			JobName:            jobName(d, name),
			JobQueue:           "${steady_queue}",
			JobDefinition:      definition(spec.ControlJob),
			ContainerOverrides: &overrides{Command: command},
			Tags:               tags(d, step),
			PropagateTags:      true,
		},
		ResultSelector: ended,
		ResultPath:     nowhere,
		Retry:          []retrier{submitting},
		Catch:          caught(otherwise),
		Next:           then,
	}
}

// batchJob is a task that does a batch of a step's shards. Its result is that of the
// child.
func batchJob(d *spec.Deployment, step, suffix, queue, key, otherwise string) state {
	return state{
		Type:     task,
		Resource: submitJobSync,
		Parameters: job{
			JobNameFrom:   batchName(d, step, suffix),
			JobQueue:      queue,
			JobDefinition: definition(key),
			Parameters:    &jobParameters{Shards: "$.shards"},
			Tags:          tags(d, step),
			PropagateTags: true,
		},
		ResultSelector: ended,
		Retry:          []retrier{submitting},
		Catch:          caught(otherwise),
		End:            true,
	}
}

func definition(key string) string { return "${" + spec.Placeholder(key) + "}" }
