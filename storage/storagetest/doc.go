// Package storagetest tests stores, and what uses them: [Test] holds a
// [storage.Store] against its contract, [FailNth] and [KillAfter] make a store
// fail at a chosen moment.
//
// Something that writes to a store should leave it whole however it ends. To
// try every moment:
//
//	for n := 1; ; n++ {
//		store := &storage.Memory{}
//		failing := storagetest.FailNth(store, n)
//		err := run(failing)
//		if !failing.Failed() {
//			break // n is more than all calls there are
//		}
//		… err is not nil; store holds nothing by halves; run(store) mends it …
//	}
package storagetest
