package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const account = "123456789012"

// answers are what AWS answers for an attribute, by type and attribute. What stands
// in capitals is filled in; an attribute in braces is that of the resource.
var answers = map[string]string{
	"aws_batch_compute_environment.arn": "arn:aws:batch:REGION:ACCOUNT:compute-environment/NAME",
	"aws_batch_compute_environment.id":  "NAME",
	"aws_batch_job_definition.arn":      "arn:aws:batch:REGION:ACCOUNT:job-definition/NAME:REVISION",
	"aws_batch_job_definition.id":       "arn:aws:batch:REGION:ACCOUNT:job-definition/NAME:REVISION",

	"aws_batch_job_definition.arn_prefix": "arn:aws:batch:REGION:ACCOUNT:job-definition/NAME",

	"aws_batch_job_queue.arn":           "arn:aws:batch:REGION:ACCOUNT:job-queue/NAME",
	"aws_batch_job_queue.id":            "arn:aws:batch:REGION:ACCOUNT:job-queue/NAME",
	"aws_budgets_budget.arn":            "arn:aws:budgets::ACCOUNT:budget/NAME",
	"aws_budgets_budget.id":             "ACCOUNT:NAME",
	"aws_cloudwatch_dashboard.arn":      "arn:aws:cloudwatch::ACCOUNT:dashboard/NAME",
	"aws_cloudwatch_event_rule.arn":     "arn:aws:events:REGION:ACCOUNT:rule/NAME",
	"aws_cloudwatch_log_group.arn":      "arn:aws:logs:REGION:ACCOUNT:log-group:NAME",
	"aws_cloudwatch_metric_alarm.arn":   "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME",
	"aws_ecr_repository.arn":            "arn:aws:ecr:REGION:ACCOUNT:repository/NAME",
	"aws_ecr_repository.registry_id":    "ACCOUNT",
	"aws_ecr_repository.repository_url": "ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME",
	"aws_eip.allocation_id":             "eipalloc-HEX",
	"aws_eip.id":                        "eipalloc-HEX",
	"aws_iam_policy.arn":                "arn:aws:iam::ACCOUNT:policy/NAME",
	"aws_iam_policy.id":                 "arn:aws:iam::ACCOUNT:policy/NAME",
	"aws_iam_role.arn":                  "arn:aws:iam::ACCOUNT:role/NAME",
	"aws_iam_role.unique_id":            "AROAHEX",
	"aws_iam_role_policy.id":            "{role}:NAME",
	"aws_internet_gateway.id":           "igw-HEX",
	"aws_kms_key.arn":                   "arn:aws:kms:REGION:ACCOUNT:key/UUID",
	"aws_kms_key.id":                    "UUID",
	"aws_kms_key.key_id":                "UUID",
	"aws_nat_gateway.id":                "nat-HEX",
	"aws_route_table.id":                "rtb-HEX",
	"aws_s3_bucket.arn":                 "arn:aws:s3:::NAME",
	"aws_s3_bucket.bucket_domain_name":  "NAME.s3.amazonaws.com",

	"aws_scheduler_schedule.arn":       "arn:aws:scheduler:REGION:ACCOUNT:schedule/{group_name}/NAME",
	"aws_scheduler_schedule.id":        "{group_name}/NAME",
	"aws_scheduler_schedule_group.arn": "arn:aws:scheduler:REGION:ACCOUNT:schedule-group/NAME",
	"aws_security_group.id":            "sg-HEX",
	"aws_sfn_state_machine.arn":        "arn:aws:states:REGION:ACCOUNT:stateMachine:NAME",
	"aws_sfn_state_machine.id":         "arn:aws:states:REGION:ACCOUNT:stateMachine:NAME",
	"aws_sns_topic.arn":                "arn:aws:sns:REGION:ACCOUNT:NAME",
	"aws_sns_topic.id":                 "arn:aws:sns:REGION:ACCOUNT:NAME",
	"aws_subnet.id":                    "subnet-HEX",
	"aws_vpc.id":                       "vpc-HEX",
	"aws_vpc_endpoint.id":              "vpce-HEX",
	"aws_vpc_endpoint.prefix_list_id":  "pl-63a5400a",

	"data.aws_caller_identity.account_id":     "ACCOUNT",
	"data.aws_caller_identity.arn":            "arn:aws:sts::ACCOUNT:assumed-role/deployer/terraform",
	"data.aws_iam_session_context.issuer_arn": "arn:aws:iam::ACCOUNT:role/deployer",
	"data.aws_partition.partition":            "aws",
	"data.aws_partition.dns_suffix":           "amazonaws.com",
	"data.aws_partition.reverse_dns_prefix":   "com.amazonaws",
}

