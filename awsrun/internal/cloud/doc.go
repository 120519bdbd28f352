// Package cloud asks AWS about a deployment and has it do things: start, stop and
// redrive runs, tell how they go, print logs, log in to the registry of images, and
// find out what is wrong.
//
// A run is an execution of the deployment's state machine. AWS remembers one for 90
// days. Runs are called by their name or their ARN, and "" is the one that is going
// on, or else the last.
//
// # Permissions
//
// Whoever calls this needs, with NAME that of the deployment:
//
//	start     states:StartExecution, states:ListExecutions
//	stop      states:StopExecution, states:ListExecutions, states:DescribeExecution
//	redrive   states:RedriveExecution, states:ListExecutions, states:DescribeExecution,
//	          states:GetExecutionHistory
//	status    states:ListExecutions, states:DescribeExecution,
//	          states:GetExecutionHistory, states:DescribeMapRun
//	logs      logs:FilterLogEvents
//	image     ecr:GetAuthorizationToken on *, ecr:DescribeImages, and what pushing takes
//	doctor    the above that only read, states:DescribeStateMachine,
//	          batch:DescribeJobQueues, batch:DescribeComputeEnvironments,
//	          batch:DescribeJobDefinitions, logs:DescribeLogGroups,
//	          sns:ListSubscriptionsByTopic, s3:ListBucket, s3:GetBucketVersioning
//
// on the state machine NAME, its executions (execution:NAME:*, execution:NAME/*) and map
// runs (mapRun:NAME/*), the log groups /textmill/NAME/*, the repository and the topic
// NAME, the bucket and the inputs. Batch's can only be given on *.
package cloud
