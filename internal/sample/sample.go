package sample

import (
	"fmt"
	"slices"
	"strings"
)

// Names returns the names of the files.
func Names() []string {
	return []string{"sample-00000.warc.wet.gz", "sample-00001.warc.wet.gz"}
}

// Records returns the records of all files in the order in which they stand
// there. Of an [Exact] or [Near] duplicate and its original, the original comes
// first.
func Records() []Record {
	originals, duplicates := pages()
	originals = append(originals, writtenJunk()...)
	originals = append(originals, madeJunk()...)
	shuffle(newRandom("order"), originals)

	files := make([][]Record, len(Names()))
	for i, r := range originals {
		files[i%len(files)] = append(files[i%len(files)], r)
	}
	place := newRandom("place")
	for i, d := range duplicates {
		placeDuplicate(files, d, i%2 == 0, place)
	}
	files[1] = slices.Insert(files[1], len(files[1])/3, metadata(files[1][len(files[1])/3-1]))

	var all []Record
	for f, records := range files {
		all = append(all, info(f))
		all = append(all, records...)
		number(all[len(all)-len(records)-1:], f)
	}
	return all
}

// pages returns the articles, and the duplicates of some of them.
func pages() (originals, duplicates []Record) {
	for _, c := range loadCorpora() {
		perTopic := 5
		switch {
		case c.language == "en":
			perTopic = 6
		case len(c.topics) > 1:
			perTopic = 4
		}
		for t := range c.topics {
			for n := range perTopic {
				p := newPage(c, t, n, nil)
				r := p.record(Article)
				originals = append(originals, r)
				if d, ok := duplicate(p, r, len(originals)); ok {
					duplicates = append(duplicates, d)
				}
			}
		}
		originals = append(originals, special(c)...)
	}
	return originals, duplicates
}

// duplicate makes a duplicate of about every sixth article, exact and near by
// turns.
func duplicate(p page, original Record, count int) (Record, bool) {
	var d Record
	switch count % 42 {
	case 5: // under the same address with a mark of where the visitor came from
		d = p.record(Exact)
		d.URL += "?utm_source=newsletter&utm_medium=email"
	case 19: // without "www", and not encrypted
		d = p.record(Exact)
		d.URL = strings.Replace(d.URL, "https://www.", "http://", 1)
	case 33: // on another site
		d = p.record(Exact)
		d.URL = fmt.Sprintf("https://mirror%d.example/a/%d", count%3, 100+count)
	case 12: // a few words changed
		d = p.again(2 + len(p.body)/3).record(Near)
	case 26: // a line added and the marginal ones gone
		p.menu, p.byline, p.footer = nil, "", ""
		p.body = append(p.body, p.title+".")
		d = p.record(Near)
		d.URL += "?print=1"
	case 40: // the same at a later date, and edited a little
		p = p.again(2)
		p.byline = "2025-02-" + fmt.Sprint(10+count%18)
		d = p.record(Near)
		d.URL += "-updated"
	default:
		return Record{}, false
	}
	d.DuplicateOf = original.ID
	return d, true
}

// special returns articles with something particular about them. Their numbers
// are those that no other page has.
func special(c corpus) []Record {
	article := func(topic, number int) page { return newPage(c, topic, 100+number, nil) }
	var out []Record
	switch c.language {
	case "en":
		for i := range 12 {
			out = append(out, withContact(article(i, 0), i))
		}
		out = append(out,
			garbled(article(12, 0).record(Mojibake)), // only the copyright sign suffers
			escaped(article(13, 0).record(Entities)),
			untidied(article(14, 0).record(Untidy)),
			broken(article(15, 0).record(Invalid)),
			article(16, 0).record(Damaged),
			oneLine(article(17, 0)),
			long(c))
	case "de", "es", "pt", "ru":
		out = append(out, garbled(article(0, 0).record(Mojibake)))
	case "fr":
		out = append(out,
			garbled(article(0, 0).record(Mojibake)),
			escaped(article(1, 0).record(Entities)),
			untidied(article(1, 1).record(Untidy)))
	}
	return out
}

func oneLine(p page) Record {
	r := p.record(OneLine)
	r.Text = strings.ReplaceAll(r.Text, "\n", " ")
	return r
}

// long returns a page with every paragraph there is in a language.
func long(c corpus) Record {
	p := newPage(c, 0, 999, nil)
	f := newFiller(c, newRandom("long"))
	p.title, p.path, p.body = "An almanac of everything", "/almanac", nil
	for _, t := range c.topics {
		for _, s := range t.paragraphs {
			p.body = append(p.body, f.fill(s))
		}
	}
	return p.record(Long)
}

// placeDuplicate puts d behind its original: somewhere later in the same file,
// or in the next file if across.
func placeDuplicate(files [][]Record, d Record, across bool, r *random) {
	file, at := find(files, d.DuplicateOf)
	if across && file+1 < len(files) {
		file, at = file+1, -1
	}
	at += 1 + r.below(len(files[file])-at)
	files[file] = slices.Insert(files[file], at, d)
}

func find(files [][]Record, id string) (file, at int) {
	for f, records := range files {
		for i := range records {
			if records[i].ID == id {
				return f, i
			}
		}
	}
	panic("sample: no record " + id)
}

// number sets File and Index.
func number(records []Record, file int) {
	next := 0
	for i := range records {
		records[i].File, records[i].Index = file, -1
		if k := records[i].Kind; k != Info && k != Metadata {
			records[i].Index = next
			next++
		}
	}
}

func info(file int) Record {
	return Record{
		Kind: Info,
		ID:   newID(Names()[file]),
		Date: crawlBegin.AddDate(0, 0, 20),
		Text: "isPartOf: TEXTMILL-SAMPLE\r\npublisher: textmill\r\n" +
			"description: Invented pages for tests and examples\r\nformat: WARC File Format 1.0\r\n\r\n",
	}
}

// metadata returns a record about the one before it. Common Crawl's WET files
// have none; a reader should pass over it.
func metadata(of Record) Record {
	return Record{
		Kind: Metadata,
		ID:   newID("metadata/" + of.ID),
		URL:  of.URL,
		Date: of.Date,
		Text: "fetchTimeMs: 214\r\ncharset-detected: UTF-8\r\n\r\n",
	}
}
