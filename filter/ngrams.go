package filter

// ngrams finds the n-grams of a text that occur more than once, for one n after
// another. Where an n-gram is repeated, so are both (n-1)-grams in it. So only
// the places where the shorter ones are repeated need another look, and there
// are few of them in most texts from n = 3 on.
//
// An n-gram is named by a number. Its key is made of the numbers of the two
// (n-1)-grams in it, which determine it, so there are no false matches. Numbers
// go up in the order of the first occurrence.
type ngrams struct {
	n     int      // 0 before the first use
	words int      // in the text
	pos   []int32  // the words at which repeated n-grams begin, in order
	id    []uint32 // which n-gram begins at pos[i]
	count []uint32 // how often n-gram id occurs
	seen  []bool   // by id; scratch of [ngrams.repeated]
	table table
}

// advance brings g to n, which is at least 1, for the words of w.
func (g *ngrams) advance(w *wordTable, n int) {
	if g.n == 0 || g.n > n {
		g.start(w)
	}
	for g.n < n {
		g.step()
	}
}

// start brings g to n = 1.
func (g *ngrams) start(w *wordTable) {
	g.n, g.words = 1, len(w.ids)
	g.pos, g.id, g.count = g.pos[:0], g.id[:0], g.count[:0]
	for _, p := range w.distinct.list {
		g.count = append(g.count, p.count)
	}
	for i, id := range w.ids {
		if g.count[id] > 1 {
			g.pos = append(g.pos, int32(i))
			g.id = append(g.id, id)
		}
	}
}

// step goes from n to n+1.
func (g *ngrams) step() {
	g.n++
	g.table.reset(len(g.pos) / 2)
	g.count = g.count[:0]
	kept := 0
	for i := 0; i+1 < len(g.pos); i++ {
		if g.pos[i+1] != g.pos[i]+1 {
			continue
		}
		id := g.table.number(uint64(g.id[i])<<32 | uint64(g.id[i+1]))
		if int(id) == len(g.count) {
			g.count = append(g.count, 0)
		}
		g.count[id]++
		g.pos[kept], g.id[kept] = g.pos[i], id // behind i: not needed any more
		kept++
	}
	repeated := 0
	for i := range kept {
		if g.count[g.id[i]] > 1 {
			g.pos[repeated], g.id[repeated] = g.pos[i], g.id[i]
			repeated++
		}
	}
	g.pos, g.id = g.pos[:repeated], g.id[:repeated]
}

// top returns how often the most frequent n-gram occurs, and the word at which it
// first begins: the first of them, if several occur equally often. If the text
// has no n-gram, count is 0.
func (g *ngrams) top() (first, count int) {
	if g.words < g.n {
		return 0, 0
	}
	best, most := -1, uint32(1)
	for i, id := range g.id {
		if g.count[id] > most {
			best, most = i, g.count[id]
		}
	}
	if best < 0 {
		return 0, 1 // all occur once
	}
	return int(g.pos[best]), int(most)
}

// repeated returns the number of code points in repeated n-grams as the text is
// read from the start: an n-gram that was met before counts with all its words,
// and reading goes on behind it; one that was not is remembered, and reading goes
// on at the next word.
func (g *ngrams) repeated(w *wordTable) int {
	if cap(g.seen) < len(g.count) {
		g.seen = make([]bool, 2*len(g.count))
	}
	seen := g.seen[:len(g.count)]
	clear(seen)
	total, next := 0, 0
	for i, id := range g.id {
		pos := int(g.pos[i])
		switch {
		case pos < next:
		case seen[id]:
			next = pos + g.n
			total += w.runes(pos, next)
		default:
			seen[id] = true
		}
	}
	return total
}
