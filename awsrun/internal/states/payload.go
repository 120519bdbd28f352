package states

// This file has what states hand to services, take from their answers, and hand on. A
// field whose name ends in ".$" is read from the input of the state by a path.

// A job is what Batch is asked to do. Batch's SubmitJob takes strings alone among its
// Parameters and Tags; anything else fails the execution where nothing can catch it.
type job struct {
	JobName            string            `json:",omitempty"`
	JobNameFrom        string            `json:"JobName.$,omitempty"`
	JobQueue           string            // ARN
	JobDefinition      string            // ARN
	Parameters         *jobParameters    `json:",omitempty"`
	ContainerOverrides *overrides        `json:",omitempty"`
	Tags               map[string]string // encoded in order
	PropagateTags      bool              // to the task, which is what costs
}

type jobParameters struct {
	Shards string `json:"shards.$"`
}

type overrides struct{ Command []string }

// jobEnd is what is kept of the description of a job, some kilobytes, that has ended.
type jobEnd struct {
	Job    string `json:"job.$"`
	Status string `json:"status.$"`
}

var ended = jobEnd{Job: "$.JobId", Status: "$.Status"}

// reported is the same of the job that writes the report, with where that is.
type reported struct {
	jobEnd
	File string `json:"file"`
}

// An object is one of a bucket.
type object struct{ Bucket, Key string }

// A folder is where a Map writes its results.
type folder struct{ Bucket, Prefix string }

// size is what is kept of the head of an object.
type size struct {
	Bytes string `json:"bytes.$"`
}

// list is what is kept of an object that holds a list of batches.
type list struct {
	Batches string `json:"batches.$"`
}

// begun is what a run has from the beginning, whatever it was started with.
type begun struct {
	Run string `json:"run.$"`
}

// An item is what a child is given.
type item struct {
	Shards string `json:"shards.$"`
	Run    string `json:"run.$,omitempty"` // ARN of the execution that it is a child of
}

// quarantined is what a child returns whose job has left out shards.
type quarantined struct {
	Job    string `json:"job.$"`
	Status string `json:"status"`
}

// description is that of a job that failed, as parsed from the cause.
type description struct {
	Job string `json:"job.$"`
}

// failure is an error as a Catch leaves it.
type failure struct {
	Error string `json:"Error.$"`
	Cause string `json:"Cause.$"`
}

// kept is what a run that fails is left with, for those who ask what failed, and for the
// time when it is redriven.
type kept struct {
	Run      string `json:"run.$"`
	Failure  string `json:"failure.$"`
	Redrives string `json:"redrives.$"` // by then
}

// badSettings is such an error, of ours.
type badSettings struct {
	Error string
	Cause string `json:"Cause.$"`
}

// stop stops an execution.
type stop struct {
	Execution string `json:"ExecutionArn.$"`
	Error     string `json:"Error.$"`
	Cause     string `json:"Cause.$"`
}

// A message is sent to whoever subscribed to the topic.
type message struct {
	Topic   string `json:"TopicArn"`
	Subject string // up to 100 characters of ASCII
	Message string `json:"Message.$"`
}
