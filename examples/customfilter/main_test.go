package main

import (
	"context"
	"fmt"
)

// The program prints this.
func Example() {
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// stage          in  out  dropped
	// main.Shouting   3    1        2
	//     shouting                  2
	// total           3    1        2
	//
	// loud: shouting 0.81 > 0.5
	// louder: shouting 1.00 > 0.5
}
