# The state machine, which the program has written for its plan.

resource "aws_sfn_state_machine" "main" {
  count = local.has_image ? 1 : 0

  name     = var.name
  role_arn = aws_iam_role.states.arn
  type     = "STANDARD"

  definition = templatefile("${path.module}/state_machine.asl.json", merge(
    {
      bucket       = local.bucket
      prefix_key   = local.prefix_key
      jobs_queue   = aws_batch_job_queue.jobs.arn
      steady_queue = aws_batch_job_queue.steady.arn
      topic        = aws_sns_topic.main.arn
    },
    { for key, job in aws_batch_job_definition.jobs : "job_${replace(key, "-", "_")}" => job.arn },
  ))

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  # Step Functions tries out the role when it makes the state machine.
  depends_on = [aws_iam_role_policy.states]
}
