//go:build !race

package pack_test

// everyPage is which of the pages of the corpus are packed: all.
const everyPage = 1
