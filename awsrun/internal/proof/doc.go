// Package proof runs what awsrun makes for AWS on one machine: the state machine in
// moto's Step Functions, jobs as processes, versitygw in the place of S3, and the
// Terraform module with a provider that knows the schema of the real one. It is a
// module of its own, so that nobody else has to fetch all this.
package proof
