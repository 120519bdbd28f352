# Where jobs run, how they wait, and what they are.

# A compute environment that a queue refers to cannot be removed. So one that has to be
# replaced gets another name, is made first, and the queue goes over to it.
resource "aws_batch_compute_environment" "spot" {
  count = var.spot ? 1 : 0

  name_prefix  = "${var.name}-spot-"
  type         = "MANAGED"
  service_role = aws_iam_role.batch.arn

  compute_resources {
    type               = "FARGATE_SPOT"
    max_vcpus          = var.max_vcpus
    subnets            = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.jobs.id]
  }

  lifecycle {
    create_before_destroy = true
  }

  # Batch needs its role to the end, to take the environment down.
  depends_on = [aws_iam_role_policy.batch]
}

resource "aws_batch_compute_environment" "on_demand" {
  name_prefix  = "${var.name}-on-demand-"
  type         = "MANAGED"
  service_role = aws_iam_role.batch.arn

  compute_resources {
    type               = "FARGATE"
    max_vcpus          = var.max_vcpus
    subnets            = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.jobs.id]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_iam_role_policy.batch]
}

# Batches of shards.
resource "aws_batch_job_queue" "jobs" {
  name     = "${var.name}-jobs"
  state    = "ENABLED"
  priority = 1

  dynamic "compute_environment_order" {
    for_each = concat(aws_batch_compute_environment.spot[*].arn, [aws_batch_compute_environment.on_demand.arn])

    content {
      order               = compute_environment_order.key + 1
      compute_environment = compute_environment_order.value
    }
  }
}

# What must not be taken away: lists of shards, the report, and shards that needed more
# than the others. They go first, as a whole run waits for them.
resource "aws_batch_job_queue" "steady" {
  name     = "${var.name}-steady"
  state    = "ENABLED"
  priority = 10

  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.on_demand.arn
  }
}

locals {
  # What the exit statuses of the program mean is said where they are defined: 64 no
  # attempt can help, 65 there are shards in quarantine, 71 memory or disk was not
  # enough. 137 is what is left when the container was killed for want of memory.
  final_statuses = ["64", "65", "71", "137"]
}

resource "aws_batch_job_definition" "jobs" {
  for_each = local.has_image ? var.jobs : {}

  name                  = "${var.name}-${each.key}"
  type                  = "container"
  platform_capabilities = ["FARGATE"]
  propagate_tags        = true

  # Runs that are under way go on with the revision that they have begun with.
  deregister_on_new_revision = false

  timeout {
    attempt_duration_seconds = each.value.timeout
  }

  # Everything else is tried again, which is what Batch does if nothing here fits: images
  # and secrets that could not be fetched, hosts that failed, and statuses that mean it
  # may help. The first that fits counts, and Batch has room for five.
  retry_strategy {
    attempts = each.value.attempts

    # It comes before 137: that is left, too, of what did not end in the time that Spot
    # gives. What is killed for want of memory needs no entry of its own beside 137.
    evaluate_on_exit {
      action           = "RETRY"
      on_status_reason = "Your Spot Task was interrupted*"
    }

    dynamic "evaluate_on_exit" {
      for_each = local.final_statuses

      content {
        action       = "EXIT"
        on_exit_code = evaluate_on_exit.value
      }
    }
  }

  container_properties = jsonencode(merge(
    {
      image            = "${aws_ecr_repository.main.repository_url}@${var.image}"
      command          = each.value.command
      jobRoleArn       = aws_iam_role.job.arn
      executionRoleArn = aws_iam_role.execution.arn

      resourceRequirements = [
        { type = "VCPU", value = tostring(each.value.vcpu) },
        { type = "MEMORY", value = tostring(each.value.memory_mib) },
      ]
      fargatePlatformConfiguration = { platformVersion = "1.4.0" }
      runtimePlatform              = { cpuArchitecture = "X86_64", operatingSystemFamily = "LINUX" }
      networkConfiguration         = { assignPublicIp = "DISABLED" }

      # The program writes nothing but temporary files. Their folder is on the disk that
      # the task has; the image says that anybody may write there.
      user                   = "65532"
      readonlyRootFilesystem = true
      linuxParameters        = { initProcessEnabled = true }
      volumes                = [{ name = "tmp" }]
      mountPoints            = [{ containerPath = "/tmp", readOnly = false, sourceVolume = "tmp" }]

      environment = [
        { name = "AWS_REGION", value = var.region },
        { name = "GOMEMLIMIT", value = "${floor(each.value.memory_mib * 0.9)}MiB" },
        { name = "TEXTMILL_DEPLOYMENT", value = var.name },
        { name = "TEXTMILL_SETTINGS", value = jsonencode(var.settings) },
        { name = "TEXTMILL_STORE", value = trimsuffix("s3://${local.bucket}/${var.prefix}", "/") },
        { name = "TEXTMILL_TIME_LIMIT", value = "${each.value.time_limit}s" },
      ]

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.jobs[each.key].name
          awslogs-region        = var.region
          awslogs-stream-prefix = each.key
        }
      }
    },
    # What a task has at least cannot be asked for.
    each.value.disk_gib <= 20 ? {} : { ephemeralStorage = { sizeInGiB = each.value.disk_gib } },
    length(var.secrets) == 0 ? {} : {
      secrets = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
    },
  ))
}
