package words

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestKindJSON(t *testing.T) {
	for k, name := range map[Kind]string{Whitespace: `"whitespace"`, UAX29: `"uax29"`, Treebank: `"treebank"`} {
		b, err := json.Marshal(k)
		if err != nil || string(b) != name {
			t.Errorf("%d: %s, %v", k, b, err)
		}
		var back Kind
		if err := json.Unmarshal(b, &back); err != nil || back != k {
			t.Errorf("%s: %v, %v", b, back, err)
		}
	}
	var k Kind
	if err := json.Unmarshal([]byte(`"spacy"`), &k); err == nil || !strings.Contains(err.Error(), `["whitespace" "uax29" "treebank"]`) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := json.Marshal(Kind(3)); err == nil {
		t.Error("number without a kind: no error")
	}
	if got := Kind(3).String(); got != "Kind(3)" {
		t.Error(got)
	}
}

func TestNoAllocs(t *testing.T) {
	spans := make([]Span, 0, len(generated))
	for _, text := range []string{generated, strings.Repeat("мельник и его дочь — 漢字 アイウ สวัสดี don’t ", 50)} {
		for k := range Kind(len(kindNames)) {
			if n := testing.AllocsPerRun(10, func() { spans = k.Append(spans[:0], text) }); n != 0 {
				t.Errorf("%v: %v allocations", k, n)
			}
		}
		if n := testing.AllocsPerRun(10, func() {
			for range SplitLines(text) {
			}
		}); n != 0 {
			t.Errorf("SplitLines: %v allocations", n)
		}
	}
}
