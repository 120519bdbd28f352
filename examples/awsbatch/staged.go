package main

import (
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/tokenize"
)

// staged makes the plan in which each thing that is done is a step, which leaves what it
// has made to be looked at, or for another program to go on with:
//
//	extract             WET files → extracted/
//	filter              by address, language and quality rules, text tidied up → filtered/
//	detoxify            by toxicity → detoxified/
//	deduplicate         with -dedup shard: near-duplicates in a file → deduplicated/
//	fuzzy-…             with -dedup global: which documents are near-duplicates, in fuzzy/
//	global-deduplicate  what is none → global_deduplicated/
//	normalize           personal data masked → normalized/: what is documents/ in fused
//	tokenize            → tokenized/: what is tokens/ in fused
func (j *job) staged() error {
	filters, err := j.filters()
	if err != nil {
		return err
	}
	j.addFolder("extract", "extracted", between)
	j.addFolder("filter", "filtered", between, filters...)
	j.addFolder("detoxify", "detoxified", between, j.toxic())
	switch j.dedup.value {
	case "shard":
		j.addFolder("deduplicate", "deduplicated", between, inShard())
	case "global":
		j.addFuzzy()
		j.addFolder("global-deduplicate", "global_deduplicated", between, j.fuzzy.Filter())
	}
	j.addFolder("normalize", "normalized", published, normalize.NewPII())
	j.add("tokenize", j.tokenFiles("tokenized"), &tokenize.Stage{Encoder: j.encoder})
	return nil
}
