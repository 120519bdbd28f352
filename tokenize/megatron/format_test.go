package megatron_test

import (
	"testing"

	"github.com/textmill/textmill/tokenize/formattest"
	"github.com/textmill/textmill/tokenize/megatron"
)

func TestFormat(t *testing.T) {
	for _, f := range []megatron.Format{{}, {Segments: true}} {
		if err := formattest.Check(f, sequences); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
