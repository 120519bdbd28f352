package normalize_test

import (
	"context"
	"fmt"

	"github.com/textmill/textmill"
	"github.com/textmill/textmill/normalize"
)

// edited returns what a stage makes of a text.
func edited(s textmill.Stage, text string) string {
	doc := &textmill.Document{Text: text}
	if _, err := s.Process(context.Background(), doc); err != nil {
		return err.Error()
	}
	return doc.Text
}

func ExampleStandard() {
	fmt.Printf("%q\n", edited(normalize.Standard(), "\ufeffCafe\u0301\u00a0 au lait \r\n\r\n\r\n\r\nun\u00adsugared\x00\n"))
	// Output:
	// "Café au lait\n\nunsugared"
}

func ExampleUnicode() {
	u := normalize.NewUnicode()
	u.NFC = false
	fmt.Printf("%+q\n", edited(u, "Cafe\u0301\u200b\u2028می\u200cخواهم"))
	// Output:
	// "Cafe\u0301\n\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
}

func ExampleWhitespace() {
	w := normalize.NewWhitespace()
	w.MaxNewlines = 1
	w.Indents = true
	fmt.Printf("%q\n", edited(w, "one  two\u3000three \n\n\n  four\n"))
	// Output:
	// "one two three\nfour"
}

func ExampleSymbolLines() {
	fmt.Println(edited(&normalize.SymbolLines{Replacement: "[…]"}, "One.\n* * *\n-----\nTwo!"))
	// Output:
	// One.
	// […]
	// Two!
}

func ExamplePII() {
	fmt.Println(edited(normalize.NewPII(), "Bob <bob@mill.example.org>, +44 20 7946 0018, was at 8.8.4.4 on 2024-01-15 with version 1.2.3.4."))
	// Output:
	// Bob <email@example.com>, +1-202-555-0100, was at 192.0.2.1 on 2024-01-15 with version 1.2.3.4.
}

// With several replacements, an address gets the same one wherever it occurs.
func ExamplePII_several() {
	p := normalize.NewPII()
	p.EmailAs = []string{"anna@example.com", "ben@example.com", "cleo@example.com"}
	a := edited(p, "bob@mill.org wrote to eve@mill.org")
	b := edited(p, "EVE@mill.org answered bob@mill.org")
	fmt.Println(a)
	fmt.Println(b)
	// Output:
	// cleo@example.com wrote to ben@example.com
	// ben@example.com answered cleo@example.com
}
