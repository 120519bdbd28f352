package main

import (
	"github.com/textmill/textmill"
	"github.com/textmill/textmill/dedup"
	"github.com/textmill/textmill/dedup/sketch"
	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/langid"
	"github.com/textmill/textmill/langid/lingua"
	"github.com/textmill/textmill/normalize"
	"github.com/textmill/textmill/toxicity"
)

// The stages are those of examples/commoncrawl, in the same order in both layouts, so
// that the result is the same:
//
//	filtering, toxicity      as FineWeb does, with toxicity after it
//	deduplication            of what passes the filters, so that the copy that stays does
//	personal data, tokens    last, so that filters and sketches see the text as it was

// filters returns the stages that judge and tidy up a text by itself.
func (s *settings) filters() ([]textmill.Stage, error) {
	quality, err := filter.Preset(s.preset.value)
	if err != nil {
		return nil, err
	}
	stages := []textmill.Stage{filter.NewURL()}
	if len(s.languages) > 0 {
		detector, err := lingua.New(lingua.Options{})
		if err != nil {
			return nil, err
		}
		stages = append(stages, &langid.Tag{Detector: detector}, &langid.Keep{Languages: s.languages})
	}
	return append(append(stages, normalize.Standard()), quality...), nil
}

// toxic returns the stage that drops toxic documents.
func (s *settings) toxic() textmill.Stage {
	f := toxicity.NewFilter(toxicity.English())
	if len(s.languages) > 0 {
		f.Languages = []string{"en"} // some of its words are harmless in others
	}
	return f
}

// inShard returns the stage that drops near-duplicates in a file.
func inShard() textmill.Stage {
	return dedup.FuzzyInShard(dedup.InShardSettings{Sketch: sketch.FineWeb()})
}
