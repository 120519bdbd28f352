package textmill

import (
	"maps"
	"time"
)

// A Document is one text and what is known about it.
type Document struct {
	ID       string         // unique in the corpus, and the same on every run
	URL      string         // where the text was published, if known
	Date     time.Time      // when the text was fetched; zero if unknown
	Language string         // BCP 47 tag such as "en"; "" if unknown
	Text     string         // valid UTF-8
	Tokens   []uint32       // token ids of Text, once tokenized
	Meta     map[string]any // annotations, keyed "stage.field"; nil until the first Set

	// Shard and Index say where the document was read: the name of the shard
	// and the number of the record in it, counting from 0. Both come from the
	// input, so that two passes over it agree whatever their stages.
	Shard string
	Index int
}

// Set records an annotation. So that every format can store it, value is a
// string, a bool, an int, an int64 or a float64.
func (d *Document) Set(key string, value any) {
	if d.Meta == nil {
		d.Meta = make(map[string]any, 4)
	}
	d.Meta[key] = value
}

// Clone returns a copy of d that shares nothing a stage could edit.
func (d *Document) Clone() *Document {
	c := *d
	c.Meta = maps.Clone(d.Meta)
	c.Tokens = append([]uint32(nil), d.Tokens...)
	return &c
}
