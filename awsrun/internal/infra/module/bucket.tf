# The bucket of the runs. A step has a prefix for what it leaves, as the program says;
# its own files are below .textmill/.

locals {
  # What jobs do with the bucket and with its objects: package storage/s3 says what for.
  bucket_actions = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
  object_actions = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
  ]

  administrators = (
    length(var.administrators) > 0 ? var.administrators : [data.aws_iam_session_context.current.issuer_arn]
  )
}

resource "aws_s3_bucket" "runs" {
  bucket        = local.bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "runs" {
  bucket = aws_s3_bucket.runs.id

  rule {
    object_ownership = "BucketOwnerEnforced" # no access control lists
  }
}

resource "aws_s3_bucket_public_access_block" "runs" {
  bucket = aws_s3_bucket.runs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "runs" {
  bucket = aws_s3_bucket.runs.id

  rule {
    # One request to KMS for many objects, instead of one for each.
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

# Readers go on with what they have opened when it is replaced, and what was replaced
# by mistake can be had back.
resource "aws_s3_bucket_versioning" "runs" {
  bucket = aws_s3_bucket.runs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "runs" {
  bucket = aws_s3_bucket.runs.id

  rule {
    id     = "what-nobody-sees"
    status = "Enabled"

    filter {}

    # What killed jobs leave. No upload of theirs takes a week.
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  dynamic "rule" {
    for_each = var.expire

    content {
      id     = "expire-${trimsuffix(rule.key, "/")}"
      status = "Enabled"

      filter {
        prefix = "${local.prefix_key}${trimsuffix(rule.key, "/")}/"
      }

      expiration {
        days = rule.value
      }

      # These are removed to save their price.
      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.runs]
}

resource "aws_s3_bucket_logging" "runs" {
  bucket        = aws_s3_bucket.runs.id
  target_bucket = aws_s3_bucket.access_logs.id
  target_prefix = "${local.bucket}/"
}

locals {
  # Reading, writing and listing. How the bucket is set up is not among them, so that
  # nobody who may change it is locked out by a mistake here.
  guarded_actions = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:GetObject*",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:RestoreObject",
  ]
}

resource "aws_s3_bucket_policy" "runs" {
  bucket = aws_s3_bucket.runs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "EncryptedConnectionsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        # Jobs come by the endpoint. Step Functions reads lists of batches and writes
        # results from outside the network, and so do administrators.
        Sid       = "ByTheEndpointOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = local.guarded_actions
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = {
          StringNotEquals = { "aws:SourceVpce" = aws_vpc_endpoint.s3.id }
          ArnNotLike      = { "aws:PrincipalArn" = concat([aws_iam_role.states.arn], local.administrators) }
        }
      },
      {
        Sid       = "TheseRolesOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = local.guarded_actions
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = {
          ArnNotLike = { "aws:PrincipalArn" = concat([aws_iam_role.job.arn, aws_iam_role.states.arn], local.administrators) }
        }
      },
      {
        # Who names no encryption gets that of the bucket.
        Sid       = "NoOtherEncryption"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = {
          Null            = { "s3:x-amz-server-side-encryption" = "false" }
          StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
        }
      },
      {
        Sid       = "NoOtherKey"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = {
          Null         = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
          ArnNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = aws_kms_key.main.arn }
        }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.runs]
}
