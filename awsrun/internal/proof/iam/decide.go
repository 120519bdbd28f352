package iam

import (
	"fmt"
	"strings"
)

// A Request is what somebody asks of AWS.
type Request struct {
	Principal string // ARN of a role or user; "" for a service
	Service   string // such as ecs-tasks.amazonaws.com
	Action    string
	Resource  string
	Context   map[string]string // values of condition keys; of those that are not there, no value
}

// An Answer is what policies say to a request.
type Answer int

// Answers: nothing is said, which is a no that others may overrule; yes; and a no that
// they may not.
const (
	Silent Answer = iota
	Allowed
	Denied
)

func (a Answer) String() string { return [...]string{"silent", "allowed", "denied"}[a] }

// Ask returns what policies of one kind say to a request together.
func Ask(r Request, policies ...*Policy) (Answer, error) {
	answer := Silent
	for _, p := range policies {
		for _, s := range p.Statement {
			applies, err := s.applies(r)
			if err != nil {
				return Denied, fmt.Errorf("iam: statement %s: %w", s.Sid, err)
			}
			switch {
			case applies && s.Effect == "Deny":
				return Denied, nil
			case applies:
				answer = Allowed
			}
		}
	}
	return answer, nil
}

// Kinds are the policies that a request within an account is decided by.
type Kinds struct {
	Identity []*Policy // of the role or user
	Boundary *Policy   // of the role; nil if it has none
	Resource *Policy   // of what is asked for; nil if it has none
	Endpoint *Policy   // of the endpoint that the request comes by; nil for none
}

// Decide reports whether a request is granted: nothing denies it, the policies of the
// identity or of the resource allow it, and boundary and endpoint let it pass.
func (k Kinds) Decide(r Request) (bool, error) {
	identity, err := Ask(r, k.Identity...)
	if err != nil {
		return false, err
	}
	resource := Silent
	if k.Resource != nil {
		if resource, err = Ask(r, k.Resource); err != nil {
			return false, err
		}
	}
	if identity == Denied || resource == Denied || identity == Silent && resource == Silent {
		return false, nil
	}
	for _, limit := range []*Policy{k.Boundary, k.Endpoint} {
		if limit == nil {
			continue
		}
		if answer, err := Ask(r, limit); answer != Allowed || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *Statement) applies(r Request) (bool, error) {
	if !s.Principal.matches(r) || !matchesAny(s.Action, r.Action, true) || !s.matchesResource(r.Resource) {
		return false, nil
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			value, known := r.Context[key]
			holds, err := condition(operator, value, known, values)
			if !holds || err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// matches is true for the policies of roles, which name no principal.
func (p Principal) matches(r Request) bool {
	if len(p.AWS) == 0 && len(p.Service) == 0 {
		return true
	}
	for _, a := range p.AWS {
		root, isRoot := strings.CutSuffix(a, ":root")
		if a == "*" || r.Principal != "" && (a == r.Principal || isRoot && strings.HasPrefix(r.Principal, root+":")) {
			return true
		}
	}
	return r.Service != "" && matchesAny(p.Service, r.Service, false)
}

func (s *Statement) matchesResource(resource string) bool {
	if len(s.NotResource) > 0 {
		return !matchesAny(s.NotResource, resource, false)
	}
	return len(s.Resource) == 0 || matchesAny(s.Resource, resource, false) // trust policies have none
}

// condition reports whether one condition holds. If the request has no value for the
// key, what asks for one does not hold, and what forbids some does.
func condition(operator, value string, known bool, values []string) (bool, error) {
	if operator == "Null" {
		return (values[0] == "true") == !known, nil
	}
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	if !known && ifExists {
		return true, nil
	}
	match := func(wild bool) bool {
		for _, v := range values {
			if v == value || wild && Match(v, value) {
				return true
			}
		}
		return false
	}
	switch operator {
	case "StringEquals", "Bool":
		return known && match(false), nil
	case "StringLike", "ArnLike", "ArnEquals":
		return known && match(true), nil
	case "StringNotEquals":
		return !known || !match(false), nil
	case "ArnNotLike", "ArnNotEquals":
		return !known || !match(true), nil
	}
	return false, fmt.Errorf("unknown operator %s", operator)
}

func matchesAny(patterns []string, s string, fold bool) bool {
	for _, p := range patterns {
		if fold {
			p, s = strings.ToLower(p), strings.ToLower(s)
		}
		if Match(p, s) {
			return true
		}
	}
	return false
}

// Match reports whether s is what a pattern says, in which * stands for any
// characters and ? for one.
func Match(pattern, s string) bool { return overlap(pattern, s, "*?", "") }

// Overlap reports whether there is a string that two patterns match.
func Overlap(a, b string) bool { return overlap(a, b, "*?", "*?") }

// overlap is Overlap where only the given characters are wild. It walks both patterns;
// reach[j] says whether what is before i in a and before j in b can be the same.
func overlap(a, b, wildA, wildB string) bool {
	reach := make([]bool, len(b)+1)
	reach[0] = true
	for j := range b {
		reach[j+1] = reach[j] && isStar(b[j], wildB)
	}
	for i := range a {
		next := make([]bool, len(b)+1)
		next[0] = reach[0] && isStar(a[i], wildA)
		for j := range b {
			starA, starB := isStar(a[i], wildA), isStar(b[j], wildB)
			same := a[i] == b[j] || isOne(a[i], wildA) || isOne(b[j], wildB) || starA || starB
			next[j+1] = same && reach[j] ||
				starA && (next[j] || reach[j+1]) || // it takes b[j], or nothing
				starB && (reach[j+1] || next[j]) // it takes a[i], or nothing
		}
		reach = next
	}
	return reach[len(b)]
}

func isStar(c byte, wild string) bool { return c == '*' && strings.ContainsRune(wild, '*') }
func isOne(c byte, wild string) bool  { return c == '?' && strings.ContainsRune(wild, '?') }
