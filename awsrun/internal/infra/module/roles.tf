# What each part may do, and no more. None of them may do what the permissions boundary
# does not allow, whatever its policies come to say: see deploy.tf.

locals {
  # Which resources of which service may take on a role, so that no other account can
  # make the service do it.
  sources = {
    batch     = ["${local.arn.batch}:compute-environment/${var.name}-*", "${local.arn.batch}:job/*"]
    ecs-tasks = ["${local.arn.ecs}:*"]
    scheduler = ["${local.arn.scheduler}:schedule-group/${var.name}"]
    # The last are what runs the children of distributed Maps.
    states = [local.state_machine_arn, "${local.state_machine_arn}:*", "${local.state_machine_arn}/*"]
  }
  trust = { for service, arns in local.sources : service => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "${service}.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = arns }
      }
    }]
  }) }
}

# The program, in its container.
resource "aws_iam_role" "job" {
  name                 = "${var.name}-job"
  description          = "textmill ${var.name}: the program in its container"
  assume_role_policy   = local.trust["ecs-tasks"]
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "job" {
  name = "job"
  role = aws_iam_role.job.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # Whether an object is there is told only to those who may list. As it is not
          # said what the prefix is when S3 looks at that, requests without one are
          # allowed: they list names of this bucket.
          Sid       = "ListRun"
          Effect    = "Allow"
          Action    = ["s3:ListBucket"]
          Resource  = [local.bucket_arn]
          Condition = { StringLikeIfExists = { "s3:prefix" = "${local.prefix_key}*" } }
        },
        {
          Sid      = "ListUploads"
          Effect   = "Allow"
          Action   = ["s3:ListBucketMultipartUploads"]
          Resource = [local.bucket_arn]
        },
        {
          Sid      = "Run"
          Effect   = "Allow"
          Action   = local.object_actions
          Resource = ["${local.bucket_arn}/${local.prefix_key}*"]
        },
        {
          Sid      = "RunKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [aws_kms_key.main.arn]
        },
      ],
      [for statement in [
        {
          Sid      = "Inputs"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = local.input_objects
        },
      ] : statement if length(local.inputs) > 0],
      [for n, i in local.inputs :
        {
          Sid       = "ListInput${n}"
          Effect    = "Allow"
          Action    = ["s3:ListBucket"]
          Resource  = [i.arn]
          Condition = { StringLike = { "s3:prefix" = "${i.prefix}*" } }
        }
      ],
      [
        # Denied, lest a policy that somebody adds should allow it.
        {
          Sid         = "NoOtherBuckets"
          Effect      = "Deny"
          Action      = ["s3:*"]
          NotResource = concat([local.bucket_arn, "${local.bucket_arn}/*"], local.input_buckets, local.input_objects)
        },
        {
          Sid    = "BucketStaysAsItIs"
          Effect = "Deny"
          Action = [
            "s3:BypassGovernanceRetention",
            "s3:DeleteBucket",
            "s3:DeleteBucketPolicy",
            "s3:DeleteObjectVersion",
            "s3:PutBucket*",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:PutObjectAcl",
            "s3:PutObjectVersionAcl",
            "s3:PutReplicationConfiguration",
          ]
          Resource = ["*"]
        },
        {
          Sid      = "NoOtherRole"
          Effect   = "Deny"
          Action   = ["iam:PassRole", "sts:AssumeRole"]
          Resource = ["*"]
        },
      ],
    )
  })
}

# Fargate, for the container: it pulls the image, reads the secrets and sends what is
# logged. What Batch calls the execution role of a job is the execution role of the ECS
# task that the job runs as: there is one such role in a job definition, and none of its
# permissions is for Batch. The program itself never has it.
resource "aws_iam_role" "execution" {
  name                 = "${var.name}-execution"
  description          = "textmill ${var.name}: Fargate, to start a container"
  assume_role_policy   = local.trust["ecs-tasks"]
  permissions_boundary = aws_iam_policy.boundary.arn
}

locals {
  # A secret's ARN may go on with which part of it is meant.
  secret_arns = sort(distinct([for arn in values(var.secrets) : join(":", slice(split(":", arn), 0, 7))]))
}

