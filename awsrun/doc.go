// Package awsrun runs plans: here, and as jobs of AWS Batch on Fargate under a state
// machine of Step Functions.
//
// A program hands its plan to [Main] and is done:
//
//	func main() {
//		awsrun.Main(plan, awsrun.Config{Name: "webtext"})
//	}
//
//	func plan(ctx context.Context, store storage.Store) (textmill.Plan, error) { … }
//
// It then has commands, which its -help explains: run does everything on this machine;
// cost says what it would take on AWS; deploy makes what is needed there, start begins,
// status, logs and report tell how it goes, destroy takes everything down.
//
// # How it works
//
// Every container runs this very program, builds the same plan, and is told by two
// words what to do: "list STEP" writes the shards of a step into the store, "shards
// STEP A..B" does some of them. Nothing else is handed over, so a stage may be any Go
// value, a closure too. Between the steps the state machine waits for all shards.
//
//	step:  list ──> Map over batches of shards ──> next step … ──> report
//	                 └ each: a Batch job on Fargate, "shards STEP A..B"
//
// The same goes on in one process with run, so what was tried here is what runs there,
// and leaves the same bytes.
//
// # The plan
//
// The plan is built anew in every container, from the store and the program's flags
// ([Config.Flags]), and must be the same each time. It reads and writes through the
// store it is given, and takes its inputs from places that containers can reach. The
// source of its inputs should go through [Inputs].
//
// # What happens to failures
//
// A shard is done when its report is stored, last of all. One that is done again,
// however often and by however many, leaves the same bytes.
//
//   - What may pass (a broken connection, a container that was taken away, one that
//     did not start) is tried again, by Batch, as often as [Step.Attempts] says.
//   - A shard for which memory or disk was too small is done once more in a larger
//     container.
//   - A shard whose data is bad goes to quarantine: it is noted, with the error, and
//     the steps after that do without it. See [BadData] for what counts as such.
//   - Wrong settings stop the whole run at once. See [BadSettings].
//
// # Going on with a run
//
// Started again, a run does only what is not done, and comes to what it would have come
// to at once. A shard counts as done once its report is there, which a list of names
// tells for a hundred thousand of them.
//
//   - Inputs may be added. The first step does these alone; the steps after are done
//     anew, as what becomes of a document may depend on all others.
//   - Inputs may be removed, which has the steps after done anew as well. The report
//     names the files that are left of them, which are in no manifest any more.
//   - An input must not change. If it has another size than when it was done, that is an
//     error.
//   - Outputs that are gone, or have another size, are an error of the report; with
//     -retry they are made again. Those in [Config.Temporary] may be gone once all is
//     done; if an input is added after that, the step that misses them says so, and
//     -retry makes them again too.
//   - Shards in quarantine stay there. With -retry they are tried again; what was done
//     without one that is now good is done anew.
//
// # Exit statuses
//
//	0   done
//	64  bad settings: trying again is of no use
//	65  some shards are in quarantine, everything else is done
//	71  memory or disk is full: more of it may help
//	75  failed, or stopped before the end: trying again may help
//
// 1 and 2 are not used, as they are what a crash leaves.
//
// # What it needs
//
// On AWS, what the module that "synth" writes makes, and nothing else. Here, Terraform
// for deploy and destroy, and the Go tool for image. See docs/aws.md.
package awsrun