// A maker makes up what AWS would answer about one resource. It depends on nothing
// but the resource.
type maker struct {
	typ      string
	state    map[string]tftypes.Value
	replacer *strings.Replacer
}

func newMaker(region, typ string, prior, state map[string]tftypes.Value) *maker {
	m := &maker{typ: typ, state: state}
	h := hash(typ, state)
	pairs := []string{
		"ACCOUNT", account,
		"HEX", h[:17],
		"NAME", m.name(h),
		"REGION", region,
		"REVISION", strconv.Itoa(revision(prior) + 1),
		"UUID", fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[12:15], h[15:18], h[18:30]),
	}
	for name, v := range state {
		pairs = append(pairs, "{"+name+"}", text(v))
	}
	m.replacer = strings.NewReplacer(pairs...)
	return m
}

// value returns what AWS would answer for an attribute: null if it is nothing that
// the module may refer to.
func (m *maker) value(name string, t tftypes.Type) tftypes.Value {
	answer, known := answers[m.typ+"."+name]
	switch {
	case known:
	case name == "id":
		answer = m.id()
	case name == "name":
		answer = "NAME"
	case name == "region":
		answer = "REGION"
	case name == "revision":
		answer = "REVISION"
	default:
		return tftypes.NewValue(t, nil)
	}
	answer = m.replacer.Replace(answer)
	if t.Is(tftypes.Number) {
		n, _, _ := big.ParseFloat(answer, 10, 64, big.ToNearestEven)
		return tftypes.NewValue(t, n)
	}
	return tftypes.NewValue(t, answer)
}

// id returns what the id of a type is that has no entry in answers.
func (m *maker) id() string {
	for _, attribute := range []string{"bucket", "repository", "arn"} {
		if s := text(m.state[attribute]); s != "" {
			return s
		}
	}
	if m.name("") != "" {
		return "NAME"
	}
	return "HEX"
}

// name returns the name of the resource: its own, or one made of the prefix.
func (m *maker) name(hash string) string {
	for _, attribute := range []string{"name", "bucket", "alarm_name", "dashboard_name"} {
		if s := text(m.state[attribute]); s != "" {
			return s
		}
	}
	if prefix := text(m.state["name_prefix"]); prefix != "" && len(hash) >= 26 {
		return prefix + hash[:26]
	}
	return ""
}

// zones are the availability zones of the region.
func zones(region string) (names []tftypes.Value) {
	for _, zone := range []string{"a", "b", "c"} {
		names = append(names, tftypes.NewValue(tftypes.String, region+zone))
	}
	return names
}

// revision returns that of an older job definition; 0 if there is none.
func revision(prior map[string]tftypes.Value) int {
	n := new(big.Float)
	if v, ok := prior["revision"]; !ok || v.IsNull() || v.As(&n) != nil {
		return 0
	}
	r, _ := n.Int64()
	return int(r)
}

// hash returns hexadecimal digits in which resources differ.
func hash(typ string, state map[string]tftypes.Value) string {
	h := sha256.New()
	fmt.Fprintln(h, typ)
	for _, name := range slices.Sorted(maps.Keys(state)) {
		if v := state[name]; v.IsFullyKnown() {
			fmt.Fprintln(h, name, v)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
