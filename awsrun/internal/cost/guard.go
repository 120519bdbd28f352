package cost

import (
	"fmt"
)

// Guard returns an error if the run is to cost more than a number of dollars. It
// says which step costs most, and what might be changed. A budget of 0 is none. What
// is written is not counted, as how long it is kept is not known.
func Guard(e *Estimate, budget float64) error {
	if budget == 0 || e.Total.Dollars.Run <= budget {
		return nil
	}
	most := e.Report
	for _, s := range e.Steps {
		if s.Dollars.Run > most.Dollars.Run {
			most = s
		}
	}
	what, amount, advice := e.advice(most)
	return fmt.Errorf("cost: the run would cost about $%s, which is over the budget of $%s. Most of it is step %s with $%s, of that $%s for %s: %s",
		dollars(e.Total.Dollars.Run), dollars(budget), most.Name, dollars(most.Dollars.Run), dollars(amount), what, advice)
}

// advice returns what a step costs most for, how much that is, and what to do.
func (e *Estimate) advice(s Item) (what string, amount float64, advice string) {
	d := s.Dollars
	for _, k := range []struct {
		what   string
		amount float64
		advice string
	}{
		{"Fargate", d.Fargate, e.cheaper(s, false)},
		{"Fargate Spot", d.Spot, e.cheaper(s, true)},
		{"requests to S3", d.Requests, "have it read and write fewer, larger objects"},
		{"Step Functions", d.StepFunctions, "raise BatchDuration, so that there are fewer jobs"},
		{"logs", d.Logs, "raise BatchDuration, so that there are fewer jobs"},
		{"the network, which is paid by the hour", d.Network, "raise MaxConcurrency and MaxVCPUs, so that it takes less time"},
	} {
		if k.amount > amount {
			what, amount, advice = k.what, k.amount, k.advice
		}
	}
	return what, amount, advice
}

// cheaper says how to save on jobs.
func (e *Estimate) cheaper(s Item, spot bool) string {
	switch {
	case s.Jobs > 1 && s.startShare() >= muchStarting:
		return fmt.Sprintf("raise BatchDuration, as %.0f %% of a job is the start of its container", 100*s.startShare())
	case !spot && e.Spot < e.Total.Dollars.Run:
		return fmt.Sprintf("take Spot instead of setting OnDemand, and the run would cost about $%s", dollars(e.Spot))
	}
	return "process less of the input, or raise Budget"
}
