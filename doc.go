// Package textmill turns crawled text into training data with small, composable
// stages.
//
// Three kinds of thing make up a pipeline:
//
//   - a [Source] reads documents: an iterator for each of its shards;
//   - a [Stage] judges or edits one document at a time;
//   - a [Sink] stores what is left: one atomically committed output per shard.
//
// A [Pipeline] joins them, runs the stages on many cores and yields the same
// output in the same order whatever the number of cores. What needs to see the
// whole corpus before it can decide, such as global deduplication, is a [Plan]:
// jobs run one after another, each of which divides into independent shards.
//
// # Concurrency
//
// One Stage value serves all workers: Process is called concurrently, each time
// with a different document. A stage that needs state of its own for each shard
// is made with [PerShard]; its calls come one at a time and in source order.
//
// # Errors
//
// Dropping a document is a verdict, not an error. An error from a stage means it
// could not judge the document; see [Pipeline.MaxErrors]. Every error names the
// stage and the document, see [StageError]. A record the source cannot read is a
// [RecordError]. Every document is accounted for in the [Report], and every one
// that is not written can be found in [Pipeline.Rejects].
package textmill
