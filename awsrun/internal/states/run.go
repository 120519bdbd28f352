package states

import (
	"fmt"
	"strings"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Names of the states of a run that are not of one step.
const (
	begin       = "Begin"
	report      = "Report"
	tellSuccess = "Tell of success"
	done        = "Done"
	settings    = "Settings?"
	bad         = "Bad settings"
	tellFailure = "Tell of the failure"
	keep        = "Keep the failure"
	look        = lookAtFailure
)

// run returns the state machine of a deployment.
func run(d *spec.Deployment) *machine {
	s := states{{begin, state{
		Type:       pass,
		Comment:    "What the run was started with is of no use to it.",
		Parameters: begun{Run: "$$.Execution.Id"},
		Next:       listing(d.Steps[0].Name),
	}}}
	for i, st := range d.Steps {
		next := report
		if i+1 < len(d.Steps) {
			next = listing(d.Steps[i+1].Name)
		}
		s = append(s, step(d, st, next)...)
	}
	s = append(s, ending(d)...)
	s = append(s, failures(d)...)
	return &machine{
		Comment:        comment(d),
		TimeoutSeconds: int64((d.MaxDuration + time.Second - 1) / time.Second),
		flow:           flow{StartAt: begin, States: s},
	}
}

// comment names the steps, as far as there is room.
func comment(d *spec.Deployment) string {
	var names []string
	for _, s := range d.Steps {
		names = append(names, s.Name)
	}
	const most = 10
	if n := len(names); n > most {
		names = append(names[:most], fmt.Sprintf("and %d more", n-most))
	}
	return "Runs the plan of " + d.Name + ": " + strings.Join(names, ", ") + "."
}

func listing(step string) string { return "List " + step }
func doing(step string) string   { return "Do " + step }

// step returns the states of one step.
func step(d *spec.Deployment, st spec.Step, next string) states {
	list, do := listing(st.Name), doing(st.Name)
	object := object{Bucket: "${bucket}", Key: "${prefix_key}" + spec.BatchesFile(st.Name)}
	after := of("Size of the list", st.Name)
	if d.Inline {
		after = of("Read the list", st.Name)
	}
	s := states{{list, controlJob(d, "list-"+label(st.Name), st.Name, []string{"list", st.Name}, after, look)}}
	if d.Inline {
		return append(s,
			named{after, readList(object, do)},
			named{do, inlineMap(d, st, next)},
		)
	}
	enough := of("Anything to do", st.Name)
	return append(s,
		named{after, sizeOfList(object, enough)},
		named{enough, state{
			Type:    choice,
			Comment: "Shorter than one batch is only an empty list.",
			Choices: []rule{rule{Variable: "$.list.bytes", NumericLessThan: minList}.then(next)},
			Default: do,
		}},
		named{do, distributedMap(d, st, object, next)},
	)
}

// minList is less than the bytes in which a list of one batch can be written, and more
// than in an empty one.
const minList = len(`{"shards":"0"}`)

// sizeOfList spares a run, which may find nothing to do in most steps when it goes on
// with another, a Map that starts for nothing. It is nowhere written that a distributed
// Map takes an empty list.
func sizeOfList(o object, next string) state {
	s := call(headObject, o, next, look)
	s.ResultSelector, s.ResultPath = size{Bytes: "$.ContentLength"}, "$.list"
	return s
}

// readList reads the batches for an inline Map, which takes an empty list.
func readList(o object, next string) state {
	s := call(getObject, o, next, look)
	s.ResultSelector, s.ResultPath = list{Batches: "States.StringToJson($.Body)"}, "$.list"
	return s
}

func distributedMap(d *spec.Deployment, st spec.Step, o object, next string) state {
	return state{
		Type:                       mapping,
		ItemReader:                 &itemReader{Resource: readObject, ReaderConfig: readerConfig{InputType: "JSON"}, Parameters: o},
		ItemSelector:               item{Shards: "$$.Map.Item.Value.shards", Run: "$$.Execution.Id"},
		MaxConcurrency:             st.Concurrency,
		ToleratedFailurePercentage: st.Tolerated,
		Label:                      label(st.Name),
		ItemProcessor:              &itemProcessor{ProcessorConfig: processorConfig{Mode: distributed, ExecutionType: "STANDARD"}, flow: child(d, st.Name)},
		ResultWriter:               &resultWriter{Resource: writeObject, Parameters: folder{Bucket: o.Bucket, Prefix: "${prefix_key}" + spec.ResultsDir(st.Name)}},
		ResultPath:                 nowhere,
		Catch:                      caught(look),
		Next:                       next,
	}
}

func inlineMap(d *spec.Deployment, st spec.Step, next string) state {
	return state{
		Type:           mapping,
		ItemsPath:      "$.list.batches",
		ItemSelector:   item{Shards: "$$.Map.Item.Value.shards"},
		MaxConcurrency: min(st.Concurrency, maxInline),
		ItemProcessor:  &itemProcessor{ProcessorConfig: processorConfig{Mode: inline}, flow: child(d, st.Name)},
		ResultPath:     nowhere,
		Catch:          caught(look),
		Next:           next,
	}
}

// ending returns the states after the last step.
func ending(d *spec.Deployment) states {
	r := controlJob(d, "report", "report", []string{"report"}, tellSuccess, look)
	r.ResultSelector = reported{ended, "s3://${bucket}/${prefix_key}" + spec.ReportFile}
	r.ResultPath = "$.report"
	return states{
		{report, r},
		{tellSuccess, telling(d, "done", "States.Format('Run {} is done. Its report is {}.', $.run, $.report.file)", done)},
		{done, state{Type: succeed}},
	}
}

// failures returns the states after a failure.
func failures(d *spec.Deployment) states {
	itself := func(name string) string { return name }
	return append(reading(itself, settings, tellFailure),
		named{settings, state{
			Type:    choice,
			Choices: []rule{{And: []rule{present(jobID), exited(spec.ExitSettings)}, Next: bad}},
			Default: tellFailure,
		}},
		named{bad, naming(tellFailure)},
		named{tellFailure, telling(d, "failed", "States.Format('Run {} failed with {}. To go on where it stopped, start again, or redrive this run. The cause: {}', $.run, "+errorName+", "+cause+")", keep)},
		named{keep, state{Type: pass, Parameters: kept{Run: "$.run", Failure: "$.failure", Redrives: redrives}, Next: Failed}},
		named{Failed, state{
			Type:    choice,
			Comment: "Nothing fits, so the run fails, until it is redriven.",
			Choices: []rule{{Variable: redrives, NumericGreaterThanPath: "$.redrives", Next: begin}},
		}},
	)
}

// redrives is how often the run was redriven.
const redrives = "$$.Execution.RedriveCount"

// telling sends a message. If that fails, the run ends as it would have.
func telling(d *spec.Deployment, how, text, next string) state {
	s := call(publishSNS, message{Topic: "${topic}", Subject: "textmill " + d.Name + ": " + how, Message: text}, next, next)
	s.ResultPath = nowhere
	s.Catch[0].ResultPath = "$.telling"
	return s
}
