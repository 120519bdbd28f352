package main

import (
	"testing"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/stagetest"
)

// A stage is tested by calling it.
func TestShouting(t *testing.T) {
	s := &Shouting{Max: 0.5}
	for _, tt := range []struct{ text, want string }{
		{"", "keep"},
		{"12 + 3", "keep"},
		{"a quiet sentence", "keep"},
		{"AB cd", "keep"}, // exactly half
		{"ABC de", "drop: shouting (0.6, limit 0.5)"},
		{"ГОРОД", "drop: shouting (1, limit 0.5)"},
		{"東京は静か", "keep"}, // no capitals to shout with
	} {
		v, err := s.Process(t.Context(), &textmill.Document{Text: tt.text})
		if err != nil || v.String() != tt.want {
			t.Errorf("%q: %v, %v; want %s", tt.text, v, err, tt.want)
		}
	}
}

// stagetest holds it to the contract of all stages, with the texts that have
// tripped others.
func TestContract(t *testing.T) {
	if err := stagetest.Check(func() textmill.Stage { return &Shouting{Max: 0.5} }); err != nil {
		t.Error(err)
	}
}
