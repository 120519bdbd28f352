package states

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file interprets state machines, as JSON: the part of the language that is used
// here, by the specification, without waiting. It is strict where Step Functions ends
// an execution with an error that nothing catches: a path that leads nowhere, text that
// is not JSON, a payload that is too large.

// A play is an execution.
type play struct {
	// call answers for a service. n counts the calls of the state, from 1.
	call func(state, service string, parameters map[string]any, n int) (any, error)
	// items are those of distributed Maps, by the key of their list.
	items map[string][]any

	trace   []string // names of the states entered
	input   any      // of the last of them
	largest int      // bytes that a state got
	calls   map[string]int
	stopped error // by stopExecution

	redrives int
}

// A thrown error is one as states see it.
type thrown struct{ name, cause string }

func (t *thrown) Error() string { return t.name + ": " + t.cause }

// fatal are errors that nothing catches.
var fatal = []string{"States.Runtime", "States.DataLimitExceeded"}

func runtime(format string, args ...any) error {
	return &thrown{"States.Runtime", fmt.Sprintf(format, args...)}
}

const executionARN = "arn:aws:states:us-east-1:123456789012:execution:webtext:one"

// start runs a machine from its beginning.
func (p *play) start(machine map[string]any, input any) (any, error) {
	return p.flow(machine, machine["StartAt"].(string), input, p.context())
}

// redrive goes on from the state of the machine that the execution has ended in, with the
// input that it had.
func (p *play) redrive(machine map[string]any) (any, error) {
	p.redrives++
	return p.flow(machine, p.trace[len(p.trace)-1], p.input, p.context())
}

func (p *play) context() map[string]any {
	return map[string]any{"Execution": map[string]any{"Id": executionARN, "RedriveCount": float64(p.redrives)}}
}

// flow runs states from the one called name.
func (p *play) flow(flow map[string]any, name string, input any, context map[string]any) (any, error) {
	for {
		s := flow["States"].(map[string]any)[name].(map[string]any)
		p.trace, p.input = append(p.trace, name), input
		if size := len(encoded(input)); size > p.largest {
			p.largest = size
		}
		if len(encoded(input)) > maxPayload {
			return nil, &thrown{"States.DataLimitExceeded", name}
		}
		output, next, err := p.state(name, s, input, context)
		if err != nil {
			return nil, err
		}
		if next == "" {
			return output, nil
		}
		name, input = next, output
	}
}

// state does one state, and returns its output and what comes next.
func (p *play) state(name string, s map[string]any, input any, context map[string]any) (any, string, error) {
	next, _ := s["Next"].(string)
	switch s["Type"] {
	case "Succeed":
		return input, "", nil
	case "Fail":
		e, err := get(s["ErrorPath"].(string), input, context)
		if err != nil {
			return nil, "", err
		}
		c, err := get(s["CausePath"].(string), input, context)
		if err != nil {
			return nil, "", err
		}
		if strings.HasPrefix(e.(string), "States.") {
			return nil, "", runtime("Fail with %s", e)
		}
		return nil, "", &thrown{e.(string), c.(string)}
	case "Choice":
		for _, r := range s["Choices"].([]any) {
			ok, err := holds(r.(map[string]any), input, context)
			if err != nil {
				return nil, "", err
			}
			if ok {
				return input, r.(map[string]any)["Next"].(string), nil
			}
		}
		if next, ok := s["Default"].(string); ok {
			return input, next, nil
		}
		return nil, "", &thrown{"States.NoChoiceMatched", name}
	}
	result, err := p.work(name, s, input, context)
	if err == nil {
		result, err = place(s, input, result)
	}
	if err == nil || p.stopped != nil {
		return result, next, err
	}
	return catch(s, input, err)
}

// catch returns what a state goes on with after an error.
func catch(s map[string]any, input any, err error) (any, string, error) {
	t, ok := errors.AsType[*thrown](err)
	if !ok || slices.Contains(fatal, t.name) {
		return nil, "", err
	}
	catchers, _ := s["Catch"].([]any)
	for _, c := range catchers {
		c := c.(map[string]any)
		if t.is(c["ErrorEquals"]) {
			failure := map[string]any{"Error": t.name}
			if t.cause != noCause {
				failure["Cause"] = t.cause
			}
			output, err := place(c, input, failure)
			return output, c["Next"].(string), err
		}
	}
	return nil, "", err
}

// noCause stands for an error that has none.
const noCause = "\x00"

func (t *thrown) is(list any) bool {
	return slices.ContainsFunc(list.([]any), func(e any) bool {
		return e == t.name || e == "States.ALL" || e == "States.TaskFailed" && t.name != "States.Timeout"
	})
}

