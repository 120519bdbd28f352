package toxicity_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/toxicity"
)

func ExampleFilter() {
	out := &textmill.Memory{}
	p := &textmill.Pipeline{
		Source: textmill.Documents(
			&textmill.Document{ID: "1", Language: "en", Text: "The class was about titles, cockpits and Dickens."},
			&textmill.Document{ID: "2", Language: "en", Text: "Shut up, you stupid asshole."},
			&textmill.Document{ID: "3", Language: "de", Text: "Ein dickes Buch."},
		),
		Stages: []textmill.Stage{&toxicity.Filter{Scorer: toxicity.English(), Limit: 0.3, Languages: []string{"en"}}},
		Sink:   out,
	}
	if _, err := p.Run(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	for _, doc := range out.Documents() {
		fmt.Println(doc.ID, doc.Text)
	}
	// Output:
	// 1 The class was about titles, cockpits and Dickens.
	// 3 Ein dickes Buch.
}

func ExampleTag() {
	doc := &textmill.Document{Text: "You stupid asshole. " + strings.Repeat("Harmless words follow. ", 40)}
	tag := &toxicity.Tag{Scorer: toxicity.English()}
	if _, err := tag.Process(context.Background(), doc); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f %.3f\n", doc.Meta["toxicity.score"], doc.Meta["toxicity.insult"])
	// Output: 0.410 0.410
}

func ExampleRemoveLines() {
	doc := &textmill.Document{Text: "Grind the grain.\nGo to hell, asshole!\nSift the flour.\n"}
	stage := &toxicity.RemoveLines{Scorer: toxicity.English(), Limit: 0.5}
	if _, err := stage.Process(context.Background(), doc); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(doc.Text)
	// Output:
	// Grind the grain.
	// Sift the flour.
}

func ExampleNewLexicon() {
	// Text, category and weight, with tabs between them; 0 is an exception.
	const list = "clickbait\tspam\t0.5\nyou won't believe\tspam\t1\nclickbait research\t\t0\n"
	entries, err := toxicity.ReadTSV(strings.NewReader(list))
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := toxicity.NewLexicon(entries)
	if err != nil {
		fmt.Println(err)
		return
	}
	for m := range l.Matches("You won't\nbelieve this CLICKBAIT! (Clickbait research says so.)") {
		fmt.Printf("%d-%d %s %v\n", m.Start, m.End, m.Entry.Category, m.Entry.Weight)
	}
	// Output:
	// 0-17 spam 1
	// 23-32 spam 0.5
}

func ExampleC4BadWords() {
	// The lists of C4: toxicity.ReadLists(os.DirFS("ldnoobw"), toxicity.C4Languages...)
	stage, err := toxicity.NewC4BadWords(map[string][]string{"en": {"damn"}, "zh": {"笨蛋"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, doc := range []*textmill.Document{{Language: "en", Text: "Damn!"}, {Language: "en", Text: "damnation"}, {Language: "zh-Hans", Text: "你是笨蛋吗"}} {
		v, err := stage.Process(context.Background(), doc)
		fmt.Println(doc.Text, v, err)
	}
	// Output:
	// Damn! drop: document_removed_with_badwords <nil>
	// damnation keep <nil>
	// 你是笨蛋吗 drop: document_removed_with_badwords <nil>
}
