// Package work does the steps of a plan by means of files in a store, so that the
// parts can be done by programs that share nothing else:
//
//   - [Run.List] writes down the shards of a step, and in which batches those that
//     are not finished are to be done;
//   - [Run.Do] does some of them: the finished ones are left out, the reports of the
//     others stored last;
//   - [Run.Report] adds up what became of all.
//
// A step may be listed once all shards of the step before it are finished or in
// quarantine. Everything may be called again, at any time, by anybody: what is done
// stays done.
package work
