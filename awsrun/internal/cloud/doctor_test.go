package cloud_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

const (
	digest = "sha256:8a1e0c14ad43b1a3d5a19cdd86e94b2e4dd9f8ff6a1d6d6a8c3b8e0b21c6a001"
	host   = account + ".dkr.ecr.us-east-1.amazonaws.com"
	batchs = "arn:aws:batch:us-east-1:" + account + ":"
)

func deployment() *spec.Deployment {
	return &spec.Deployment{
		Name: "demo", Region: "us-east-1", Prefix: "runs/1", Image: digest,
		Inputs: []string{"commoncrawl/crawl-data", "lists"},
		Steps:  []spec.Step{{Name: "clean"}},
		Emails: []string{"ada@example.com", "bob@example.com"},
	}
}

// template is a state machine before Terraform has filled it.
const template = `{"Comment": "$${kept}", "StartAt": "clean: list", "States": {
	"clean: list": {"Type": "Task", "Parameters": {"JobDefinition": "${job_control}", "JobQueue": "${steady_queue}"}, "Next": "clean"},
	"clean": {"Type": "Map", "MaxConcurrency": 100, "ItemReader": {"Parameters": {"Bucket": "${bucket}", "Key": "${prefix_key}.textmill/steps/clean/batches.json"}},
		"ItemProcessor": {"StartAt": "job", "States": {"job": {"Type": "Task", "Parameters": {"JobDefinition": "${job_step_clean}", "JobQueue": "${jobs_queue}"},
			"Catch": [{"Next": "large"}]}, "large": {"Type": "Task", "Parameters": {"JobDefinition": "${job_large_clean}", "JobQueue": "${steady_queue}"}}}}}}}`

// filled is the state machine as it is deployed.
var filled = strings.NewReplacer(
	"$${kept}", "${kept}", "${bucket}", "demo-"+account+"-us-east-1", "${prefix_key}", "runs/1/",
	"${jobs_queue}", batchs+"job-queue/demo-jobs", "${steady_queue}", batchs+"job-queue/demo-steady",
	"${job_control}", batchs+"job-definition/demo-control:2",
	"${job_step_clean}", batchs+"job-definition/demo-step_clean:3",
	"${job_large_clean}", batchs+"job-definition/demo-large_clean:1",
).Replace(template)

func machineIs(status, definition string) answer {
	return says(object{"stateMachineArn": machine, "name": "demo", "status": status, "definition": definition, "roleArn": "r", "type": "STANDARD", "creationDate": 0})
}

func queue(name, state, status, reason string) object {
	return object{"jobQueueName": name, "jobQueueArn": batchs + "job-queue/" + name, "state": state, "status": status, "statusReason": reason, "priority": 1,
		"computeEnvironmentOrder": []any{object{"order": 1, "computeEnvironment": batchs + "compute-environment/demo-spot"}, object{"order": 2, "computeEnvironment": batchs + "compute-environment/demo-fargate"}}}
}

func environment(name, state, status, reason string) object {
	return object{"computeEnvironmentName": name, "computeEnvironmentArn": batchs + "compute-environment/" + name, "state": state, "status": status, "statusReason": reason}
}

// definitions answers with the given revisions of a job definition.
func definitions(image string, revisions map[string][]int) answer {
	return func(in map[string]any) (any, *fault) {
		found := []any{}
		for _, n := range revisions[in["jobDefinitionName"].(string)] {
			found = append(found, object{"jobDefinitionName": in["jobDefinitionName"], "revision": n, "status": in["status"], "type": "container",
				"containerProperties": object{"image": strings.ReplaceAll(image, "REV", strconv.Itoa(n))}})
		}
		return object{"jobDefinitions": found}, nil
	}
}

func groups(names ...string) answer {
	all := []any{}
	for _, n := range names {
		all = append(all, object{"logGroupName": "/textmill/demo/" + n})
	}
	return says(object{"logGroups": all})
}

// subscribed answers with ARNs of subscriptions by address.
func subscribed(pairs ...string) answer {
	b := &strings.Builder{}
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(b, "<member><Endpoint>%s</Endpoint><SubscriptionArn>%s</SubscriptionArn><Protocol>email</Protocol></member>", pairs[i], pairs[i+1])
	}
	return says(xmlText("<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>" + b.String() + "</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"))
}

