# What whoever deploys may do, and what the roles made by them may do at most. These
# policies and the key are for an administrator of the account to make, once; after that
# people with the policies NAME-deploy and NAME-deploy-network can do the rest. See
# README.md.

# No role of the deployment may do more than this, so that who can write their policies
# cannot give them, and by them oneself, more. What may be read besides the bucket, and
# which secrets, is said here too: an administrator decides on that.
resource "aws_iam_policy" "boundary" {
  name        = "${var.name}-boundary"
  description = "textmill ${var.name}: the most that its roles may do"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "Storage"
          Effect = "Allow"
          Action = concat(local.bucket_actions, local.object_actions, ["s3:ListMultipartUploadParts"])
          Resource = concat(
            [local.bucket_arn, "${local.bucket_arn}/*"],
            local.input_buckets,
            local.input_objects,
          )
        },
        {
          Sid      = "Key"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [aws_kms_key.main.arn]
        },
        {
          Sid    = "ByName"
          Effect = "Allow"
          Action = ["batch:*", "ecr:*", "events:*", "logs:*", "sns:*", "states:*"]
          Resource = [
            "${local.arn.batch}:job-definition/${var.name}-*",
            "${local.arn.batch}:job-queue/${var.name}-*",
            "${local.arn.batch}:job/*",
            "arn:${local.partition}:ecr:${var.region}:${local.account}:repository/${var.name}",
            "${local.arn.events}:rule/StepFunctionsGetEventsForBatchJobsRule",
            "${local.arn.logs}:log-group:${local.job_logs}/*:*",
            "arn:${local.partition}:sns:${var.region}:${local.account}:${var.name}",
            "${local.arn.states}:execution:${var.name}/*",
            "${local.arn.states}:execution:${var.name}:*",
            local.state_machine_arn,
          ]
        },
        {
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
            "ecs:TagResource",
          ]
          Resource = ["${local.arn.ecs}:*"]
        },
        {
          Sid       = "PassRoles"
          Effect    = "Allow"
          Action    = ["iam:PassRole"]
          Resource  = [for role in ["execution", "job"] : "arn:${local.partition}:iam::${local.account}:role/${var.name}-${role}"]
          Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
        },
        {
          Sid       = "RoleOfECS"
          Effect    = "Allow"
          Action    = ["iam:CreateServiceLinkedRole"]
          Resource  = ["arn:${local.partition}:iam::${local.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS*"]
          Condition = { StringEquals = { "iam:AWSServiceName" = "ecs.amazonaws.com" } }
        },
        {
          # None of these can be limited to a resource.
          Sid    = "WithoutResource"
          Effect = "Allow"
          Action = [
            "batch:DescribeJobs",
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "ecr:GetAuthorizationToken",
            "ecs:DeregisterTaskDefinition",
            "ecs:DescribeTaskDefinition",
            "ecs:ListAccountSettings",
            "ecs:ListClusters",
            "ecs:ListTaskDefinitionFamilies",
            "ecs:ListTaskDefinitions",
            "ecs:ListTasks",
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
      ],
      [for statement in [
        {
          Sid      = "Secrets"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = local.secret_arns
        },
        {
          Sid       = "SecretKeys"
          Effect    = "Allow"
          Action    = ["kms:Decrypt"]
          Resource  = ["${local.arn.kms}:key/*"]
          Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
        },
      ] : statement if length(local.secret_arns) > 0],
    )
  })
}

locals {
  role_arns = "arn:${local.partition}:iam::${local.account}:role/${var.name}-*"
}

