// Package iam reads IAM policies, decides requests by them as AWS does, and checks them
// against what AWS says of its actions. It knows what the policies of the Terraform
// module use, and fails on anything else.
package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A Policy is a document of IAM.
type Policy struct {
	Version   string
	Statement []Statement
}

// A Statement is one of a policy.
type Statement struct {
	Sid, Effect string
	Principal   Principal
	Action      Strings
	Resource    Strings
	NotResource Strings
	Condition   map[string]map[string]Strings // values by key, by operator
}

// Strings are one or more, which JSON may have as a string or an array.
type Strings []string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Strings) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*s = Strings{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(s))
}

// A Principal is whom a statement of a resource's policy is about: everybody (in AWS,
// "*"), accounts and roles by ARN, or services.
type Principal struct {
	AWS, Service Strings
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *Principal) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte(`"*"`)) {
		p.AWS = Strings{"*"}
		return nil
	}
	type plain Principal
	return strict(b, (*plain)(p))
}

// Parse returns the policy in a text. A field that is none of a policy's, or one that
// this package does not know, is an error.
func Parse(text string) (*Policy, error) {
	p := new(Policy)
	if err := strict([]byte(text), p); err != nil {
		return nil, fmt.Errorf("iam: %w", err)
	}
	if p.Version != "2012-10-17" {
		return nil, fmt.Errorf("iam: version %q: use 2012-10-17", p.Version)
	}
	for i, s := range p.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return nil, fmt.Errorf("iam: statement %d: effect %q", i, s.Effect)
		}
		if len(s.Action) == 0 {
			return nil, fmt.Errorf("iam: statement %d has no action", i)
		}
	}
	return p, nil
}

func strict(b []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(to)
}
