# How runs go, on one page.

locals {
  runs = [for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
    ["AWS/States", metric, "StateMachineArn", local.state_machine_arn]
  ]

  # What jobs count, step by step.
  counted = { for metric in ["Shards", "Quarantined", "Failed", "Read", "Written", "Dropped", "Errors", "BytesRead", "BytesWritten", "Seconds"] :
    metric => [for step in var.steps : ["textmill", metric, "Deployment", var.name, "Step", step]]
  }

  graphs = [
    { title = "Runs", stat = "Sum", metrics = local.runs },
    { title = "Shards done", stat = "Sum", metrics = local.counted["Shards"] },
    { title = "Shards failed or in quarantine", stat = "Sum", metrics = concat(local.counted["Failed"], local.counted["Quarantined"]) },
    { title = "Documents read", stat = "Sum", metrics = local.counted["Read"] },
    { title = "Documents written", stat = "Sum", metrics = local.counted["Written"] },
    { title = "Documents dropped", stat = "Sum", metrics = local.counted["Dropped"] },
    { title = "Documents with errors", stat = "Sum", metrics = local.counted["Errors"] },
    { title = "Bytes read", stat = "Sum", metrics = local.counted["BytesRead"] },
    { title = "Bytes written", stat = "Sum", metrics = local.counted["BytesWritten"] },
    { title = "Seconds a shard takes, at most", stat = "Maximum", metrics = local.counted["Seconds"] },
    { title = "Errors and quarantine in the logs", stat = "Sum", metrics = [[local.log_metrics, "Errors"], [local.log_metrics, "Quarantined"]] },
  ]
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = concat(
      [for n, graph in local.graphs : {
        type   = "metric"
        x      = n % 2 * 12
        y      = floor(n / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = graph.title
          region  = var.region
          view    = "timeSeries"
          stat    = graph.stat
          period  = 300
          metrics = graph.metrics
        }
      }],
      [{
        type   = "log"
        x      = 0
        y      = ceil(length(local.graphs) / 2) * 6
        width  = 24
        height = 6
        properties = {
          title  = "Errors"
          region = var.region
          view   = "table"
          query = join(" | ", concat(
            # It has room for 50 log groups.
            [for key in slice(sort(keys(var.jobs)), 0, min(50, length(var.jobs))) : "SOURCE '${local.job_logs}/${key}'"],
            ["fields @timestamp, msg, error, step, shard", "filter level = 'ERROR'", "sort @timestamp desc", "limit 100"],
          ))
        }
      }],
    )
  })
}
