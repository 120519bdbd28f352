// Package wet reads and writes Common Crawl's WET files: WARC files that hold
// the text of web pages.
package wet
