//go:build race

package pack_test

// everyPage is which of the pages of the corpus are packed: every tenth, as encoding them
// takes ten times as long with the race detector.
const everyPage = 10
