# The account and the names that the other files share.

provider "aws" {
  region = var.region

  # On everything that can have tags. Jobs hand them on to their tasks, so that costs
  # can be told apart by them.
  default_tags {
    tags = merge(var.tags, { textmill = var.name })
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

# The role of whoever applies this, if it is a session of one.
data "aws_iam_session_context" "current" {
  arn = data.aws_caller_identity.current.arn
}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # ARNs up to the resource, of services in this region and account.
  arn = { for service in ["batch", "ecs", "events", "kms", "logs", "scheduler", "states"] :
    service => "arn:${local.partition}:${service}:${var.region}:${local.account}"
  }

  bucket     = var.bucket != "" ? var.bucket : "${var.name}-${local.account}-${var.region}"
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"
  prefix_key = var.prefix == "" ? "" : "${var.prefix}/"

  # Made of the name and not of the resource, which is there only once there is an
  # image, and which itself needs those that refer to it.
  state_machine_arn = "${local.arn.states}:stateMachine:${var.name}"

  # Without an image nothing that needs one is made: see README.md.
  has_image = var.image != ""

  # What jobs may read besides: a bucket, or what in it begins with a prefix.
  inputs = [for input in var.inputs : {
    arn    = "arn:${local.partition}:s3:::${split("/", input)[0]}"
    prefix = join("/", slice(split("/", input), 1, length(split("/", input))))
  }]
  input_buckets = distinct(local.inputs[*].arn)
  input_objects = [for i in local.inputs : "${i.arn}/${i.prefix}*"]
}
