package words_test

import (
	"fmt"

	"github.com/textmill/textmill/internal/words"
)

func ExampleKind_Append() {
	text := `He said: "Don't pay $4.50!"`
	for _, kind := range []words.Kind{words.Whitespace, words.UAX29, words.Treebank} {
		fmt.Print(kind, ":")
		for _, w := range kind.Append(nil, text) {
			fmt.Printf(" [%s]", text[w.Start:w.End])
		}
		fmt.Println()
	}
	// Output:
	// whitespace: [He] [said:] ["Don't] [pay] [$4.50!"]
	// uax29: [He] [said] [Don't] [pay] [4.50]
	// treebank: [He] [said] [:] ["] [Do] [n't] [pay] [$] [4.50] [!] ["]
}

func ExampleSplitLines() {
	for line := range words.SplitLines("one\r\ntwo\n") {
		fmt.Printf("%q\n", line)
	}
	// Output:
	// "one"
	// "two"
}
