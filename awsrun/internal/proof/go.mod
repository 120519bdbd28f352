module github.com/textmill/textmill/awsrun/internal/proof

go 1.26.0

replace github.com/textmill/textmill => ../../..

require (
	github.com/textmill/textmill v0.0.0-00010101000000-000000000000
	github.com/versity/versitygw v1.8.0
	github.com/hashicorp/terraform-plugin-go v0.31.0
)
