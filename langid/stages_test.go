package langid_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/langid"
	"github.com/textmill/textmill/stagetest"
)

// fixed is a detector that always says the same.
type fixed langid.Result

func (f fixed) Detect(string) langid.Result { return langid.Result(f) }

func TestTag(t *testing.T) {
	tag := &langid.Tag{Detector: fixed{Language: "pt", Score: 0.75, Method: "model"}}
	doc := &textmill.Document{Language: "la", Text: "x"}
	v, err := tag.Process(t.Context(), doc)
	if err != nil || !v.Kept() {
		t.Fatal(v, err)
	}
	if doc.Language != "pt" || doc.Meta["langid.score"] != 0.75 || doc.Meta["langid.method"] != "model" {
		t.Errorf("%q %v", doc.Language, doc.Meta)
	}

	// Undecided: what was known before goes.
	if _, err := (&langid.Tag{Detector: fixed{}}).Process(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	if _, has := doc.Meta["langid.method"]; doc.Language != "" || doc.Meta["langid.score"] != 0.0 || has {
		t.Errorf("%q %v", doc.Language, doc.Meta)
	}

	// Without a detector, scripts alone.
	doc = &textmill.Document{Text: "Ο μυλωνάς"}
	if _, err := new(langid.Tag).Process(t.Context(), doc); err != nil || doc.Language != "el" || doc.Meta["langid.method"] != "script" {
		t.Errorf("%q %v %v", doc.Language, doc.Meta, err)
	}
}

func TestKeep(t *testing.T) {
	strict := math.Nextafter(0.65, 1)
	for _, tt := range []struct {
		keep     *langid.Keep
		language string
		score    any // nil: none
		want     string
	}{
		{&langid.Keep{}, "en", nil, "keep"},
		{&langid.Keep{}, "", nil, "drop: unknown_language (0, limit 0)"},
		{&langid.Keep{MinScore: 0.65}, "", 0.0, "drop: unknown_language (0, limit 0.65)"},
		{&langid.Keep{MinScore: 0.65}, "en", 0.64999, "drop: low_confidence (0.64999, limit 0.65)"},
		{&langid.Keep{MinScore: 0.65}, "en", 0.65, "keep"},
		{&langid.Keep{MinScore: strict}, "en", 0.65, "drop: low_confidence (0.65, limit 0.65)"},
		{&langid.Keep{MinScore: strict}, "en", 0.65001, "keep"},
		{&langid.Keep{MinScore: 1}, "en", 1, "keep"},
		{&langid.Keep{MinScore: 1}, "en", int64(1), "keep"},
		{&langid.Keep{Languages: []string{"en", "de"}, MinScore: 0.5}, "de", 0.9, "keep"},
		{&langid.Keep{Languages: []string{"en", "de"}, MinScore: 0.5}, "fr", 0.9, "drop: other_language (0.9, limit 0.5)"},
		{&langid.Keep{Languages: []string{"en", "de"}, MinScore: 0.5}, "fr", 0.1, "drop: other_language (0.1, limit 0.5)"},
		{&langid.Keep{Languages: []string{"zh"}}, "zh-Hant", 0.9, "keep"},
		{&langid.Keep{Languages: []string{"ZH-hant"}}, "zh-Hant", 0.9, "keep"},
		{&langid.Keep{Languages: []string{"zh-Hant"}}, "zh", 0.9, "drop: other_language (0.9, limit 0)"},
		{&langid.Keep{Languages: []string{"de"}}, "den", 0.9, "drop: other_language (0.9, limit 0)"},
		{&langid.Keep{Languages: []string{"den"}}, "de", 0.9, "drop: other_language (0.9, limit 0)"},
	} {
		doc := &textmill.Document{Language: tt.language}
		if tt.score != nil {
			doc.Set(langid.ScoreKey, tt.score)
		}
		v, err := tt.keep.Process(t.Context(), doc)
		if err != nil || v.String() != tt.want {
			t.Errorf("%v %v, %q %v: %v, %v, want %s", tt.keep.Languages, tt.keep.MinScore, tt.language, tt.score, v, err, tt.want)
		}
	}
}

func TestKeepErrors(t *testing.T) {
	for _, tt := range []struct {
		keep *langid.Keep
		want string
	}{
		{&langid.Keep{MinScore: 0.5}, "put langid.Tag before langid.Keep"},
		{&langid.Keep{MinScore: 1.5}, "Keep.MinScore is 1.5"},
		{&langid.Keep{MinScore: -0.5}, "Keep.MinScore is -0.5"},
		{&langid.Keep{MinScore: math.NaN()}, "Keep.MinScore is NaN"},
		{&langid.Keep{Languages: []string{"en", "deu"}}, `"deu": the BCP 47 tag is "de"`},
		{&langid.Keep{Languages: []string{"english"}}, `"english", which is no BCP 47 tag`},
		{&langid.Keep{Languages: []string{""}}, `"", which is no BCP 47 tag`},
	} {
		for range 2 { // the error stays
			_, err := tt.keep.Process(t.Context(), &textmill.Document{Language: "en"})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v: error %v, want %q", tt.keep.Languages, err, tt.want)
			}
		}
	}
}

// TestBadSettingsStopTheRun checks that a wrong setting is not counted as the
// fault of each document.
func TestBadSettingsStopTheRun(t *testing.T) {
	p := &textmill.Pipeline{
		Source:    textmill.Documents(&textmill.Document{ID: "1", Text: "x"}, &textmill.Document{ID: "2", Text: "y"}),
		Stages:    []textmill.Stage{&langid.Keep{Languages: []string{"eng"}}},
		Sink:      new(textmill.Memory),
		MaxErrors: -1,
	}
	r, err := p.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "langid.Keep") || r.Read != 0 {
		t.Errorf("%v after %d documents", err, r.Read)
	}
}

func TestStages(t *testing.T) {
	extra := &textmill.Document{ID: "greek", Text: strings.Repeat("Ο μυλωνάς αλέθει το σιτάρι.\n", 200)}
	for name, open := range map[string]func() textmill.Stage{
		"Tag":       func() textmill.Stage { return &langid.Tag{} },
		"Keep":      func() textmill.Stage { return &langid.Keep{Languages: []string{"el"}} },
		"Tag, Keep": func() textmill.Stage { return textmill.Chain(&langid.Tag{}, &langid.Keep{MinScore: 0.65}) },
	} {
		if err := stagetest.Check(open, extra); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeepJSON(t *testing.T) {
	b, err := json.Marshal(&langid.Keep{Languages: []string{"en"}, MinScore: 0.65})
	if want := `{"Languages":["en"],"MinScore":0.65}`; err != nil || string(b) != want {
		t.Errorf("%s, %v, want %s", b, err, want)
	}
}
