// Package proof runs what awsrun makes for AWS on one machine. It is a module of its
// own, so that nobody else has to fetch all this.
//
// What Terraform makes of the module that awsrun writes, with a provider that knows the
// schema of the real one (stubprov), is made in moto, which stands for AWS (moto/launch.py):
// roles, queues, job definitions, the state machine. A run is then started as on AWS. Step
// Functions' interpreter reads the real definition; jobs are processes that run the
// program in the place of its image, with the command, the environment and the retries of
// their definition; what they read and write is in versitygw, or where roles are what
// matters, in moto's S3, with the credentials of the role.
//
// What moto gets wrong is put right in moto/fixes, by AWS's documentation, and tested in
// launcher_test.go and launcher_maps_test.go. What jobs can come to on AWS is brought about
// by faults: hosts that do not start, Spot that is taken away, memory that runs out,
// crashes.
//
//	export TEXTMILL_MOTO=$(moto/setup)
//	go test .
//
// Without that variable, and without terraform, the tests that need them are skipped; in CI
// they fail.
//
// # What this cannot prove
//
// That AWS does what its documentation says: how Fargate schedules, pulls images and takes
// Spot away, its quotas and throttling, the network and its endpoints, KMS, alarms, and
// what things cost. The command doctor looks at what is deployed, and examples/awsbatch is
// small enough for a first run.
package proof
