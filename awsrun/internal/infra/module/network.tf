# Jobs run in two private subnets, without public addresses. They reach S3 and the
# services of AWS that they need by endpoints, see endpoints.tf, and the internet only
# if var.nat.

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # private names of the endpoints

  tags = { Name = var.name }
}

# The range in quarters: two for jobs, a sixteenth of the third for the gateway. So that
# the gateway can come and go without moving the jobs, its part is never used for them.
resource "aws_subnet" "private" {
  count = 2

  vpc_id                  = aws_vpc.main.id
  cidr_block              = cidrsubnet(var.cidr, 2, count.index)
  availability_zone       = data.aws_availability_zones.available.names[count.index]
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${count.index}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id

  tags = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  count = 2

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "jobs" {
  name        = "${var.name}-jobs"
  description = "Jobs: HTTPS to the endpoints, and nothing comes in."
  vpc_id      = aws_vpc.main.id

  tags = { Name = "${var.name}-jobs" }
}

resource "aws_vpc_security_group_egress_rule" "jobs_to_s3" {
  security_group_id = aws_security_group.jobs.id
  description       = "S3"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
}

resource "aws_vpc_security_group_egress_rule" "jobs_to_endpoints" {
  security_group_id            = aws_security_group.jobs.id
  description                  = "Endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.endpoints.id
}

resource "aws_vpc_security_group_egress_rule" "jobs_to_internet" {
  count = var.nat ? 1 : 0

  security_group_id = aws_security_group.jobs.id
  description       = "Internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}