// work does what takes time: a Task, with retries, a Map, or a Pass.
func (p *play) work(name string, s map[string]any, input any, context map[string]any) (any, error) {
	for tried := map[int]int{}; ; {
		result, err := p.try(name, s, input, context)
		t, ok := errors.AsType[*thrown](err)
		if !ok || slices.Contains(fatal, t.name) || p.stopped != nil {
			return result, err
		}
		retriers, _ := s["Retry"].([]any)
		i := slices.IndexFunc(retriers, func(r any) bool { return t.is(r.(map[string]any)["ErrorEquals"]) })
		if i < 0 || tried[i] == int(retriers[i].(map[string]any)["MaxAttempts"].(float64)) {
			return nil, err
		}
		tried[i]++
	}
}

func (p *play) try(name string, s map[string]any, input any, context map[string]any) (any, error) {
	switch s["Type"] {
	case "Pass":
		if result, ok := s["Result"]; ok {
			return result, nil
		}
		return fill(s["Parameters"], input, context)
	case "Map":
		return p.mapping(s, input, context)
	}
	parameters, err := fill(s["Parameters"], input, context)
	if err != nil {
		return nil, err
	}
	if p.calls == nil {
		p.calls = map[string]int{}
	}
	p.calls[name]++
	result, err := p.call(name, s["Resource"].(string), parameters.(map[string]any), p.calls[name])
	if err != nil {
		return nil, err
	}
	if s["Resource"] == stopExecution {
		a := parameters.(map[string]any)
		if a["ExecutionArn"] != executionARN {
			return nil, &thrown{"Sfn.ExecutionDoesNotExistException", fmt.Sprint(a)}
		}
		p.stopped = &thrown{a["Error"].(string), a["Cause"].(string)}
	}
	if selector, ok := s["ResultSelector"]; ok {
		return fill(selector, result, context)
	}
	return result, nil
}

// mapping does the children one after another.
func (p *play) mapping(s map[string]any, input any, context map[string]any) (any, error) {
	processor := s["ItemProcessor"].(map[string]any)
	isInline := processor["ProcessorConfig"].(map[string]any)["Mode"] == "INLINE"
	items, err := p.itemsOf(s, input, context)
	if err != nil {
		return nil, err
	}
	results := []any{}
	failures := 0
	for _, it := range items {
		within := map[string]any{"Execution": context["Execution"], "Map": map[string]any{"Item": map[string]any{"Value": it}}}
		childInput, err := fill(s["ItemSelector"], input, within)
		if err != nil {
			return nil, err
		}
		if !isInline {
			within = map[string]any{"Execution": map[string]any{"Id": executionARN + "/child"}}
		}
		result, err := p.flow(processor, processor["StartAt"].(string), childInput, within)
		switch {
		case p.stopped != nil:
			return nil, p.stopped
		case err != nil && isInline:
			return nil, err
		case err != nil:
			if _, ok := errors.AsType[*thrown](err); !ok {
				return nil, err
			}
			failures++
		}
		results = append(results, result)
	}
	tolerated, _ := s["ToleratedFailurePercentage"].(float64)
	if 100*float64(failures) > tolerated*float64(len(items)) {
		return nil, &thrown{"States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"}
	}
	if isInline {
		return results, nil
	}
	return map[string]any{"MapRunArn": "arn", "ResultWriterDetails": map[string]any{}}, nil
}

func (p *play) itemsOf(s map[string]any, input any, context map[string]any) ([]any, error) {
	if path, ok := s["ItemsPath"]; ok {
		v, err := get(path.(string), input, context)
		if err != nil {
			return nil, err
		}
		return v.([]any), nil
	}
	key := s["ItemReader"].(map[string]any)["Parameters"].(map[string]any)["Key"].(string)
	items, ok := p.items[key]
	if !ok {
		return nil, &thrown{"States.ItemReaderFailed", key}
	}
	if len(items) == 0 {
		return nil, errors.New("a distributed Map with an empty list: who knows what it does")
	}
	return items, nil
}

// place puts a result where ResultPath says, into a copy of the input.
func place(s map[string]any, input, result any) (any, error) {
	to, ok := s["ResultPath"]
	switch {
	case !ok:
		return result, nil
	case to == nil:
		return input, nil
	}
	output, ok := decoded(encoded(input)).(map[string]any)
	if !ok {
		return nil, runtime("ResultPath %v into %v", to, input)
	}
	fields := strings.Split(strings.TrimPrefix(to.(string), "$."), ".")
	in := output
	for _, f := range fields[:len(fields)-1] {
		in = in[f].(map[string]any)
	}
	in[fields[len(fields)-1]] = result
	return output, nil
}

