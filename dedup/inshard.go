package dedup

import (
	"context"

	"github.com/textmill/textmill"
)

// ExactInShard returns a stage that drops documents whose text one before them
// in the same shard has, with the reason "exact_duplicate" and the ID of the
// first one. It is [textmill.PerShard].
//
// It remembers every document of the shard that it keeps, at 52 to 73 bytes each
// if the ID is a UUID or a WARC-Record-ID, and at 36 to 56 bytes and the length
// of the ID otherwise. Where that is too much, or where duplicates lie in
// different shards, use [Exact].
func ExactInShard(n Normalization) textmill.Stage {
	return textmill.PerShard("dedup.ExactInShard", func(context.Context, textmill.Shard) (textmill.Stage, error) {
		if err := n.validate(); err != nil {
			return nil, err
		}
		return &inShard{keyer: newKeyer(n), first: map[key]uint64{}}, nil
	})
}

type inShard struct {
	keyer *keyer
	first map[key]uint64 // text to document: where in ids its ID is
	ids   idList
}

func (s *inShard) Process(_ context.Context, doc *textmill.Document) (textmill.Verdict, error) {
	k, ok := s.keyer.key(doc.Text)
	if !ok {
		return textmill.Keep, nil
	}
	if at, ok := s.first[k]; ok {
		return textmill.Drop(exactReason).DuplicateOf(s.ids.get(at)), nil
	}
	if err := checkIDLength(doc.ID); err != nil {
		return textmill.Keep, err
	}
	s.first[k] = s.ids.add(doc.ID)
	return textmill.Keep, nil
}

// An idList holds IDs in as little memory as they take, which does not have to
// be moved when more come.
type idList struct {
	chunks [][]byte
}

const idChunk = 64 << 10 // no smaller than a stored ID of the greatest length

// add returns where the ID can be found.
func (l *idList) add(id string) uint64 {
	n := len(l.chunks) - 1
	if n < 0 || cap(l.chunks[n])-len(l.chunks[n]) < storedIDSize(id) {
		l.chunks = append(l.chunks, make([]byte, 0, max(idChunk, storedIDSize(id))))
		n++
	}
	at := uint64(n)<<32 | uint64(len(l.chunks[n]))
	l.chunks[n] = appendID(l.chunks[n], id)
	return at
}

func (l *idList) get(at uint64) string {
	stored, _, err := cutID(l.chunks[at>>32][uint32(at):])
	if err != nil {
		panic("dedup: internal error: " + err.Error())
	}
	return idString(stored)
}
