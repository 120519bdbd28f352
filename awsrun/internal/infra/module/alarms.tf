# What should wake somebody.

resource "aws_cloudwatch_metric_alarm" "runs" {
  for_each = {
    aborted   = { metric = "ExecutionsAborted", says = "was stopped" }
    failed    = { metric = "ExecutionsFailed", says = "failed" }
    timed-out = { metric = "ExecutionsTimedOut", says = "took longer than it may" }
  }

  alarm_name        = "${var.name}-run-${each.key}"
  alarm_description = "A run of textmill ${var.name} ${each.value.says}."

  namespace   = "AWS/States"
  metric_name = each.value.metric
  dimensions  = { StateMachineArn = local.state_machine_arn }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.main.arn]
}

# Step Functions says how long a run took when it has ended.
resource "aws_cloudwatch_metric_alarm" "duration" {
  alarm_name        = "${var.name}-run-long"
  alarm_description = "A run of textmill ${var.name} took four fifths of the time that it may take."

  namespace   = "AWS/States"
  metric_name = "ExecutionTime"
  dimensions  = { StateMachineArn = local.state_machine_arn }

  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.max_duration * 1000 * 0.8
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.main.arn]
}

# What everything with the tag costs. The tag has to be activated: see README.md.
resource "aws_budgets_budget" "main" {
  count = var.budget > 0 ? 1 : 0

  name         = var.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget)
  limit_unit   = "USD"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:textmill$%s", var.name)]
  }

  dynamic "notification" {
    for_each = ["ACTUAL", "FORECASTED"]

    content {
      notification_type         = notification.value
      comparison_operator       = "GREATER_THAN"
      threshold                 = 100
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.main.arn]
    }
  }

  # AWS sends a message when it makes the budget.
  depends_on = [aws_sns_topic_policy.main]
}
