package wet

// An extent says where the parts of a record end, counted from its beginning.
type extent struct {
	block    int   // the end of its block
	next     int   // the end of what separates it from the next record
	followed bool  // there is more in the segment
	mismatch bool  // Content-Length does not say so
	err      error // the record cannot be used; next is from where to look for one
}

// extent finds out where the record ends that the rest begins with. Its header
// takes head bytes, and its Content-Length is length, or -1 if it has none.
//
// If what comes after that many bytes is the end of the segment or another
// record, that is that, whatever the block holds: it may well quote a record.
// Otherwise the length is wrong, and the end is where the next record begins, or
// where the segment ends.
func (r *Reader) extent(head int, length int64) extent {
	s := &r.seg
	if length >= 0 && length <= int64(r.maxRecord) {
		if e, ok := r.declared(head, head+int(length)); ok {
			return e
		}
	}
	limit := r.maxRecord
	if length > int64(limit) {
		limit = min(limit, checkedSize) // a large record, rather than a wrong length
	}
	limit += head + len(separator)
	next := s.find(head, limit)
	if next < 0 && (!s.over || s.end-s.pos > limit) {
		return extent{next: head, err: ErrTooLarge}
	}
	e := extent{next: next, followed: next >= 0, mismatch: true}
	if next < 0 {
		e.next = s.end - s.pos
	}
	header := s.rest()[:head]
	block, separated := cutSeparator(s.rest()[head:e.next], header)
	e.block = head + len(block)
	switch {
	case len(block) > r.maxRecord:
		e.err = ErrTooLarge
	case !e.followed && s.err != nil:
		e.err = s.err
	case !separated && (length > int64(len(block)) || !e.followed && s.z == nil):
		// It is shorter than it should be, or its end is that of the file, and
		// nothing says that this is its own end.
		e.err = ErrTruncated
	case !e.followed && length > int64(len(block)) && !(usesCR(header) && s.endsBeforeRecord()):
		// Two line ends, and nothing more, are a weak sign that it is whole.
		e.err = ErrTruncated
	}
	return e
}

// declared returns the extent of a record if its block ends where its header
// says it does, or reports that this cannot be so.
func (r *Reader) declared(head, end int) (extent, bool) {
	s := &r.seg
	if !s.fill(end) {
		return extent{}, false
	}
	next := end // behind the line ends, or behind so many that they are no separator
	for next-end < windowSize && s.fill(next+1) {
		n := lineEnds(s.rest()[next:min(s.end-s.pos, end+windowSize)])
		next += n
		if n == 0 {
			break
		}
	}
	e := extent{block: end, next: next, followed: s.fill(next + 1)}
	if !e.followed {
		return e, true
	}
	s.fill(next + lookAhead)
	if headerAt(s.rest()[next:], s.over) {
		return e, true
	}
	// Not a record. If the block ends here all the same, the file is damaged
	// after it; otherwise the block goes on.
	if separatorAt(s.rest()[end:], s.rest()[:head]) {
		return e, true
	}
	r.rec.Block = s.rest()[head:end]
	return e, r.rec.VerifyDigest() == nil
}
