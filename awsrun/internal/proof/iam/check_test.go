package iam

import (
	"encoding/json"
	"slices"
	"testing"
)

// services is what AWS could say of a service.
const services = `{"box": {
	"resources": {
		"box":  {"arn": "arn:${Partition}:box:${Region}:${Account}:box/${Name}"},
		"lid":  {"arn": "arn:${Partition}:box:${Region}:${Account}:lid/${Name}", "conditionKeys": ["aws:ResourceTag/${TagKey}"]},
		"hull": {"arn": "arn:${Partition}:box:${Region}:${Account}:hull/${Name}"}
	},
	"actions": {
		"ListBoxes": {},
		"GetBox":    {"resourceTypes": [{"name": "box", "required": true}], "conditionKeys": ["box:Color"]},
		"CloseBox":  {"resourceTypes": [{"name": "box", "required": true}, {"name": "lid", "required": true}]},
		"TagBox":    {"resourceTypes": [{"name": "box"}, {"name": "lid"}]}
	}
}}`

func TestCheck(t *testing.T) {
	var s Services
	if err := json.Unmarshal([]byte(services), &s); err != nil {
		t.Fatal(err)
	}
	const box, lid = `"arn:aws:box:x:1:box/a-*"`, `"arn:aws:box:x:1:lid/*"`
	for _, c := range []struct {
		statement string
		want      []string
	}{
		{`"Action":"box:GetBox","Resource":` + box, nil},
		{`"Action":"box:ListBoxes","Resource":"*"`, nil},
		{`"Action":"box:CloseBox","Resource":[` + box + `,` + lid + `]`, nil},
		{`"Action":"box:TagBox","Resource":` + lid, nil},
		{`"Action":"box:Get*","Resource":` + box, nil},
		{`"Action":"box:GetBox","Resource":` + box + `,"Condition":{"StringEquals":{"box:Color":"red"}}`, nil},
		{`"Action":"box:GetBox","Resource":` + box + `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"1"}}`, nil},
		{`"Action":"box:TagBox","Resource":` + lid + `,"Condition":{"StringEquals":{"aws:ResourceTag/a":"b"}}`, nil},
		{`"Action":"box:OpenBox","Resource":"*"`, []string{"S: there is no action box:OpenBox"}},
		{`"Action":"bax:*","Resource":"*"`, []string{"S: there is no action bax:*"}},
		{`"Action":"box:GetBox","Resource":"*"`, []string{"box:GetBox: allowed on everything, but has resources"}},
		{`"Action":"box:ListBoxes","Resource":` + box, []string{"S: no action has a resource like arn:aws:box:x:1:box/a-*", "box:ListBoxes: has no resource other than *"}},
		{`"Action":"box:CloseBox","Resource":` + box, []string{"box:CloseBox: not allowed on any lid"}},
		{`"Action":"box:GetBox","Resource":[` + box + `,` + lid + `]`, []string{"S: no action has a resource like arn:aws:box:x:1:lid/*"}},
		{`"Action":"box:TagBox","Resource":"arn:aws:box:x:1:hull/a"`, []string{"S: no action has a resource like arn:aws:box:x:1:hull/a", "box:TagBox: not allowed on any of its resources"}},
		{`"Action":"box:GetBox","Resource":` + box + `,"Condition":{"StringEquals":{"box:Colour":"red"}}`, []string{"S: box:GetBox has no condition key box:Colour"}},
		{`"Action":"box:GetBox"`, []string{"S: no resource", "box:GetBox: not allowed on any box", "box:GetBox: not allowed on any of its resources"}},
	} {
		p, err := Parse(`{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow",` + c.statement + `}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Check(p, nil); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.statement, got, c.want)
		}
	}
}
