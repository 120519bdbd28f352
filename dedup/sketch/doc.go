// Package sketch makes similarity sketches of texts: a few numbers by which near
// duplicates are found without comparing the texts.
//
// A text is normalized, divided into words or characters, and each run of Size of
// them is a shingle. The similarity of two texts is the Jaccard similarity J of
// their sets of shingles: how many they have in common, of those that either has.
// A sketch has Bands·Rows lanes, in each of which two sketches agree with
// probability J.
//
//	s, err := sketch.New(sketch.FineWeb())
//	...
//	if s.Sketch(text) {
//		keys := s.Keys() // one for each band
//		bits := s.Bits() // one byte for each lane
//	}
//
// Texts that agree in all Rows lanes of a band have the same [Sketcher.Keys] there:
// they are candidates, which a pair of similarity J becomes with probability
// 1-(1-J^Rows)^Bands, see [Settings.Probability]. By their [Sketcher.Bits], their
// similarity can be estimated, see [Similarity].
//
// # What is a word
//
// Words are divided by white space: what Python's str.split takes for it. Scripts
// that are written without spaces would make a text a single word; so each
// character of these is a word of its own: Han, Hiragana, Katakana, Bopomofo, Yi,
// Thai, Lao, Khmer, Myanmar, Tibetan, Tai Le, New Tai Lue, Tai Tham and Tai Viet,
// and the kana marks that belong to no script. A shingle of five words is then one
// of five characters, as is usual for Chinese.
//
// # Schemes
//
// [FastSimilarity] is fast similarity sketching (Dahlgaard, Knudsen, Thorup, FOCS
// 2017, arXiv 1704.04370). The time it takes is about that of hashing each shingle
// once, where MinHash needs as many operations as there are lanes; its estimates
// have the error of MinHash for long texts and a lesser one for short ones, since
// shingles are drawn without replacement. [DatatroveMinHash] and
// [DatasketchMinHash] compute the very numbers that these two Python libraries do.
//
// # What can go wrong
//
// Hashes have 64 bits. That two texts of n have the same key in a band by chance
// and not because of their lanes has a probability of 2⁻⁶⁴ a pair: about n²/2⁶⁵
// pairs are expected in each band, 3 for ten billion texts, 3·10⁻⁸ for a million.
// The hashes are no cryptographic ones. They guard against chance, not against
// people who make up texts so as to have others taken for duplicates.
package sketch
