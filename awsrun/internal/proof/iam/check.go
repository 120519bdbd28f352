package iam

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Services are what AWS says of some services, by prefix of their actions.
type Services map[string]struct {
	Resources map[string]struct {
		ARN           string
		ConditionKeys []string
	}
	Actions map[string]Action
}

// An Action is what AWS says of an action. If it has no types of resources, only * is
// one.
type Action struct {
	ResourceTypes []struct {
		Name          string
		Required      bool
		ConditionKeys []string
	}
	ConditionKeys []string
}

// Load returns what the npm package in a folder, which the script setup prints, says of
// services. Those that there are not are left out.
func Load(ctx context.Context, source, folder string, services ...string) (Services, error) {
	cmd := exec.CommandContext(ctx, "node", append([]string{filepath.Join(source, "describe.mjs"), folder}, services...)...)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("iam: describe.mjs: %w", err)
	}
	s := Services{}
	return s, json.Unmarshal(out, &s)
}

// Check returns what is wrong with the policy of a role: actions that there are not;
// resources that none of a statement's actions has; actions without a resource that
// they need; conditions on what AWS does not say of an action, which never hold; and
// actions allowed on everything that could be limited, other than those in broad.
func (s Services) Check(p *Policy, broad map[string]string) (wrong []string) {
	allowed := map[string][]string{} // resources by action
	for _, st := range p.Statement {
		if len(st.Resource) == 0 && len(st.NotResource) == 0 {
			wrong = append(wrong, st.Sid+": no resource")
		}
		actions := s.expand(st, &wrong)
		if st.Effect == "Deny" {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(actions)) {
			allowed[name] = append(allowed[name], st.Resource...)
			wrong = append(wrong, s.conditions(st, name, actions[name])...)
		}
		wrong = append(wrong, s.idle(st, actions)...)
	}
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		wrong = append(wrong, s.resources(name, allowed[name], broad)...)
	}
	return wrong
}

// expand returns the actions of a statement, without those that only a pattern has.
func (s Services) expand(st Statement, wrong *[]string) map[string]Action {
	found := map[string]Action{}
	for _, pattern := range st.Action {
		service, name, _ := strings.Cut(pattern, ":")
		some := false
		for known, a := range s[service].Actions {
			if !Match(name, known) {
				continue
			}
			some = true
			if !strings.ContainsAny(name, "*?") {
				found[pattern] = a
			}
		}
		if !some {
			*wrong = append(*wrong, fmt.Sprintf("%s: there is no action %s", st.Sid, pattern))
		}
	}
	return found
}

// resources checks what an action is allowed on.
func (s Services) resources(name string, on []string, broad map[string]string) (wrong []string) {
	service, action, _ := strings.Cut(name, ":")
	a := s[service].Actions[action]
	if slices.Contains(on, "*") {
		if len(a.ResourceTypes) > 0 && broad[name] == "" {
			wrong = append(wrong, name+": allowed on everything, but has resources")
		}
		return wrong
	}
	if len(a.ResourceTypes) == 0 {
		return []string{name + ": has no resource other than *"}
	}
	some := false
	for _, t := range a.ResourceTypes {
		has := slices.ContainsFunc(on, func(r string) bool { return overlapARNs(r, s.pattern(service, t.Name)) })
		if t.Required && !has && !alternative[t.Name] {
			wrong = append(wrong, fmt.Sprintf("%s: not allowed on any %s", name, t.Name))
		}
		some = some || has
	}
	if !some {
		wrong = append(wrong, name+": not allowed on any of its resources")
	}
	return wrong
}

// alternative are types that are listed as required and are there instead of others.
var alternative = map[string]bool{"express": true}

// idle returns resources that no action of the statement has. Of patterns of actions
// that is not looked at.
func (s Services) idle(st Statement, actions map[string]Action) (wrong []string) {
	if slices.ContainsFunc(st.Action, func(a string) bool { return strings.ContainsAny(a, "*?") }) {
		return nil
	}
	for _, r := range st.Resource {
		used := r == "*"
		for name, a := range actions {
			service, _, _ := strings.Cut(name, ":")
			for _, t := range a.ResourceTypes {
				used = used || overlapARNs(r, s.pattern(service, t.Name))
			}
		}
		if !used {
			wrong = append(wrong, fmt.Sprintf("%s: no action has a resource like %s", st.Sid, r))
		}
	}
	return wrong
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// pattern returns the ARNs of a type of resource.
func (s Services) pattern(service, resource string) string {
	return variable.ReplaceAllString(s[service].Resources[resource].ARN, "*")
}

// overlapARNs is Overlap for ARNs, part for part: partition, service, region, account,
// and the rest.
func overlapARNs(a, b string) bool {
	const parts = 6
	as, bs := strings.SplitN(a, ":", parts), strings.SplitN(b, ":", parts)
	if len(as) < parts || len(bs) < parts {
		return Overlap(a, b)
	}
	for i := range as {
		if !Overlap(as[i], bs[i]) {
			return false
		}
	}
	return true
}

// conditions returns those of a statement that AWS has no value for.
func (s Services) conditions(st Statement, name string, a Action) (wrong []string) {
	service, _, _ := strings.Cut(name, ":")
	keys := slices.Clone(a.ConditionKeys)
	for _, t := range a.ResourceTypes {
		keys = append(append(keys, t.ConditionKeys...), s[service].Resources[t.Name].ConditionKeys...)
	}
	for _, operator := range slices.Sorted(maps.Keys(st.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(st.Condition[operator])) {
			known := global[key] || slices.ContainsFunc(keys, func(k string) bool {
				return strings.EqualFold(k, key) || Match(strings.ToLower(variable.ReplaceAllString(k, "*")), strings.ToLower(key))
			})
			if !known {
				wrong = append(wrong, fmt.Sprintf("%s: %s has no condition key %s", st.Sid, name, key))
			}
		}
	}
	return wrong
}

// global are the condition keys that every request has a value for.
var global = map[string]bool{"aws:PrincipalAccount": true, "aws:PrincipalArn": true, "aws:SecureTransport": true}
