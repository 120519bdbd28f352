// Package dedup drops documents that repeat others, and removes from documents what
// others have said before. What counts as the same is yours to choose:
//
//	the same                               in each shard   in the whole corpus
//
//	text                                   ExactInShard    Exact
//	address                                                Exact, By URL
//	text, nearly                           FuzzyInShard    Fuzzy
//	lines, paragraphs, runs of sentences   BloomSpans      Spans
//	passages of 50 words, say                              Passages
//	passages of a benchmark                Decontaminate
//
// # Which to take
//
// What a crawl repeats is mostly whole pages, and nearly: [Fuzzy] drops these, those with
// the very same text among them. [Exact] is for where a small difference matters, as in
// code; by URL, it finds other versions of a page, whatever they say, and does not look at
// texts. [Spans] removes what pages that stay have in common: menus, licences, notices.
// [Passages] finds long quotations wherever they begin, at the price of reading the corpus
// three times. [Decontaminate] belongs among the stages before all of these, so that no
// document stays in place of another and is dropped after that.
//
// What is to become of a document depends on the documents in other shards. Within one
// shard a stage can tell; it needs no files and no second pass, and misses what is in
// different shards, which of a crawl in many files is nearly all. [ExactInShard] and
// [FuzzyInShard] find all of their shard as long as they have the memory; [BloomSpans]
// errs now and then, at a rate that you set.
//
// # Plans
//
// The whole corpus takes a plan of several steps, which leave files for each other in a
// store: a pass over the documents, steps that read what it has left, and another pass.
// Each of the shards of a step can be done on a machine of its own:
//
//	step            a shard for each        reads                       leaves
//
//	exact-sign      input shard             its documents               a hash of each
//	exact-match     range of hashes         those of all shards         which documents go
//	exact-collect   group of input shards   that, of all ranges         drop lists
//	exact-filter    input shard             its documents, its list     what stays
//
//	fuzzy-sign      input shard             its documents               sketches
//	fuzzy-match     range of band keys      those of all shards         pairs that share one
//	fuzzy-fetch *   group of input shards   pairs, its sketches         pairs with a sketch
//	fuzzy-check *   group of input shards   pairs, its sketches         similar pairs
//	fuzzy-cluster   (one)                   all pairs                   clusters
//	fuzzy-label     group of input shards   clusters, its documents     who is in which
//	fuzzy-elect     range of clusters       that, of all groups         who stays
//	fuzzy-collect   group of input shards   that, of all ranges         drop lists
//	fuzzy-filter    input shard             its documents, its list     what stays
//
//	spans-…         as exact-…, with the spans of documents in place of documents
//	samples-…       as spans-…, but no filter: where Passages has to look
//	passages-…      as spans-…, where something was found
//
// Those with * are there if [Fuzzy.Check] is set. The first and the last step are
// pipelines of the caller's, with the sink Signatures and the stage Filter; Steps returns
// what is between them, and Plan the whole, where to read the input twice is no matter.
//
// # What they take
//
//	                 memory, for each shard at work         files between the steps
//	ExactInShard     52 to 73 bytes a document that stays   none
//	FuzzyInShard     235 to 291 bytes, or as you set        none
//	BloomSpans       as you set                             none
//	Decontaminate    28 bytes a word of the benchmarks *    none
//	Exact            as you set                             38 bytes a document, 80 for each that goes
//	Fuzzy            as you set                             130 bytes a document, 150 for each in a cluster;
//	                                                        145 where shards have more than 65,536 documents
//	Spans            as you set                             9 bytes a span, 20 a document
//	Passages         as you set                             9 bytes for each 13 words, 20 a document;
//	                                                        9 for each passage that may be repeated
//
// * once, not for each shard. The figures are for IDs that are UUIDs or WARC-Record-IDs,
// and Fuzzy's for [sketch.FineWeb]; with Check, it is 113 bytes a document more, and as
// much for each pair. What does not fit into the memory you set goes to files in Scratch.
// Only fuzzy-cluster is quicker with more: with 8 bytes for each document of the corpus, it
// needs no sorting.
//
// # What is certain
//
// The same documents in the same shards, with the same settings, come to the same bytes,
// drop lists included, on any number of machines and workers, with any Memory, in whatever
// order the shards are done, and however often one was killed and done again. With other
// Partitions, the files between the steps are others, and what stays is the same. Tests
// hold them to it.
//
// Of what is the same, one stays: the one with the greatest Priority, if that is set, then
// the first by name of the shard, then by place in it. If Priority never says that two are
// equal, it does not matter how the documents are divided into shards either. (With
// [Fuzzy.Check] it does: of the documents that share a band, each is compared with the
// first in the order of shards, so that in another order other pairs are checked.)
//
// Nothing is lost. A document that repeats another names it, see
// [textmill.Verdict.DuplicateOf], and that one stays; of each span that is removed a copy is
// earlier in the corpus. A second pass that is not given what the first has signed is an
// error, as are files that are damaged, of another run, or of other settings.
//
// # One after another
//
// Where two kinds are wanted, the second has to work on what the first leaves. Otherwise
// each may drop a document for one that the other drops; and a Filter that is not given
// all that was signed says so. The Filter of the first therefore goes before the
// Signatures of the second, and no text has to be stored once more:
//
//	urls := &dedup.Exact{Store: store, Dir: "urls", By: dedup.URL}
//	near := &dedup.Fuzzy{Store: store, Dir: "near", Sketch: sketch.FineWeb()}
//	plan := slices.Concat(
//		textmill.Plan{{Name: "clean", Job: &textmill.Pipeline{
//			Source: pages, Stages: stages, Sink: textmill.Tee(cleaned, urls.Signatures()),
//		}}},
//		urls.Steps(pages),
//		near.Plan(cleanedPages, []textmill.Stage{urls.Filter()}, out),
//	)
//
// [textmill.Tee] takes the Signatures of several into one pass as well. That is right for
// kinds that are alternatives, each with an output of its own: to compare settings, say.
//
// # What is the same
//
// Exact takes two texts for the same if their 128-bit xxh3 hashes are, after what does not
// matter to the chosen [Normalization] was taken out. The texts themselves are
// not compared. Among n different texts the probability that any two are taken
// for the same is about n²/2¹²⁹: 1.5·10⁻¹⁹ for ten billion. Spans and Passages go by 64
// bits, see there, and package sketch says how near is near. The hashes are no
// cryptographic ones; they guard against chance, not against people who make up
// texts so as to have others dropped.
//
// Texts that are empty after normalization are never the same as any other:
// nothing in them says that they are.
//
// # Sources
//
// MinHash: Broder (1997). Banding: Leskovec, Rajaraman and Ullman, Mining of Massive
// Datasets, chapter 3. Sketches: see package sketch. The thresholds of FineWeb: Penedo et
// al. (2024, arXiv 2406.17557). Runs of three sentences: C4, Raffel et al. (2020, arXiv
// 1910.10683). Lines and paragraphs: CCNet, Wenzek et al. (2020, arXiv 1911.00359).
// Passages of 50 words, and why to remove them: Lee et al. (2022, arXiv 2107.06499); how
// they are found: winnowing, Schleimer, Wilkerson and Aiken (SIGMOD 2003). Bloom filters in
// blocks: Putze, Sanders and Singler (WEA 2007). Decontamination by 13 words: GPT-3, Brown
// et al. (2020, arXiv 2005.14165).
package dedup