resource "aws_iam_role_policy" "execution" {
  name = "execution"
  role = aws_iam_role.execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "LogIn"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"] # it has no other
        },
        {
          Sid      = "Pull"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = [aws_ecr_repository.main.arn]
        },
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${local.arn.logs}:log-group:${local.job_logs}/*:*"]
        },
      ],
      [for statement in [
        {
          Sid      = "Secrets"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = local.secret_arns
        },
        {
          # For secrets that are encrypted with a key of one's own.
          Sid      = "SecretKeys"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = ["${local.arn.kms}:key/*"]
          Condition = {
            StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" }
            StringLike   = { "kms:EncryptionContext:SecretARN" = local.secret_arns }
          }
        },
      ] : statement if length(local.secret_arns) > 0],
    )
  })
}

# Batch: it keeps an ECS cluster for each compute environment, and runs the tasks.
resource "aws_iam_role" "batch" {
  name                 = "${var.name}-batch"
  description          = "textmill ${var.name}: Batch, to run tasks on Fargate"
  assume_role_policy   = local.trust["batch"]
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "batch" {
  name = "batch"
  role = aws_iam_role.batch.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # None of these can be limited to a resource.
        Sid    = "LookAround"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAccountAttributes",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcs",
          "ecs:DeregisterTaskDefinition",
          "ecs:DescribeTaskDefinition",
          "ecs:ListAccountSettings",
          "ecs:ListClusters",
          "ecs:ListTaskDefinitionFamilies",
          "ecs:ListTaskDefinitions",
        ]
        Resource = ["*"]
      },
      {
        # Batch chooses the names of clusters and task definitions.
        Sid    = "Tasks"
        Effect = "Allow"
        Action = [
          "ecs:CreateCluster",
          "ecs:DeleteCluster",
          "ecs:DescribeClusters",
          "ecs:DescribeContainerInstances",
          "ecs:DescribeTasks",
          "ecs:ListContainerInstances",
          "ecs:RegisterTaskDefinition",
          "ecs:RunTask",
          "ecs:StopTask",
        ]
        Resource = [
          "${local.arn.ecs}:cluster/*",
          "${local.arn.ecs}:container-instance/*",
          "${local.arn.ecs}:task-definition/*",
          "${local.arn.ecs}:task/*",
        ]
      },
      {
        # Of a cluster as a whole this is not asked for any resource.
        Sid       = "ListTasks"
        Effect    = "Allow"
        Action    = ["ecs:ListTasks"]
        Resource  = ["*"]
        Condition = { ArnLike = { "ecs:cluster" = "${local.arn.ecs}:cluster/*" } }
      },
      {
        Sid      = "Tag"
        Effect   = "Allow"
        Action   = ["ecs:TagResource"]
        Resource = ["${local.arn.ecs}:cluster/*", "${local.arn.ecs}:task-definition/*", "${local.arn.ecs}:task/*"]
        Condition = {
          StringEquals = { "ecs:CreateAction" = ["CreateCluster", "RegisterTaskDefinition", "RunTask"] }
        }
      },
      {
        Sid       = "PassRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.execution.arn, aws_iam_role.job.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        # In an account that has never had a cluster, ECS makes a role for itself.
        Sid       = "RoleOfECS"
        Effect    = "Allow"
        Action    = ["iam:CreateServiceLinkedRole"]
        Resource  = ["arn:${local.partition}:iam::${local.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS*"]
        Condition = { StringEquals = { "iam:AWSServiceName" = "ecs.amazonaws.com" } }
      },
    ]
  })
}

# Step Functions, for the state machine.
resource "aws_iam_role" "states" {
  name                 = "${var.name}-states"
  description          = "textmill ${var.name}: the state machine"
  assume_role_policy   = local.trust["states"]
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "states" {
  name = "states"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "SubmitJobs"
        Effect = "Allow"
        Action = ["batch:SubmitJob"]
        Resource = [
          aws_batch_job_queue.jobs.arn,
          aws_batch_job_queue.steady.arn,
          "${local.arn.batch}:job-definition/${var.name}-*",
          "${local.arn.batch}:job/*", # what is made of them
        ]
      },
      {
        # Tags of a job need a permission of their own, on the job and what it is made of.
        Sid    = "TagJobs"
        Effect = "Allow"
        Action = ["batch:TagResource"]
        Resource = [
          "${local.arn.batch}:job/*",
          "${local.arn.batch}:job-definition/${var.name}-*",
        ]
      },
      {
        # The ids of jobs are known once they are submitted.
        Sid      = "StopJobs"
        Effect   = "Allow"
        Action   = ["batch:TerminateJob"]
        Resource = ["${local.arn.batch}:job/*"]
      },
      {
        Sid      = "WatchJobs"
        Effect   = "Allow"
        Action   = ["batch:DescribeJobs"]
        Resource = ["*"] # it has no other
      },
      {
        # By this rule, which it makes, Step Functions hears of the end of jobs.
        Sid      = "HearOfJobs"
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = ["${local.arn.events}:rule/StepFunctionsGetEventsForBatchJobsRule"]
      },
      {
        # A distributed Map starts the state machine's own children.
        Sid      = "StartChildren"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [local.state_machine_arn]
      },
      {
        # With a colon a run, which stops itself; with a slash the children of Maps.
        Sid    = "Executions"
        Effect = "Allow"
        Action = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
        Resource = [
          "${local.arn.states}:execution:${var.name}:*",
          "${local.arn.states}:execution:${var.name}/*",
        ]
      },
      {
        Sid      = "ReadBatches"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${local.bucket_arn}/${local.prefix_key}.textmill/steps/*/batches.json"]
      },
      {
        Sid    = "WriteResults"
        Effect = "Allow"
        Action = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = [
          "${local.bucket_arn}/${local.prefix_key}.textmill/steps/*/results/*",
        ]
      },
      {
        # So that a list that is not there is said to be missing, not forbidden.
        Sid       = "MissingOrForbidden"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [local.bucket_arn]
        Condition = { StringLikeIfExists = { "s3:prefix" = "${local.prefix_key}.textmill/steps/*" } }
      },
      {
        # Of the bucket and the topic.
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.main.arn]
      },
      {
        Sid      = "Tell"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [aws_sns_topic.main.arn]
      },
      {
        # None of these can be limited to a resource.
        Sid    = "LogAndTrace"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
          "xray:GetSamplingRules",
          "xray:GetSamplingTargets",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments",
        ]
        Resource = ["*"]
      },
    ]
  })
}

# EventBridge Scheduler, to start runs.
resource "aws_iam_role" "schedule" {
  name                 = "${var.name}-schedule"
  description          = "textmill ${var.name}: EventBridge Scheduler, to start runs"
  assume_role_policy   = local.trust["scheduler"]
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "schedule" {
  name = "schedule"
  role = aws_iam_role.schedule.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Start"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [local.state_machine_arn]
      },
    ]
  })
}
