# One key encrypts all that is kept: the bucket, the images, the logs, the messages.

resource "aws_kms_key" "main" {
  description             = "textmill ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Who may use the key is then said by the policies of the roles. In the policy
        # of a key, * is that key.
        Sid       = "ByPoliciesOfThisAccount"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              "${local.arn.logs}:log-group:${local.job_logs}/*",
              "${local.arn.logs}:log-group:${local.state_machine_logs}",
            ]
          }
        }
      },
      {
        # To publish to the topic, whose own policy says for which account. There is no
        # condition on the account here: EventBridge has none for encrypted topics.
        Sid       = "Messages"
        Effect    = "Allow"
        Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_kms_alias" "main" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.main.key_id
}
