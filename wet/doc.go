// Package wet reads and writes WET files: what Common Crawl publishes of each of
// its crawls as text.
//
// [Open] and [Source] make documents of them for a [textmill.Pipeline]:
//
//	src, err := wet.Open(ctx, []string{"wet.paths.gz"}, nil)
//
// Below that, a [Reader] yields the records of one file, and [ReadAt] reads one
// record again. A [Writer] writes files for tests.
//
// # The format
//
// A WET file is a WARC file (ISO 28500; 1.0, 1.1 and the older 0.18 are alike
// here). It is a sequence of records, each with a header of named fields, an
// empty line, a block of as many bytes as the field Content-Length says, and two
// line ends:
//
//	WARC/1.0
//	WARC-Type: conversion
//	WARC-Target-URI: https://example.org/
//	WARC-Date: 2024-05-18T01:58:10Z
//	WARC-Record-ID: <urn:uuid:ba729a40-ff84-4085-8d48-0a5b2ee0c42d>
//	Content-Length: 12
//
//	Hello, world
//
// The first record of a file is of type warcinfo and describes it; those of type
// conversion hold the texts of pages. A text is a page's title in the first line
// and a line for each of its blocks. There are no empty lines between paragraphs,
// and the encoding was guessed by the crawler.
//
// Files are compressed with gzip. Common Crawl makes a gzip member of each
// record, so that records can be reached by offset and damage stays within one.
// Slices of such files, and what other tools write, are often one member for the
// whole file, or not compressed. A Reader finds out by itself, and takes lines
// that end in LF only, too.
//
// # Where a record is
//
//	layout             Offset             InMember                     Length
//	member per record  of the member      0                            of the member
//	one member         of the member      in what the member inflates  0: not known
//	not compressed     of the record      0                            of the record
//
// With Offset and InMember, ReadAt finds the record again. With Offset and Length,
// where Length is not 0, those bytes alone are a file with that one record.
//
// # Damage
//
// Nothing that is wrong with a file ends the reading. It costs the record it is
// in: a [textmill.RecordError] tells where that was and, as one of the Err
// variables of this package, what is wrong. Then reading goes on:
//
//   - A gzip member that cannot be decompressed, has a wrong checksum or is cut
//     short is lost. The next one is searched from its second byte on, as damage
//     can make it seem longer than it is: a gzip header whose contents begin with
//     "WARC/".
//   - If it holds several records, those that their WARC-Block-Digest proves
//     sound are not lost. That is for what inflates to a megabyte or less. Of
//     larger ones, records are yielded before all of the member is read, and
//     those before the damage may be affected by it; in a member that is the
//     whole file, nothing after the damage can be read.
//   - A Content-Length that is missing, or that fits neither the next record nor
//     the end of the member, is taken for wrong. The block then ends where the
//     next record begins, or the member, and [Record.LengthMismatch] is set.
//     A record begins where there is a version line such as "WARC/1.0" and in
//     the next line a field of WARC. If Content-Length fits, such lines in a text
//     are text.
//   - A block that is shorter than Content-Length says, and does not end in two
//     line ends, is cut short. So is one at the end of the file that is
//     shorter, unless it ends its gzip member properly.
//   - A header without an end or of more than 64 KiB, a block larger than
//     [Options.MaxRecord], and bytes that belong to no record are passed over up
//     to the next record, with little memory, however many they are.
//
// A file that holds no record at all is an error that ends the reading,
// [ErrNotWARC], and so is one of reading the file.
package wet
