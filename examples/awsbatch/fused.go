package main

import (
	"github.com/textmill/textmill"
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/tokenize"
)

// fused makes the plan of as few steps as there can be:
//
//	clean    WET files → what passes the filters, in clean/, and with -dedup global its sketches
//	fuzzy-…  sketches → which documents are near-duplicates, in fuzzy/
//	publish  what is clean and no near-duplicate → documents/ and tokens/
func (j *job) fused() error {
	cleaning, err := j.filters()
	if err != nil {
		return err
	}
	cleaning = append(cleaning, j.toxic())
	if j.dedup.value == "shard" {
		cleaning = append(cleaning, inShard())
	}
	j.addFolder("clean", "clean", between, cleaning...)

	var publishing []textmill.Stage
	if j.fuzzy != nil {
		j.addFuzzy()
		publishing = append(publishing, j.fuzzy.Filter())
	}
	publishing = append(publishing, normalize.NewPII(), &tokenize.Stage{Encoder: j.encoder})
	documents := j.folder("documents", published)
	j.add("publish", textmill.Tee(documents.sink(), j.tokenFiles("tokens")), publishing...)
	return nil
}
