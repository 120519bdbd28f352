// Package sample makes the sample crawl of the repository: two WET files, laid
// out as Common Crawl lays out its own, small enough to be committed and varied
// enough that every stage has something to find in them.
//
// The files hold articles in nineteen languages, duplicates exact and near,
// within a file and across, and what else a crawl brings home: menus, cookie
// banners, placeholder text, code, number tables, keyword stuffing, mojibake,
// addresses that should be masked, bytes that are no text, and one damaged gzip
// member. All texts were written for this purpose; people, places and sites are
// invented.
//
// [Records] says what each record is, so that tests can hold a pipeline against
// the truth. [WriteFile] writes a file; the same bytes every time. The files in
// examples/commoncrawl/testdata are made by
//
//	go test ./internal/sample -update
//
// # How the texts are made
//
// The files in texts hold a few hundred paragraphs. In them "[a|b]" stands for
// a or b and "<town>" for a name that stays the same throughout a page. A page
// is a selection of the paragraphs of one topic with each choice made by a
// generator that is seeded with the name of the page: two pages on one topic
// share phrases, as pages on one topic do, but are no near-duplicates. To make
// a near-duplicate, a page is written again with a few choices made otherwise.
package sample

//go:generate go test . -update
