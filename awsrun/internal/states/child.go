package states

import "github.com/textmill/textmill/awsrun/internal/spec"

// child returns what a Map does with a batch of a step: a job, and what becomes of it.
// Its input is an item. Its result, which inline Maps keep in the payload, is short.
func child(d *spec.Deployment, step string) flow {
	name := func(what string) string { return of(what, step) }
	var (
		do      = name("Do it")
		look    = name(lookAtFailure)
		become  = name(whatBecame)
		leave   = name("Quarantined")
		bad     = name("Bad settings")
		ask     = name("Ask for more")
		doLarge = name("Do it with more")
		stopRun = name("Stop the run")
		whose   = name(whoseError)
		failed  = name("Failed")
	)
	s := states{{do, batchJob(d, step, "", "${jobs_queue}", spec.StepJob(step), look)}}
	s = append(s, reading(name, become, whose)...)
	s = append(s,
		named{become, outcome(leave, bad, ask, whose)},
		named{leave, state{Type: pass, Parameters: quarantined{Job: jobID, Status: "QUARANTINED"}, End: true}},
		// From here the same states are entered again, so $.large says it was done.
		named{ask, state{Type: pass, Result: true, ResultPath: "$.large", Next: doLarge}},
		named{doLarge, batchJob(d, step, largeSuffix, "${steady_queue}", spec.LargeJob(step), look)},
	)
	if d.Inline {
		s = append(s, named{bad, naming(failed)})
	} else {
		s = append(s, named{bad, naming(stopRun)}, named{stopRun, stopping(failed)})
	}
	s = append(s, renaming(name, failed)...)
	return flow{StartAt: do, States: append(s, named{failed, failing()})}
}

// outcome is the state that decides what becomes of a job.
func outcome(leave, bad, ask, failed string) state {
	roomier := rule{And: []rule{
		absent("$.large"),
		{Or: []rule{
			exited(spec.ExitRoom),
			exited(killed),
			matches(reason, "OutOfMemory*"),
			matches(statusReason, "OutOfMemory*"),
			matches(statusReason, "*Spot*interrupt*"),
		}},
	}}
	return state{
		Type: choice,
		Choices: []rule{
			absent(jobID).then(failed), // JSON, but nothing of Batch's
			exited(spec.ExitData).then(leave),
			exited(spec.ExitSettings).then(bad),
			roomier.then(ask),
		},
		Default: failed,
	}
}

// killed is the exit status of what SIGKILL ended: for want of memory, mostly.
const killed = 137

// stopping stops the run, without waiting for other children. Whether that succeeds or
// not, this child fails: the Map sees to the rest.
func stopping(failed string) state {
	s := call(stopExecution, stop{Execution: "$.run", Error: errorName, Cause: cause}, failed, failed)
	s.ResultPath = nowhere
	s.Catch[0].ResultPath = "$.stopping" // $.failure is what matters
	return s
}
