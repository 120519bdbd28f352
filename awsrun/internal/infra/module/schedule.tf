# When runs are started by themselves. A run goes on where the one before stopped; if
# that has done everything, there is nothing to do.

resource "aws_scheduler_schedule_group" "main" {
  name = var.name
}

resource "aws_scheduler_schedule" "start" {
  count = var.schedule != "" && local.has_image ? 1 : 0

  name                = "start"
  description         = "textmill ${var.name}: start a run"
  group_name          = aws_scheduler_schedule_group.main.name
  schedule_expression = var.schedule

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.main[0].arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({})

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}
