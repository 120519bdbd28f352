package filter

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/textmill/textmill"
)

// Quality judges a text by several sets of rules, one after another, as as many
// stages would: the first rule the text fails drops the document. But what one set
// has measured of a text the next one finds, so that a text is divided into words
// and lines once, which is most of the work.
//
// Reasons tell which set a rule is of, so the report of the one stage reads like
// that of several.
type Quality struct {
	Rules []Rules // in order

	// All is for trying out thresholds: every document is judged by every rule
	// of every set, and one that is dropped says in Meta which of them it failed,
	// as with the field All of the sets, which then have no need of it. Rules
	// that come after a [C4Quality] that the text failed judge the text as it
	// was.
	All bool
}

// Process implements [textmill.Stage].
func (q *Quality) Process(ctx context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	return judge(ctx, doc, q.All, q.Rules...), nil
}

// MarshalJSON implements [json.Marshaler]: every set of rules is an object with its
// type as the only key.
func (q *Quality) MarshalJSON() ([]byte, error) {
	var v struct {
		Rules []map[string]Rules
		All   bool
	}
	v.All = q.All
	for _, rules := range q.Rules {
		name := strings.TrimPrefix(fmt.Sprintf("%T", rules), "*filter.")
		v.Rules = append(v.Rules, map[string]Rules{name: rules})
	}
	return json.Marshal(v)
}
