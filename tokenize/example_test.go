package tokenize_test

import (
	"fmt"

	"github.com/textmill/textmill/tokenize"
)

func ExampleTiktoken() {
	enc, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := enc.Encode(nil, "The mill turns again.")
	fmt.Println(ids)
	for _, id := range ids {
		text, err := enc.Decode(nil, []uint32{id})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q ", text)
	}
	// Output:
	// [791 2606 10800 1578 13]
	// "The" " mill" " turns" " again" "."
}
