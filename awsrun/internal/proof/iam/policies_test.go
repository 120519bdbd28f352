package iam

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/proof"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// folder is the environment variable that has what the script setup prints.
const folder = "TEXTMILL_IAM"

// A document is a policy that the module makes.
type document struct {
	name, text string
	most       int // characters without white space, which is what AWS counts
	policy     *Policy
}

// Sizes that AWS allows: IAM and AWS STS quotas; S3, KMS, SNS and VPC user guides.
const (
	maxManaged  = 6144
	maxInline   = 10_240 // of a role, together; each has one
	maxTrust    = 2048
	maxBucket   = 20 << 10
	maxKey      = 32 << 10
	maxTopic    = 30 << 10
	maxEndpoint = 20_480
)

// policyAttributes are where policies are, by type of resource and attribute.
var policyAttributes = map[string]int{
	"aws_iam_policy.policy":           maxManaged,
	"aws_iam_role.assume_role_policy": maxTrust,
	"aws_iam_role_policy.policy":      maxInline,
	"aws_kms_key.policy":              maxKey,
	"aws_s3_bucket_policy.policy":     maxBucket,
	"aws_sns_topic_policy.policy":     maxTopic,
	"aws_vpc_endpoint.policy":         maxEndpoint,
}

// notIAM are JSON attributes that are no policies of IAM.
var notIAM = map[string]bool{"aws_ecr_lifecycle_policy.policy": true}

// ids are what AWS chose the name of, in the example: by type, name and attribute.
var ids = map[string]string{}

// applied are the policies of deployments that a test has applied, by their names.
var applied = map[string]map[string]*document{}

// policies returns all policies that the module makes for a deployment, by name.
func policies(t *testing.T, d *spec.Deployment) map[string]*document {
	t.Helper()
	if all, ok := applied[d.Name]; ok {
		return all
	}
	dir := t.TempDir()
	proof.Write(t, dir, d)
	all := map[string]*document{}
	applied[d.Name] = all
	for _, r := range proof.Resources(t, dir) {
		for attribute, value := range r.Values {
			key := r.Type + "." + attribute
			text, isText := value.(string)
			if isText && (attribute == "id" || attribute == "arn") && d.Name == proof.Example().Name {
				ids[r.Type+"."+r.Name+"."+attribute] = text
			}
			if !strings.HasSuffix(attribute, "policy") || !isText || notIAM[key] {
				continue
			}
			most, known := policyAttributes[key]
			if !known {
				t.Errorf("%s: is it a policy?", key)
				continue
			}
			name := fmt.Sprintf("%s.%s", strings.TrimPrefix(r.Type, "aws_"), r.Name)
			if r.Index != "" {
				name += "[" + r.Index + "]"
			}
			p, err := Parse(text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			all[name] = &document{name, text, most, p}
		}
	}
	return all
}

func sorted(all map[string]*document) (list []*document) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[name])
	}
	return list
}

func TestGolden(t *testing.T) {
	var got bytes.Buffer
	for _, d := range sorted(policies(t, proof.Example())) {
		fmt.Fprintf(&got, "%s\n", d.name)
		if err := json.Indent(&got, []byte(d.text), "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteString("\n\n")
	}
	const file = "testdata/policies.txt"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("not as in %s: run with -update and read the difference", file)
	}
}

// longest returns a deployment whose names and lists are as long as they may be.
func longest() *spec.Deployment {
	d := proof.Example()
	d.Name = "n" + strings.Repeat("a", 31)
	d.Region = "ap-southeast-1"
	d.Prefix = strings.Repeat("p", 256)
	d.Inputs, d.Secrets = nil, map[string]string{}
	for i := range 10 {
		d.Inputs = append(d.Inputs, fmt.Sprintf("%059d/", i))
	}
	const arn = "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:"
	for i := range 7 {
		d.Secrets[fmt.Sprintf("SECRET_%d", i)] = fmt.Sprintf("%s%0*d", arn, 100-len(arn), i)
	}
	return d
}

func TestSizes(t *testing.T) {
	for _, d := range []*spec.Deployment{proof.Example(), longest()} {
		for _, doc := range sorted(policies(t, d)) {
			if n := len(strings.Join(strings.Fields(doc.text), "")); n > doc.most {
				t.Errorf("%s of %s has %d characters, %d are allowed", doc.name, d.Name, n, doc.most)
			} else {
				t.Logf("%s of %s: %d of %d", doc.name, d.Name, n, doc.most)
			}
		}
	}
}

func TestStatements(t *testing.T) {
	for _, doc := range sorted(policies(t, proof.Example())) {
		seen := map[string]bool{}
		for _, s := range doc.policy.Statement {
			if seen[s.Sid] {
				t.Errorf("%s: two statements are called %q", doc.name, s.Sid)
			}
			seen[s.Sid] = true
			if strings.HasPrefix(doc.name, "iam_") && slices.Contains(s.Action, "*") {
				t.Errorf("%s: %s is about all actions", doc.name, s.Sid)
			}
		}
	}
}

// broad are actions that could be limited to resources and are not, and why.
var broad = map[string]string{
	"ecs:ListTasks": "of a whole cluster it is asked for no resource; a condition names the clusters",
}

// TestAWSKnows holds the policies against what AWS says of its actions.
func TestAWSKnows(t *testing.T) {
	all := policies(t, proof.Example())
	data := load(t, all)
	for _, doc := range sorted(all) {
		if strings.HasPrefix(doc.name, "iam_policy.") || strings.HasPrefix(doc.name, "iam_role_policy.") {
			for _, wrong := range data.Check(doc.policy, broad) {
				t.Errorf("%s: %s", doc.name, wrong)
			}
		}
	}
}

func load(t *testing.T, all map[string]*document) Services {
	t.Helper()
	dir := os.Getenv(folder)
	_, err := exec.LookPath("node")
	if dir == "" || err != nil {
		const needs = "needs node and " + folder + ": set it to what awsrun/internal/proof/iam/setup prints"
		if os.Getenv("CI") == "true" {
			t.Fatal(needs)
		}
		t.Skip(needs)
	}
	services := map[string]bool{}
	for _, doc := range all {
		for _, s := range doc.policy.Statement {
			for _, a := range s.Action {
				service, _, _ := strings.Cut(a, ":")
				services[service] = true
			}
		}
	}
	delete(services, "*")
	data, err := Load(t.Context(), ".", dir, slices.Sorted(maps.Keys(services))...)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestBoundary: what the policy of a role allows, its boundary allows too, or the role
// would not work.
func TestBoundary(t *testing.T) {
	all := policies(t, proof.Example())
	boundary := all["iam_policy.boundary"].policy
	covered := func(action, resource string) bool {
		return slices.ContainsFunc(boundary.Statement, func(s Statement) bool {
			return s.Effect == "Allow" && matchesAny(s.Action, action, true) && matchesAny(s.Resource, resource, false)
		})
	}
	for _, doc := range sorted(all) {
		if !strings.HasPrefix(doc.name, "iam_role_policy.") {
			continue
		}
		for _, s := range doc.policy.Statement {
			for _, action := range s.Action {
				for _, resource := range s.Resource {
					if s.Effect == "Allow" && !covered(action, resource) {
						t.Errorf("%s: the boundary does not allow %s on %s", doc.name, action, resource)
					}
				}
			}
		}
	}
}
