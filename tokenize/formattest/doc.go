// Package formattest holds formats of token files to the contract of
// [tokenize.Format]. Its checks return one error that lists what they found wrong:
//
//	func TestFormat(t *testing.T) {
//		if err := formattest.Check(Format{}, read); err != nil {
//			t.Error(err)
//		}
//	}
//
// What they need is the format and a reader of its files, which should not be made of
// the same code as the writer.
package formattest
