package states

import "encoding/json"

// This file has the part of Amazon States Language, with JSONPath, that is written
// here. See https://states-language.net and the developer guide of Step Functions.

type machine struct {
	Comment        string
	TimeoutSeconds int64
	flow
}

// A flow is states, and the one to begin with.
type flow struct {
	StartAt string
	States  states
}

// states are in the order in which they are written: the usual way first.
type states []named

type named struct {
	name string
	state
}

// A state is one of any type. Fields that its type does not have are zero.
type state struct {
	Type     string
	Comment  string `json:",omitempty"`
	Resource string `json:",omitempty"`

	// Of a Map.
	ItemReader                 *itemReader    `json:",omitempty"`
	ItemsPath                  string         `json:",omitempty"`
	ItemSelector               any            `json:",omitempty"` // see payload.go
	MaxConcurrency             int            `json:",omitempty"`
	ToleratedFailurePercentage int            `json:",omitempty"`
	Label                      string         `json:",omitempty"`
	ItemProcessor              *itemProcessor `json:",omitempty"`
	ResultWriter               *resultWriter  `json:",omitempty"`

	// Of a Choice.
	Choices []rule `json:",omitempty"`
	Default string `json:",omitempty"`

	// Of a Fail.
	ErrorPath string `json:",omitempty"`
	CausePath string `json:",omitempty"`

	Parameters     any       `json:",omitempty"` // see payload.go
	Result         any       `json:",omitempty"` // of a Pass: a string or true
	ResultSelector any       `json:",omitempty"` // see payload.go
	ResultPath     path      `json:",omitempty"`
	Retry          []retrier `json:",omitempty"`
	Catch          []catcher `json:",omitempty"`

	Next string `json:",omitempty"`
	End  bool   `json:",omitempty"`
}

// Types of states.
const (
	task    = "Task"
	pass    = "Pass"
	choice  = "Choice"
	mapping = "Map"
	succeed = "Succeed"
	fail    = "Fail"
)

// Services that tasks call.
const (
	submitJobSync = "arn:aws:states:::batch:submitJob.sync"
	publishSNS    = "arn:aws:states:::sns:publish"
	headObject    = "arn:aws:states:::aws-sdk:s3:headObject"
	getObject     = "arn:aws:states:::aws-sdk:s3:getObject"
	stopExecution = "arn:aws:states:::aws-sdk:sfn:stopExecution"

	readObject  = "arn:aws:states:::s3:getObject" // by a Map itself
	writeObject = "arn:aws:states:::s3:putObject"
)

// A path says where in its input a state puts its result. If empty, the result takes
// the place of the input.
type path string

// nowhere drops the result.
const nowhere path = "null"

func (p path) MarshalJSON() ([]byte, error) {
	if p == nowhere {
		return []byte("null"), nil
	}
	return json.Marshal(string(p))
}

type itemReader struct {
	Resource     string
	ReaderConfig readerConfig
	Parameters   object
}

type readerConfig struct{ InputType string }

type itemProcessor struct {
	ProcessorConfig processorConfig
	flow
}

type processorConfig struct {
	Mode          string
	ExecutionType string `json:",omitempty"`
}

// Modes of Maps.
const (
	distributed = "DISTRIBUTED"
	inline      = "INLINE"
)

type resultWriter struct {
	Resource   string
	Parameters folder
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
	MaxDelaySeconds int
	JitterStrategy  string
}

type catcher struct {
	ErrorEquals []string
	ResultPath  path `json:",omitempty"`
	Next        string
}

// anyError is what every error matches that can be caught at all.
const anyError = "States.ALL"

// A rule of a Choice. What it says of a field that is not there ends the run, so
// IsPresent comes before all else.
type rule struct {
	Variable               string `json:",omitempty"`
	IsPresent              bool   `json:",omitempty"`
	NumericEquals          int    `json:",omitempty"`
	NumericLessThan        int    `json:",omitempty"`
	NumericGreaterThanPath string `json:",omitempty"`
	StringMatches          string `json:",omitempty"`
	Not                    *rule  `json:",omitempty"`
	And                    []rule `json:",omitempty"`
	Or                     []rule `json:",omitempty"`
	Next                   string `json:",omitempty"` // at the top alone
}

func present(variable string) rule { return rule{Variable: variable, IsPresent: true} }

func absent(variable string) rule {
	r := present(variable)
	return rule{Not: &r}
}

func equals(variable string, n int) rule {
	return rule{And: []rule{present(variable), {Variable: variable, NumericEquals: n}}}
}

func matches(variable, pattern string) rule {
	return rule{And: []rule{present(variable), {Variable: variable, StringMatches: pattern}}}
}

// then is the rule with what comes next.
func (r rule) then(next string) rule {
	r.Next = next
	return r
}
