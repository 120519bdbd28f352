// Awsbatch is the main job of this project, that of examples/commoncrawl, as a program
// that runs here and on AWS: it turns Common Crawl WET files into training data, by the
// same rules and with the same result, byte for byte.
//
// It leaves in its store, which is a directory or a bucket,
//
//	documents/SHARD.jsonl.gz       what was kept
//	rejects/STEP/SHARD.jsonl.gz    what was not, and why
//	tokens/SHARD.bin, .idx         token ids, for Megatron-LM
//	report.json                    how many, step by step
//	manifest.json                  settings, outputs, digests
//
// and, for the steps after, clean/ and fuzzy/. With -layout staged there is a folder for
// each thing that is done, from extracted/ to normalized/, which is documents/, and
// tokenized/, which is tokens/. On AWS, what only later steps read is removed after two
// weeks.
//
// Here, with the sample that is built in, then with files of your own:
//
//	go run ./examples/awsbatch run
//	go run ./examples/awsbatch -in 'crawl/*.warc.wet.gz' -lang en,de -store DIR run
//
// On AWS, with a whole crawl (see docs/aws.md):
//
//	go build ./examples/awsbatch
//	./awsbatch -in s3://commoncrawl/crawl-data/CRAWL/wet.paths.gz cost
//	./awsbatch -in s3://commoncrawl/crawl-data/CRAWL/wet.paths.gz deploy
//	./awsbatch -in s3://commoncrawl/crawl-data/CRAWL/wet.paths.gz start
//
// To read other buckets, list them in main, or give them to deploy: -reads BUCKET/PREFIX.
package main

import "github.com/textmill/textmill/awsrun"

func main() {
	s, fs := flags()
	awsrun.Main(s.plan, awsrun.Config{
		Name:      "webtext",
		Flags:     fs,
		Temporary: temporary,
		AWS:       awsrun.AWS{Inputs: []string{"commoncrawl/crawl-data"}},
	})
}

// temporary are the folders that only later steps read, in either layout, with the days
// after which AWS removes what is in them.
var temporary = map[string]int{
	"clean/": 14, "fuzzy/": 14,
	"extracted/": 14, "filtered/": 14, "detoxified/": 14, "deduplicated/": 14, "global_deduplicated/": 14,
}
