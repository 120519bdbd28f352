package sketch

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// The probabilities are 1-(1-J^r)^b, worked out apart.
func TestPresets(t *testing.T) {
	for _, c := range []struct {
		name string
		Settings
		json          string
		at            map[float64]float64
		lanes         int
		unit          Unit
		size          int
		normalization Normalization
	}{
		{"FineWeb", FineWeb(),
			`{"normalize":"datatrove","unit":"words","size":5,"short":"hash_whole","scheme":"fast_similarity","bands":14,"rows":8}`,
			map[float64]float64{0: 0, 0.5: 0.0533, 0.7: 0.5645, 0.75: 0.7716, 0.8: 0.9235, 0.9: 0.9996, 1: 1}, 112, Words, 5, Datatrove},
		{"RefinedWeb", RefinedWeb(),
			`{"normalize":"datatrove","unit":"words","size":5,"short":"hash_whole","scheme":"fast_similarity","bands":450,"rows":20}`,
			map[float64]float64{0.7: 0.3018, 0.75: 0.7605, 0.8: 0.9946, 0.9: 1}, 9000, Words, 5, Datatrove},
		{"NeMo", NeMo(),
			`{"normalize":"none","unit":"characters","size":24,"short":"hash_whole","scheme":"fast_similarity","bands":20,"rows":13}`,
			map[float64]float64{0.7: 0.1769, 0.8: 0.6773, 0.9: 0.9972}, 260, Characters, 24, None},
	} {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.Lanes() != c.lanes {
			t.Errorf("%s: %d lanes", c.name, c.Lanes())
		}
		for j, want := range c.at {
			if got := c.Probability(j); math.Abs(got-want) > 6e-5 {
				t.Errorf("%s: probability at %v is %.5f, want %.4f", c.name, j, got, want)
			}
		}
		b, err := json.Marshal(c.Settings)
		if err != nil || string(b) != c.json {
			t.Errorf("%s: %s, %v; want %s", c.name, b, err, c.json)
		}
		var back Settings
		if err := json.Unmarshal(b, &back); err != nil || back != c.Settings {
			t.Errorf("%s: read back as %+v, %v", c.name, back, err)
		}
	}
}

func TestValidate(t *testing.T) {
	edit := func(f func(*Settings)) Settings {
		s := FineWeb()
		f(&s)
		return s
	}
	for says, s := range map[string]Settings{
		"empty":                 {},
		"Size is 0":             edit(func(s *Settings) { s.Size = 0 }),
		"Size is -1":            edit(func(s *Settings) { s.Size = -1 }),
		"Size is 1025":          edit(func(s *Settings) { s.Size = 1025 }),
		"0 Bands":               edit(func(s *Settings) { s.Bands = 0 }),
		"-1 Rows":               edit(func(s *Settings) { s.Rows = -1 }),
		"16385 Bands of 1 Rows": edit(func(s *Settings) { s.Bands, s.Rows = 16385, 1 }),
		"129 Bands of 128 Rows": edit(func(s *Settings) { s.Bands, s.Rows = 129, 128 }),
		"4294967296 Bands":      edit(func(s *Settings) { s.Bands, s.Rows = 1<<32, 1<<32 }),
		"Normalize 4":           edit(func(s *Settings) { s.Normalize = 4 }),
		"Unit 2":                edit(func(s *Settings) { s.Unit = 2 }),
		"ShortPolicy 2":         edit(func(s *Settings) { s.Short = 2 }),
		"Scheme 3":              edit(func(s *Settings) { s.Scheme = 3 }),
	} {
		err := s.Validate()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v; want it to say %q", s, err, says)
		}
		if _, err := New(s); err == nil {
			t.Errorf("%+v makes a Sketcher", s)
		}
	}
	for _, s := range []Settings{
		edit(func(s *Settings) { s.Size = 1024 }),
		edit(func(s *Settings) { s.Size, s.Bands, s.Rows = 1, 1, 1 }),
		edit(func(s *Settings) { s.Bands, s.Rows = 128, 128 }),
	} {
		k := must(t, s)
		if !k.Sketch("one word, or two") || len(k.Keys()) != s.Bands || len(k.Bits()) != s.Bands*s.Rows {
			t.Errorf("%+v: %d keys, %d bytes", s, len(k.Keys()), len(k.Bits()))
		}
	}
}

// Names are written and read, and others are not.
func TestNames(t *testing.T) {
	var s Settings
	for _, field := range []string{"normalize", "unit", "short", "scheme"} {
		if err := json.Unmarshal([]byte(`{"`+field+`":"other"}`), &s); err == nil || !strings.Contains(err.Error(), "use ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, v := range []any{Normalization(9), Unit(9), ShortPolicy(9), Scheme(9)} {
		if _, err := json.Marshal(v); err == nil {
			t.Errorf("%v is marshaled", v)
		}
		if got, want := reflect.ValueOf(v).MethodByName("String").Call(nil)[0].String(), reflect.TypeOf(v).Name()+"(9)"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := Empty.String() + Short.String() + Full.String(); got != "emptyshortfull" {
		t.Error(got)
	}
}
