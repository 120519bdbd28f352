# Where success, failure and alarms are told.

resource "aws_sns_topic" "main" {
  name              = var.name
  kms_master_key_id = aws_kms_key.main.arn
}

# Each address has to confirm the first message that it gets.
resource "aws_sns_topic_subscription" "emails" {
  for_each = toset(var.emails)

  topic_arn = aws_sns_topic.main.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_sns_topic_policy" "main" {
  arn = aws_sns_topic.main.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "EncryptedConnectionsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.main.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"] }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.main.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        # EventBridge publishes without saying for which rule or account, and for topics
        # it takes no role.
        Sid       = "Rules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.main.arn
      },
    ]
  })
}

# Runs that were stopped or took too long end in no state that could tell of it, and no
# more do those that fail where nothing is caught. All others fail in a Choice, of which
# nothing fits, and have told of it before: the error of such a run is
# States.NoChoiceMatched, or else the cause names the state.
resource "aws_cloudwatch_event_rule" "ended_badly" {
  name        = "${var.name}-ended-badly"
  description = "textmill ${var.name}: a run failed, was stopped or took too long"

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [local.state_machine_arn]
      "$or" = [
        { status = ["ABORTED", "TIMED_OUT"] },
        {
          status = ["FAILED"]
          error  = [{ anything-but = "States.NoChoiceMatched" }, null, { exists = false }]
          cause = [
            { anything-but = { prefix = "An error occurred while executing the state 'Failed (redrive to go on)'" } },
            null,
            { exists = false },
          ]
        },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "ended_badly" {
  rule      = aws_cloudwatch_event_rule.ended_badly.name
  target_id = "topic"
  arn       = aws_sns_topic.main.arn

  input_transformer {
    input_paths = {
      run    = "$.detail.executionArn"
      status = "$.detail.status"
    }
    input_template = "\"textmill ${var.name}: run <run> ended as <status>. To go on where it stopped, start again, or redrive this run.\""
  }
}
