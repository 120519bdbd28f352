package iam

import (
	"regexp"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, bad := range []string{
		`{}`,
		`{"Version":"2008-10-17","Statement":[]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"allow","Action":"s3:*","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Ressource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Principal":{"Services":"x"}}]}`,
	} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestAsk(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/a"
	get := Request{Principal: role, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	with := func(r Request, context ...string) Request {
		r.Context = map[string]string{}
		for i := 0; i < len(context); i += 2 {
			r.Context[context[i]] = context[i+1]
		}
		return r
	}
	for _, c := range []struct {
		statement string
		request   Request
		want      Answer
	}{
		{`"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`, get, Allowed},
		{`"Effect":"Allow","Action":"S3:getobject","Resource":"arn:aws:s3:::b/*"`, get, Allowed},
		{`"Effect":"Allow","Action":["s3:Put*","s3:Get*"],"Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/*"]`, get, Allowed},
		{`"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b"`, get, Silent},
		{`"Effect":"Allow","Action":"s3:PutObject","Resource":"*"`, get, Silent},
		{`"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"`, get, Silent},
		{`"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::c/*","arn:aws:s3:::b"]`, get, Denied},
		// Principals.
		{`"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"`, get, Denied},
		{`"Effect":"Allow","Principal":{"AWS":"` + role + `"},"Action":"s3:*","Resource":"*"`, get, Allowed},
		{`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*","Resource":"*"`, get, Allowed},
		{`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999922223333:root"},"Action":"s3:*","Resource":"*"`, get, Silent},
		{`"Effect":"Allow","Principal":{"Service":"x.amazonaws.com"},"Action":"s3:*","Resource":"*"`, get, Silent},
		{`"Effect":"Allow","Principal":{"Service":"x.amazonaws.com"},"Action":"s3:*","Resource":"*"`, Request{Service: "x.amazonaws.com", Action: "s3:GetObject"}, Allowed},
		// Conditions, as the IAM User Guide has them for keys that are there and that are not.
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":["v","w"]}}`, with(get, "k", "w"), Allowed},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"v*"}}`, with(get, "k", "vv"), Silent},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"v"}}`, get, Silent},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"k":"v*"}}`, with(get, "k", "vv"), Allowed},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"k":"v*"}}`, get, Silent},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLikeIfExists":{"k":"v*"}}`, get, Allowed},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLikeIfExists":{"k":"v*"}}`, with(get, "k", "w"), Silent},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"k":["v","w"]}}`, with(get, "k", "w"), Silent},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"k":["v","w"]}}`, get, Denied},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"k":"arn:*"}}`, with(get, "k", "arn:x"), Silent},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnNotLike":{"k":"arn:*"}}`, get, Denied},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"k":"false"}}`, with(get, "k", "false"), Denied},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"k":"false"}}`, with(get, "k", "true"), Silent},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"k":"false"},"StringNotEquals":{"k":"v"}}`, get, Silent},
		{`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"k":"false"},"StringNotEquals":{"k":"v"}}`, with(get, "k", "w"), Denied},
		{`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"v","l":"w"}}`, with(get, "k", "v"), Silent},
	} {
		p, err := Parse(`{"Version":"2012-10-17","Statement":[{` + c.statement + `}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Ask(c.request, p); got != c.want || err != nil {
			t.Errorf("%s\n%+v: %v, %v, want %v", c.statement, c.request, got, err, c.want)
		}
	}
}

func TestUnknownOperator(t *testing.T) {
	p, err := Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"k":"v"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Ask(Request{Action: "s3:GetObject"}, p); err == nil {
		t.Error("no error")
	}
}

func TestDecide(t *testing.T) {
	parse := func(effect, action string) *Policy {
		p, err := Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"` + action + `","Resource":"*"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	allow, deny, other := parse("Allow", "s3:*"), parse("Deny", "s3:*"), parse("Allow", "sns:*")
	for name, c := range map[string]struct {
		kinds Kinds
		want  bool
	}{
		"nothing":                   {Kinds{}, false},
		"identity":                  {Kinds{Identity: []*Policy{allow}}, true},
		"two":                       {Kinds{Identity: []*Policy{other, allow}}, true},
		"denied by another":         {Kinds{Identity: []*Policy{allow, deny}}, false},
		"resource":                  {Kinds{Resource: allow}, true},
		"resource denies":           {Kinds{Identity: []*Policy{allow}, Resource: deny}, false},
		"resource is silent":        {Kinds{Identity: []*Policy{allow}, Resource: other}, true},
		"boundary":                  {Kinds{Identity: []*Policy{allow}, Boundary: allow}, true},
		"boundary is silent":        {Kinds{Identity: []*Policy{allow}, Boundary: other}, false},
		"boundary allows by itself": {Kinds{Boundary: allow}, false},
		"endpoint is silent":        {Kinds{Identity: []*Policy{allow}, Endpoint: other}, false},
		"endpoint":                  {Kinds{Identity: []*Policy{allow}, Endpoint: allow}, true},
	} {
		if got, err := c.kinds.Decide(Request{Action: "s3:GetObject", Resource: "x"}); got != c.want || err != nil {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", true}, {"", "*", true}, {"*", "*", true}, {"a", "", false}, {"a", "b", false},
		{"a*", "*b", true}, {"a*c", "ab*", true}, {"a*c", "b*", false}, {"a?", "a", false}, {"a?", "*", true},
		{"a*b", "a", false}, {"*x*", "abc", false}, {"job/*", "job/a/*", true}, {"a*b*c", "*c*b*", true}, {"?", "*", true}, {"**", "a", true},
	} {
		if got := Overlap(c.a, c.b); got != c.want {
			t.Errorf("%q %q: %v", c.a, c.b, got)
		}
		if got := Overlap(c.b, c.a); got != c.want {
			t.Errorf("%q %q: %v", c.b, c.a, got)
		}
	}
}

// A regular expression is the slow twin of Match.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*", "")
	f.Add("a**a", "aa")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 50 || len(s) > 50 || !isASCII(pattern+s) {
			return
		}
		e := "(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$"
		if got, want := Match(pattern, s), regexp.MustCompile(e).MatchString(s); got != want {
			t.Errorf("%q %q: %v, want %v", pattern, s, got, want)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > 127 {
			return false
		}
	}
	return true
}
