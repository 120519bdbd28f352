package jsonl

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	"github.com/textmill/textmill"
)

// record is the schema as encoding/json sees it.
type record struct {
	ID       string         `json:"id"`
	Text     string         `json:"text"`
	URL      string         `json:"url"`
	Date     *time.Time     `json:"date"`
	Language string         `json:"language"`
	Shard    string         `json:"shard"`
	Index    int            `json:"index"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

func recordOf(d *textmill.Document) record {
	r := record{ID: d.ID, Text: d.Text, URL: d.URL, Language: d.Language, Shard: d.Shard, Index: d.Index}
	if !d.Date.IsZero() {
		t := d.Date.UTC()
		r.Date = &t
	}
	for k, v := range d.Meta {
		if f, ok := v.(float64); ok {
			v = float(f)
		}
		if r.Metadata == nil {
			r.Metadata = map[string]any{}
		}
		r.Metadata[k] = v
	}
	return r
}

// float is a float64 with the two differences that appendFloat documents.
type float float64

func (f float) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	b, err := json.Marshal(float64(f))
	if err == nil && !bytes.ContainsAny(b, ".e") {
		b = append(b, ".0"...)
	}
	return b, err
}

// encode is Append by encoding/json.
func encode(d *textmill.Document) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(recordOf(d))
	return buf.Bytes(), err
}
