// Package dedup drops documents that repeat others.
//
// [ExactInShard] is a stage that drops the repetitions within each shard. [Exact]
// drops those in a whole corpus. That cannot be done by a stage alone, since
// what is to become of a document depends on documents in other shards; it takes
// a plan of four steps, which leave files for each other in a store:
//
//	sign     one shard per input shard      the signatures of its documents
//	match    one shard per hash range       which documents are to be dropped
//	collect  one per group of input shards  the same, for each input shard
//	filter   one shard per input shard      what remains
//
// The first and the last are pipelines of the caller's, one with the sink
// [Exact.Signatures], the other with the stage [Exact.Filter].
//
// # What stays
//
// Of documents with the same text one stays, the survivor: the first in a total
// order over the corpus, by [Exact.Priority] if that is set, then by name of the
// shard, then by place in the shard. It does not depend on which machine was
// done first. The others are dropped with the reason "exact_duplicate" and the
// survivor's ID, see [textmill.Verdict.DuplicateOf].
//
// # What is the same
//
// Two texts are the same if their 128-bit xxh3 hashes are, after what does not
// matter to the chosen [Normalization] was taken out. The texts themselves are
// not compared. Among n different texts the probability that any two are taken
// for the same is about n²/2¹²⁹: 1.5·10⁻¹⁹ for ten billion. The hash is no
// cryptographic one; it guards against chance, not against people who make up
// texts so as to have others dropped.
//
// Texts that are empty after normalization are never the same as any other:
// nothing in them says that they are.
package dedup
