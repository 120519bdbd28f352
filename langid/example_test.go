package langid_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/langid"
)

func Example() {
	docs := []*textmill.Document{
		{ID: "1", Text: "Ο μυλωνάς αλέθει το σιτάρι και η κόρη του πουλάει το αλεύρι."},
		{ID: "2", Text: "วันนี้อากาศดีมาก"},
		{ID: "3", Text: "The miller grinds corn, and his daughter sells the flour."},
	}
	out := new(textmill.Memory)
	p := &textmill.Pipeline{
		Source: textmill.Documents(docs...),
		Stages: []textmill.Stage{
			&langid.Tag{}, // by script alone; see langid/lingua for a model
			&langid.Keep{Languages: []string{"el"}, MinScore: 0.65},
		},
		Sink: out,
	}
	report, err := p.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, doc := range out.Documents() {
		fmt.Println(doc.ID, doc.Language, doc.Meta["langid.score"])
	}
	fmt.Println(report.Stages[1].Dropped)
	// Output:
	// 1 el 1
	// map[other_language:1 unknown_language:1]
}

func ExampleScript() {
	d := &langid.Script{}
	for _, text := range []string{"今日は天気がいいです。", "今天天气很好。", "Сегодня хорошая погода"} {
		fmt.Printf("%+v\n", d.Detect(text))
	}
	// Output:
	// {Language:ja Score:1 Method:script}
	// {Language:zh Score:1 Method:script}
	// {Language: Score:0 Method:}
}