// fill evaluates a template of parameters.
func fill(template, input any, context map[string]any) (any, error) {
	fields, ok := template.(map[string]any)
	if !ok {
		return template, nil
	}
	out := map[string]any{}
	for k, v := range fields {
		name, computed := strings.CutSuffix(k, ".$")
		var err error
		if computed {
			v, err = evaluate(v.(string), input, context)
		} else {
			v, err = fill(v, input, context)
		}
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

// get follows a path.
func get(path string, input any, context map[string]any) (any, error) {
	v := input
	rest, ok := strings.CutPrefix(path, "$$")
	if ok {
		v = context
	} else if rest, ok = strings.CutPrefix(path, "$"); !ok {
		return nil, runtime("path %s", path)
	}
	for _, f := range strings.Split(rest, ".")[1:] {
		m, _ := v.(map[string]any)
		if v, ok = m[f]; !ok {
			return nil, runtime("%s is not in %s", path, encoded(input))
		}
	}
	return v, nil
}

// holds evaluates a rule.
func holds(r map[string]any, input any, context map[string]any) (bool, error) {
	if inner, ok := r["Not"]; ok {
		ok, err := holds(inner.(map[string]any), input, context)
		return !ok, err
	}
	for _, kind := range []string{"And", "Or"} {
		rules, ok := r[kind].([]any)
		if !ok {
			continue
		}
		for _, inner := range rules {
			ok, err := holds(inner.(map[string]any), input, context)
			if err != nil || ok != (kind == "And") {
				return ok, err
			}
		}
		return kind == "And", nil
	}
	v, err := get(r["Variable"].(string), input, context)
	if _, ok := r["IsPresent"]; ok {
		return err == nil, nil
	}
	if err != nil {
		return false, err
	}
	number, isNumber := v.(float64)
	text, isText := v.(string)
	switch {
	case r["NumericEquals"] != nil:
		return isNumber && number == r["NumericEquals"], nil
	case r["NumericLessThan"] != nil:
		return isNumber && number < r["NumericLessThan"].(float64), nil
	case r["NumericGreaterThanPath"] != nil:
		than, err := get(r["NumericGreaterThanPath"].(string), input, context)
		if err != nil {
			return false, err
		}
		other, ok := than.(float64)
		return isNumber && ok && number > other, nil
	}
	return isText && glob(r["StringMatches"].(string), text), nil
}

func glob(pattern, s string) bool {
	re := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
	return regexp.MustCompile("(?s)^" + re + "$").MatchString(s)
}

// evaluate evaluates a path or an intrinsic function.
func evaluate(expression string, input any, context map[string]any) (any, error) {
	v, rest, err := argument(expression, input, context)
	if err == nil && rest != "" {
		return nil, runtime("%s: what is %q", expression, rest)
	}
	return v, err
}

var (
	function = regexp.MustCompile(`^States\.([A-Za-z]+)\(`)
	literal  = regexp.MustCompile(`^'([^'\\]*)'`)
	number   = regexp.MustCompile(`^[0-9]+`)
	pathTo   = regexp.MustCompile(`^\$\$?(\.[A-Za-z]+)*`)
)

// argument evaluates what an expression begins with, and returns the rest.
func argument(s string, input any, context map[string]any) (any, string, error) {
	if m := literal.FindStringSubmatch(s); m != nil {
		return m[1], s[len(m[0]):], nil
	}
	if m := number.FindString(s); m != "" {
		n, err := strconv.Atoi(m)
		return float64(n), s[len(m):], err
	}
	if m := pathTo.FindString(s); m != "" {
		v, err := get(m, input, context)
		return v, s[len(m):], err
	}
	m := function.FindStringSubmatch(s)
	if m == nil {
		return nil, "", runtime("what is %q", s)
	}
	var args []any
	s = s[len(m[0]):]
	for {
		v, rest, err := argument(s, input, context)
		if err != nil {
			return nil, "", err
		}
		args = append(args, v)
		var ok bool
		if s, ok = strings.CutPrefix(rest, ", "); ok {
			continue
		}
		if s, ok = strings.CutPrefix(rest, ")"); !ok {
			return nil, "", runtime("what is %q", rest)
		}
		v, err = intrinsic(m[1], args)
		return v, s, err
	}
}

func intrinsic(name string, args []any) (any, error) {
	switch name {
	case "Format":
		parts := strings.Split(args[0].(string), "{}")
		if len(parts) != len(args) {
			return nil, runtime("States.Format with %d arguments for %q", len(args)-1, args[0])
		}
		var b strings.Builder
		for i, part := range parts {
			if i > 0 {
				b.WriteString(args[i].(string))
			}
			b.WriteString(part)
		}
		return b.String(), nil
	case "StringToJson":
		var v any
		if err := json.Unmarshal([]byte(args[0].(string)), &v); err != nil {
			return nil, runtime("States.StringToJson: %v", err)
		}
		return v, nil
	case "StringSplit":
		list := []any{}
		for _, part := range strings.FieldsFunc(args[0].(string), func(r rune) bool { return strings.ContainsRune(args[1].(string), r) }) {
			list = append(list, part)
		}
		return list, nil
	case "ArrayGetItem":
		list, i := args[0].([]any), int(args[1].(float64))
		if i >= len(list) {
			return nil, runtime("States.ArrayGetItem: %d of %d", i, len(list))
		}
		return list[i], nil
	}
	return nil, runtime("States.%s is not known", name)
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func decoded(b []byte) any {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		panic(err)
	}
	return v
}
