output "account" {
  description = "Account that everything is in."
  value       = local.account
}

output "bucket" {
  description = "Bucket of the runs."
  value       = aws_s3_bucket.runs.bucket
}

output "store" {
  description = "URL of the run."
  value       = trimsuffix("s3://${local.bucket}/${var.prefix}", "/")
}

output "repository" {
  description = "Where images are pushed to, without a tag."
  value       = aws_ecr_repository.main.repository_url
}

output "image" {
  description = "Digest of the image that jobs run; empty if there is none yet."
  value       = var.image
}

output "state_machine" {
  description = "ARN of the state machine; empty if there is no image yet."
  value       = one(aws_sfn_state_machine.main[*].arn) == null ? "" : one(aws_sfn_state_machine.main[*].arn)
}

output "jobs_queue" {
  description = "ARN of the queue for batches of shards."
  value       = aws_batch_job_queue.jobs.arn
}

output "steady_queue" {
  description = "ARN of the on-demand queue."
  value       = aws_batch_job_queue.steady.arn
}

output "topic" {
  description = "ARN of the topic for success, failure and alarms."
  value       = aws_sns_topic.main.arn
}

output "dashboard" {
  description = "Address of the dashboard."
  value       = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.main.dashboard_name}"
}

output "deploy_policies" {
  description = "ARNs of the policies for whoever deploys."
  value       = [aws_iam_policy.deploy.arn, aws_iam_policy.deploy_network.arn]
}
