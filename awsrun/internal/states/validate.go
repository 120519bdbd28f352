package states

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// validate returns what is wrong with a machine: what Step Functions would refuse, and
// what it would take and stumble over in the middle of a run. This file looks at how
// states lead to each other, validate_state.go at each by itself.
func validate(m *machine) error {
	v := &validator{names: map[string]bool{}, labels: map[string]bool{}}
	if m.TimeoutSeconds < 1 {
		v.errorf("the machine has no time limit")
	}
	v.flow("the machine", m.flow)
	return errors.Join(append(v.errs, checkHistory(m))...)
}

type validator struct {
	errs          []error
	names, labels map[string]bool // of the whole machine
}

func (v *validator) errorf(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("states: "+format, args...))
}

// flow checks states that lead to each other alone, and those in their Maps.
func (v *validator) flow(where string, f flow) {
	next := map[string][]string{}
	for _, n := range f.States {
		v.name(n.name)
		v.state(n)
		next[n.name] = targets(n.state)
	}
	v.edges(next)
	if _, ok := next[f.StartAt]; !ok {
		v.errorf("%s starts at %q, which is no state of it", where, f.StartAt)
		return
	}
	v.reachable(f, next)
}

func (v *validator) name(name string) {
	switch {
	case name == "" || len(name) > maxStateName:
		v.errorf("state %q: use a name of 1 to %d characters", name, maxStateName)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }):
		v.errorf("state %q: use a name of printable ASCII", name)
	case v.names[name]:
		v.errorf("two states are called %q", name)
	}
	v.names[name] = true
}

// edges checks that what comes next exists.
func (v *validator) edges(next map[string][]string) {
	for _, from := range slices.Sorted(maps.Keys(next)) {
		for _, to := range next[from] {
			if _, ok := next[to]; !ok {
				v.errorf("state %q goes on with %q, which is no state beside it", from, to)
			}
		}
	}
}

// reachable checks that every state can be entered, and from there come to an end.
func (v *validator) reachable(f flow, next map[string][]string) {
	before := map[string][]string{}
	var ends []string
	for _, n := range f.States {
		if n.End || n.Type == succeed || n.Type == fail || n.name == Failed {
			ends = append(ends, n.name)
		}
		for _, to := range next[n.name] {
			before[to] = append(before[to], n.name)
		}
	}
	entered, ending := closure(next, f.StartAt), closure(before, ends...)
	for _, n := range f.States {
		if !entered[n.name] {
			v.errorf("state %q is never entered", n.name)
		}
		if !ending[n.name] {
			v.errorf("state %q never comes to an end", n.name)
		}
	}
}

// closure returns all that can be reached.
func closure(next map[string][]string, from ...string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		last := len(from) - 1
		name := from[last]
		from = from[:last]
		if !seen[name] {
			seen[name] = true
			from = append(from, next[name]...)
		}
	}
	return seen
}

// targets returns the states that may come next.
func targets(s state) []string {
	list := []string{s.Next, s.Default}
	for _, r := range s.Choices {
		list = append(list, r.Next)
	}
	for _, c := range s.Catch {
		list = append(list, c.Next)
	}
	return slices.DeleteFunc(list, func(name string) bool { return name == "" })
}
