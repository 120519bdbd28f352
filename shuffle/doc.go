// Package shuffle brings the documents of a whole corpus into random order, in
// bounded memory and on any number of machines.
//
// That takes two steps of a plan. Scatter divides the documents of every input
// shard among buckets; gather brings each bucket into order, and a bucket becomes
// an output shard:
//
//	s := &shuffle.Shuffle{Store: store, Dir: "shuffle", Seed: 1, Buckets: 256}
//	plan := textmill.Plan{
//		{Name: "scatter", Job: &textmill.Pipeline{Source: src, Stages: filters, Sink: s.Scatter()}},
//		{Name: "gather", Job: &textmill.Pipeline{Source: s.Gather(src), Stages: tokens, Sink: out}},
//	}
//
// # The order
//
// Documents come in order of a 64-bit hash of the seed and the ID, and a bucket is
// a range of hashes. So the buckets, read one after another, are the whole corpus
// in one order, which depends on the seed and the set of documents and on nothing
// else: not on how the input is divided into shards, not on their order, not on
// Memory, workers, machines and retries, and not on the number of buckets, which
// says only where that order is cut. A document that is added or taken away moves
// no other.
//
// The hash is not the one [textmill.Sample] and package dedup use, so that a sample
// taken with the same seed is spread over all buckets.
//
// IDs are to be unique. Documents that share one are all kept, and come together,
// in order of a hash of everything else in them, with Shard and Index considered
// last. A source that makes IDs of shard and index, as package jsonl does where
// lines have none, makes the order depend on the division into shards after all.
//
// All fields of a document come back as they were. Shard and Index still say where
// it was first read; those of consecutive documents have nothing to do with each
// other, so what needs source order, as package dedup does, has to come before.
//
// # Files
//
// Dir belongs to one run. In scatter/ it holds a file for each input shard, with a
// section for each bucket; gather reads one section of every file. Texts are
// lightly compressed, to about 55 % (pages of a kilobyte: 80 %). Gather asks the source for its shards and
// reads the files of these and no others, so what another run left is not picked up,
// and one that is missing is an error. All files are committed whole and carry
// checksums, the settings they were made with and the name of the shard: damaged or
// foreign files are errors, which name the file. Any shard of either step can be
// done again, at any time, and leaves the same bytes.
//
// In tmp/ (or all over Scratch) is what does not fit into memory. It is removed at
// the end of each shard, except by a killed process, and can be deleted while no
// step is running. When the plan is done, Dir can be deleted.
package shuffle
