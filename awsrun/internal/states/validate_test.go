package states

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// at returns a state of the machine, or of a Map in it, to be changed.
func (f *flow) at(name string) *state {
	for i := range f.States {
		n := &f.States[i]
		if n.name == name {
			return &n.state
		}
		if n.ItemProcessor != nil {
			if s := n.ItemProcessor.at(name); s != nil {
				return s
			}
		}
	}
	return nil
}

// rename gives a state another name, in its flow alone.
func (f *flow) rename(from, to string) {
	for i := range f.States {
		if f.States[i].name == from {
			f.States[i].name = to
		}
	}
}

func (f *flow) add(name string, s state) { f.States = append(f.States, named{name, s}) }

func TestValidate(t *testing.T) {
	for name, d := range deployments() {
		if err := validate(run(d)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Machines that were broken on purpose.
func TestValidateRefuses(t *testing.T) {
	const (
		do   = "Do clean"
		it   = "Do it (clean)"
		what = "What became of it (clean)"
	)
	job := func(m *machine, state string) job { return m.at(state).Parameters.(job) }
	for want, breaks := range map[string]func(m *machine){
		"no time limit": func(m *machine) { m.TimeoutSeconds = 0 },

		`the machine starts at "Start"`:                 func(m *machine) { m.StartAt = "Start" },
		`the Map "Do clean" starts at ""`:               func(m *machine) { m.at(do).ItemProcessor.StartAt = "" },
		`starts at "Report"`:                            func(m *machine) { m.at(do).ItemProcessor.StartAt = "Report" },
		`"Begin" goes on with "Lists"`:                  func(m *machine) { m.at("Begin").Next = "Lists" },
		`"Look at the failure" goes on with "Nothing"`:  func(m *machine) { m.at("Look at the failure").Default = "Nothing" },
		`"Do it (clean)" goes on with "Failed (redrive`: func(m *machine) { m.at(it).Catch[0].Next = Failed }, // of the machine around
		`"Settings?" goes on with "Badly"`:              func(m *machine) { m.at("Settings?").Choices[0].Next = "Badly" },
		`"Report" is never entered`: func(m *machine) {
			m.at("Do publish").Next = "Done"
			m.at("Anything to do (publish)").Choices[0].Next = "Done"
		},
		`"Island" is never entered`:                        func(m *machine) { m.add("Island", state{Type: succeed}) },
		`"Quarantined (clean)" is never entered`:           func(m *machine) { m.at(what).Choices = slices.Delete(m.at(what).Choices, 1, 2) },
		`"Round" never comes to an end`:                    func(m *machine) { m.at("Begin").Next = "Round"; m.add("Round", state{Type: pass, Next: "Round"}) },
		`two states are called "Report"`:                   func(m *machine) { m.at(do).ItemProcessor.rename("Failed (clean)", "Report") },
		`two states are called "Done"`:                     func(m *machine) { m.rename("Report", "Done") },
		`state "": use a name of 1 to 80`:                  func(m *machine) { m.rename("Done", "") },
		strings.Repeat("D", 81) + `": use a name of 1`:     func(m *machine) { m.rename("Done", strings.Repeat("D", 81)) },
		`state "D\nne": use a name of printable`:           func(m *machine) { m.rename("Done", "D\nne") },
		`"Begin": use either Next or End`:                  func(m *machine) { m.at("Begin").End = true },
		`"Report": use either Next or End`:                 func(m *machine) { m.at("Report").Next = "" },
		`"Done": a Succeed has neither`:                    func(m *machine) { m.at("Done").End = true },
		`"Failed (clean)": a Fail has neither`:             func(m *machine) { m.at("Failed (clean)").End = true },
		`"Settings?": a Choice has neither`:                func(m *machine) { m.at("Settings?").End = true },
		`"Begin" has the type "pass"`:                      func(m *machine) { m.at("Begin").Type = "pass" },
		`"Begin": a Pass neither catches`:                  func(m *machine) { m.at("Begin").Catch = caught(look) },
		`"Done": a Succeed neither catches`:                func(m *machine) { m.at("Done").Retry = []retrier{calling} },
		`"Failed (clean)" fails without error or cause`:    func(m *machine) { m.at("Failed (clean)").ErrorPath = "" },
		`"Failed (publish)" fails without error or cause`:  func(m *machine) { m.at("Failed (publish)").CausePath = "" },
		`"Report" does not catch States.ALL`:               func(m *machine) { m.at("Report").Catch = nil },
		`"Do clean" does not catch States.ALL`:             func(m *machine) { m.at(do).Catch[0].ErrorEquals = []string{"States.TaskFailed"} },
		`"Report" catches errors and goes nowhere`:         func(m *machine) { m.at("Report").Catch[0].Next = "" },
		`"Report": a list of errors is empty`:              func(m *machine) { m.at("Report").Retry[0].ErrorEquals = nil },
		`"Report": States.ALL has to be last, and alone`:   func(m *machine) { m.at("Report").Catch[0].ErrorEquals = []string{"A", "States.ALL"} },
		`"Do clean": States.ALL has to be last, and alone`: func(m *machine) { c := m.at(do); c.Catch = append(c.Catch, catcher{[]string{"A"}, "$.failure", look}) },
		`"Do it (clean)": States.ALL has to be last`: func(m *machine) {
			s := m.at(it)
			s.Retry = []retrier{calling, calling}
			s.Retry[0].ErrorEquals = []string{"States.ALL"}
		},
		`"Report": intervals, attempts and rates`: func(m *machine) { m.at("Report").Retry = []retrier{{ErrorEquals: []string{"A"}}} },
		`"Report": retries wait at most 2 s`:      func(m *machine) { r := calling; r.MaxDelaySeconds = 2; m.at("Report").Retry = []retrier{r} },
		`"Report": retries wait at most 86401 s`:  func(m *machine) { r := calling; r.MaxDelaySeconds = 86_401; m.at("Report").Retry = []retrier{r} },
		`"Report": retries without jitter`:        func(m *machine) { r := calling; r.JitterStrategy = "NONE"; m.at("Report").Retry = []retrier{r} },
		`"Report" calls nothing`:                  func(m *machine) { m.at("Report").Resource = "" },
		`"Do it (clean)" calls nothing`:           func(m *machine) { m.at(it).Parameters = nil },
		`the subject "nnn`:                        func(m *machine) { m.at("Tell of success").Parameters = message{Subject: strings.Repeat("n", 101)} },
		`"Report": job name "a.b"`:                func(m *machine) { j := job(m, "Report"); j.JobName = "a.b"; m.at("Report").Parameters = j },
		`"Report": job name "-a"`:                 func(m *machine) { j := job(m, "Report"); j.JobName = "-a"; m.at("Report").Parameters = j },
		`"Report": job name "jjj`: func(m *machine) {
			j := job(m, "Report")
			j.JobName = strings.Repeat("j", 129)
			m.at("Report").Parameters = j
		},
		`"Report": a job has one name`:                     func(m *machine) { j := job(m, "Report"); j.JobNameFrom = "$.name"; m.at("Report").Parameters = j },
		`"Do it (clean)": a job has one name`:              func(m *machine) { j := job(m, it); j.JobNameFrom = ""; m.at(it).Parameters = j },
		`takes 8193 bytes, and Batch takes 8192`:           func(m *machine) { m.at("Report").Parameters = commandOf(m, 8193) },
		`"Do clean": the Map does nothing`:                 func(m *machine) { m.at(do).ItemProcessor = nil },
		`"Do clean": a Map in the mode "EXPRESS"`:          func(m *machine) { m.at(do).ItemProcessor.ProcessorConfig.Mode = "EXPRESS" },
		`"Do clean": 0 children at once`:                   func(m *machine) { m.at(do).MaxConcurrency = 0 },
		`"Do clean": 10001 children at once`:               func(m *machine) { m.at(do).MaxConcurrency = 10_001 },
		`"Do clean": the Map has no reader`:                func(m *machine) { m.at(do).ItemReader = nil },
		`"Do publish": the Map has no reader or no writer`: func(m *machine) { m.at("Do publish").ResultWriter = nil },
		`"Do clean": the children are of the type ""`:      func(m *machine) { m.at(do).ItemProcessor.ProcessorConfig.ExecutionType = "" },
		`"Do clean": 101 % of failures`:                    func(m *machine) { m.at(do).ToleratedFailurePercentage = 101 },
		`"Do clean": -1 % of failures`:                     func(m *machine) { m.at(do).ToleratedFailurePercentage = -1 },
		`"Do clean": label ""`:                             func(m *machine) { m.at(do).Label = "" },
		`"Do clean": label "a b"`:                          func(m *machine) { m.at(do).Label = "a b" },
		`"Do clean": label "lll`:                           func(m *machine) { m.at(do).Label = strings.Repeat("l", 41) },
		`"Do publish": another Map has the label "clean"`:  func(m *machine) { m.at("Do publish").Label = "clean" },
		`a child may come to hold`:                         func(m *machine) { m.at(do).ItemSelector = item{Shards: strings.Repeat("s", 200_000)} },
		`"Settings?" has no choices`:                       func(m *machine) { m.at("Settings?").Choices = nil; m.at("Begin").Next = "Bad settings" },
		`"Settings?" has no choices, or no default`:        func(m *machine) { m.at("Settings?").Default = "" },
		`(redrive to go on)" has no choices`:               func(m *machine) { m.at(Failed).Choices = nil },
		`"Settings?": a choice leads nowhere`:              func(m *machine) { m.at("Settings?").Choices[0].Next = "" },
		`neither one comparison nor made of rules`:         func(m *machine) { m.at(what).Choices[1].Variable = "$.a" },
		`"Settings?": a rule is neither one`:               func(m *machine) { m.at("Settings?").Choices[0].And[0].StringMatches = "*" },
		`"Look at the failure": a rule is neither one`:     func(m *machine) { m.at(look).Choices[1].StringMatches = "" },
		`a rule inside another leads to "Failed (clean)"`:  func(m *machine) { m.at(what).Choices[1].And[0].Next = "Failed (clean)" },
		`"Look at the failure": a rule inside another`:     func(m *machine) { m.at(look).Choices[0].Not.Next = Failed },
	} {
		m := run(deployment("clean", "publish"))
		breaks(m)
		if err := validate(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nis not: %s", err, want)
		}
	}
}

func TestValidateRefusesInline(t *testing.T) {
	for want, breaks := range map[string]func(s *state){
		`41 children at once are not 1 to 40`:     func(s *state) { s.MaxConcurrency = 41 },
		`the Map has no items`:                    func(s *state) { s.ItemsPath = "" },
		`an inline Map has no ItemReader`:         func(s *state) { s.ItemReader = new(itemReader) },
		`has no ItemReader, ResultWriter`:         func(s *state) { s.ResultWriter = new(resultWriter) },
		`ResultWriter, Label`:                     func(s *state) { s.Label = "clean" },
		`Label, ToleratedFailurePercentage`:       func(s *state) { s.ToleratedFailurePercentage = 1 },
		`ToleratedFailurePercentage or Execution`: func(s *state) { s.ItemProcessor.ProcessorConfig.ExecutionType = "STANDARD" },
	} {
		d := deployment("clean")
		d.Inline = true
		m := run(d)
		breaks(m.at("Do clean"))
		if err := validate(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nis not: %s", err, want)
		}
	}
}

// At the limit itself nothing is wrong.
func TestValidateAtLimits(t *testing.T) {
	m := run(deployment("clean"))
	m.rename("Done", strings.Repeat("D", 80))
	m.at("Tell of success").Next = strings.Repeat("D", 80)
	m.at("Tell of success").Catch[0].Next = strings.Repeat("D", 80)
	m.at("Report").Parameters = commandOf(m, 8192)
	do := m.at("Do clean")
	do.MaxConcurrency, do.ToleratedFailurePercentage, do.Label = 10_000, 100, strings.Repeat("l", 40)
	if err := validate(m); err != nil {
		t.Error(err)
	}
}

// commandOf returns the parameters of the report with a command that takes n bytes.
func commandOf(m *machine, n int) job {
	j := m.at("Report").Parameters.(job)
	j.ContainerOverrides = &overrides{Command: []string{strings.Repeat("c", n-len(`{"Command":[""]}`))}}
	return j
}

// A history at the limit and over it.
func TestHistory(t *testing.T) {
	d := deployment()
	for i := range 370 {
		d.Steps = append(d.Steps, spec.Step{Name: fmt.Sprint("s", i), Concurrency: 1})
	}
	m := run(d)
	left := maxHistory - 2
	for _, s := range m.States {
		left -= events(s.state, true)
	}
	for ; left >= 2; left -= 2 {
		m.add(fmt.Sprint("More ", left), state{Type: pass})
	}
	if err := checkHistory(m); err != nil {
		t.Error(err)
	}
	m.add("Too many", state{Type: pass})
	if err := checkHistory(m); err == nil {
		t.Error("no error")
	}
}

func TestTemplate(t *testing.T) {
	d := deployment("a-b")
	for text, want := range map[string]string{
		"${bucket}${prefix_key}${jobs_queue}${steady_queue}${topic}${job_control}${job_step_a_b}${job_large_a_b}": "",
		"$.a $$.b {} $ % {%": "",
		"${job_step_a}":      "what ${job_step_a} is",
		"${bucket":           "what ${bucket is",
		"$${bucket}":         "what $${bucket} is",
		"%{if}":              "what %{if} is",
		"%%{if}":             "what %%{if} is",
		"${bucket} ${Topic}": "what ${Topic} is",
	} {
		err := checkTemplate([]byte(text), d)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What counts is the size once the placeholders are filled.
func TestSize(t *testing.T) {
	d := deployment("a")
	d.Prefix = strings.Repeat("p", 1000)
	template := "${bucket}${prefix_key}${job_step_a}"
	if n := filled([]byte(template), d); n != 63+1001+256 {
		t.Errorf("%d bytes", n)
	}
	d.Prefix = ""
	if n := filled([]byte(template), d); n != 63+256 {
		t.Errorf("%d bytes without a prefix", n)
	}
	pad := strings.Repeat(" ", maxDefinition-63-256)
	if err := checkTemplate([]byte(template+pad), d); err != nil {
		t.Error(err)
	}
	if err := checkTemplate([]byte(template+pad+" "), d); err == nil {
		t.Error("no error")
	}
}
