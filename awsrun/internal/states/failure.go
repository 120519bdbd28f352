package states

// The cause of a job's failure is its description, a JSON object; that of any other
// error is text. States.StringToJson of such text would end the execution with an
// error that nothing can catch, so it is looked at before.
const (
	errorName = "$.failure.Error"
	cause     = "$.failure.Cause"
	ofJob     = "$.read.job"
)

// Fields of a job's description.
const (
	jobID        = ofJob + ".JobId"
	exitCode     = ofJob + ".Container.ExitCode"
	reason       = ofJob + ".Container.Reason"
	statusReason = ofJob + ".StatusReason"
)

// Names of states that are looked for elsewhere.
const (
	lookAtFailure = "Look at the failure"
	readCause     = "Read the cause"
	whatBecame    = "What became of it"
	whoseError    = "Whose error is it"
)

// reading returns three states that read what was caught, the first of which is to be
// entered. They go on with the state job if a job failed, whose description then is in
// $.read.job, and else with the state other. In both cases $.failure has a cause.
func reading(name func(string) string, job, other string) states {
	look, none, read := name(lookAtFailure), name("No cause"), name(readCause)
	return states{
		{look, state{
			Type: choice,
			Choices: []rule{
				absent(cause).then(none),
				rule{Variable: cause, StringMatches: `{"*}`}.then(read),
			},
			Default: other,
		}},
		{none, state{Type: pass, Result: "no cause is known", ResultPath: cause, Next: other}},
		{read, state{Type: pass, Parameters: description{"States.StringToJson(" + cause + ")"}, ResultPath: "$.read", Next: job}},
	}
}

// renaming returns two states, the first of which is to be entered, that go on with next.
// Names that begin with "States." are Step Functions' own, and no Fail may use them: of
// States.TaskFailed they leave TaskFailed in $.failure.
func renaming(name func(string) string, next string) states {
	whose, rename := name(whoseError), name("Name it anew")
	return states{
		{whose, state{Type: choice, Choices: []rule{rule{Variable: errorName, StringMatches: "States.*"}.then(rename)}, Default: next}},
		{rename, state{
			Type:       pass,
			Parameters: failure{Error: "States.ArrayGetItem(States.StringSplit(" + errorName + ", '.'), 1)", Cause: cause},
			ResultPath: "$.failure",
			Next:       next,
		}},
	}
}

// naming is a state that says in $.failure what to do about bad settings.
func naming(next string) state {
	return state{
		Type: pass,
		Parameters: badSettings{
			Error: BadSettings,
			Cause: "States.Format('Job {} cannot use its settings. Its log says why: run the program with the command logs. Then correct the settings, deploy, and start again: what is done stays done.', " + jobID + ")",
		},
		ResultPath: "$.failure",
		Next:       next,
	}
}

// failing ends with the error in $.failure.
func failing() state {
	return state{Type: fail, ErrorPath: errorName, CausePath: cause}
}

// exited is the rule for an exit status.
func exited(status int) rule { return equals(exitCode, status) }