# To make, change and take down everything but the network, to push images, to start,
# watch and stop runs, and to read what comes out.
resource "aws_iam_policy" "deploy" {
  name        = "${var.name}-deploy"
  description = "textmill ${var.name}: to deploy and run it"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ByName"
        Effect = "Allow"
        Action = [
          "batch:*",
          "budgets:*",
          "cloudwatch:*",
          "ecr:*",
          "events:*",
          "logs:*",
          "scheduler:*",
          "sns:*",
          "states:*",
        ]
        Resource = [
          "${local.arn.batch}:compute-environment/${var.name}-*",
          "${local.arn.batch}:job-definition/${var.name}-*",
          "${local.arn.batch}:job-queue/${var.name}-*",
          "${local.arn.batch}:job/*",
          "arn:${local.partition}:budgets::${local.account}:budget/${var.name}",
          "arn:${local.partition}:cloudwatch:${var.region}:${local.account}:alarm:${var.name}-*",
          "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${var.name}",
          "arn:${local.partition}:ecr:${var.region}:${local.account}:repository/${var.name}",
          "${local.arn.events}:rule/${var.name}-*",
          "${local.arn.logs}:log-group:${local.job_logs}/*",
          "${local.arn.logs}:log-group:${local.state_machine_logs}",
          "${local.arn.logs}:log-group:${local.state_machine_logs}:*",
          "${local.arn.scheduler}:schedule-group/${var.name}",
          "${local.arn.scheduler}:schedule/${var.name}/*",
          "arn:${local.partition}:sns:${var.region}:${local.account}:${var.name}",
          "arn:${local.partition}:sns:${var.region}:${local.account}:${var.name}:*",
          local.state_machine_arn,
          "${local.arn.states}:execution:${var.name}:*",
          "${local.arn.states}:execution:${var.name}/*",
          "${local.arn.states}:mapRun:${var.name}/*",
        ]
      },
      {
        Sid    = "Buckets"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:CreateBucket",
          "s3:Delete*",
          "s3:Get*",
          "s3:List*",
          "s3:PutBucket*",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
          "s3:PutObject",
        ]
        Resource = [local.bucket_arn, "${local.bucket_arn}/*", local.access_logs_arn, "${local.access_logs_arn}/*"]
      },
      {
        Sid    = "Key"
        Effect = "Allow"
        Action = [
          "kms:CreateAlias",
          "kms:CreateGrant", # for ECR
          "kms:Decrypt",
          "kms:DeleteAlias",
          "kms:DescribeKey",
          "kms:GenerateDataKey",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:ListResourceTags",
          "kms:RetireGrant",
          "kms:UpdateAlias",
        ]
        Resource = [aws_kms_key.main.arn, "${local.arn.kms}:alias/${var.name}"]
      },
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole",
          "iam:GetRole",
          "iam:GetRolePolicy",
          "iam:ListAttachedRolePolicies",
          "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = [local.role_arns]
      },
      {
        # Only roles within the boundary.
        Sid    = "BoundedRoles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole",
          "iam:DeleteRolePolicy",
          "iam:PutRolePermissionsBoundary",
          "iam:PutRolePolicy",
          "iam:UpdateAssumeRolePolicy",
        ]
        Resource  = [local.role_arns]
        Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn } }
      },
      {
        Sid      = "PassRoles"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = [for role in ["batch", "execution", "job", "schedule", "states"] : "arn:${local.partition}:iam::${local.account}:role/${var.name}-${role}"]
        Condition = { StringEquals = { "iam:PassedToService" = [
          "batch.amazonaws.com",
          "ecs-tasks.amazonaws.com",
          "scheduler.amazonaws.com",
          "states.amazonaws.com",
        ] } }
      },
      {
        Sid      = "LookAtPolicies"
        Effect   = "Allow"
        Action   = ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"]
        Resource = ["arn:${local.partition}:iam::${local.account}:policy/${var.name}-*"]
      },
      {
        Sid      = "LookAtAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["arn:${local.partition}:cloudwatch:${var.region}:${local.account}:alarm:*"]
      },
      {
        # None of these can be limited to a resource.
        Sid    = "WithoutResource"
        Effect = "Allow"
        Action = [
          "batch:Describe*",
          "batch:ListJobs",
          "ecr:GetAuthorizationToken",
          "kms:ListAliases",
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
          "states:ListStateMachines",
          "states:ValidateStateMachineDefinition",
          "sts:GetCallerIdentity",
        ]
        Resource = ["*"]
      },
    ]
  })
}

# To make, change and take down the network. What there is already is known by its tag,
# which can only be put on what is being made.
resource "aws_iam_policy" "deploy_network" {
  name        = "${var.name}-deploy-network"
  description = "textmill ${var.name}: to deploy its network"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Look"
        Effect   = "Allow"
        Action   = ["ec2:Describe*"]
        Resource = ["*"]
      },
      {
        Sid       = "Make"
        Effect    = "Allow"
        Action    = local.network_making
        Resource  = ["arn:${local.partition}:ec2:${var.region}:${local.account}:*"]
        Condition = { StringEquals = { "aws:RequestTag/textmill" = var.name } }
      },
      {
        Sid      = "TagWhatIsMade"
        Effect   = "Allow"
        Action   = ["ec2:CreateTags"]
        Resource = ["arn:${local.partition}:ec2:${var.region}:${local.account}:*"]
        Condition = {
          StringEquals = {
            "aws:RequestTag/textmill" = var.name
            "ec2:CreateAction"        = [for action in local.network_making : trimprefix(action, "ec2:")]
          }
        }
      },
      {
        # Making something needs what it is made in too.
        Sid    = "Change"
        Effect = "Allow"
        Action = concat(local.network_making, [
          "ec2:AssociateRouteTable",
          "ec2:AttachInternetGateway",
          "ec2:CreateRoute",
          "ec2:CreateTags",
          "ec2:DeleteInternetGateway",
          "ec2:DeleteNatGateway",
          "ec2:DeleteRoute",
          "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup",
          "ec2:DeleteSubnet",
          "ec2:DeleteTags",
          "ec2:DeleteVpc",
          "ec2:DeleteVpcEndpoints",
          "ec2:DetachInternetGateway",
          "ec2:DisassociateAddress",
          "ec2:DisassociateRouteTable",
          "ec2:ModifySecurityGroupRules",
          "ec2:ModifySubnetAttribute",
          "ec2:ModifyVpcAttribute",
          "ec2:ModifyVpcEndpoint",
          "ec2:ReleaseAddress",
          "ec2:ReplaceRoute",
          "ec2:RevokeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress",
        ])
        Resource  = ["arn:${local.partition}:ec2:${var.region}:${local.account}:*"]
        Condition = { StringEquals = { "aws:ResourceTag/textmill" = var.name } }
      },
      {
        # The names of the endpoints are in private zones of AWS.
        Sid      = "PrivateNames"
        Effect   = "Allow"
        Action   = ["route53:AssociateVPCWithHostedZone"]
        Resource = ["arn:${local.partition}:route53:::hostedzone/*"]
      },
    ]
  })
}

locals {
  network_making = [
    "ec2:AllocateAddress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateInternetGateway",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpc",
    "ec2:CreateVpcEndpoint",
  ]
}
