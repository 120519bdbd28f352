package main

import (
	"context"
	"fmt"
	"os"
)

// The program prints this.
func Example() {
	out, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(out)
	if err := run(context.Background(), "../commoncrawl/testdata", out); err != nil {
		fmt.Println(err)
	}
	// Output:
	// stage                              in  out  dropped
	// normalize.Unicode                 327  327
	// normalize.Whitespace              327  327
	// filter.GopherQuality              327  156      171
	//     gopher_enough_stop_words                     92
	//     gopher_short_doc                             45
	//     gopher_below_alpha_threshold                 20
	//     gopher_below_avg_threshold                    9
	//     gopher_too_many_bullets                       2
	//     gopher_too_many_end_ellipsis                  2
	//     gopher_too_many_hashes                        1
	// filter.C4Quality                  156  149        7
	//     too_few_sentences                             5
	//     lorem_ipsum                                   2
	// total                             328  149      178
	//     errors                                        1
}
