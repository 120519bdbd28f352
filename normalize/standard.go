package normalize

import "github.com/textmill/textmill"

// Standard returns the edits that do good to any text and harm to none: [Unicode],
// then [Whitespace], each as its New function makes it.
//
// Unicode comes first because it turns every line break into the \n that
// Whitespace knows, and takes out invisible characters that would keep spaces
// apart: in "end \u200b\n", the space is not at the end of its line before.
// Nothing Whitespace does calls for Unicode again.
//
// Stages of one's own go around it like this: what repairs the encoding before
// all, for the mistakes it looks for are full of control characters;
// [SymbolLines] between the two, so that Whitespace closes the gaps it leaves; and
// [PII] last, so that no soft hyphen or zero width space hides an address.
func Standard() textmill.Stage { return textmill.Chain(NewUnicode(), NewWhitespace()) }