func objects(keys ...string) answer {
	b := &strings.Builder{}
	for _, k := range keys {
		fmt.Fprintf(b, "<Contents><Key>%s</Key><Size>1</Size></Contents>", k)
	}
	return says(xmlText("<ListBucketResult>" + b.String() + "</ListBucketResult>"))
}

func versions(status string) answer {
	return says(xmlText("<VersioningConfiguration>" + status + "</VersioningConfiguration>"))
}

func elsewhere(region string) answer {
	return func(map[string]any) (any, *fault) {
		return nil, &fault{Status: 301, Code: "PermanentRedirect", Header: map[string]string{"X-Amz-Bucket-Region": region}}
	}
}

const (
	machineOp = "states:DescribeStateMachine"
	listOp    = "states:ListExecutions"
	queuesOp  = "batch:/v1/describejobqueues"
	computeOp = "batch:/v1/describecomputeenvironments"
	jobsOp    = "batch:/v1/describejobdefinitions"
	imagesOp  = "ecr:DescribeImages"
	groupsOp  = "logs:DescribeLogGroups"
	mailsOp   = "sns:ListSubscriptionsByTopic"
	headOp    = "s3:HEAD /demo-" + account + "-us-east-1"
	versionOp = "s3:GET /demo-" + account + "-us-east-1?versioning"
	crawlOp   = "s3:GET /commoncrawl"
	listsOp   = "s3:GET /lists"
)

// healthy is what is answered if nothing is wrong.
func healthy(f *fake) {
	f.on(machineOp, machineIs("ACTIVE", filled))
	f.on(listOp, list())
	f.on(queuesOp, says(object{"jobQueues": []any{queue("demo-steady", "ENABLED", "VALID", ""), queue("demo-jobs", "ENABLED", "VALID", "JobQueue Healthy")}}))
	f.on(computeOp, says(object{"computeEnvironments": []any{environment("demo-fargate", "ENABLED", "VALID", "ComputeEnvironment Healthy"), environment("demo-spot", "ENABLED", "VALID", "")}}))
	f.on(jobsOp, definitions(host+"/demo@"+digest, map[string][]int{"demo-control": {2, 1}, "demo-step_clean": {3}, "demo-large_clean": {1}}))
	f.on(imagesOp, says(object{"imageDetails": []any{object{"imageDigest": digest}}}))
	f.on(groupsOp, groups("control", "large_clean", "step_clean", "step_old"))
	f.on(mailsOp, subscribed("ada@example.com", "arn:aws:sns:us-east-1:1:demo:1", "bob@example.com", "arn:aws:sns:us-east-1:1:demo:2"))
	f.on(headOp, says(xmlText("")))
	f.on(versionOp, versions("<Status>Enabled</Status>"))
	f.on(crawlOp, objects("crawl-data/x"))
	f.on(listsOp, objects("x"))
}

