# What is logged. Jobs write lines of JSON, one log group for each job definition.

locals {
  job_logs = "/textmill/${var.name}"

  # Logs of Step Functions are delivered by a policy of the account that has little room.
  # It has an entry for all groups of this name.
  state_machine_logs = "/aws/vendedlogs/states/${var.name}"
}

resource "aws_cloudwatch_log_group" "jobs" {
  for_each = var.jobs

  name              = "${local.job_logs}/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_cloudwatch_log_group" "state_machine" {
  name              = local.state_machine_logs
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.main.arn
}

# Lines that tell of an error.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  for_each = aws_cloudwatch_log_group.jobs

  name           = "errors"
  log_group_name = each.value.name
  pattern        = "{ $.level = \"ERROR\" }"

  metric_transformation {
    namespace = local.log_metrics
    name      = "Errors"
    value     = "1"
    unit      = "Count"
  }
}

# Shards that were put into quarantine.
resource "aws_cloudwatch_log_metric_filter" "quarantined" {
  for_each = aws_cloudwatch_log_group.jobs

  name           = "quarantined"
  log_group_name = each.value.name
  pattern        = "{ $.Quarantined > 0 }"

  metric_transformation {
    namespace = local.log_metrics
    name      = "Quarantined"
    value     = "$.Quarantined"
    unit      = "Count"
  }
}

locals {
  # The name of the deployment is in it, as what a filter makes of a log has no
  # dimensions. The metrics that jobs count themselves are in textmill.
  log_metrics = "textmill/${var.name}"
}
