// Package stagetest holds stages, sources and sinks to their contracts. Its
// checks return one error that lists everything they found wrong, so they work
// in tests, in fuzz targets and in programs. Run them with the race detector on:
//
//	func TestMyFilter(t *testing.T) {
//		if err := stagetest.Check(func() textmill.Stage { return &MyFilter{Min: 3} }); err != nil {
//			t.Error(err)
//		}
//	}
package stagetest
