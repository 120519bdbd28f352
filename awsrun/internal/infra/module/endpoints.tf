# How jobs reach AWS without the internet.

locals {
  # Fargate pulls the image (ecr, and S3 for its layers), hands out secrets and sends
  # what is logged; programs ask sts who they are. S3 uses kms by itself; programs that
  # encrypt with it directly find it here.
  endpoint_services = ["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "sts"]

  # Image layers are in this bucket of AWS. ECR signs the addresses, for anybody.
  layers_arn = "arn:${local.partition}:s3:::prod-${var.region}-starport-layer-bucket"
}

# S3 costs nothing this way.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "${data.aws_partition.current.reverse_dns_prefix}.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]

  # Whatever credentials a job comes by, it reaches these buckets only.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "Run"
          Effect    = "Allow"
          Principal = "*"
          Action    = concat(local.bucket_actions, local.object_actions)
          Resource  = [local.bucket_arn, "${local.bucket_arn}/${local.prefix_key}*"]
          Condition = { StringEquals = { "aws:PrincipalAccount" = local.account } }
        },
        {
          Sid       = "ImageLayers"
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:GetObject"]
          Resource  = ["${local.layers_arn}/*"]
        },
      ],
      [for statement in [
        {
          Sid       = "Inputs"
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]
          Resource  = concat(local.input_buckets, local.input_objects)
        },
      ] : statement if length(local.inputs) > 0],
    )
  })

  tags = { Name = "${var.name}-s3" }
}

# These cost by the hour and zone. With a NAT gateway jobs reach the services by that.
resource "aws_vpc_endpoint" "services" {
  for_each = toset(var.nat ? [] : local.endpoint_services)

  vpc_id              = aws_vpc.main.id
  service_name        = "${data.aws_partition.current.reverse_dns_prefix}.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.endpoints.id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ThisAccount"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = { StringEquals = { "aws:PrincipalAccount" = local.account } }
      },
    ]
  })

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Endpoints: HTTPS from jobs."
  vpc_id      = aws_vpc.main.id

  tags = { Name = "${var.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_jobs" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "Jobs"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.jobs.id
}