func TestDoctor(t *testing.T) {
	for name, change := range map[string]func(f *fake, d *spec.Deployment){
		"healthy": func(*fake, *spec.Deployment) {},
		"undeployed": func(f *fake, d *spec.Deployment) {
			f.on(machineOp, noMachine)
			f.on(headOp, fails(404, "", ""))
		},
		"broken": func(f *fake, d *spec.Deployment) {
			d.Inputs = append(d.Inputs, "gone", "far", "far/away")
			f.on(machineOp, machineIs("ACTIVE", strings.Replace(filled, `"MaxConcurrency": 100`, `"MaxConcurrency": 50`, 1)))
			f.on(listOp, list("r1", "RUNNING"))
			f.on(queuesOp, says(object{"jobQueues": []any{queue("demo-jobs", "DISABLED", "VALID", "")}}))
			f.on(computeOp, says(object{"computeEnvironments": []any{environment("demo-spot", "ENABLED", "INVALID", "CLIENT_ERROR - the security group is gone")}}))
			f.on(jobsOp, definitions("demo:latest", map[string][]int{"demo-control": {3}, "demo-large_clean": {1, 2}}))
			f.on(groupsOp, groups("control"))
			f.on(mailsOp, subscribed("ada@example.com", "PendingConfirmation"))
			f.on(versionOp, versions(""))
			f.on(listsOp, objects())
			f.on("s3:GET /gone", fails(404, "NoSuchBucket", "The specified bucket does not exist"))
			f.on("s3:GET /far", elsewhere("eu-west-1"))
		},
		// What is deployed is older than the program, and its image was removed.
		"image": func(f *fake, d *spec.Deployment) {
			f.on(jobsOp, definitions(host+"/demo@sha256:0REV", map[string][]int{"demo-control": {2}, "demo-step_clean": {3, 4}, "demo-large_clean": {1}}))
			f.on(imagesOp, fails(400, "ImageNotFoundException", "The image does not exist"))
		},
		"making": func(f *fake, d *spec.Deployment) {
			f.on(queuesOp, says(object{"jobQueues": []any{queue("demo-jobs", "ENABLED", "UPDATING", ""), queue("demo-steady", "ENABLED", "CREATING", "")}}))
			f.on(computeOp, says(object{"computeEnvironments": []any{environment("demo-spot", "DISABLED", "VALID", ""), environment("demo-fargate", "ENABLED", "DELETING", "")}}))
			f.on(machineOp, machineIs("DELETING", filled))
		},
		"denied": func(f *fake, d *spec.Deployment) {
			for _, op := range []string{machineOp, listOp, queuesOp, computeOp, jobsOp, imagesOp, groupsOp} {
				f.on(op, refused)
			}
			f.on(mailsOp, fails(403, "AuthorizationError", "User is not authorized"))
			for _, op := range []string{headOp, versionOp, crawlOp, listsOp} {
				f.on(op, fails(403, "AccessDenied", "Access Denied"))
			}
		},
		// Some of what is allowed leads on to what is not.
		"denied-later": func(f *fake, d *spec.Deployment) {
			for _, op := range []string{computeOp, imagesOp} {
				f.on(op, refused)
			}
			f.on(versionOp, fails(403, "AccessDenied", "Access Denied"))
		},
		"other-region": func(f *fake, d *spec.Deployment) {
			d.Region, d.NAT = "eu-west-1", true
			f.on(machineOp, noMachine)
			f.on(headOp, elsewhere("eu-west-1"))
		},
		"bucket-taken": func(f *fake, d *spec.Deployment) {
			f.on(machineOp, noMachine)
			f.on(headOp, fails(403, "", ""))
		},
		"bucket-there": func(f *fake, d *spec.Deployment) { f.on(machineOp, noMachine) },
		"bucket-gone":  func(f *fake, d *spec.Deployment) { f.on(headOp, fails(404, "", "")) },
		"ruins": func(f *fake, d *spec.Deployment) {
			f.on(queuesOp, says(object{"jobQueues": []any{}}))
			f.on(imagesOp, fails(400, "RepositoryNotFoundException", "The repository does not exist"))
			f.on(mailsOp, fails(404, "NotFound", "Topic does not exist"))
			f.on(machineOp, machineIs("ACTIVE", "{"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				d := deployment()
				healthy(f)
				change(f, d)
				findings := c.Doctor(t.Context(), d, []byte(template))
				golden(t, "doctor/"+name, findings)
				bad := false
				for _, f := range findings {
					bad = bad || f.Level == cloud.Error
				}
				if findings.Failed() != bad {
					t.Errorf("failed: %v", findings.Failed())
				}
			})
		})
	}
}

// Without credentials there is nothing to ask, but for what needs none.
func TestDoctorWithoutCredentials(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		f.on("sts:GetCallerIdentity", fails(403, "InvalidClientTokenId", "The security token included in the request is invalid."))
		d := deployment()
		d.Region = "eu-west-1"
		golden(t, "doctor/credentials", c.Doctor(t.Context(), d, []byte(template)))
	})
}

// Whichever single request fails, whyever, all the other findings stay.
func TestDoctorGoesOn(t *testing.T) {
	lines := func(f cloud.Findings) map[string]int {
		n := map[string]int{}
		for _, f := range f {
			n[f.Check]++
		}
		return n
	}
	var all map[string]int
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		healthy(f)
		all = lines(c.Doctor(t.Context(), deployment(), []byte(template)))
	})
	for _, op := range []string{machineOp, listOp, queuesOp, computeOp, jobsOp, imagesOp, groupsOp, mailsOp, headOp, versionOp, crawlOp, listsOp} {
		for _, bad := range []answer{fails(418, "Teapot", "short and stout"), fails(403, "AccessDenied", "no"), breaks(fmt.Errorf("cable cut"))} {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				healthy(f)
				f.on(op, bad)
				got := lines(c.Doctor(t.Context(), deployment(), []byte(template)))
				for check := range all {
					depends := check == "image" && op == jobsOp || check == "compute" && op == queuesOp
					if got[check] == 0 && !depends {
						t.Errorf("%s fails: nothing is found of %s", op, check)
					}
				}
			})
		}
	}
}
