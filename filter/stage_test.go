package filter_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/filter"
	"github.com/textmill/textmill/stagetest"
)

// qualityStages makes each stage that is about quality, with all its rules on and
// with none.
func qualityStages() map[string]func() textmill.Stage {
	stages := map[string]func() textmill.Stage{
		"GopherRepetition":      func() textmill.Stage { return filter.NewGopherRepetition() },
		"GopherRepetition zero": func() textmill.Stage { return &filter.GopherRepetition{} },
		"GopherQuality":         func() textmill.Stage { return filter.NewGopherQuality() },
		"C4Quality":             func() textmill.Stage { return filter.NewC4Quality() },
		"C4Quality zero":        func() textmill.Stage { return &filter.C4Quality{} },
		"C4Paragraph":           func() textmill.Stage { return filter.NewC4Paragraph() },
		"C4Paragraph zero":      func() textmill.Stage { return &filter.C4Paragraph{} },
		"FineWebQuality":        func() textmill.Stage { return filter.NewFineWebQuality() },
		"FineWebQuality zero":   func() textmill.Stage { return &filter.FineWebQuality{} },
		"Quality zero":          func() textmill.Stage { return &filter.Quality{} },
		"Quality, all rules": func() textmill.Stage {
			whitespace, uax29 := filter.NewGopherRepetition(), filter.NewGopherQuality()
			whitespace.Words, uax29.Words = filter.Whitespace, filter.UAX29
			return &filter.Quality{
				Rules: []filter.Rules{whitespace, uax29, filter.NewC4Quality(), filter.NewC4Paragraph(), filter.NewFineWebQuality()},
				All:   true,
			}
		},
	}
	return stages
}

func TestQualityStages(t *testing.T) {
	for name, open := range qualityStages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := stagetest.Check(open); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a run's manifest is to say about the rules, and that it can be read back.
func TestQualityJSON(t *testing.T) {
	for name, open := range qualityStages() {
		if _, err := json.Marshal(open()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, rules := range []filter.Rules{
		filter.NewGopherRepetition(), filter.NewGopherQuality(), filter.NewC4Quality(), filter.NewC4Paragraph(), filter.NewFineWebQuality(),
	} {
		b, err := json.Marshal(rules)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, rules); err != nil {
			t.Error(err)
		}
		if again, err := json.Marshal(rules); err != nil || string(again) != string(b) {
			t.Errorf("%v: %s, then %s", err, b, again)
		}
	}
	b, err := json.Marshal(&filter.Quality{Rules: []filter.Rules{filter.NewC4Paragraph(), &filter.FineWebQuality{Words: filter.UAX29}}})
	const want = `{"Rules":[{"C4Paragraph":{"MinParagraphs":3,"MinLength":200,"All":false}},` +
		`{"FineWebQuality":{"MinLinePunct":0,"LinePunctNonZero":false,"MaxShortLines":0,"ShortLine":0,"MaxDupLineChars":0,"MaxLineFeeds":0,` +
		`"TerminalPunct":"","Words":"uax29","All":false}}],"All":false}`
	if err != nil || string(b) != want {
		t.Errorf("%v, %s\nwant %s", err, b, want)
	}
}

func TestPresets(t *testing.T) {
	want := []string{"gopher", "c4", "fineweb", "fineweb-code", "fineweb-paper"}
	if got := filter.Presets(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range want {
		stages, err := filter.Preset(name)
		if err != nil || len(stages) != 1 || textmill.NameOf(stages[0]) != name {
			t.Errorf("%s: %v, %v", name, stages, err)
		}
	}
	_, err := filter.Preset("finewep")
	if err == nil || err.Error() != `filter: no preset is called "finewep"; use one of gopher, c4, fineweb, fineweb-code, fineweb-paper` {
		t.Errorf("err = %v", err)
	}
}
