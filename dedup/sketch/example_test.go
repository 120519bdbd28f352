package sketch_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/textmill/textmill/dedup/sketch"
)

func Example() {
	s, err := sketch.New(sketch.FineWeb())
	if err != nil {
		panic(err)
	}
	const text = "The ferry to Lindholm leaves at half past nine from the old pier and returns in the evening. " +
		"Tickets are sold on board; children, dogs and bicycles travel free. " +
		"In a storm the boat stays in the harbour, and so should you."
	s.Sketch(text)
	keys, bits := slices.Clone(s.Keys()), slices.Clone(s.Bits())

	s.Sketch(strings.Replace(text, "children, dogs", "dogs, children", 1)) // in 6 of 38 shingles: 32/44 = 0.73
	candidates := false
	for band, key := range s.Keys() {
		candidates = candidates || key == keys[band]
	}
	fmt.Printf("candidates: %t, similarity about %.2f\n", candidates, sketch.Similarity(bits, s.Bits()))
	// Output: candidates: true, similarity about 0.74
}

// Shingles of eight characters and more bands than NeMo's.
func ExampleSettings() {
	settings := sketch.NeMo()
	settings.Size = 8
	settings.Bands = 32
	if err := settings.Validate(); err != nil {
		panic(err)
	}
	for _, j := range []float64{0.6, 0.7, 0.8, 0.9} {
		fmt.Printf("%.1f: %4.1f %%\n", j, 100*settings.Probability(j))
	}
	// Output:
	// 0.6:  4.1 %
	// 0.7: 26.8 %
	// 0.8: 83.6 %
	// 0.9: 100.0 %
}

// What is empty or short can be seen.
func ExampleSketcher_State() {
	s, err := sketch.New(sketch.FineWeb())
	if err != nil {
		panic(err)
	}
	for _, text := range []string{"...", "Page not found", "The page that you asked for was not found."} {
		fmt.Println(s.Sketch(text), s.State())
	}
	// Output:
	// false empty
	// true short
	// true full
}
