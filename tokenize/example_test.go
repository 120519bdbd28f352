package tokenize_test

import (
	"fmt"
	"slices"
	"sync"

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

// Whether "<|endoftext|>" in a text is a special token is for the program to say.
func ExampleBPE_EncodeSpecial() {
	enc, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	const text = "One.<|endoftext|>Two."
	fmt.Println(len(enc.Encode(nil, text)), "ids as text")
	ids, err := enc.EncodeSpecial(nil, text, tokenize.Special{Allow: []string{"<|endoftext|>"}})
	fmt.Println(ids, err)
	_, err = enc.EncodeSpecial(nil, text, tokenize.Special{DisallowAll: true})
	fmt.Println(err)
	// Output:
	// 10 ids as text
	// [4054 13 100257 11874 13] <nil>
	// tokenize: special token "<|endoftext|>" at byte 4 of the text: allow it, or do not disallow it to encode it as text
}

// A long text is encoded by two goroutines.
func ExampleBPE_Cut() {
	enc, err := tokenize.Tiktoken("cl100k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "The river turns the wheel, and the wheel turns the stone."
	cut := enc.Cut(text, len(text)/2)
	fmt.Printf("%q %q\n", text[:cut], text[cut:])
	parts := [][]uint32{nil, nil}
	var wg sync.WaitGroup
	wg.Go(func() { parts[0] = enc.Encode(nil, text[:cut]) })
	wg.Go(func() { parts[1] = enc.Encode(nil, text[cut:]) })
	wg.Wait()
	fmt.Println(slices.Equal(slices.Concat(parts...), enc.Encode(nil, text)))
	// Output:
	// "The river turns the wheel," " and the wheel turns the stone."
	// true
}
